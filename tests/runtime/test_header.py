"""Headers, digests and the roots over extrinsics: golden bytes, and a second way to compute."""

from dataclasses import replace
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.codec import codec_of
from runtime.errors import CodecError, InvalidBlock
from runtime.header import (
    DIGEST_ITEM_BYTES_MAX,
    DIGEST_ITEMS_MAX,
    HEADER,
    Consensus,
    Digest,
    DigestItem,
    Header,
    Other,
    PreRuntime,
    RuntimeEnvironmentUpdated,
    Seal,
    compute_extrinsics_root,
    compute_pre_hash,
    strip_seals,
)
from runtime.pre_digest import ENGINE, PRE_DIGEST, PreDigest, compute_work, get_pre_digest
from runtime.primitives import AccountId, Hash

ITEM = codec_of(DigestItem)
PARENT, STATE, BODY = (Hash(bytes([byte]) * 32) for byte in (1, 2, 3))


def hash_of(data: bytes) -> bytes:
    return blake2b(data, digest_size=32).digest()


@pytest.mark.parametrize(
    "item, text",
    [
        (Other(b"\x07"), "000407"),
        (Consensus(b"abcd", b""), "046162636400"),
        (Seal(b"mpow", b"\x01\x02"), "056d706f77080102"),
        (PreRuntime(b"BABE", b"\x09"), "06424142450409"),
        (RuntimeEnvironmentUpdated(), "08"),
    ],
)
def test_golden_digest_items(item: DigestItem, text: str) -> None:
    assert ITEM.encode(item).hex() == text
    assert ITEM.decode(bytes.fromhex(text)) == item


@pytest.mark.parametrize("text", ["01", "02", "03", "07", "09", "0561626364", "05616263"])
def test_bytes_that_are_no_digest_item(text: str) -> None:
    with pytest.raises(CodecError):
        ITEM.decode(bytes.fromhex(text))


@pytest.mark.parametrize(
    "number, encoded", [(0, "00"), (63, "fc"), (64, "0101"), (1 << 30, "0300000040")]
)
def test_golden_header(number: int, encoded: str) -> None:
    header = Header(PARENT, number, STATE, BODY, Digest((Seal(b"mpow", b"\x07"),)))
    raw = PARENT + bytes.fromhex(encoded) + STATE + BODY + bytes.fromhex("04" + "056d706f770407")
    assert HEADER.encode(header) == raw
    assert HEADER.decode(raw) == header
    assert header.compute_hash() == hash_of(raw)


def test_the_hash_of_an_empty_header() -> None:
    header = Header(Hash.zero(), 0, Hash.zero(), Hash.zero())
    assert HEADER.encode(header) == bytes(98)
    assert header.compute_hash() == hash_of(bytes(98))


def test_every_field_counts() -> None:
    header = Header(PARENT, 5, STATE, BODY, Digest((Other(b""),)))
    others = (
        replace(header, parent_hash=STATE),
        replace(header, number=6),
        replace(header, state_root=BODY),
        replace(header, extrinsics_root=STATE),
        replace(header, digest=Digest()),
    )
    assert len({each.compute_hash() for each in (header, *others)}) == 6


def test_a_number_out_of_range() -> None:
    with pytest.raises(CodecError, match="out of range"):
        HEADER.encode(Header(PARENT, 1 << 32, STATE, BODY))


def test_digests_are_bounded() -> None:
    full = Digest((Other(bytes(DIGEST_ITEM_BYTES_MAX)),) * DIGEST_ITEMS_MAX)
    header = Header(PARENT, 1, STATE, BODY, full)
    assert HEADER.decode(HEADER.encode(header)) == header
    for digest in (
        Digest((*full.logs, Other(b""))),
        Digest((Other(bytes(DIGEST_ITEM_BYTES_MAX + 1)),)),
    ):
        with pytest.raises(CodecError, match="expected at most"):
            HEADER.encode(replace(header, digest=digest))


def test_the_seal_is_no_part_of_what_it_proves() -> None:
    seal, other = Seal(ENGINE, b"one"), Seal(b"babe", b"two")
    pre_runtime = PreRuntime(ENGINE, b"x")
    bare = Header(PARENT, 5, STATE, BODY, Digest((pre_runtime, Other(b""))))
    sealed = replace(bare, digest=Digest((pre_runtime, other, Other(b""), seal)))
    assert strip_seals(sealed) == bare
    assert compute_pre_hash(sealed) == compute_pre_hash(bare) == bare.compute_hash()
    assert sealed.compute_hash() != bare.compute_hash()


