"""The seal: the public part of the proof, in the header's digest and so in the block's hash."""

from dataclasses import dataclass
from typing import Annotated

from runtime.codec import U8, U32, U64, Array, codec_of
from runtime.primitives import Root
from runtime.work_summary import Lane


@dataclass(frozen=True, slots=True)
class Seal:
    """One winning tile of one product."""

    version: U8
    lane: Lane
    m: U32
    n: U32
    k: U32
    i: U32
    """Row of the winning tile, in tiles."""

    j: U32
    """Column of the winning tile, in tiles."""

    root_a: Root
    """Zero in the Seeded lane."""

    root_b: Root
    """Zero in the Seeded lane."""

    root_c: Root
    """The result's commitment in the Task lane, zero in the others."""

    nonce: U64
    """Which operands the Seeded lane expands; zero in the others."""

    ticket: Annotated[bytes, Array(32)]


SEAL = codec_of(Seal)
