"""Dispatchables: the `@call` tag, decoded calls, and the codec of all calls of a runtime."""

from collections.abc import Callable
from functools import cache
from inspect import signature
from typing import Annotated, Any, TypeAlias, TypeVar, get_type_hints

from runtime.codec.annotation import ComposedMark
from runtime.codec.codec import AnyCodec, Codec, truncated
from runtime.codec.collection import compile_tuple
from runtime.codec.compiler import compile_codec
from runtime.codec.typeinfo import Placeholder
from runtime.errors import CodecError
from runtime.frame.dispatch import DispatchClass, DispatchInfo, Pays, PostDispatch
from runtime.frozen import frozen
from runtime.primitives import Weight

CALL_DEPTH_MAX = 8
"""Calls inside calls beyond this depth do not decode."""

CallFunction: TypeAlias = Callable[..., PostDispatch | None]
CallWeight: TypeAlias = Weight | Callable[..., Weight]
F = TypeVar("F", bound=CallFunction)
_TAG = "__soberana_call__"


@frozen
class _Tag:
    index: int
    weight: CallWeight
    dispatch_class: DispatchClass
    pays_fee: Pays


def call(
    *,
    index: int,
    weight: CallWeight,
    dispatch_class: DispatchClass = DispatchClass.NORMAL,
    pays_fee: Pays = Pays.YES,
) -> Callable[[F], F]:
    """Tags a pallet's method as dispatchable; the method itself stays as it is.

    ``weight`` is a constant or a function of the call's arguments, without origin.
    """
    if not 0 <= index <= 255:
        raise TypeError(f"a call's index is 0..255, not {index}")

    def mark(function: F) -> F:
        setattr(function, _TAG, _Tag(index, weight, dispatch_class, pays_fee))
        return function

    return mark


@frozen
class CallSpec:
    """One dispatchable of a pallet, compiled."""

    name: str
    index: int
    function: CallFunction
    params: tuple[tuple[str, Any], ...]
    """Names and annotations of the arguments behind the origin."""

    weight: CallWeight
    dispatch_class: DispatchClass
    pays_fee: Pays
    docs: str


def get_call_spec(function: Callable[..., Any]) -> CallSpec | None:
    """The spec of a tagged method, None for any other; `TypeError` for a bad declaration."""
    tag: _Tag | None = getattr(function, _TAG, None)
    if tag is None:
        return None
    name = function.__name__
    if not function.__doc__:
        raise TypeError(f"{name}: a call has a docstring, it becomes metadata")
    hints = get_type_hints(function, include_extras=True)
    names = list(signature(function).parameters)
    if names[:2] != ["self", "origin"]:
        raise TypeError(f"{name}: a call begins with self and origin, not {names[:2]}")
    for param in names[2:]:
        if param not in hints:
            raise TypeError(f"{name}: the argument {param} has no annotation")
    params = tuple((param, hints[param]) for param in names[2:])
    for _, annotation in params:
        compile_codec(annotation, {})  # raises now what would fail at the first decode
    if not isinstance(tag.weight, Weight):
        signature(tag.weight).bind(*names[2:])  # the weight asks for the call's arguments
    return CallSpec(
        name,
        tag.index,
        function,
        params,
        tag.weight,
        tag.dispatch_class,
        tag.pays_fee,
        function.__doc__,
    )


@frozen
class Call:
    """A call with its arguments, decoded and ready to dispatch."""

    pallet_index: int
    pallet_name: str
    spec: CallSpec
    args: tuple[Any, ...]

    def get_dispatch_info(self) -> DispatchInfo:
        """Weight, class and fee rule before execution."""
        spec = self.spec
        weight = spec.weight if isinstance(spec.weight, Weight) else spec.weight(*self.args)
        return DispatchInfo(weight, spec.dispatch_class, spec.pays_fee)


RuntimeCall: TypeAlias = Annotated[Call, ComposedMark("RuntimeCall")]
"""A call of any pallet, as an argument of a call."""

PalletCalls: TypeAlias = tuple[int, str, tuple[CallSpec, ...]]
"""A pallet's composed index, its name and its calls."""


@cache
def compile_calls(pallets: tuple[PalletCalls, ...], depth: int = 0) -> Codec[Call]:
    """The codec of every call of a runtime; nested calls are bounded by `CALL_DEPTH_MAX`."""
    entries: dict[tuple[int, int], tuple[str, CallSpec, AnyCodec]] = {}
    inner = {"RuntimeCall": _compile_nested(pallets, depth + 1)}
    for pallet_index, pallet_name, specs in pallets:
        for spec in specs:
            codecs = tuple(compile_codec(annotation, inner) for _, annotation in spec.params)
            entries[pallet_index, spec.index] = (pallet_name, spec, compile_tuple(codecs))

    def encode(value: Call) -> bytes:
        arguments = entries[value.pallet_index, value.spec.index][2]
        return bytes((value.pallet_index, value.spec.index)) + arguments.encode(value.args)

    def decode_from(data: bytes, offset: int) -> tuple[Call, int]:
        if offset + 2 > len(data):
            raise truncated("RuntimeCall", data, offset, 2)
        entry = entries.get((data[offset], data[offset + 1]))
        if entry is None:
            raise CodecError(
                f"RuntimeCall: no call {data[offset]}.{data[offset + 1]} (offset {offset})",
            )
        pallet_name, spec, arguments = entry
        args, end = arguments.decode_from(data, offset + 2)
        return Call(data[offset], pallet_name, spec, args), end

    return Codec(encode, decode_from, Placeholder("RuntimeCall"), "RuntimeCall")


def _compile_nested(pallets: tuple[PalletCalls, ...], depth: int) -> Codec[Call]:
    """The codec one level deeper, compiled when first needed."""

    @cache  # `compile_calls` would hash every call of the runtime to find what it knows
    def get_codec() -> Codec[Call]:
        if depth > CALL_DEPTH_MAX:
            raise CodecError(f"RuntimeCall: nested deeper than {CALL_DEPTH_MAX}")
        return compile_calls(pallets, depth)

    def encode(value: Call) -> bytes:
        return get_codec().encode(value)

    def decode_from(data: bytes, offset: int) -> tuple[Call, int]:
        return get_codec().decode_from(data, offset)

    return Codec(encode, decode_from, Placeholder("RuntimeCall"), "RuntimeCall")
