"""A method's parameters: from JSON values to what its annotations say.

Compiled once a method. Understood: bool, int (or "0x5"), str, bytes and fixed-length byte strings
(hex with or without 0x), object (any JSON), lists, tuples of one type, dicts by string, literals,
unions, and msgspec structs. A `msgspec.Meta` with `ge` and `le` bounds an int.
"""

import inspect
import re
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import (
    Annotated,
    Final,
    Literal,
    TypeAlias,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from chain.rpc.jsonrpc import INVALID_PARAMS, RpcError
from runtime.codec import FixedBytes

SHOWN_CHARACTERS_MAX: Final = 60

Number32: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
"""A number of a block, a slot, an era; what the runtime keeps in 32 bits."""

Number64: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**64 - 1)]
"""The number of a record, a job; what the runtime keeps in 64 bits."""

_HEX_NUMBER: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")


class Unexpected(Exception):
    """A value that is not what an annotation says."""

    def __init__(self, expected: str, got: object) -> None:
        shown = repr(got)
        if len(shown) > SHOWN_CHARACTERS_MAX:
            shown = shown[:SHOWN_CHARACTERS_MAX] + "…"
        super().__init__(f"expected {expected}, got {shown}")
        self.expected = expected


Convert: TypeAlias = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a method, as a client sees it."""

    name: str
    convert: Convert
    default: object
    """`inspect.Parameter.empty` if it must be given."""

    @property
    def is_required(self) -> bool:
        """Whether a call must have it."""
        return self.default is inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a method, in order."""

    injected: tuple[type, ...]
    """Types of the first parameters, which the server fills in."""
    items: tuple[Parameter, ...]

    def bind(self, params: Sequence[object] | Mapping[str, object] | None) -> list[object]:
        """The converted arguments. Raises `RpcError` saying what was expected and got."""
        given = self._by_position(params) if isinstance(params, Mapping) else (params or ())
        if len(given) > len(self.items):
            raise _invalid(f"expected at most {len(self.items)} parameters, got {len(given)}")
        arguments: list[object] = []
        for index, item in enumerate(self.items):
            value = given[index] if index < len(given) else None
            if value is None and not item.is_required:
                arguments.append(item.default)
                continue
            if index >= len(given):
                required = sum(each.is_required for each in self.items)
                raise _invalid(
                    f"expected {item.name} and {required} parameters at least, got {len(given)}"
                )
            try:
                arguments.append(item.convert(value))
            except Unexpected as error:
                raise _invalid(f"{item.name}: {error}") from None
        return arguments

    def _by_position(self, params: Mapping[str, object]) -> list[object]:
        names = [item.name for item in self.items]
        for name in params:
            if name not in names:
                raise _invalid(f"expected one of {', '.join(names) or 'none'}, got {name[:40]!r}")
        last = max((index for index, name in enumerate(names) if name in params), default=-1)
        return [params.get(name) for name in names[: last + 1]]


def _invalid(why: str) -> RpcError:
    return RpcError(INVALID_PARAMS, "Invalid params", why)


def compile_parameters(function: Callable[..., object], injectable: tuple[type, ...]) -> Parameters:
    """What a bound method takes. Raises TypeError for an annotation that is not understood."""
    hints = get_type_hints(function, include_extras=True)
    injected: list[type] = []
    items: list[Parameter] = []
    for name, parameter in inspect.signature(function).parameters.items():
        annotation = hints[name]
        if annotation in injectable:
            assert not items, f"{name}: what the server fills in comes first"
            injected.append(annotation)
        else:
            items.append(Parameter(camel_case(name), converter_of(annotation), parameter.default))
    return Parameters(tuple(injected), tuple(items))


def camel_case(name: str) -> str:
    """`follow_subscription_` as clients spell it: `followSubscription`."""
    first, *rest = name.strip("_").split("_")
    return first + "".join(part.title() for part in rest)


