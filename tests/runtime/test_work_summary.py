"""The bytes of a work summary, to which a block's digest commits."""

from hashlib import blake2b

import pytest

from runtime.codec import codec_of
from runtime.errors import CodecError
from runtime.primitives import Root
from runtime.work_summary import REFS_MAX, Lane, RowRef, WorkSummary, compute_work_root

SUMMARY = WorkSummary(
    Lane.TASK, 32, 64, 128, Root(b"\xaa" * 32), Root(b"\xbb" * 32), (RowRef(5, 6, 7, 8),)
)
ENCODED = (
    "01"
    + "20000000" + "40000000" + "80000000"
    + "aa" * 32 + "bb" * 32
    + "04" + "0500000000000000" + "06000000" + "07" + "08000000"
)  # fmt: skip


def test_the_bytes_of_a_summary() -> None:
    codec = codec_of(WorkSummary)
    assert codec.encode(SUMMARY).hex() == ENCODED
    assert codec.decode(bytes.fromhex(ENCODED)) == SUMMARY


def test_the_root_is_blake2b_of_the_bytes() -> None:
    expected = blake2b(bytes.fromhex(ENCODED), digest_size=32).digest()
    assert compute_work_root(SUMMARY) == expected


def test_references_are_bounded() -> None:
    rows = (RowRef(0, 0, 0, 1),) * (REFS_MAX + 1)
    with pytest.raises(CodecError):
        compute_work_root(WorkSummary(Lane.TASK, 32, 32, 64, Root.zero(), Root.zero(), rows))
