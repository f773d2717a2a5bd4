"""What a block says of its work: the payload of the work inherent, to which the digest commits.

The author writes it, consensus compares it with the seal, the work pallet checks it against the
market's slots.
"""

from enum import IntEnum, nonmember
from typing import Annotated, ClassVar

from runtime.codec import U8, U32, MaxLen, codec_of
from runtime.crypto.hashing import blake2_256
from runtime.frozen import frozen
from runtime.primitives import Hash, Id, Root

REFS_MAX = 256
"""Parts of slots whose rows one product stacks."""


class Lane(IntEnum):
    """Where the operands of a block's product come from; every lane weighs the same."""

    SCALE_PATH = nonmember("pallet_work::types::Lane")

    SEEDED = 0
    TASK = 1
    PRIVATE = 2


@frozen
class RowRef:
    """The rows of one slot at one MATMUL of its model, a contiguous part of operand A."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::RowRef"

    job: Id
    slot: U32
    layer: U8
    """The number of the MATMUL among the graph's, from 0."""

    count: U32
    """Rows of operand A: the slot's rows times the positions of the MATMUL."""


@frozen
class WorkSummary:
    """The product that a block's seal is a ticket of: shapes and roots, padded, and its origin."""

    SCALE_PATH: ClassVar[str] = "pallet_work::types::WorkSummary"

    lane: Lane
    m: U32
    n: U32
    k: U32
    root_a: Root
    """Zero in the Seeded lane, as in the seal."""

    root_b: Root
    rows: Annotated[tuple[RowRef, ...], MaxLen(REFS_MAX)] = ()
    """In the Task lane what the rows of A are, from the first on; empty in the others."""


def compute_work_root(summary: WorkSummary) -> Hash:
    """The digest's commitment to a block's work: blake2b-256 of the encoded summary."""
    return Hash(blake2_256(codec_of(WorkSummary).encode(summary)))
