"""The provider's typed services: asked by MESSAGE, answered in JSON, and checked before anybody sees it.

A provider is a stranger: what it answers is bounded, typed and plain text. What a well-known service answers must fit
its schema (more properties are overlooked); any other answer becomes names and values, tables and text.
"""

from __future__ import annotations

import json
import time
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from msgspec import inspect

from elsipo.rpc._generated.models import (
    Balance,
    ProviderCalls,
    ServiceAnswer,
    ServiceListings,
    ServiceTable,
    ServiceValue,
    SpecialNumbers,
)
from elsipo.rpc.errors import ProviderAnswerError
from elsipo.rpc.model import Model, ValidationError, place_of

if TYPE_CHECKING:
    from elsipo.host.events import Ties
    from elsipo.host.questions import Questions
    from elsipo.rpc._generated.models import IncomingMessage

_KNOWN: Final[dict[str, type[Model]]] = {
    "services": ServiceListings,
    "balance": Balance,
    "numbers": SpecialNumbers,
    "calls": ProviderCalls,
}
_TIMEOUT_S: Final = 15.0
_VALUES, _TABLES, _COLUMNS, _ROWS = 64, 8, 16, 256
_LABEL, _TEXT = 128, 4096
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class ServiceDesk:
    """The typed services of one account's provider.

    Args:
        ties: The account, its engine and its windows.
        questions: What asks the provider.
    """

    def __init__(self, ties: Ties, questions: Questions) -> None:
        self._domain = ties.domain
        self._questions = questions

    async def query(
        self, service: str, arguments: dict[str, str] | None = None, *, timeout_s: float = _TIMEOUT_S
    ) -> ServiceAnswer:
        """Ask a service.

        Args:
            service: NAME of `elsipo-NAME`.
            arguments: What it is asked.
            timeout_s: Seconds until the answer must be here.

        Raises:
            SipFailureError: the provider refused; 404 where it has no such service.
            RequestTimeoutError: no answer came in time.
            EngineUnavailableError: the engine is starting, or died meanwhile.
            RateLimitedError: too many questions are open.
            ProviderAnswerError: the answer is broken, or no answer of this service.

        Wire: service.query
        Spec: RFC 3428 §4, RFC 8259
        """
        return read(service, await self.ask(service, arguments, timeout_s=timeout_s))

    async def ask(
        self, service: str, arguments: dict[str, str] | None = None, *, timeout_s: float = _TIMEOUT_S
    ) -> IncomingMessage:
        """Ask a service, and leave its answer as it came; raises as `query`."""
        return await self._questions.ask(
            f"sip:elsipo-{service}@{self._domain}",
            accept="application/json",
            body=json.dumps(arguments) if arguments else "",
            content_type="application/json",
            timeout_s=timeout_s,
        )


def read(service: str, answer: IncomingMessage) -> ServiceAnswer:
    """Make sense of an answer.

    Raises:
        ProviderAnswerError: it is broken, or no answer of this service.
    """
    media_type = answer.content_type.partition(";")[0].strip().lower()
    now_ms = time.time_ns() // 1_000_000
    if answer.truncated:
        raise _unreadable("It was cut on the way: an answer must fit one packet.")
    if media_type.startswith("text/") and service not in _KNOWN:
        return ServiceAnswer(service=service, received_at_ms=now_ms, text=_plain(answer.body, len(answer.body)))
    if media_type != "application/json":
        raise _unreadable("It is not JSON.")
    content = parsed(answer)
    if (model := _KNOWN.get(service)) is not None:
        try:
            known = model.of(_described(content, inspect.type_info(model)))
        except ValidationError as error:
            place = place_of(error)[:_LABEL] or "the whole"
            raise _unreadable(f"It does not fit the service {service}: {_plain(place, _LABEL)}.") from None
        return ServiceAnswer.of({"service": service, "received_at_ms": now_ms, service: known})
    values, tables, text = _anything(content)
    more: dict[str, Any] = {"values": values, "tables": tables, "text": text}
    return ServiceAnswer(
        service=service, received_at_ms=now_ms, **{name: value for name, value in more.items() if value}
    )


def _described(value: Any, kind: inspect.Type) -> Any:
    """The part of a JSON value that a schema speaks of."""
    if isinstance(kind, inspect.UnionType):  # an optional
        kind = next(one for one in kind.types if not isinstance(one, inspect.NoneType))
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        return {field.name: _described(value[field.name], field.type) for field in kind.fields if field.name in value}
    if isinstance(kind, inspect.ListType) and isinstance(value, list):
        return [_described(item, kind.item_type) for item in value]
    return value


def parsed(answer: IncomingMessage) -> Any:
    """The JSON in an answer.

    Raises:
        ProviderAnswerError: there is none.
    """
    try:
        return json.loads(answer.body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _unreadable("It is broken JSON.") from None


def _anything(content: Any) -> tuple[list[ServiceValue], list[ServiceTable], str]:
    if isinstance(content, list):
        content = {"": content}
    if not isinstance(content, dict):
        return [], [], _word(content)
    values: list[ServiceValue] = []
    tables: list[ServiceTable] = []
    for key, value in content.items():
        if isinstance(value, list) and value and all(_is_pair(item) for item in value):
            values += [ServiceValue(label=_plain(item["label"], _LABEL), value=_word(item["value"])) for item in value]
        elif isinstance(value, list | dict):
            tables.append(_table(_title(key), value))
        else:
            values.append(ServiceValue(label=_title(key), value=_word(value)))
    return values[:_VALUES], tables[:_TABLES], ""


def _table(title: str, content: list[Any] | dict[str, Any]) -> ServiceTable:
    if isinstance(content, dict):
        rows = [[_title(key), _word(value)] for key, value in list(content.items())[:_ROWS]]
        return ServiceTable(title=title, columns=[], rows=rows)
    content = content[:_ROWS]
    keys = list(dict.fromkeys(key for item in content if isinstance(item, dict) for key in item))[:_COLUMNS]
    if not keys:
        return ServiceTable(title=title, columns=[], rows=[[_word(item)] for item in content])
    rows = [[_word(item.get(key)) for key in keys] if isinstance(item, dict) else [_word(item)] for item in content]
    return ServiceTable(title=title, columns=[_title(key) for key in keys], rows=rows)


def _is_pair(item: Any) -> bool:
    return isinstance(item, dict) and set(item) == {"label", "value"} and isinstance(item["label"], str)


def _title(key: str) -> str:
    words = _plain(key, _LABEL).replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _word(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _TEXT)


def _plain(text: str, limit: int) -> str:
    """Text that shows as what it is: nothing that steers a terminal, turns the line round, or is half a character."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    shown = (char for char in whole if char in "\n\t" or (unicodedata.category(char) != "Cc" and char not in _BIDI))
    return "".join(shown)[:limit]


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _unreadable(reason: str) -> ProviderAnswerError:
    return ProviderAnswerError(f"The provider's answer cannot be read. {reason}", reason=reason)
