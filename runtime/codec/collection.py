"""Codecs of bytes, text, sequences, arrays, tuples and options."""

from typing import Any, cast

from runtime.codec.codec import AnyCodec, Codec, Inline, truncated
from runtime.codec.fixed import FixedBytes
from runtime.codec.scalar import decode_compact, encode_compact
from runtime.codec.typeinfo import (
    ArrayNode,
    Composite,
    Field,
    Param,
    Primitive,
    Sequence,
    TupleNode,
    Variant,
    VariantDef,
)
from runtime.errors import CodecError

_BYTE = Primitive("u8")
OPTION_PATH = ("Option",)


def compile_bytes(bytes_max: int) -> Codec[bytes]:
    """`Vec<u8>` of at most ``bytes_max`` bytes."""

    def encode(value: bytes) -> bytes:
        if len(value) > bytes_max:
            raise CodecError(f"Vec<u8>: expected at most {bytes_max} bytes, got {len(value)}")
        return encode_compact(len(value)) + value

    def decode_from(data: bytes, offset: int) -> tuple[bytes, int]:
        size, start = decode_compact(data, offset)
        if size > bytes_max:
            raise CodecError(f"Vec<u8>: expected at most {bytes_max} bytes, got {size}")
        end = start + size
        if end > len(data):
            raise truncated("Vec<u8>", data, start, size)
        return data[start:end], end

    inline = Inline("compact(len({v})) + {v}", f"len({{v}}) <= {bytes_max}")
    return Codec(encode, decode_from, Sequence(_BYTE), "Vec<u8>", inline=inline)


def compile_text(bytes_max: int) -> Codec[str]:
    """UTF-8 text of at most ``bytes_max`` bytes."""
    inner = compile_bytes(bytes_max)

    def decode_from(data: bytes, offset: int) -> tuple[str, int]:
        raw, end = inner.decode_from(data, offset)
        try:
            return raw.decode(), end
        except UnicodeDecodeError as error:
            raise CodecError(f"str: not UTF-8 at offset {offset}: {error.reason}") from None

    def encode(value: str) -> bytes:
        try:
            return inner.encode(value.encode())
        except UnicodeEncodeError as error:
            raise CodecError(f"str: not encodable: {error.reason}") from None

    return Codec(encode, decode_from, Primitive("str"), "Text")


def compile_array(length: int) -> Codec[bytes]:
    """`[u8; length]`."""
    name = f"[u8; {length}]"

    def encode(value: bytes) -> bytes:
        if len(value) != length:
            raise CodecError(f"{name}: expected {length} bytes, got {len(value)}")
        return bytes(value)

    def decode_from(data: bytes, offset: int) -> tuple[bytes, int]:
        end = offset + length
        if end > len(data):
            raise truncated(name, data, offset, length)
        return data[offset:end], end

    inline = Inline("{v}", f"len({{v}}) == {length}", "data[{at}:{end}]")
    node = ArrayNode(length, _BYTE)
    return Codec(encode, decode_from, node, name, fixed_size=length, inline=inline)


def compile_fixed_bytes(cls: type[FixedBytes]) -> AnyCodec:
    """A `FixedBytes` subclass; the decoded value is of that class."""
    name = cls.__name__
    length: int | None = getattr(cls, "LENGTH", None)
    if length is None:
        raise TypeError(f"{name}: fixed bytes have a LENGTH")
    new = bytes.__new__

    def encode(value: bytes) -> bytes:
        if len(value) != length:
            raise CodecError(f"{name}: expected {length} bytes, got {len(value)}")
        return bytes(value)

    def decode_from(data: bytes, offset: int) -> tuple[FixedBytes, int]:
        end = offset + length
        if end > len(data):
            raise truncated(name, data, offset, length)
        return new(cls, data[offset:end]), end

    node: ArrayNode | Composite = ArrayNode(length, _BYTE)
    if cls.SCALE_PATH:
        inner = Field(None, node, f"[u8; {length}]")
        node = Composite(tuple(cls.SCALE_PATH.split("::")), (inner,))
    inline = Inline(
        "{v}",
        f"len({{v}}) == {length}",
        "{new}({cls}, data[{at}:{end}])",
        (("new", new), ("cls", cls)),
    )
    return Codec(encode, decode_from, node, name, fixed_size=length, inline=inline)