def converter_of(annotation: object) -> Convert:
    """The conversion of JSON values to the annotated type."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bounded_converter_of(get_args(annotation))
    if origin in (Union, types.UnionType):
        return partial(_to_any_of, [converter_of(each) for each in get_args(annotation)])
    if origin is Literal:
        return partial(_to_literal, get_args(annotation))
    if origin in (list, tuple, dict):
        return _container_converter_of(origin, get_args(annotation))
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if isinstance(annotation, type):
        if issubclass(annotation, FixedBytes):
            return partial(_to_fixed, annotation)
        if issubclass(annotation, msgspec.Struct):
            return partial(_to_struct, annotation)
    raise TypeError(f"expected an annotation that JSON can be converted to, got {annotation!r}")


def _bounded_converter_of(arguments: tuple[object, ...]) -> Convert:
    plain, *marks = arguments
    convert = converter_of(plain)
    for mark in marks:
        if isinstance(mark, msgspec.Meta) and mark.ge is not None and mark.le is not None:
            convert = partial(_to_number_within, int(mark.ge), int(mark.le))
    return convert


def _container_converter_of(origin: object, arguments: tuple[object, ...]) -> Convert:
    if origin is dict and arguments[0] is str:
        return partial(_to_dict, converter_of(arguments[1]))
    if origin is list:
        return partial(_to_list, converter_of(arguments[0]))
    if origin is tuple and arguments[1:] == (Ellipsis,):
        return partial(_to_tuple, converter_of(arguments[0]))
    raise TypeError(f"expected dict[str, T], list[T] or tuple[T, ...], got {arguments!r}")


def _to_bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise Unexpected("true or false", value)


def _to_int(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _HEX_NUMBER.fullmatch(value):
        return int(value, 16)
    raise Unexpected("a whole number or 0x… in hex", value)


def _to_number_within(least: int, most: int, value: object) -> int:
    number = _to_int(value)
    if least <= number <= most:
        return number
    raise Unexpected(f"a whole number from {least} to {most}", value)


def _to_str(value: object) -> str:
    if isinstance(value, str):
        return value
    raise Unexpected("a string", value)


def _to_bytes(value: object) -> bytes:
    if isinstance(value, str):
        digits = value[2:] if value[:2] in ("0x", "0X") else value
        try:
            # fromhex skips blanks, which are no hex here
            if not any(each.isspace() for each in digits[:1] + digits[-1:]) and " " not in digits:
                return bytes.fromhex(digits)
        except ValueError:
            pass
    raise Unexpected("bytes in hex", value)


def _to_null(value: object) -> None:
    if value is not None:
        raise Unexpected("null", value)


def _to_object(value: object) -> object:
    return value


def _to_fixed(kind: type[FixedBytes], value: object) -> FixedBytes:
    try:
        data = _to_bytes(value)
    except Unexpected:
        data = b""
    if len(data) != kind.LENGTH:
        raise Unexpected(f"{kind.LENGTH} bytes in hex", value)
    return kind(data)


def _to_struct(kind: type[msgspec.Struct], value: object) -> msgspec.Struct:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        names = ", ".join(kind.__struct_encode_fields__)
        raise Unexpected(f"an object with {names} ({error})", value) from None


def _to_list(convert: Convert, value: object) -> list[object]:
    if not isinstance(value, list):
        raise Unexpected("a list", value)
    # What a list from JSON holds is unknown; each item is converted.
    return [convert(item) for item in cast(list[object], value)]


def _to_tuple(convert: Convert, value: object) -> tuple[object, ...]:
    return tuple(_to_list(convert, value))


def _to_dict(convert: Convert, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise Unexpected("an object", value)
    # The names in an object from JSON are strings; each value is converted.
    return {name: convert(item) for name, item in cast(dict[str, object], value).items()}


def _to_literal(choices: tuple[object, ...], value: object) -> object:
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    raise Unexpected("one of " + ", ".join(map(str, choices)), value)


def _to_any_of(converters: Sequence[Convert], value: object) -> object:
    expected: list[str] = []
    for convert in converters:
        try:
            return convert(value)
        except Unexpected as error:
            expected.append(error.expected)
    raise Unexpected(" or ".join(expected), value)


_PLAIN: Final[Mapping[object, Convert]] = {
    bool: _to_bool,
    int: _to_int,
    str: _to_str,
    bytes: _to_bytes,
    object: _to_object,
    type(None): _to_null,
}
