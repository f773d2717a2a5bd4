"""Ed25519: known keys, and the exact rule of which signatures count."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.crypto import ed25519
from tests.helpers import edwards
from tests.helpers.ed25519_vectors import PATH, combine, dump_vectors

VECTORS: list[dict[str, Any]] = json.loads(PATH.read_text(encoding="ascii"))
ALICE = bytes.fromhex("abf8e5bdbe30c65656c0a3cbd181ff8a56294a69dfedd27982aace4a76909115")


def test_public_key_of_a_known_seed() -> None:
    assert ed25519.public_of_seed(ALICE).hex() == (
        "88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee"
    )


def test_rfc_8032_signature() -> None:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert ed25519.sign(seed, b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=300))
def test_what_is_signed_verifies(seed: bytes, message: bytes) -> None:
    signature = ed25519.sign(seed, message)
    assert len(signature) == 64
    assert ed25519.verify(ed25519.public_of_seed(seed), message, signature)


@given(message=st.binary(max_size=50), position=st.integers(0, 511))
def test_a_signature_with_any_bit_flipped_does_not_verify(message: bytes, position: int) -> None:
    flipped = int.from_bytes(ed25519.sign(ALICE, message), "big") ^ 1 << position
    public = ed25519.public_of_seed(ALICE)
    assert not ed25519.verify(public, message, flipped.to_bytes(64, "big"))


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match=f"32 bytes, got {size}"):
        ed25519.sign(bytes(size), b"")
    with pytest.raises(ValueError, match=f"32 bytes, got {size}"):
        ed25519.public_of_seed(bytes(size))


def test_the_file_is_what_the_rule_makes() -> None:
    assert PATH.read_text(encoding="ascii") == dump_vectors()


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: str(case["name"]))
def test_edge_case(case: dict[str, Any]) -> None:
    public, message, signature = (
        bytes.fromhex(case[name]) for name in ("public", "message", "signature")
    )
    assert ed25519.verify(public, message, signature) is case["is_valid"]


SCALARS = st.integers(0, edwards.L - 1) | st.integers(0, 2)
TORSIONS = st.integers(0, 7)


@given(
    scalar=SCALARS,
    nonce=SCALARS,
    key_torsion=TORSIONS,
    r_torsion=TORSIONS,
    carry=st.integers(0, 1),
    message=st.binary(max_size=4),
)
def test_the_library_follows_the_rule(
    scalar: int, nonce: int, key_torsion: int, r_torsion: int, carry: int, message: bytes
) -> None:
    public, r = combine(scalar, key_torsion), combine(nonce, r_torsion)
    signature = edwards.sign_with(scalar, public, message, nonce, r)
    s = int.from_bytes(signature[32:], "little") + carry * edwards.L
    signature = r + s.to_bytes(32, "little")
    expected = edwards.verify(public, message, signature)
    assert ed25519.verify(public, message, signature) is expected


@given(
    public=st.binary(min_size=30, max_size=34),
    message=st.binary(max_size=9),
    signature=st.binary(min_size=62, max_size=66),
)
def test_random_bytes_do_not_verify(public: bytes, message: bytes, signature: bytes) -> None:
    assert not ed25519.verify(public, message, signature)
