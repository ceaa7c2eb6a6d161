"""How a plugin says what it can do. Must not know the process that runs it.

    plugin = Plugin("echo", title="Echo", version="1.0")

    @plugin.method(params={"text": {"type": "string", "maxLength": 1024}}, result={"type": "string"})
    def reverse(text: str) -> str:
        return text[::-1]

The package names it in its metadata: entry point `echo` of the group `elsipo.plugins` (see packaging/plugins/echo).
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final, TypeVar

from elsipo.rpc._generated.models import PluginDescription, PluginMethod, PluginNotification
from elsipo.rpc.errors import MethodNotFoundError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Tell = Callable[[str, dict[str, Any]], None]
    F = TypeVar("F", bound=Callable[..., Any])
    Background = Callable[[], Awaitable[None]]

Json = dict[str, Any]
_ANYTHING: Final[Json] = {}
_SUMMARY_CHARS: Final = 1024


class Plugin:
    """A namespace of methods and notifications.

    Args:
        name: The entry point's name.
        title: What a person calls it.
        version: Its own.
    """

    def __init__(self, name: str, *, title: str = "", version: str = "0") -> None:
        self.name = name
        self._title = title or name
        self._version = version
        self._methods: dict[str, tuple[PluginMethod, Callable[..., Any]]] = {}
        self._notifications: dict[str, PluginNotification] = {}
        self._background: list[Background] = []
        self._tell: Tell | None = None

    @property
    def description(self) -> PluginDescription:
        """What it can do, in the contract's words."""
        return PluginDescription(
            name=self.name,
            title=self._title,
            version=self._version,
            methods=[method for method, _ in self._methods.values()],
            notifications=list(self._notifications.values()),
        )

    @property
    def background(self) -> list[Background]:
        """What runs beside the methods."""
        return list(self._background)

    def method(
        self, *, params: Json | None = None, required: list[str] | None = None, result: Json | None = None
    ) -> Callable[[F], F]:
        """Offer a function to pages, under its own name.

        It is called with the parameters by name. One that has to wait must be `async`: a plugin that blocks for five
        seconds is taken for dead. PluginError is the way to say no; other exceptions are logged and not told.

        Args:
            params: Each parameter's JSON Schema, in the order that 2011-style calls give them in.
            required: Parameters that must be there; all, where it is left out.
            result: JSON Schema of what it returns.
        """
        properties = params or {}
        schema = _object(properties, list(properties) if required is None else required)

        def offer(function: F) -> F:
            name = function.__name__
            self._methods[name] = (
                PluginMethod(name=name, summary=_summary(function), params=schema, result=result or _ANYTHING),
                function,
            )
            return function

        return offer

    def notification(self, name: str, *, params: Json | None = None, summary: str = "") -> None:
        """Say what pages may be told.

        Args:
            name: The notification, best in the past tense.
            params: Each parameter's JSON Schema; all are always there.
            summary: What happened, for the reader of a list.
        """
        properties = params or {}
        schema = _object(properties, list(properties))
        self._notifications[name] = PluginNotification(name=name, summary=summary, params=schema)

    def run_beside(self, function: Background) -> Background:
        """Run an async function from the start of the process on, for plugins that tell things by themselves."""
        self._background.append(function)
        return function

    def notify(self, name: str, /, **params: Any) -> None:
        """Tell the account's pages something; call it on the loop that the methods run on.

        Raises:
            ValueError: it was not declared, or the parameters do not fit.
            RuntimeError: the plugin does not run.
        """
        if name not in self._notifications:
            raise ValueError(f"{name} was not declared as a notification of {self.name}")
        if self._tell is None:
            raise RuntimeError(f"{self.name} does not run")
        self._tell(name, params)

    def tell_through(self, tell: Tell) -> None:
        """Connect it; the process's affair."""
        self._tell = tell

    async def call(self, name: str, params: dict[str, Any]) -> Any:
        """Call a method with parameters that were checked.

        Raises:
            MethodNotFoundError: it has none of this name.
        """
        try:
            _, function = self._methods[name]
        except KeyError:
            raise MethodNotFoundError from None
        result = function(**params)
        return await result if inspect.isawaitable(result) else result


def _object(properties: Json, required: list[str]) -> Json:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": required}


def _summary(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").partition("\n")[0][:_SUMMARY_CHARS]
