"""Keys at rest: phrases, key files that polkadot.js reads, and the pairs that sign."""

from chain.keystore.errors import (
    BadKeyFile,
    BadPhrase,
    BadUri,
    KeyExists,
    KeystoreError,
    NoSuchKey,
    WrongPassword,
)
from chain.keystore.key_pair import KeyPair
from chain.keystore.keystore import Keystore, StoredKey
from chain.keystore.mnemonic import compute_mini_secret, generate_phrase
from chain.keystore.secret import get_pair_of_uri, is_dev_uri
from runtime.crypto.scheme import Scheme

__all__ = [
    "BadKeyFile",
    "BadPhrase",
    "BadUri",
    "KeyExists",
    "KeyPair",
    "Keystore",
    "KeystoreError",
    "NoSuchKey",
    "Scheme",
    "StoredKey",
    "WrongPassword",
    "compute_mini_secret",
    "generate_phrase",
    "get_pair_of_uri",
    "is_dev_uri",
]
