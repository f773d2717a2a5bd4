"""Codecs of structs and enums; a struct's functions are generated once, as dataclasses are."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from runtime.codec.codec import AnyCodec, Codec, truncated
from runtime.codec.typeinfo import Composite, Field, Primitive, Variant, VariantDef
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


def _integer(codec: AnyCodec) -> tuple[int, bool] | None:
    """Size and signedness of a plain fixed-width integer codec."""
    node = codec.node
    if codec.fixed_size is None or not isinstance(node, Primitive) or node.name[0] not in "ui":
        return None
    return codec.fixed_size, node.name[0] == "i"


def _generate_encode(fields: list[tuple[str, AnyCodec]], scope: dict[str, Any]) -> str:
    parts: list[str] = []
    for position, (name, codec) in enumerate(fields):
        integer = _integer(codec)
        if integer is None:
            scope[f"encode_{position}"] = codec.encode
            parts.append(f"encode_{position}(value.{name})")
        else:
            size, signed = integer
            parts.append(f'value.{name}.to_bytes({size}, "little", signed={signed})')
    return (
        "def encode(value):\n"
        "    try:\n"
        f"        return {' + '.join(parts) or 'EMPTY'}\n"
        "    except OverflowError as error:\n"
        "        raise out_of_range(value, error) from None\n"
    )


def _generate_decode(fields: list[tuple[str, AnyCodec]], scope: dict[str, Any]) -> str:
    lines = ["def decode_from(data, offset):"]
    checked = 0  # bytes of a run of integers already known to be there
    for position, (_, codec) in enumerate(fields):
        integer = _integer(codec)
        if integer is None:
            scope[f"decode_{position}"] = codec.decode_from
            lines.append(f"    f{position}, offset = decode_{position}(data, offset)")
            continue
        size, signed = integer
        if checked == 0:
            for _, following in fields[position:]:
                run = _integer(following)
                if run is None:
                    break
                checked += run[0]
            lines.append(f"    if offset + {checked} > len(data):")
            lines.append(f"        raise truncated(NAME, data, offset, {checked})")
        checked -= size
        lines.append(
            f"    f{position} = from_bytes(data[offset:offset + {size}],"
            f' "little", signed={signed})',
        )
        lines.append(f"    offset += {size}")
    values = ", ".join(f"f{position}" for position in range(len(fields)))
    lines.append(f"    return new({values}), offset")
    return "\n".join(lines) + "\n"


def get_shown_fields(cls: type, fields: list[tuple[str, AnyCodec]]) -> tuple[Field, ...]:
    """The fields as metadata lists them: `from_` is `from`, a tuple's fields have no names."""
    unnamed: bool = getattr(cls, "SCALE_UNNAMED", False)
    return tuple(
        Field(None if unnamed else name.rstrip("_"), codec.node, codec.type_name)
        for name, codec in fields
    )


def compile_fields(
    fields: list[tuple[str, AnyCodec]],
    new: Callable[..., Any],
    name: str,
) -> tuple[Callable[[Any], bytes], Callable[[bytes, int], tuple[Any, int]]]:
    """The two functions of a concatenation of named fields; ``new`` makes the decoded value."""

    def out_of_range(value: object, error: OverflowError) -> CodecError:
        return CodecError(f"{name}: a field of {value!r} is out of range: {error}")

    scope: dict[str, Any] = {
        "EMPTY": b"",
        "NAME": name,
        "from_bytes": int.from_bytes,
        "new": new,
        "out_of_range": out_of_range,
        "truncated": truncated,
    }
    source = _generate_encode(fields, scope) + _generate_decode(fields, scope)
    exec(compile(source, f"<codec of {name}>", "exec"), scope)
    return scope["encode"], scope["decode_from"]


def compile_struct(cls: type, fields: list[tuple[str, AnyCodec]]) -> AnyCodec:
    """A frozen dataclass, its fields in order."""
    encode, decode_from = compile_fields(fields, cls, cls.__name__)
    sizes = [codec.fixed_size for _, codec in fields]
    total = 0
    for size in sizes:
        total += size or 0
    node = Composite(
        get_path(cls),
        get_shown_fields(cls, fields),
        docs=get_docs(cls),
    )
    return Codec(encode, decode_from, node, cls.__name__, None if None in sizes else total)


def compile_union(
    members: list[tuple[type, list[tuple[str, AnyCodec]]]],
    path: tuple[str, ...],
) -> AnyCodec:
    """An enum: a union of dataclasses, each marked with its index by `variant`."""
    encoders: dict[type, tuple[bytes, Callable[[Any], bytes]]] = {}
    decoders: dict[int, Callable[[bytes, int], tuple[Any, int]]] = {}
    definitions: list[VariantDef] = []
    name = path[-1]
    for cls, fields in members:
        index: int | None = getattr(cls, "SCALE_INDEX", None)
        if index is None:
            raise TypeError(f"{name}: {cls.__name__} has no @variant(index)")
        if index in decoders:
            raise TypeError(f"{name}: index {index} is taken twice, again by {cls.__name__}")
        encode, decode_from = compile_fields(fields, cls, cls.__name__)
        encoders[cls] = (bytes((index,)), encode)
        decoders[index] = decode_from
        wire_name: str = getattr(cls, "SCALE_NAME", cls.__name__)
        if any(wire_name == other.name for other in definitions):
            raise TypeError(f"{name}: two variants are named {wire_name}")
        shown = get_shown_fields(cls, fields)
        definitions.append(VariantDef(wire_name, index, shown, get_docs(cls)))

    def encode_union(value: object) -> bytes:
        entry = encoders.get(type(value))
        if entry is None:
            raise CodecError(f"{name}: {value!r} is none of its variants")
        return entry[0] + entry[1](value)

    def decode_union(data: bytes, offset: int) -> tuple[Any, int]:
        if offset >= len(data):
            raise truncated(name, data, offset, 1)
        decoder = decoders.get(data[offset])
        if decoder is None:
            raise CodecError(f"{name}: no variant {data[offset]} (offset {offset})")
        return decoder(data, offset + 1)

    definitions.sort(key=lambda definition: definition.index)
    return Codec(encode_union, decode_union, Variant(path, tuple(definitions)), name)


def compile_int_enum(cls: type[IntEnum]) -> AnyCodec:
    """An enum without data: `class Kind(IntEnum)`, one byte."""
    by_index: dict[int, IntEnum] = {}
    for name, member in cls.__members__.items():
        if not 0 <= member.value <= 255:
            raise TypeError(f"{cls.__name__}: {name} = {member.value} is not a byte")
        if name != member.name:  # to Python an alias
            raise TypeError(f"{cls.__name__}: index {member.value} is taken twice, again by {name}")
        by_index[member.value] = member

    def encode(value: IntEnum) -> bytes:
        if value not in by_index:
            raise CodecError(f"{cls.__name__}: {value!r} is none of its variants")
        return bytes((value,))

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
    return Codec(encode, decode_from, node, cls.__name__, fixed_size=1)
