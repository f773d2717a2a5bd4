"""Merlin transcripts: Keccak against hashlib, the transcript against merlin's own vector."""

import hashlib

import sr25519 as schnorrkel
from hypothesis import given
from hypothesis import strategies as st

from runtime.crypto.merlin import Transcript, permute_keccak


@given(message=st.binary(max_size=135))
def test_keccak_is_that_of_sha3(message: bytes) -> None:
    block = bytearray((message + b"\x06").ljust(200, b"\x00"))
    block[135] ^= 0x80
    lanes = [int.from_bytes(block[at : at + 8], "little") for at in range(0, 200, 8)]
    permute_keccak(lanes)
    digest = b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])
    assert digest == hashlib.sha3_256(message).digest()


def test_merlins_own_vector() -> None:
    # merlin, src/transcript.rs, equivalence_simple
    transcript = Transcript(b"test protocol")
    transcript.append(b"some label", b"some data")
    assert transcript.draw(b"challenge", 32).hex() == (
        "d5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615"
    )


def test_a_challenge_depends_on_what_was_said_and_drawn_before() -> None:
    def draw(*messages: bytes, drawn: int = 0) -> bytes:
        transcript = Transcript(b"test")
        for message in messages:
            transcript.append(b"message", message)
        for _ in range(drawn):
            transcript.draw(b"challenge", 8)
        return transcript.draw(b"challenge", 8)

    answers = {
        draw(),
        draw(drawn=1),
        draw(b""),
        draw(b"ab"),
        draw(b"a", b"b"),
        draw(b"b", b"a"),
        draw(b"x" * 166),
        draw(b"x" * 500),
    }
    assert len(answers) == 8


def test_long_challenges_span_blocks() -> None:
    short, long = Transcript(b"test").draw(b"c", 100), Transcript(b"test").draw(b"c", 400)
    assert len(short) == 100
    assert len(long) == 400
    assert short != long[:100]


def test_messages_of_every_length_around_a_block_agree_with_schnorrkel() -> None:
    public, expanded = schnorrkel.pair_from_seed(bytes(32))
    for size in range(170):
        transcript = Transcript(b"SchnorrRistrettoHDKD")
        transcript.append(b"sign-bytes", bytes(size))
        transcript.append(b"chain-code", b"\x01" * 32)
        transcript.append(b"secret-key", expanded[:32])
        seed = transcript.draw(b"HDKD-hard", 32)
        chain_code, child, _ = schnorrkel.hard_derive_keypair(
            (b"\x01" * 32, public, expanded), bytes(size)
        )
        assert schnorrkel.pair_from_seed(seed)[0] == child
        assert transcript.draw(b"HDKD-chaincode", 32) == chain_code
