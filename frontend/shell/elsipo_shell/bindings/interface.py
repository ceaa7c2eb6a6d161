"""What the shell needs from a CEF binding. Knows no binding, no JSON-RPC and no window manager.

Everything here is called on the binding's UI thread, except `Binding.post`, which any thread may call.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple, Optional

if TYPE_CHECKING:
    from typing import Callable, Literal

    DevToolsSubject = Literal["page", "chrome"]


class Options(NamedTuple):
    """How CEF is started.

    Attributes:
        cache_dir: Where Chromium keeps its profile; it must exist and belong to this process alone.
        remote_debugging_port: DevTools on this port of loopback; None is off.
        web_proxy_port: The host's proxy for https on this port of loopback; None leaves pages without https.
        storage: What the process's own storage is called; None where no window will ask for it by a name.
    """

    cache_dir: str
    remote_debugging_port: Optional[int]
    web_proxy_port: Optional[int] = None
    storage: Optional[str] = None


class Sandbox(NamedTuple):
    """Whether Chromium's sandbox holds the renderers, and if not, why, in words for a person."""

    on: bool
    detail: str


class WindowSpec(NamedTuple):
    """A window to be opened; sizes in pixels.

    Attributes:
        url: What it shows.
        title: Its first name.
        icon_file: A PNG.
        width_px: Inside its frame.
        height_px: Inside its frame.
        x_px: The left edge of its frame; None leaves it to the window manager.
        y_px: The upper edge of its frame; None as above.
        storage: Names its cookies, storage and cache; None are those of the process.
    """

    url: str
    title: str
    icon_file: str
    width_px: int
    height_px: int
    x_px: Optional[int] = None
    y_px: Optional[int] = None
    storage: Optional[str] = None


class Key(NamedTuple):
    """A key that went down: its Windows key code (in Chromium on every platform) and what was held with it."""

    code: int
    ctrl: bool
    shift: bool
    alt: bool


class WindowEvents(ABC):
    """What happens to a window; the binding calls it."""

    @abstractmethod
    def may_navigate(self, url: str) -> bool:
        """Whether the main frame may go there."""

    @abstractmethod
    def load_ended(self, url: str) -> None:
        """The main frame's document has loaded, without an error."""

    @abstractmethod
    def title_changed(self, title: str) -> None:
        """The main frame's document has a new title."""

    @abstractmethod
    def popup_blocked(self, url: str) -> None:
        """A document wanted a window of its own and did not get it."""

    @abstractmethod
    def key_pressed(self, key: Key) -> bool:
        """A key went down; True keeps it from the document."""

    @abstractmethod
    def renderer_died(self, detail: str) -> None:
        """The main frame's renderer process ended."""

    @abstractmethod
    def closed(self) -> None:
        """The window is gone; no event follows."""


class BrowserWindow(ABC):
    """One native window with one browser in it."""

    @abstractmethod
    def close(self) -> None:
        """Close it without asking the document; `WindowEvents.closed` follows."""

    @abstractmethod
    def focus(self) -> None:
        """Bring it to the front and give it the keyboard."""

    @abstractmethod
    def set_title(self, title: str) -> None:
        """Name it."""

    @abstractmethod
    def native_id(self) -> int:
        """Its number on the display; 0 when it is gone."""

    @abstractmethod
    def url(self) -> str:
        """Where its main frame is."""

    @abstractmethod
    def run_script(self, code: str) -> None:
        """Run JavaScript in the main frame's document."""

    @abstractmethod
    def reload(self) -> None:
        """Load the main frame's document again."""

    @abstractmethod
    def show_dev_tools(self, subject: DevToolsSubject) -> None:
        """Open Chromium's DevTools in a window of their own, or bring them to the front.

        Args:
            subject: What they point at, where the binding can choose.
        """

    @abstractmethod
    def has_dev_tools(self) -> bool:
        """Whether they are open."""

    @abstractmethod
    def zoom(self, steps: int) -> None:
        """Larger (1), smaller (-1) or as it was (0)."""


class Binding(ABC):
    """CEF in this process; there is one."""

    name = ""
    """As `shell.hello` names it."""

    @property
    @abstractmethod
    def chromium_version(self) -> str:
        """Chromium's version."""

    @property
    @abstractmethod
    def sandbox(self) -> Sandbox:
        """What protects the user from a renderer."""

    @abstractmethod
    def run(self, ready: Callable[[], None]) -> None:
        """Start CEF, call `ready` when windows can be opened, and return when `stop` was called and CEF is down.

        Raises:
            CefError: CEF did not start.
        """

    @abstractmethod
    def stop(self) -> None:
        """Let `run` return. All windows must be closed."""

    @abstractmethod
    def post(self, task: Callable[[], None]) -> None:
        """Run something on the UI thread, soon. From any thread, once `ready` was called."""

    @abstractmethod
    def open_window(
        self, spec: WindowSpec, events: WindowEvents, opened: Callable[[Optional[BrowserWindow]], None]
    ) -> None:
        """Open a window, now or soon; `opened` gets it, or None where CEF made none (the log says why)."""


class CefError(Exception):
    """CEF refused; the text is for the log."""
