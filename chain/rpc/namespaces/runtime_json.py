"""The runtime's values as JSON, by their annotations.

Names are camel case, accounts SS58, other byte strings hex, balances (128 bits and wider) decimal
strings, enums the names of their variants; a variant with fields says its name in `type`.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import IntEnum
from functools import cache
from typing import Annotated, Any, cast, get_args, get_origin, get_type_hints

from runtime.codec.annotation import Uint
from runtime.crypto.ss58 import encode_ss58
from runtime.primitives import AccountId

WIDE_BITS = 128
"""Integers from this width on are strings: JSON's numbers do not hold them everywhere."""


def to_json(value: object) -> object:
    """A dataclass of the runtime, a tuple, or a plain value."""
    match value:
        case AccountId():
            return encode_ss58(value)
        case bytes():
            return "0x" + value.hex()
        case IntEnum():
            return to_camel(value.name.lower())
        case tuple():
            return [to_json(each) for each in cast("tuple[object, ...]", value)]
        case bool() | int() | str() | None:
            return value
        case _:
            return _dataclass_to_json(value)


def to_camel(name: str) -> str:
    """`unit_price` is `unitPrice`."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def _dataclass_to_json(value: object) -> object:
    cls: Any = type(value)  # untyped: what is asked of it is not known to `object`
    shown: dict[str, object] = {}
    variant_name: str = getattr(cls, "SCALE_NAME", "")
    if variant_name:
        shown["type"] = to_camel(variant_name[0].lower() + variant_name[1:])
    for name, convert in _get_converters(cls):
        shown[to_camel(name)] = convert(getattr(value, name))
    return shown


@cache
def _get_converters(cls: type) -> tuple[tuple[str, Callable[[object], object]], ...]:
    assert is_dataclass(cls), "only dataclasses are left here; qed"
    hints = get_type_hints(cls, include_extras=True)
    return tuple(
        (field.name, str if _is_wide(hints[field.name]) else to_json) for field in fields(cls)
    )


def _is_wide(annotation: Any) -> bool:  # untyped: annotations have no type of their own
    if get_origin(annotation) is not Annotated:
        return False
    marks = get_args(annotation)[1:]
    return any(isinstance(mark, Uint) and mark.bits >= WIDE_BITS for mark in marks)


def to_numbered_json(name: str, number: int, value: object) -> dict[str, object]:
    """A dataclass as an object that also says by which number it goes."""
    return {name: number, **to_object(value)}


def to_object(value: object) -> dict[str, object]:
    """A dataclass as an object."""
    shown = to_json(value)
    assert isinstance(shown, dict), "a dataclass is an object; qed"
    return cast("dict[str, object]", shown)
