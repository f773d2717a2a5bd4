"""Secrets as people write them: a phrase, a seed or nothing, then a path, then a password.

`bottom drive … walk//hard/soft///password`, `0x<64 hex digits>//0`, `//Alice`. Nothing stands for
the development phrase, whose keys everybody has.
"""

import re
from typing import Final

from chain.keystore.errors import BadUri
from chain.keystore.key_pair import KeyPair
from chain.keystore.mnemonic import compute_mini_secret
from runtime.crypto.derivation import DEV_PHRASE, UriError, derive_path, parse_uri
from runtime.crypto.scheme import Scheme

_SEED: Final = re.compile(r"0x[0-9a-fA-F]{64}")


def get_pair_of_uri(uri: str, scheme: Scheme) -> KeyPair:
    """The key that a text names; `BadUri` or `BadPhrase`, neither showing any of it."""
    try:
        parts = parse_uri(uri.strip())
        root = parts.phrase.strip()
        if root.startswith("0x"):
            if _SEED.fullmatch(root) is None or parts.password is not None:
                raise BadUri("expected a seed of 0x and 64 hexadecimal digits, without a password")
            seed = bytes.fromhex(root.removeprefix("0x"))
        else:
            seed = compute_mini_secret(root or DEV_PHRASE, parts.password or "")
        return KeyPair.of_secret(scheme, derive_path(seed, parts.junctions, scheme))
    except UriError as error:
        raise BadUri(str(error)) from None


def is_dev_uri(text: str) -> bool:
    """Whether the text is a bare path: a development key, which everybody has."""
    return text.startswith("/")
