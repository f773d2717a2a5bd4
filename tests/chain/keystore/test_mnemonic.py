"""Phrases: vectors of polkadot.js, refusals, and that no text shows a secret."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.keystore.errors import BadPhrase
from chain.keystore.mnemonic import (
    WordCount,
    compute_mini_secret,
    generate_phrase,
    normalise_phrase,
)

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors/keystore/polkadot_keyring.json").read_text()
)
DEV = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"


@pytest.mark.parametrize("vector", VECTORS["phrases"])
def test_mini_secrets_are_those_of_polkadot_js(vector: dict[str, str]) -> None:
    secret = compute_mini_secret(vector["phrase"], vector["password"])
    assert "0x" + secret.hex() == vector["mini_secret"]


def test_case_and_spaces_do_not_matter() -> None:
    assert normalise_phrase("  Bottom\tDRIVE\n") == "bottom drive"
    assert compute_mini_secret(f"  {DEV.upper()} \n") == compute_mini_secret(DEV)


@given(entropy=st.binary(min_size=32, max_size=32), words=st.sampled_from([12, 24]))
def test_a_phrase_has_its_words_and_a_secret(entropy: bytes, words: WordCount) -> None:
    phrase = generate_phrase(lambda size: entropy[:size], words)
    assert len(phrase.split()) == words
    assert len(compute_mini_secret(phrase)) == 32


def test_zero_entropy_is_the_phrase_everybody_knows() -> None:
    phrase = generate_phrase(bytes, 12)
    assert phrase == VECTORS["phrases"][0]["phrase"]


@pytest.mark.parametrize(
    "phrase,expected",
    [
        ("", "12 or 24 words, got 0"),
        ("bottom drive", "got 2"),
        (DEV.replace("drive", "dirve").replace("walk", "wlak"), "not in it: number 2, 12"),
        (DEV.replace("walk", "drive"), "checksum"),
    ],
)
def test_a_bad_phrase_is_refused_without_showing_it(phrase: str, expected: str) -> None:
    with pytest.raises(BadPhrase, match=expected) as caught:
        compute_mini_secret(phrase)
    assert "dirve" not in str(caught.value)
