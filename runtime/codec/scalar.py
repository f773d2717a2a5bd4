"""Codecs of integers, booleans and compact integers."""

from runtime.codec.codec import AnyCodec, Codec, Inline, truncated
from runtime.codec.typeinfo import CompactNode, Primitive
from runtime.errors import CodecError

UNSIGNED = tuple(Primitive(f"u{bits}") for bits in (8, 16, 32, 64, 128, 256))

COMPACT_BYTES_MAX = 67
"""A compact integer has at most 67 bytes behind its first: the six-bit length, plus four."""


def compile_integer(bits: int, *, signed: bool) -> Codec[int]:
    """The codec of a fixed-width integer."""
    size = bits >> 3
    name = f"{'i' if signed else 'u'}{bits}"

    def encode(value: int) -> bytes:
        try:
            return value.to_bytes(size, "little", signed=signed)
        except OverflowError:
            raise CodecError(f"{name}: {value} is out of range") from None

    def decode_from(data: bytes, offset: int) -> tuple[int, int]:
        end = offset + size
        if end > len(data):
            raise truncated(name, data, offset, size)
        return int.from_bytes(data[offset:end], "little", signed=signed), end

    sign = ", signed=True" if signed else ""
    inline = Inline(
        f"{{v}}.to_bytes({size}, 'little'{sign})",
        read=f"from_bytes(data[{{at}}:{{end}}], 'little'{sign})",
    )
    return Codec(encode, decode_from, Primitive(name), name, fixed_size=size, inline=inline)


def _encode_bool(value: bool) -> bytes:
    return b"\x01" if value else b"\x00"


def _decode_bool(data: bytes, offset: int) -> tuple[bool, int]:
    if offset >= len(data):
        raise truncated("bool", data, offset, 1)
    byte = data[offset]
    if byte > 1:
        raise CodecError(f"bool: expected 0 or 1 at offset {offset}, got {byte}")
    return byte == 1, offset + 1


BOOL: Codec[bool] = Codec(
    _encode_bool,
    _decode_bool,
    Primitive("bool"),
    "bool",
    fixed_size=1,
    inline=Inline(
        r"(b'\x01' if {v} else b'\x00')",
        read="{values}[data[{at}]]",
        known=(("values", (False, True)),),
    ),
)


def encode_compact(value: int) -> bytes:
    """A non-negative integer below 2^536 in SCALE's compact form."""
    if value < 0:
        raise CodecError(f"Compact: {value} is negative")
    if value < 1 << 6:
        return (value << 2).to_bytes(1, "little")
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    if value < 1 << 30:
        return (value << 2 | 2).to_bytes(4, "little")
    size = (value.bit_length() + 7) >> 3
    if size > COMPACT_BYTES_MAX:
        raise CodecError(f"Compact: a number of {size} bytes, expected at most 67")
    return bytes(((size - 4) << 2 | 3,)) + value.to_bytes(size, "little")


def decode_compact(data: bytes, offset: int) -> tuple[int, int]:
    """The compact integer at an offset; only the shortest form of a number is accepted."""
    if offset >= len(data):
        raise truncated("Compact", data, offset, 1)
    first = data[offset]
    mode = first & 3
    if mode == 0:
        return first >> 2, offset + 1
    if mode == 3:
        start, size = offset + 1, (first >> 2) + 4
        least = 1 << 30 if size == 4 else 1 << 8 * (size - 1)
        shift = 0
    else:
        start, size = offset, mode * 2
        least = 1 << 6 if mode == 1 else 1 << 14
        shift = 2
    end = start + size
    if end > len(data):
        raise truncated("Compact", data, start, size)
    value = int.from_bytes(data[start:end], "little") >> shift
    if value < least:
        raise CodecError(f"Compact: {value} at offset {offset} is not in its shortest form")
    return value, end


def compile_compact(inner: AnyCodec) -> Codec[int]:
    """The compact codec of an unsigned integer type; values beyond the type are refused."""
    if inner.fixed_size is None or inner.node not in UNSIGNED:
        raise TypeError(f"Compact holds unsigned integers, not {inner.type_name}")
    limit = 1 << 8 * inner.fixed_size
    name = f"Compact<{inner.type_name}>"

    def encode(value: int) -> bytes:
        if value >= limit:
            raise CodecError(f"{name}: {value} is out of range")
        return encode_compact(value)

    def decode_from(data: bytes, offset: int) -> tuple[int, int]:
        value, end = decode_compact(data, offset)
        if value >= limit:
            raise CodecError(f"{name}: {value} at offset {offset} is out of range")
        return value, end

    inline = Inline("compact({v})", f"{{v}} < {limit}")
    return Codec(encode, decode_from, CompactNode(inner.node), name, inline=inline)
