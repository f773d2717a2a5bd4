"""Codecs of structs and enums."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from runtime.codec.codec import AnyCodec, Codec, Inline, Row, truncated
from runtime.codec.fields import compile_row
from runtime.codec.typeinfo import Composite, Field, Variant, VariantDef
from runtime.errors import CodecError


def get_path(cls: type) -> tuple[str, ...]:
    """The class's path in metadata: its own `SCALE_PATH`, or one made from its module."""
    declared: str = getattr(cls, "SCALE_PATH", "")
    if declared:
        return tuple(declared.split("::"))
    first, *rest = cls.__module__.split(".")
    if first == "pallets" and rest:
        return (f"pallet_{rest[0]}", "types", cls.__name__)
    return (f"soberana_{first}", *rest, cls.__name__)


def get_docs(cls: type) -> tuple[str, ...]:
    """The class's own docstring by lines; a dataclass without one has a generated signature."""
    text = cls.__doc__ or ""
    if text.startswith(f"{cls.__name__}("):
        return ()
    return tuple(line.strip() for line in text.strip().splitlines())


def get_shown_fields(cls: type, fields: list[tuple[str, AnyCodec]]) -> tuple[Field, ...]:
    """The fields as metadata lists them: `from_` is `from`, a tuple's fields have no names."""
    unnamed: bool = getattr(cls, "SCALE_UNNAMED", False)
    return tuple(
        Field(None if unnamed else name.rstrip("_"), codec.node, codec.type_name)
        for name, codec in fields
    )


def compile_struct(cls: type, fields: list[tuple[str, AnyCodec]]) -> AnyCodec:
    """A frozen dataclass, its fields in order."""
    row = Row(tuple(fields), cls)
    encode, decode_from = compile_row(row, cls.__name__)
    sizes = [codec.fixed_size for _, codec in fields]
    total = 0
    for size in sizes:
        total += size or 0
    node = Composite(
        get_path(cls),
        get_shown_fields(cls, fields),
        docs=get_docs(cls),
    )
    fixed_size = None if None in sizes else total
    return Codec(encode, decode_from, node, cls.__name__, fixed_size, row)


def compile_union(
    members: list[tuple[type, list[tuple[str, AnyCodec]]]],
    path: tuple[str, ...],
) -> AnyCodec:
    """An enum: a union of dataclasses, each marked with its index by `variant`."""
    encoders: dict[type, Callable[[Any], bytes]] = {}
    decoders: dict[int, Callable[[bytes, int], tuple[Any, int]]] = {}
    definitions: list[VariantDef] = []
    name = path[-1]
    for cls, fields in members:
        index: int | None = getattr(cls, "SCALE_INDEX", None)
        if index is None:
            raise TypeError(f"{name}: {cls.__name__} has no @variant(index)")
        if index in decoders:
            raise TypeError(f"{name}: index {index} is taken twice, again by {cls.__name__}")
        row = Row(tuple(fields), cls)
        encoders[cls], decoders[index] = compile_row(row, cls.__name__, bytes((index,)))
        wire_name: str = getattr(cls, "SCALE_NAME", cls.__name__)
        if any(wire_name == other.name for other in definitions):
            raise TypeError(f"{name}: two variants are named {wire_name}")
        shown = get_shown_fields(cls, fields)
        definitions.append(VariantDef(wire_name, index, shown, get_docs(cls)))

    def encode_union(value: object) -> bytes:
        encode = encoders.get(type(value))
        if encode is None:
            raise CodecError(f"{name}: {value!r} is none of its variants")
        return encode(value)

    def decode_union(data: bytes, offset: int) -> tuple[Any, int]:
        if offset >= len(data):
            raise truncated(name, data, offset, 1)
        decoder = decoders.get(data[offset])
        if decoder is None:
            raise CodecError(f"{name}: no variant {data[offset]} (offset {offset})")
        return decoder(data, offset + 1)

    definitions.sort(key=lambda definition: definition.index)
    node = Variant(path, tuple(definitions))
    inline = Inline("{encoders}[type({v})]({v})", known=(("encoders", encoders),))
    return Codec(encode_union, decode_union, node, name, inline=inline)


def compile_int_enum(cls: type[IntEnum]) -> AnyCodec:
    """An enum without data: `class Kind(IntEnum)`, one byte."""
    by_index: dict[int, IntEnum] = {}
    written: dict[IntEnum, bytes] = {}
    for name, member in cls.__members__.items():
        if not 0 <= member.value <= 255:
            raise TypeError(f"{cls.__name__}: {name} = {member.value} is not a byte")
        if name != member.name:  # to Python an alias
            raise TypeError(f"{cls.__name__}: index {member.value} is taken twice, again by {name}")
        by_index[member.value] = member
        written[member] = bytes((member,))

    def encode(value: IntEnum) -> bytes:
        found = written.get(value)
        if found is None:
            raise CodecError(f"{cls.__name__}: {value!r} is none of its variants")
        return found

    def decode_from(data: bytes, offset: int) -> tuple[IntEnum, int]:
        if offset >= len(data):
            raise truncated(cls.__name__, data, offset, 1)
        member = by_index.get(data[offset])
        if member is None:
            raise CodecError(f"{cls.__name__}: no variant {data[offset]} (offset {offset})")
        return member, offset + 1

    variants = tuple(
        VariantDef("".join(w.capitalize() for w in m.name.split("_")), m.value)
        for m in by_index.values()
    )
    node = Variant(get_path(cls), variants, docs=get_docs(cls))
    inline = Inline(
        "{written}[{v}]",
        read="{members}[data[{at}]]",
        known=(("written", written), ("members", by_index)),
    )
    return Codec(encode, decode_from, node, cls.__name__, fixed_size=1, inline=inline)
