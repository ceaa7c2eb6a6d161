"""Chromium's command line in the shell: what is switched and why. Knows nothing of windows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import List, Optional, Tuple

    Switch = Tuple[str, Optional[str]]

_ALWAYS: List[Switch] = [
    # The shell's documents come from loopback, or through the host's proxy. Whatever part of Chromium has other wishes:
    # it resolves no name and reaches no address outside.
    ("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE *.localhost"),
    # No policy for content closes these ways out: WebRTC, and pages fetched ahead. WebRTC's TCP (to a TURN server)
    # takes the proxy for https, which lets through to the pages that are shown alone; all else goes straight, to
    # loopback.
    ("proxy-bypass-list", "<-loopback>;ws://127.0.0.1"),
    ("webrtc-ip-handling-policy", "disable_non_proxied_udp"),
    ("enable-features", "NoStatePrefetchHoldback"),
    # … and these parts are not even started.
    ("disable-background-networking", None),
    ("disable-component-update", None),
    ("disable-default-apps", None),
    ("disable-domain-reliability", None),
    ("disable-extensions", None),
    ("disable-field-trial-config", None),
    ("disable-sync", None),
    ("no-pings", None),
    ("disable-features", "MediaRouter,OptimizationHints,Translate,SafetyTips"),
    # No question of a keyring for an empty cookie jar, no first-run page.
    ("password-store", "basic"),
    ("no-first-run", None),
    # Window properties are X11's; on Wayland the window goes through XWayland.
    ("ozone-platform", "x11"),
]

_WITHOUT_GPU: List[Switch] = [
    # No graphics card: compositing in software, in the browser process. A GPU process of its own would do the same, and
    # be one process more (measured: 7 instead of 8, 172 instead of 176 MB, and no difference in time to be seen).
    ("disable-gpu", None),
    ("disable-gpu-compositing", None),
    ("in-process-gpu", None),
]


def switches(web_proxy_port: Optional[int], storage_folder: Optional[str]) -> List[Switch]:
    """The switches for this machine, as (name, value).

    Args:
        web_proxy_port: The host's proxy for https; None is none.
        storage_folder: Where in the profile's folder the process's own storage is; None leaves it to Chromium.
    """
    proxy = "nowhere.invalid:1" if web_proxy_port is None else "127.0.0.1:%d" % web_proxy_port
    always: List[Switch] = [*_ALWAYS, ("proxy-server", "https=" + proxy)]
    if storage_folder is not None:
        # CEF ignores a `cache_path` below the profile's folder for the process's own storage; this it follows.
        always.append(("profile-directory", storage_folder))
    return always + ([] if any(Path("/dev/dri").glob("renderD*")) else _WITHOUT_GPU)
