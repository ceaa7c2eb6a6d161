"""The base of every generated model: what the contract says an object is, and nothing more.

Knows JSON values. Must not know any method, any stream, or SIP.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, dataclass_transform

import msgspec
from msgspec import ValidationError

from elsipo.rpc.errors import InvalidParamsError

__all__ = ["Model", "ValidationError", "build", "from_wire", "place_of", "to_wire"]

T = TypeVar("T")

_MAX_PLACE: Final = 256  # an unknown key is the sender's text, and is as long as the sender likes
_FINDING: Final = re.compile(r"(.*) - at (?:`key` in )?`\$(.*)`", re.DOTALL)
_KEY: Final = re.compile(r"Object (?:contains unknown|missing required) field `(.*)`", re.DOTALL)


class _Checked(msgspec.StructMeta):
    """Has what Python makes checked as what comes off the wire is, which msgspec leaves to type checkers."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> Any:
        return super().__new__(cls, name, bases, namespace, **{"kw_only": True, **config})

    if not TYPE_CHECKING:  # the fields say what it takes

        def __call__(cls, **values: Any) -> Any:
            return msgspec.convert(values, cls)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Model(msgspec.Struct, metaclass=_Checked, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An immutable object of the contract: no unknown keys, no conversions, lengths and patterns checked.

    Its validator is made when it is first used, so that importing the contract costs little.

    Raises:
        ValidationError: a value does not fit.
    """

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """Make one of values whose types are known only when it runs; None stands for an absent optional.

        Raises:
            ValidationError: they do not fit.
        """
        return msgspec.convert(values, cls)

    @classmethod
    def from_wire(cls, obj: object) -> Self:
        """Read a decoded JSON value.

        Args:
            obj: What `json.loads` gave.

        Returns:
            The object.

        Raises:
            InvalidParamsError: it does not fit; `field` names the first place, `a.b.0.c`.
        """
        return from_wire(obj, cls)

    def to_wire(self) -> dict[str, Any]:
        """Return the object as JSON values, absent optionals left out."""
        values: dict[str, Any] = msgspec.to_builtins(self)
        return values


def from_wire(obj: object, kind: type[T]) -> T:
    """Read a decoded JSON value.

    Args:
        obj: What `json.loads` gave.
        kind: A model, or what models are in, such as `list[Account]`.

    Raises:
        InvalidParamsError: it does not fit; `field` names the first place, `a.b.0.c`.
    """
    try:
        value = msgspec.convert(obj, kind)
        if not _is_plain(obj):
            _refuse(value, obj, ())
    except ValidationError as error:
        raise _misfit(_place_in(obj, kind, error), _said(error)) from None
    except RecursionError:  # JSON that was just not too deep to be decoded
        raise _misfit("", "") from None
    return value


def to_wire(value: object, kind: Any) -> Any:
    """Return a value as JSON values, checked, absent optionals left out.

    Args:
        value: What is to be sent.
        kind: What it should be: a model, or what models are in.

    Raises:
        InvalidParamsError: it is not what it should be.
    """
    try:
        return msgspec.to_builtins(msgspec.convert(value, kind))
    except ValidationError as error:
        raise _misfit(place_of(error), _said(error)) from None


def build(*kinds: Any) -> None:
    """Make validators now, and those of all that they are made of.

    Args:
        kinds: Models, or what models are in, such as `list[Account]`.
    """
    for kind in kinds:
        msgspec.json.Decoder(kind)


def place_of(error: ValidationError) -> str:
    """Tell where a value does not fit, `a.b.0.c`; empty where the whole does not."""
    what, path = _parts(error)
    key = _KEY.match(what)
    return ".".join([*_steps(path), *([key[1]] if key else [])])


def _place_in(obj: Any, kind: Any, error: ValidationError) -> str:
    """As `place_of`, with the name of the value in a mapping that does not fit, which msgspec does not tell."""
    what, path = _parts(error)
    before, mapping, behind = path.partition("[...]")
    if mapping and not _KEY.match(what):  # which has the sender's own text in it
        steps = _steps(before)
        for key, value in _at(obj, steps).items():
            try:
                msgspec.convert(_with(obj, steps, {key: value}), kind)
            except ValidationError:
                return ".".join([*steps, key, *_steps(behind)])
    return place_of(error)


def _at(obj: Any, steps: list[str]) -> Any:
    for step in steps:
        obj = obj[int(step) if isinstance(obj, list) else step]
    return obj


def _with(obj: Any, steps: list[str], value: Any) -> Any:
    """A copy that has another value at a place."""
    if not steps:
        return value
    step, *more = steps
    key: Any = int(step) if isinstance(obj, list) else step
    copy = obj.copy()
    copy[key] = _with(obj[key], more, value)
    return copy


def _said(error: ValidationError) -> str:
    """What msgspec says is wrong, without the values that it names: one may be a password."""
    what, _ = _parts(error)
    if key := _KEY.match(what):
        return what[: key.start(1)].rstrip(" `")
    return "None of the values that there are" if what.startswith("Invalid") else what


def _parts(error: ValidationError) -> tuple[str, str]:
    """What is wrong, and where: `.a.b[0].c`."""
    found = _FINDING.fullmatch(str(error))
    return (found[1], found[2]) if found else (str(error), "")


def _steps(path: str) -> list[str]:
    return re.findall(r"[^.\[\]]+", path)


def _is_plain(obj: Any) -> bool:
    """Whether a decoded JSON value has nothing that the wire may not say, wherever it is."""
    if isinstance(obj, str):
        return obj.isascii() or _is_text(obj)
    if isinstance(obj, dict):
        return all(map(_is_plain, obj.values())) and "".join(obj).isascii()
    if isinstance(obj, list):
        return all(map(_is_plain, obj))
    return obj is not None and (not isinstance(obj, float) or math.isfinite(obj))


def _is_text(text: str) -> bool:
    """Whether there is no half of a surrogate pair in it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(value: Any, obj: Any, place: tuple[str, ...]) -> None:
    """Raise where Python's types let pass what the wire may not say.

    Python writes "absent" as None, the wire by leaving the key out; JSON has neither NaN nor infinity, and UTF-8 no
    half of a surrogate pair. What a plugin's own schema allows may have a null in it.
    """
    if isinstance(value, Model | dict):
        for name, inner in obj.items():
            if inner is None and isinstance(value, Model):
                raise _misfit(".".join((*place, name)), "must not be null; leave it out")
            if not _is_text(name):
                raise _misfit(".".join(place), "a name in it is no text")
            _refuse(getattr(value, name) if isinstance(value, Model) else value[name], inner, (*place, name))
    elif isinstance(value, list):
        for number, (item, inner) in enumerate(zip(value, obj, strict=True)):
            _refuse(item, inner, (*place, str(number)))
    elif isinstance(value, float) and not math.isfinite(value):
        raise _misfit(".".join(place), "must be a number")
    elif isinstance(value, str) and not _is_text(value):
        raise _misfit(".".join(place), "must be text")


def _misfit(place: str, what: str) -> InvalidParamsError:
    place = place[:_MAX_PLACE]
    if not place:
        return InvalidParamsError("The parameters are not an object of the method's kind.")
    return InvalidParamsError(f"{place}: {what}.", field=place)
