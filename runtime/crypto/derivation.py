"""Secrets from secret URIs, as subkey and polkadot.js derive them: `//Alice`, `0x…//miner/0`.

A URI is `[phrase or 0x seed][/soft or //hard junctions][///password]`. What stands first is the
root secret; without it, the development phrase, which everybody knows. Phrases and passwords are
the keystore's: here `parse_uri` only takes them apart.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, assert_never

import sr25519 as _schnorrkel

from runtime.codec import Text, codec_of
from runtime.crypto import sr25519
from runtime.crypto.hashing import blake2_256
from runtime.crypto.merlin import Transcript
from runtime.crypto.scheme import Scheme
from runtime.frozen import frozen

DEV_PHRASE: Final = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"
DEV_SEED: Final = bytes.fromhex("fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e")
"""The seed of `DEV_PHRASE` without a password."""

_URI: Final = re.compile(r"([a-zA-Z0-9 ]*)((?://?[^/]+)*)(?:///(.*))?", re.DOTALL)
_JUNCTION: Final = re.compile(r"/(/?)([^/]+)")
_SEED: Final = re.compile(r"0x([0-9a-fA-F]{64})")
_TEXT: Final = codec_of(Text)
_DIGITS: Final = re.compile(r"\+?[0-9]+")


class UriError(ValueError):
    """The secret URI cannot be read, or leads to no secret of the scheme; never quotes it."""


@frozen
class Junction:
    """One step of a derivation path."""

    chain_code: bytes
    """The junction's name or number as 32 bytes."""

    is_hard: bool
    """Whether only the secret, not the public key, leads to the child."""


@dataclass(frozen=True, slots=True, repr=False)
class SecretUri:
    """The parts of a secret URI."""

    phrase: str
    """A phrase or `0x` and a seed; empty for the development phrase."""

    junctions: tuple[Junction, ...]
    password: str | None


def parse_uri(uri: str) -> SecretUri:
    """The parts of a secret URI; `UriError` if it has another form."""
    found = _URI.fullmatch(uri)
    if found is None:
        raise UriError("a secret URI is [phrase or 0x seed][//hard or /soft …][///password]")
    junctions = tuple(
        Junction(_compute_chain_code(name), slash == "/")
        for slash, name in _JUNCTION.findall(found[2])
    )
    return SecretUri(found[1], junctions, found[3])


def derive_uri(uri: str, scheme: Scheme) -> bytes:
    """The secret at a URI without a phrase: `//Alice`, or `0x…` and a path.

    32 bytes; 64 for sr25519 once the path has a soft junction. `UriError` if the URI needs a
    keystore (a phrase, a password) or a soft junction of ed25519, which has none.
    """
    parts = parse_uri(uri)
    if parts.password is not None:
        raise UriError("a password goes with a phrase; a seed and the development phrase have none")
    seed = DEV_SEED
    if parts.phrase:
        found = _SEED.fullmatch(parts.phrase)
        if found is None:
            raise UriError("expected 0x and 64 hexadecimal digits in front of the path, or nothing")
        seed = bytes.fromhex(found[1])
    return derive_path(seed, parts.junctions, scheme)


def derive_path(secret: bytes, junctions: Iterable[Junction], scheme: Scheme) -> bytes:
    """The secret that the junctions lead to from a root secret."""
    for junction in junctions:
        match scheme:
            case Scheme.ED25519:
                secret = _derive_ed25519(secret, junction)
            case Scheme.SR25519 if junction.is_hard:
                secret = _derive_sr25519_hard(secret, junction)
            case Scheme.SR25519:
                secret = _derive_sr25519_soft(secret, junction)
            case _:
                assert_never(scheme)
    return secret


def _compute_chain_code(name: str) -> bytes:
    """A number below 2**64 as u64, other names as SCALE strings; what is too long is hashed."""
    if _DIGITS.fullmatch(name):
        # subkey and polkadot.js disagree on what is refused here
        if name[0] == "+" or len(name) > 20 or int(name) >= 1 << 64:
            raise UriError("a junction that is a number is below 2**64, without a sign")
        return int(name).to_bytes(32, "little")
    try:
        code = _TEXT.encode(name)
    except ValueError:
        raise UriError("a junction is text that UTF-8 can encode") from None
    return blake2_256(code) if len(code) > 32 else code.ljust(32, b"\x00")


def _derive_ed25519(seed: bytes, junction: Junction) -> bytes:
    if not junction.is_hard:
        raise UriError("ed25519 has hard junctions only: write // in place of /")
    return blake2_256(_TEXT.encode("Ed25519HDKD") + seed + junction.chain_code)


def _derive_sr25519_hard(secret: bytes, junction: Junction) -> bytes:
    # schnorrkel: SecretKey::hard_derive_mini_secret_key, with the chain code and no other input
    _, expanded = sr25519.pair_of_seed(secret)
    transcript = Transcript(b"SchnorrRistrettoHDKD")
    transcript.append(b"sign-bytes", b"")
    transcript.append(b"chain-code", junction.chain_code)
    transcript.append(b"secret-key", expanded[:32])
    return transcript.draw(b"HDKD-hard", 32)


def _derive_sr25519_soft(secret: bytes, junction: Junction) -> bytes:
    public, expanded = sr25519.pair_of_seed(secret)
    _, _, child = _schnorrkel.derive_keypair((junction.chain_code, public, expanded), b"")
    # The second half only seeds nonces, and schnorrkel draws it at random; from the parent's it is
    # as secret, and the same each time.
    return child[:32] + blake2_256(b"soft nonce" + expanded + junction.chain_code)
