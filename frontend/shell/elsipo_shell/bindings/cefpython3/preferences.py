"""What Chromium 66 takes from its profile's preferences and from no switch; written before it starts.

Knows nothing of what a profile holds beside.
"""

from __future__ import annotations

import json
from pathlib import Path

_PREFERENCES = {
    # No policy for content closes this way out: datagrams from browser to browser. Later versions have a switch for it.
    "webrtc": {
        "ip_handling_policy": "disable_non_proxied_udp",
        "multiple_routes_enabled": False,
        "nonproxied_udp_enabled": False,
    }
}


def write_preferences(cache_dir: str) -> None:
    """Put them where CEF reads them when its setting `persist_user_preferences` is on.

    Raises:
        OSError: the folder cannot be written to.
    """
    Path(cache_dir, "UserPrefs.json").write_text(json.dumps(_PREFERENCES), encoding="utf-8")
