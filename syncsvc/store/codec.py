"""Domain values as JSON and back, exactly. What equals its default is left out.

Made from the dataclasses themselves, so that a field added to one of them is kept without a change here, and
a value stored before the field existed reads back with its default. Changing a default would change what is stored.
"""

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from itertools import islice
from types import GenericAlias, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

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
    if _is_optional(hint):
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
    if _is_optional(hint):
        inner = _reader(_only(hint))
        return inner if inner is _as_is else lambda plain: None if plain is None else inner(plain)
    if origin is tuple or origin is frozenset:
        inner = _reader(arguments[0])
        return origin if inner is _as_is else lambda plain: origin(inner(each) for each in plain)
    return _as_is


def _is_optional(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


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


#: What msgspec writes as `encode` does. It writes an instant in another way, and a set in no order.
_SAME_IN_MSGSPEC: Final = frozenset({str, int, bool, date, tuple[str, ...]})


def _find_lines_writer(kind: type, without: tuple[str, ...]) -> Callable[[Sequence[Any]], bytes]:
    """Writes one line for each value, through a type with the same fields: only such a one leaves defaults out."""
    hints = get_type_hints(kind)
    like: list[Any] = []
    for each in fields(kind):
        hint = hints[each.name]
        bare = _only(hint) if _is_optional(hint) else hint
        if each.name in without:
            continue
        if bare not in _SAME_IN_MSGSPEC and not (isinstance(bare, type) and issubclass(bare, StrEnum)):
            raise TypeError(f"{kind.__name__}.{each.name} would not be written as `encode` writes it")
        like.append((each.name, hint) if each.default is MISSING else (each.name, hint, each.default))
    shape = msgspec.defstruct(kind.__name__, like, omit_defaults=True, kw_only=True, gc=False)
    many, write = list[shape], msgspec.json.Encoder(order="sorted").encode_lines  # type: ignore[valid-type]
    return lambda values: write(msgspec.convert(values, many, from_attributes=True))


_lines_writer: Callable[[type, tuple[str, ...]], Callable[[Sequence[Any]], bytes]] = cache(_find_lines_writer)


def encode_all(kind: type, values: Sequence[Any], without: tuple[str, ...] = ()) -> list[str]:
    """`encode` of many values of one kind, to the letter and eight times as fast; TypeError for a kind it cannot."""
    try:
        text = str(_lines_writer(kind, without)(values), "utf-8")
    except (UnicodeError, msgspec.ValidationError):  # half a surrogate pair, or not of the type it is said to be
        return [encode(value, without) for value in values]
    lines = text.split("\n")[: len(values)]
    if text.isascii() and "\x7f" not in text:
        return lines
    # JSON has more than one spelling for what is not printable ASCII
    return [
        line if line.isascii() and "\x7f" not in line else encode(value, without)
        for line, value in zip(lines, values, strict=True)
    ]


def decode(kind: type[T], body: str, **kept_apart: Any) -> T:
    """The dataclass that `encode` was given; `kept_apart` are the fields it was encoded without."""
    plain = json.loads(body)
    known = {name: convert(plain[name]) for name, _, convert in _shape(kind, True) if name in plain}
    return kind(**known, **kept_apart)


def _find_list_reader(kind: type) -> Callable[[str | bytes], Any]:
    return msgspec.json.Decoder(GenericAlias(list, (kind,))).decode


_list_reader: Callable[[type], Callable[[str | bytes], Any]] = cache(_find_list_reader)
_quick_reader: Callable[[type], Callable[[bytes], Any]] = cache(lambda kind: msgspec.json.Decoder(kind).decode)
_write_lines: Final = msgspec.json.Encoder().encode_lines
_AT_ONCE: Final = 500  # other threads wait while msgspec reads: for a millisecond or two


def decode_all(kind: type[T], bodies: Sequence[str], kept_apart: Mapping[str, Sequence[str]]) -> list[T]:
    """`decode` of many values of one kind, twice as fast; `kept_apart` holds of each field one text for each body."""
    rows = list(zip(bodies, zip(*kept_apart.values(), strict=True), strict=True))
    begin = "{" + ",".join(f'"{name}":%s' for name in kept_apart)
    found: list[T] = []
    for some in (rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE)):
        try:
            lines = iter(str(_write_lines([text for _, texts in some for text in texts]), "utf-8").split("\n"))
            whole = [
                f"{begin % tuple(islice(lines, len(kept_apart)))}{',' if len(body) > 2 else ''}{body[1:]}"
                for body, _ in some
            ]
            found += _list_reader(kind)(f"[{','.join(whole)}]")
        except (UnicodeError, msgspec.DecodeError):  # half a surrogate pair
            found += [decode(kind, body, **dict(zip(kept_apart, texts, strict=True))) for body, texts in some]
    return found


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
    text = zlib.decompress(packed)
    try:
        return tuple(_list_reader(kind)(text))
    except (UnicodeError, msgspec.DecodeError):  # half a surrogate pair
        return tuple(from_plain(kind, plain) for plain in json.loads(text))


def unpack_quickly(kind: type[T], packed: bytes) -> T:
    """`from_plain` of what was packed, four times as fast; but a whole number comes back as the float its field is."""
    text = zlib.decompress(packed)
    try:
        found: T = _quick_reader(kind)(text)
    except (UnicodeError, msgspec.DecodeError):  # half a surrogate pair
        return from_plain(kind, json.loads(text))
    return found