def compile_sequence(item: AnyCodec, items_max: int) -> AnyCodec:
    """`Vec<item>` of at most ``items_max`` items, as a tuple."""
    name = f"Vec<{item.type_name}>"
    if item.fixed_size == 0:  # five bytes of input would make a tuple as long as the bound
        raise TypeError(f"{name}: its items take no bytes, so input does not bound it")
    encode_item, decode_item = item.encode, item.decode_from

    def encode(value: tuple[Any, ...]) -> bytes:
        if len(value) > items_max:
            raise CodecError(f"{name}: expected at most {items_max} items, got {len(value)}")
        return encode_compact(len(value)) + b"".join(map(encode_item, value))

    def decode_from(data: bytes, offset: int) -> tuple[tuple[Any, ...], int]:
        count, offset = decode_compact(data, offset)
        if count > items_max:
            raise CodecError(f"{name}: expected at most {items_max} items, got {count}")
        items: list[Any] = []
        for _ in range(count):
            value, offset = decode_item(data, offset)
            items.append(value)
        return tuple(items), offset

    inline = Inline(
        "compact(len({v})) + join(map({encode_item}, {v}))",
        f"len({{v}}) <= {items_max}",
        known=(("encode_item", encode_item),),
    )
    return Codec(encode, decode_from, Sequence(item.node), name, inline=inline)


def compile_item_array(item: AnyCodec, length: int) -> AnyCodec:
    """`[item; length]`, as a tuple."""
    name = f"[{item.type_name}; {length}]"
    encode_item, decode_item = item.encode, item.decode_from

    def encode(value: tuple[Any, ...]) -> bytes:
        if len(value) != length:
            raise CodecError(f"{name}: expected {length} items, got {len(value)}")
        return b"".join(map(encode_item, value))

    def decode_from(data: bytes, offset: int) -> tuple[tuple[Any, ...], int]:
        items: list[Any] = []
        for _ in range(length):
            value, offset = decode_item(data, offset)
            items.append(value)
        return tuple(items), offset

    size = None if item.fixed_size is None else item.fixed_size * length
    return Codec(encode, decode_from, ArrayNode(length, item.node), name, fixed_size=size)


def compile_tuple(items: tuple[AnyCodec, ...]) -> AnyCodec:
    """`(items…)`."""
    name = f"({', '.join(item.type_name for item in items)})"
    count = len(items)

    def encode(value: tuple[Any, ...]) -> bytes:
        if len(value) != count:
            raise CodecError(f"{name}: expected {count} items, got {len(value)}")
        return b"".join(item.encode(part) for item, part in zip(items, value, strict=True))

    def decode_from(data: bytes, offset: int) -> tuple[tuple[Any, ...], int]:
        parts: list[Any] = []
        for item in items:
            part, offset = item.decode_from(data, offset)
            parts.append(part)
        return tuple(parts), offset

    sizes = [item.fixed_size for item in items]
    size = None if None in sizes else sum(cast("list[int]", sizes))
    return Codec(encode, decode_from, TupleNode(tuple(i.node for i in items)), name, size)


def compile_option(item: AnyCodec) -> AnyCodec:
    """`Option<item>`; None is absent."""
    name = f"Option<{item.type_name}>"
    if isinstance(item.node, Variant) and item.node.path == OPTION_PATH:
        raise TypeError(f"{name}: None cannot say which of the two is absent")

    def encode(value: object) -> bytes:
        return b"\x00" if value is None else b"\x01" + item.encode(value)

    def decode_from(data: bytes, offset: int) -> tuple[Any, int]:
        if offset >= len(data):
            raise truncated(name, data, offset, 1)
        tag = data[offset]
        if tag == 0:
            return None, offset + 1
        if tag != 1:
            raise CodecError(f"{name}: expected 0 or 1 at offset {offset}, got {tag}")
        return item.decode_from(data, offset + 1)

    some = VariantDef("Some", 1, (Field(None, item.node, None),))
    node = Variant(OPTION_PATH, (VariantDef("None", 0), some), (Param("T", item.node),))
    inline = _make_option(item.inline) if isinstance(item.inline, Inline) else None
    return Codec(encode, decode_from, node, name, inline=inline)


def _make_option(item: Inline) -> Inline:
    ensure = f"({{v}} is None or {item.ensure})" if item.ensure else ""
    write = f"(b'\\x00' if {{v}} is None else b'\\x01' + {item.write})"
    return Inline(write, ensure, known=item.known)
