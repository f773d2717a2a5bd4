"""The bytes of an extrinsic: a worked example, and everything that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pallets.balances import Balances
from runtime.address import Address20, Address32, Id, Index, Raw, RawAddress32, lookup
from runtime.crypto import ed25519
from runtime.crypto.hashing import blake2_256
from runtime.crypto.multisignature import Ecdsa, EcdsaSignature, Ed25519, Signature, Sr25519
from runtime.era import Era
from runtime.errors import BadSigner, CannotLookup, CodecError
from runtime.extensions import (
    PAYLOAD_BYTES_MAX,
    SignedExtra,
    SigningContext,
    compute_signing_payload,
    decode_extra,
    encode_extra,
)
from runtime.extrinsic import (
    EXTRINSIC_BYTES_MAX,
    Signer,
    decode_extrinsic,
    encode_bare,
    encode_signed,
)
from runtime.frame.call import compile_calls
from runtime.primitives import AccountId, Hash
from tests.helpers.codec_strategies import write_compact

# //Alice of ed25519 sends 10**12 to the account 11 11 … with nonce 3, immortal, without tip, on a
# chain of genesis 22 22 …, spec version 100 and transaction version 1, where Balances is pallet 5.
# Made with a Substrate client.
ALICE_SEED = bytes.fromhex("abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115")
ALICE = AccountId(bytes.fromhex("88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee"))
SIGNATURE = Signature(
    bytes.fromhex(
        "e60ee9a4d42972374eb8514c46ad9fe3c4e9303970402460674808e9bafdced8"
        "940018075fdeabfcc76df2e64f5cd52b41c8678eca927e7ab5356bd498a5440b"
    )
)
CALL = bytes.fromhex("050300" + "11" * 32 + "070010a5d4e8")
EXTRA = bytes.fromhex("000c00")
EXAMPLE = bytes.fromhex("3d028400") + ALICE + b"\0" + SIGNATURE + EXTRA + CALL
EXAMPLE_HASH = "0be1672eaeda5d185534e20d2bcdfe00c62b3f40069f13cc00bce06b221f6237"
GENESIS = Hash(b"\x22" * 32)
CONTEXT = SigningContext(100, 1, GENESIS, GENESIS)

CALLS = compile_calls(((5, "Balances", Balances.spec.calls),))


def test_the_worked_example_decodes() -> None:
    extrinsic = decode_extrinsic(EXAMPLE, CALLS)
    assert len(EXAMPLE) == 145
    assert extrinsic.raw == EXAMPLE
    assert extrinsic.hash.hex() == EXAMPLE_HASH
    assert extrinsic.signer == Signer(Id(ALICE), Ed25519(SIGNATURE), SignedExtra(Era(), 3, 0))
    assert extrinsic.signer.get_account() == ALICE
    assert (extrinsic.call.pallet_name, extrinsic.call.spec.name) == (
        "Balances",
        "transfer_keep_alive",
    )
    assert extrinsic.call.args == (Id(AccountId(b"\x11" * 32)), 10**12)
    assert extrinsic.payload == CALL + EXTRA


def test_the_worked_example_is_signed() -> None:
    payload = compute_signing_payload(CALL + EXTRA, CONTEXT)
    assert payload == CALL + EXTRA + bytes.fromhex("64000000" + "01000000") + GENESIS + GENESIS
    assert ed25519.verify(ALICE, payload, SIGNATURE)
    assert ed25519.sign(ALICE_SEED, payload) == SIGNATURE


def test_the_worked_example_encodes() -> None:
    extra = SignedExtra(Era(), 3, 0)
    assert encode_extra(extra) == EXTRA
    assert encode_signed(ALICE, Ed25519(SIGNATURE), extra, CALL) == EXAMPLE


def test_a_bare_extrinsic() -> None:
    raw = encode_bare(CALL)
    assert raw == bytes([(1 + len(CALL)) << 2, 4]) + CALL
    extrinsic = decode_extrinsic(raw, CALLS)
    assert (extrinsic.signer, extrinsic.payload) == (None, CALL)
    assert extrinsic.hash == blake2_256(raw)


def prefixed(body: bytes) -> bytes:
    return write_compact(len(body)) + body


BODY = EXAMPLE[2:]
BARE = b"\4" + CALL

REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "Compact: expected 1 bytes at offset 0"),
    "empty": (b"\0", "Extrinsic: empty"),
    "short": (EXAMPLE[:-1], "Extrinsic: length 143 announced, got 142 bytes"),
    "long": (EXAMPLE + b"\0", "Extrinsic: length 143 announced, got 144 bytes"),
    "prefix": (b"\x3e\x02\0\0" + BODY, "not in its shortest form"),
    "version 4 of other types": (prefixed(b"\x44" + BODY[1:]), "version byte .* got 0x44"),
    "version 5 signed": (prefixed(b"\x85" + BODY[1:]), "expected version byte .* got 0x85"),
    "version 5": (prefixed(b"\5" + CALL), "expected version byte 0x04 or 0x84, got 0x05"),
    "version 0": (prefixed(b"\0" + CALL), "expected version byte .* got 0x00"),
    "no call": (prefixed(b"\4"), "RuntimeCall: expected 2 bytes"),
    "unknown call": (prefixed(b"\4\5\x63"), "RuntimeCall: no call 5.99"),
    "behind the call": (prefixed(BARE + b"\0"), "Extrinsic: 1 bytes remain behind the call"),
    "address": (prefixed(b"\x84\5" + BODY[2:]), "no variant 5"),
    "signature": (prefixed(BODY[:34] + b"\3" + BODY[35:]), "no variant 3"),
    "nonce": (prefixed(BODY[:100] + b"\x13" + b"\xff" * 8 + b"\0" + CALL), "out of range"),
    "oversize": (
        prefixed(b"\4" + bytes(EXTRINSIC_BYTES_MAX)),
        f"Extrinsic: {EXTRINSIC_BYTES_MAX + 5} bytes, expected at most {EXTRINSIC_BYTES_MAX}",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bytes_that_are_no_extrinsic(name: str) -> None:
    raw, why = REFUSED[name]
    with pytest.raises(CodecError, match=why):
        decode_extrinsic(raw, CALLS)


def test_every_early_end_is_refused() -> None:
    for end in range(len(BODY)):
        with pytest.raises(CodecError):
            decode_extrinsic(prefixed(BODY[:end]), CALLS)


@given(st.integers(0, len(EXAMPLE) - 1), st.integers(1, 255), st.binary(max_size=200))
def test_other_bytes_are_refused_or_another_extrinsic(at: int, change: int, body: bytes) -> None:
    changed = bytearray(EXAMPLE)
    changed[at] ^= change
    for raw in (bytes(changed), prefixed(b"\x84" + body), prefixed(b"\4" + body), body):
        try:
            extrinsic = decode_extrinsic(raw, CALLS)
        except CodecError:
            continue
        assert extrinsic.raw == raw
        assert extrinsic.hash.hex() != EXAMPLE_HASH


# --- parts


@given(
    era=st.builds(Era.mortal, st.sampled_from([4, 64, 4096, 65_536]), st.integers(0, 1 << 32)),
    nonce=st.integers(0, (1 << 32) - 1),
    tip=st.integers(0, (1 << 128) - 1),
)
def test_extra_there_and_back(era: Era, nonce: int, tip: int) -> None:
    extra = SignedExtra(era, nonce, tip)
    raw = encode_extra(extra)
    assert raw == era.encode() + write_compact(nonce) + write_compact(tip)
    assert decode_extra(b"\xff" + raw, 1) == (extra, 1 + len(raw))
    for end in range(len(raw)):
        with pytest.raises(CodecError):
            decode_extra(raw[:end], 0)


def test_a_long_payload_is_signed_by_its_hash() -> None:
    rest = 4 + 4 + 32 + 32
    longest = bytes(PAYLOAD_BYTES_MAX - rest)
    whole = compute_signing_payload(longest, CONTEXT)
    assert len(whole) == 256
    assert whole.startswith(longest)
    hashed = compute_signing_payload(longest + b"\0", CONTEXT)
    assert hashed == blake2_256(longest + b"\0" + whole[len(longest) :])


def test_a_payload_binds_versions_genesis_and_birth_in_this_order() -> None:
    birth = Hash(b"\x44" * 32)
    payload = compute_signing_payload(
        b"call", SigningContext(0x01020304, 0x05060708, GENESIS, birth)
    )
    assert payload == b"call" + bytes.fromhex("04030201" + "08070605") + GENESIS + birth


def test_extra_out_of_range() -> None:
    for extra in (SignedExtra(Era(), 1 << 32, 0), SignedExtra(Era(), 0, 1 << 128)):
        with pytest.raises(CodecError, match="out of range"):
            encode_extra(extra)


def test_addresses() -> None:
    assert lookup(Id(ALICE)) == ALICE
    found = lookup(Address32(RawAddress32(ALICE)))
    assert found == ALICE
    assert isinstance(found, AccountId)
    for nobody in (Index(()), Raw(b"alice"), Raw(ALICE), Address20(bytes(20))):
        with pytest.raises(CannotLookup):
            lookup(nobody)
        signer = Signer(nobody, Ed25519(SIGNATURE), SignedExtra(Era(), 0, 0))
        with pytest.raises(BadSigner):
            signer.get_account()


@pytest.mark.parametrize(
    "index, signature",
    [
        (0, Ed25519(SIGNATURE)),
        (1, Sr25519(SIGNATURE)),
        (2, Ecdsa(EcdsaSignature(bytes(65)))),
    ],
)
def test_signatures_of_every_scheme_decode(
    index: int, signature: Ed25519 | Sr25519 | Ecdsa
) -> None:
    extra = SignedExtra(Era.mortal(64, 77), 1 << 20, 1 << 70)
    raw = encode_signed(ALICE, signature, extra, CALL)
    start = raw.index(ALICE) + 32
    assert raw[start] == index
    assert decode_extrinsic(raw, CALLS).signer == Signer(Id(ALICE), signature, extra)
