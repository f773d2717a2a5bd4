"""Sr25519: known keys, both forms of a secret, malformed signatures."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.crypto import sr25519

ALICE = bytes.fromhex("e5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a")
ALICE_PUBLIC = bytes.fromhex("d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d")


def test_public_key_of_a_known_seed() -> None:
    assert sr25519.public_of_seed(ALICE) == ALICE_PUBLIC


def test_an_expanded_key_is_a_secret_too() -> None:
    public, expanded = sr25519.pair_of_seed(ALICE)
    assert len(expanded) == 64
    assert sr25519.pair_of_seed(expanded) == (public, expanded)
    assert sr25519.verify(public, b"message", sr25519.sign(expanded, b"message"))


def test_signatures_made_by_polkadot_js_verify() -> None:
    signed = [
        (
            "d6a3105d6768e956e9e5d41050ac29843f98561410d3a47f9dd5b3b227ab8746",
            b"test message\n",
            "22f91b41ba12f8663ddce26bfc90dbfe6a51683fd3782ad679ab2a5fdbe7d44c"
            "2a119f22c74eea22555e5483eb7f42b828f189a38379d59c3b607d2461f0858e",
        ),
        (
            sr25519.public_of_seed(
                bytes.fromhex("2cf8a6819aa7f2a2e7a62ce8cf0dca2aca48d87b2001652de779f43fecbc5a03")
            ).hex(),
            b"hello",
            "e6383e3460eeea83a4b5c4f82eae69aa7ece8f6616a06f1694cb5061cd94b04e"
            "4302c210740b4d83710d2d3ec224c975754e6de6c81e46b7a88ee84858636882",
        ),
    ]
    for public, message, signature in signed:
        arguments = bytes.fromhex(public), message, bytes.fromhex(signature)
        assert sr25519.verify(*arguments)
        assert not sr25519.verify(arguments[0], message + b".", arguments[2])


def test_a_signature_without_the_schnorrkel_mark_is_refused() -> None:
    # polkadot-sdk, primitives/core/src/sr25519.rs, verify_from_old_wasm_works
    signature = bytes.fromhex(
        "28a854d54903e056f89581c691c1f7d2ff39f8f896c9e9c22475e60902cc2b35"
        "47199e0e91fa32902028f2ca2355e8cdd16cfe19ba5e8b658c94aa80f3b81a00"
    )
    assert not sr25519.verify(sr25519.public_of_seed(bytes(32)), b"SUBSTRATE", signature)


@settings(max_examples=30)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=300))
def test_what_is_signed_verifies(seed: bytes, message: bytes) -> None:
    signature = sr25519.sign(seed, message)
    assert len(signature) == 64
    assert sr25519.verify(sr25519.public_of_seed(seed), message, signature)


def test_a_signature_with_any_bit_flipped_does_not_verify() -> None:
    signature = sr25519.sign(ALICE, b"message")
    for position in range(512):
        flipped = int.from_bytes(signature, "big") ^ 1 << position
        assert not sr25519.verify(ALICE_PUBLIC, b"message", flipped.to_bytes(64, "big"))


@given(
    public=st.binary(min_size=30, max_size=34) | st.just(ALICE_PUBLIC),
    message=st.binary(max_size=9),
    signature=st.binary(min_size=62, max_size=66),
)
def test_random_bytes_do_not_verify(public: bytes, message: bytes, signature: bytes) -> None:
    assert not sr25519.verify(public, message, signature)


@pytest.mark.parametrize("size", [0, 31, 33, 63, 65])
def test_a_secret_has_32_or_64_bytes(size: int) -> None:
    with pytest.raises(ValueError, match=f"32 or 64 bytes, got {size}"):
        sr25519.sign(bytes(size), b"")


def test_64_bytes_that_are_no_key_are_refused() -> None:
    with pytest.raises(ValueError, match="secret key"):
        sr25519.public_of_seed(b"\xff" * 64)
