"""Commitments of claims: their bytes, and that each part of them counts."""

from hashlib import blake2b

from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from runtime.claim import ClaimRoots, compute_claim_roots, compute_commitment
from runtime.frame.ai_types import SlotId
from runtime.primitives import AccountId, Hash, Root

GENESIS, WHO = Hash(bytes(range(32))), AccountId(b"\x11" * 32)
ROOTS = ClaimRoots(Root(b"\x22" * 32), Root(b"\x33" * 32))


def test_the_bytes_of_a_commitment() -> None:
    place = bytes.fromhex("0807060504030201") + bytes.fromhex("0c0b0a09")
    written = b"claim" + GENESIS + place + WHO + ROOTS.out_root + ROOTS.trace_root
    slot = SlotId(0x0102030405060708, 0x090A0B0C)
    expected = blake2b(written, digest_size=32).digest()
    assert compute_commitment(GENESIS, slot, WHO, ROOTS) == expected


def test_roots_of_a_result() -> None:
    roots = compute_claim_roots(b"output", b"trace")
    for data, root in ((b"output", roots.out_root), (b"trace", roots.trace_root)):
        assert blake3(data, derive_key_context="soberana blob v1").digest() == root
    assert compute_claim_roots(b"output", b"").trace_root == Root.zero()
    assert compute_claim_roots(b"", b"").out_root != Root.zero()


ANY = st.tuples(
    st.binary(min_size=32, max_size=32).map(Hash),
    st.builds(SlotId, st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1)),
    st.binary(min_size=32, max_size=32).map(AccountId),
    st.builds(compute_claim_roots, st.binary(max_size=8), st.binary(max_size=8)),
)


@given(ANY, ANY)
def test_two_commitments_are_equal_for_equal_parts_alone(
    one: tuple[Hash, SlotId, AccountId, ClaimRoots],
    two: tuple[Hash, SlotId, AccountId, ClaimRoots],
) -> None:
    assert (compute_commitment(*one) == compute_commitment(*two)) == (one == two)
