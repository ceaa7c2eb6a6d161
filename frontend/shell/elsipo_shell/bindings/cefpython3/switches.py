"""Chromium 66's command line in the shell: what is switched and why. Knows nothing of windows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Dict, Optional

_ALWAYS: Dict[str, str] = {
    # As in the other binding: names but those of loopback are not resolved, and https and WebRTC's TCP take the host's
    # proxy.
    "host-resolver-rules": "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE *.localhost",
    "proxy-bypass-list": "<-loopback>;ws://127.0.0.1",
    "disable-background-networking": "",
    "disable-component-update": "",
    "disable-default-apps": "",
    "disable-domain-reliability": "",
    "disable-extensions": "",
    "disable-sync": "",
    "no-pings": "",
    # A page is a process of its own, apart from the chrome's: later versions do so without being told.
    "site-per-process": "",
    "password-store": "basic",
    "no-first-run": "",
    # Old code that nobody mends any more, and that our documents do not need.
    "disable-plugins": "",
    "disable-pdf-extension": "",
    "disable-webgl": "",
    "disable-speech-api": "",
    # There is nobody to ask here, and the question would wait for ever.
    "disable-notifications": "",
}

_WITHOUT_GPU: Dict[str, str] = {
    "disable-gpu": "",
    "disable-gpu-compositing": "",
    "in-process-gpu": "",
}


def switches(web_proxy_port: Optional[int]) -> Dict[str, str]:
    """The switches for this machine: name to value, "" for none.

    Args:
        web_proxy_port: The host's proxy for https; None is none.
    """
    proxy = "nowhere.invalid:1" if web_proxy_port is None else "127.0.0.1:%d" % web_proxy_port
    always = {**_ALWAYS, "proxy-server": "https=" + proxy}
    return always if any(Path("/dev/dri").glob("renderD*")) else {**always, **_WITHOUT_GPU}
