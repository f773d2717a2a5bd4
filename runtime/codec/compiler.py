"""From annotation to codec: `codec_of` reads a type once and keeps its codec.

Known: the scalar aliases, `bool`, `Annotated[bytes | str | tuple[T, ...], MaxLen(n)]`,
`Annotated[bytes | tuple[T, ...], Array(n)]`, `tuple[A, B]`, `X | None`, `FixedBytes` classes,
frozen dataclasses, `IntEnum` classes and unions of `@variant` dataclasses. All else, floats and
unbounded collections above all, is a `TypeError` when the module that names it is imported.
"""

import dataclasses
import types
from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from typing import Annotated, Any, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from runtime.codec import collection, composite, scalar
from runtime.codec.annotation import (
    Array,
    CompactMark,
    ComposedMark,
    Generic,
    MaxLen,
    Name,
    Sint,
    Uint,
)
from runtime.codec.codec import AnyCodec, Codec
from runtime.codec.fixed import FixedBytes
from runtime.codec.typeinfo import Composite, Param, Placeholder, Variant
from runtime.frozen import is_frozen

Composed: TypeAlias = Mapping[str, AnyCodec]
"""The codecs of a composed runtime's own types."""


@cache
def codec_of(annotation: Any) -> AnyCodec:
    """The codec of an annotation that holds no runtime call; compiled at the first request."""
    return compile_codec(annotation, {})


def encode(value: object) -> bytes:
    """A dataclass instance's bytes, by the codec of its class."""
    cls: Any = type(value)
    return codec_of(cls).encode(value)


def compile_codec(annotation: Any, composed: Composed) -> AnyCodec:
    """The codec of any annotation; ``composed`` serves `ComposedMark` types by their name."""
    if get_origin(annotation) is Annotated:
        base, *marks = get_args(annotation)
        return _compile_marked(base, marks, composed)
    if get_origin(annotation) is None and isinstance(annotation, type):
        return _compile_class(annotation, composed)
    return _compile_generic(annotation, composed)


def _compile_unknown(name: str) -> AnyCodec:
    """Stands in where no runtime is composed: known to metadata by name, never run."""

    def encode(value: object) -> bytes:
        raise TypeError(f"{name} has a codec in a composed runtime only, cannot encode {value!r}")

    def decode_from(data: bytes, offset: int) -> tuple[Any, int]:
        raise TypeError(f"{name} has a codec in a composed runtime only ({len(data)}, {offset})")

    return Codec(encode, decode_from, Placeholder(name), name)


def _compile_class(cls: Any, composed: Composed) -> AnyCodec:
    if cls is bool:
        return scalar.BOOL
    if issubclass(cls, FixedBytes):
        return collection.compile_fixed_bytes(cls)
    if issubclass(cls, IntEnum):
        return composite.compile_int_enum(cls)
    if dataclasses.is_dataclass(cls):
        codec = composite.compile_struct(cast("type", cls), _compile_fields(cls, composed))
        return _with_params(codec, getattr(cls, "SCALE_PARAMS", ()), composed)
    raise TypeError(f"{cls.__name__} has no codec: give it a size or a bound by Annotated")


def _compile_fields(cls: Any, composed: Composed) -> list[tuple[str, AnyCodec]]:
    if not is_frozen(cls):
        raise TypeError(f"{cls.__name__} must be frozen: stored values never change in place")
    hints = get_type_hints(cls, include_extras=True)
    fields = dataclasses.fields(cls)
    for field in fields:
        if not field.init or field.kw_only:  # decoding calls the class with all values in order
            raise TypeError(f"{cls.__name__}.{field.name} must be an argument by position")
    return [(field.name, compile_codec(hints[field.name], composed)) for field in fields]


