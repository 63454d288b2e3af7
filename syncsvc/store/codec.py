"""Domain values as JSON and back, exactly. What equals its default is left out.

Made from the dataclasses themselves, so that a field added to one of them is kept without a change here, and
a value stored before the field existed reads back with its default. Changing a default would change what is stored.
"""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_Convert = Callable[[Any], Any]

_write = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def _as_is(value: Any) -> Any:
    return value


def _writer(hint: Any) -> _Convert:
    """How a value of this type becomes something JSON knows."""
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda value: _plain(hint, value)
    if hint is datetime:
        return lambda value: value.astimezone(UTC).isoformat()
    if hint is date:
        return date.isoformat
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        inner = _writer(_only(hint))
        return inner if inner is _as_is else lambda value: None if value is None else inner(value)
    if origin is tuple:
        inner = _writer(arguments[0])
        return list if inner is _as_is else lambda value: [inner(each) for each in value]
    if origin is frozenset:
        return sorted
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return dict
    return _as_is


def _reader(hint: Any) -> _Convert:
    """How it comes back from there."""
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda plain: from_plain(hint, plain)
    if hint is datetime:
        return datetime.fromisoformat
    if hint is date:
        return date.fromisoformat
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {member.value: member for member in hint}.__getitem__
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        inner = _reader(_only(hint))
        return inner if inner is _as_is else lambda plain: None if plain is None else inner(plain)
    if origin is tuple or origin is frozenset:
        inner = _reader(arguments[0])
        return origin if inner is _as_is else lambda plain: origin(inner(each) for each in plain)
    return _as_is


def _only(hint: Any) -> Any:
    """The one type beside None of an optional field."""
    (inner,) = (argument for argument in get_args(hint) if argument is not type(None))
    return inner


def _find_shape(kind: Any, reads: bool) -> tuple[tuple[str, Any, _Convert], ...]:
    """Name, default and conversion of each field of a dataclass."""
    hints = get_type_hints(kind)
    make = _reader if reads else _writer
    shape = []
    for each in fields(kind):
        default = each.default if each.default_factory is MISSING else each.default_factory()
        shape.append((each.name, default, make(hints[each.name])))
    return tuple(shape)


_shape: Callable[[Any, bool], tuple[tuple[str, Any, _Convert], ...]] = cache(_find_shape)


def _plain(kind: type, value: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    plain = {}
    for name, default, convert in _shape(kind, False):
        held = getattr(value, name)
        # most fields hold their default itself, and comparing dates and words costs more than looking
        if held is not default and held != default and name not in without:
            plain[name] = held if convert is _as_is else convert(held)
    return plain


def to_plain(value: Any) -> dict[str, Any]:
    """A dataclass as what JSON knows."""
    return _plain(type(value), value)


def from_plain(kind: type[T], plain: Mapping[str, Any]) -> T:
    """The way back."""
    return kind(**{name: convert(plain[name]) for name, _, convert in _shape(kind, True) if name in plain})


def encode(value: Any, without: tuple[str, ...] = ()) -> str:
    """A dataclass as canonical JSON, without the named fields: equal values give equal text."""
    return _write(_plain(type(value), value, without))


def decode(kind: type[T], body: str, **kept_apart: Any) -> T:
    """The dataclass that `encode` was given; `kept_apart` are the fields it was encoded without."""
    plain = json.loads(body)
    known = {name: convert(plain[name]) for name, _, convert in _shape(kind, True) if name in plain}
    return kind(**known, **kept_apart)


def write_json(plain: Any) -> str:
    """Canonical JSON of what JSON knows."""
    return _write(plain)


def pack(plain: Any) -> bytes:
    """Canonical JSON, compressed; equal values give equal bytes."""
    return zlib.compress(_write(plain).encode("ascii"), 6)


def unpack(packed: bytes) -> Any:
    """What was packed."""
    return json.loads(zlib.decompress(packed))


def pack_all(kind: type, values: Any) -> bytes:
    """Many dataclasses of one kind, compressed."""
    return pack([_plain(kind, value) for value in values])


def unpack_all(kind: type[T], packed: bytes) -> tuple[T, ...]:
    """What `pack_all` was given."""
    return tuple(from_plain(kind, plain) for plain in unpack(packed))
