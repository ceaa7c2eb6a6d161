"""How long a person waits for the window."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from e2e.shell.driver import ShellProcess
    from e2e.shell.pages import Site

_LIMIT_S = 5.0
"""Half a second on an idle machine of 2 cores; a busy one must not fail."""


def test_a_page_is_loaded_soon_after_the_process_was_started(
    open_window: Callable[..., None], site: Site, shell: ShellProcess, record_property: Callable[[str, object], None]
) -> None:
    open_window(f"{site.origin}/")
    site.reported("token")
    took_s = time.monotonic() - shell.started
    record_property("process_start_to_token_ms", round(took_s * 1000))
    assert took_s < _LIMIT_S