def _compile_generic(annotation: Any, composed: Composed) -> AnyCodec:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Union or origin is types.UnionType:
        present = [member for member in arguments if member is not type(None)]
        if len(present) < len(arguments):
            inner = present[0] if len(present) == 1 else Union[tuple(present)]  # noqa: UP007
            return collection.compile_option(compile_codec(inner, composed))
        return _compile_union(present, composed)
    if origin is tuple:
        if Ellipsis in arguments:
            raise TypeError(f"{annotation} is unbounded: expected Annotated[…, MaxLen(n)]")
        return collection.compile_tuple(tuple(compile_codec(a, composed) for a in arguments))
    raise TypeError(f"{annotation!r} has no codec")


def _compile_union(members: list[Any], composed: Composed) -> AnyCodec:
    prefix = composite.get_path(members[0])[:-1]
    path = (*prefix, "".join(member.__name__ for member in members))
    return composite.compile_union([(m, _compile_fields(m, composed)) for m in members], path)


def compile_variants(members: tuple[type, ...], path: tuple[str, ...]) -> AnyCodec:
    """The codec of an enum from its variant classes, under a path of its own."""
    return composite.compile_union([(m, _compile_fields(m, {})) for m in members], path)


def _compile_marked(base: Any, marks: list[Any], composed: Composed) -> AnyCodec:
    """`Annotated[base, *marks]`: the first mark gives the codec, the others change it."""
    codec: AnyCodec | None = None
    name: str | None = next((mark.name for mark in marks if isinstance(mark, Name)), None)
    for mark in marks:
        match mark:
            case Uint(bits):
                codec = scalar.compile_integer(bits, signed=False)
            case Sint(bits):
                codec = scalar.compile_integer(bits, signed=True)
            case MaxLen(items_max):
                codec = _compile_bounded(base, items_max, composed)
            case Array(length):
                codec = _compile_array(base, length, composed)
            case ComposedMark(composed_name):
                codec = composed.get(composed_name) or _compile_unknown(composed_name)
            case CompactMark():
                codec = scalar.compile_compact(codec or compile_codec(base, composed))
            case _:
                pass  # other libraries' marks, and Name, which is applied last
    if codec is None:
        codec = compile_codec(base, composed)
    if name is not None:
        codec = _rename(codec, name)
    params = next((mark.params for mark in marks if isinstance(mark, Generic)), ())
    return _with_params(codec, params, composed)


def _with_params(
    codec: AnyCodec, params: tuple[tuple[str, Any], ...], composed: Composed
) -> AnyCodec:
    """The codec whose type names its generic parameters in metadata."""
    if not params or not isinstance(codec.node, Composite | Variant):
        return codec
    nodes = tuple(Param(each, compile_codec(kind, composed).node) for each, kind in params)
    return dataclasses.replace(codec, node=dataclasses.replace(codec.node, params=nodes))


def _rename(codec: AnyCodec, name: str) -> AnyCodec:
    node = codec.node
    # clients know an option by its path, so it keeps that
    if isinstance(node, Composite | Variant) and node.path != collection.OPTION_PATH:
        parts = tuple(part for part in name.split("::") if part)
        path = parts if "::" in name else (*node.path[:-1], name)
        node = dataclasses.replace(node, path=path)
    last = name.rsplit("::", 1)[-1]
    compact = codec.type_name.startswith("Compact<")
    return dataclasses.replace(codec, node=node, type_name=f"Compact<{last}>" if compact else last)


def _compile_bounded(base: Any, items_max: int, composed: Composed) -> AnyCodec:
    if base is bytes:
        return collection.compile_bytes(items_max)
    if base is str:
        return collection.compile_text(items_max)
    return collection.compile_sequence(compile_codec(_get_item(base), composed), items_max)


def _compile_array(base: Any, length: int, composed: Composed) -> AnyCodec:
    if base is bytes:
        return collection.compile_array(length)
    return collection.compile_item_array(compile_codec(_get_item(base), composed), length)


def _get_item(base: Any) -> Any:
    arguments = get_args(base)
    if get_origin(base) is not tuple or len(arguments) != 2 or arguments[1] is not Ellipsis:
        raise TypeError(f"expected bytes, str or tuple[T, ...], got {base!r}")
    return arguments[0]
