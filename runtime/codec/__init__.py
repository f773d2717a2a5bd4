"""SCALE, the Simple Concatenated Aggregate Little-Endian encoding, compiled from annotations."""

from runtime.codec.annotation import (
    I8,
    I16,
    I32,
    I64,
    I128,
    U8,
    U16,
    U32,
    U64,
    U128,
    U256,
    Array,
    Compact,
    Generic,
    MaxLen,
    Name,
    Opaque,
    Text,
    variant,
)
from runtime.codec.codec import Codec
from runtime.codec.compiler import codec_of, compile_codec, encode
from runtime.codec.fixed import FixedBytes

__all__ = [
    "I8",
    "I16",
    "I32",
    "I64",
    "I128",
    "U8",
    "U16",
    "U32",
    "U64",
    "U128",
    "U256",
    "Array",
    "Codec",
    "Compact",
    "FixedBytes",
    "Generic",
    "MaxLen",
    "Name",
    "Opaque",
    "Text",
    "codec_of",
    "compile_codec",
    "encode",
    "variant",
]
