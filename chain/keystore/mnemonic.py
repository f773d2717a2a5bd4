"""Phrases: BIP39 words, and the mini secret that Substrate derives from them.

The words encode entropy as in BIP39. The secret is not BIP39's: PBKDF2 runs over the entropy
itself, not over the words' text (`substrate-bip39`).
"""

import hashlib
import unicodedata
from collections.abc import Callable
from typing import Final, Literal

from mnemonic import Mnemonic

from chain.keystore.errors import BadPhrase

WORD_COUNTS: Final = (12, 15, 18, 21, 24)
ROUNDS: Final = 2_048
MINI_SECRET_SIZE: Final = 32

WordCount = Literal[12, 24]
Randomness = Callable[[int], bytes]
"""So many bytes that nobody can guess."""


def generate_phrase(randomness: Randomness, words: WordCount = 24) -> str:
    """A new phrase: 24 words hold 256 bits of entropy, 12 hold 128."""
    return Mnemonic("english").to_mnemonic(randomness(words // 3 * 4))


def normalise_phrase(text: str) -> str:
    """The words in lower case, one space apart, as BIP39 normalises them."""
    return " ".join(unicodedata.normalize("NFKD", text).lower().split())


def compute_mini_secret(phrase: str, password: str = "") -> bytes:
    """The 32-byte mini secret of a phrase; `BadPhrase` unless words and checksum are right."""
    entropy = _compute_entropy(normalise_phrase(phrase))
    salt = b"mnemonic" + unicodedata.normalize("NFKD", password).encode()
    return hashlib.pbkdf2_hmac("sha512", entropy, salt, ROUNDS)[:MINI_SECRET_SIZE]


def _compute_entropy(phrase: str) -> bytes:
    words = phrase.split()
    if len(words) not in WORD_COUNTS:
        raise BadPhrase(f"expected a phrase of 12 or 24 words, got {len(words)}")
    language = Mnemonic("english")
    known = frozenset(language.wordlist)
    unknown = [str(place) for place, word in enumerate(words, 1) if word not in known]
    if unknown:  # their places, not the words: a typing error in a secret is a secret
        places = ", ".join(unknown)
        raise BadPhrase(f"expected words of the English BIP39 list; not in it: number {places}")
    if not language.check(phrase):
        raise BadPhrase("the phrase's checksum is wrong: a word is mistaken or out of place")
    return bytes(language.to_entropy(words))