# --- the root over extrinsics


def compute_root(extrinsics: list[bytes]) -> bytes:
    """By halves: the left one is the largest power of two that leaves something to the right."""

    def compute_node(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return hash_of(b"\x00" + leaves[0])
        size = 1
        while 2 * size < len(leaves):
            size *= 2
        return hash_of(b"\x01" + compute_node(leaves[:size]) + compute_node(leaves[size:]))

    top = compute_node(extrinsics) if extrinsics else bytes(32)
    return hash_of(b"\x02" + len(extrinsics).to_bytes(4, "little") + top)


@given(st.lists(st.binary(max_size=3), max_size=40))
def test_the_root_of_extrinsics(extrinsics: list[bytes]) -> None:
    assert compute_extrinsics_root(tuple(extrinsics)) == compute_root(extrinsics)


@pytest.mark.parametrize(
    "extrinsics, root",
    [
        ((), "7e64f424081efa4a9760833aa4f62ab60efeb2949a4d78daa376972dee8261c3"),
        ((b"a",), "f7aa4ea380d9926038742b6eba500f33e5e7fa3ec58f8a28fec5afce5d98a081"),
        ((b"a", b"b", b"c"), "4e1f56c03d1c8cefbde9aca94bbaea491eb71b9cf197aaa953e637394dad5880"),
    ],
)
def test_golden_roots_of_extrinsics(extrinsics: tuple[bytes, ...], root: str) -> None:
    assert compute_extrinsics_root(extrinsics).hex() == root


def test_no_two_bodies_share_a_root() -> None:
    leaf = hash_of(b"\x01" + hash_of(b"\x00a") + hash_of(b"\x00b"))
    bodies: list[tuple[bytes, ...]] = [
        (),
        (b"",),
        (b"", b""),
        (b"a", b"b"),
        (b"b", b"a"),
        (b"ab",),
        (b"a", b"b", b"c"),
        (b"a", b"b", b"c", b"c"),
        (leaf,),
        (leaf[1:],),
    ]
    assert len({compute_extrinsics_root(body) for body in bodies}) == len(bodies)


# --- what the block says of its work

PRE = PreDigest(
    AccountId(b"\x11" * 32), 1_700_000_000_123, (1 << 255) + 9, 1 << 100, -5, Hash(b"\x22" * 32)
)
PRE_BYTES = (
    b"\x11" * 32
    + (1_700_000_000_123).to_bytes(8, "little")
    + ((1 << 255) + 9).to_bytes(32, "little")
    + (1 << 100).to_bytes(16, "little")
    + bytes.fromhex("fbffffffffffffff")
    + b"\x22" * 32
)


def test_golden_pre_digest() -> None:
    assert PRE_DIGEST.encode(PRE) == PRE_BYTES
    digest = Digest((Other(b""), PreRuntime(b"BABE", b"?"), PreRuntime(b"mpow", PRE_BYTES)))
    assert get_pre_digest(digest) == PRE


def test_a_block_without_pre_digest() -> None:
    for logs in ((), (PreRuntime(b"BABE", PRE_BYTES),), (Seal(ENGINE, PRE_BYTES),)):
        assert get_pre_digest(Digest(logs)) is None


@pytest.mark.parametrize(
    "logs, why",
    [
        ((PreRuntime(ENGINE, PRE_BYTES),) * 2, "digest: expected one pre-digest, got 2"),
        ((PreRuntime(ENGINE, PRE_BYTES[:-1]),), "digest: Hash: expected 32 bytes at offset 96"),
        ((PreRuntime(ENGINE, PRE_BYTES + b"\0"),), "digest: PreDigest: 1 bytes remain"),
        ((PreRuntime(ENGINE, b""),), "digest: AccountId"),
    ],
)
def test_a_malformed_pre_digest(logs: tuple[DigestItem, ...], why: str) -> None:
    with pytest.raises(InvalidBlock, match=why):
        get_pre_digest(Digest(logs))


def test_work_is_the_inverse_of_the_target() -> None:
    assert compute_work((1 << 256) - 1) == 1
    assert compute_work(0) == 1 << 256
    assert compute_work(1) == 1 << 255
    assert compute_work((1 << 255) - 1) == 2
    assert compute_work((1 << 256) // 1_000 - 1) == 1_000
