"""Key files as polkadot.js writes and reads them, version 3.

The secret is put between the header and the divider of a PKCS #8 document, with the public key
behind it, then sealed with XSalsa20-Poly1305 (libsodium's secretbox) under a key that scrypt makes
of the password. Before it stand salt, scrypt's N, p and r, and the nonce. For ed25519 the secret
is seed and public key; for sr25519 it is the expanded key as ed25519 scales it.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
import sr25519 as schnorrkel
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from chain.keystore.errors import BadKeyFile, WrongPassword
from chain.keystore.key_pair import KeyPair
from chain.keystore.mnemonic import Randomness
from runtime.crypto.scheme import Scheme
from runtime.crypto.sr25519 import pair_of_seed
from runtime.crypto.ss58 import Ss58Error, decode_ss58
from runtime.primitives import AccountId

HEADER: Final = bytes.fromhex("3053020101300506032b657004220420")
DIVIDER: Final = bytes.fromhex("a123032100")
SECRET_SIZE: Final = 64
SALT_SIZE: Final = 32
NONCE_SIZE: Final = SecretBox.NONCE_SIZE
FILE_BYTES_MAX: Final = 64 * 1024

_Bytes = Annotated[str, msgspec.Meta(max_length=4_096)]


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """How much work one guess of a password is."""

    n: int
    p: int
    r: int

    @property
    def memory_bytes(self) -> int:
        """What one guess needs, with some room."""
        return 128 * self.r * (self.n + self.p + 2)


DEFAULT_COST: Final = ScryptCost(1 << 17, 1, 8)
COSTS_ALLOWED: Final = (
    ScryptCost(1 << 13, 10, 8),
    ScryptCost(1 << 14, 5, 8),
    ScryptCost(1 << 15, 3, 8),
    ScryptCost(1 << 15, 1, 8),
    ScryptCost(1 << 16, 2, 8),
    DEFAULT_COST,
)
"""polkadot.js's list: a file must not choose how long its reader works."""


class Encoding(msgspec.Struct, frozen=True):
    """What is in `encoded`, and how it is sealed."""

    content: tuple[Literal["pkcs8"], Scheme]
    type: tuple[str, ...] | str
    version: Literal["3"]


class Meta(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What the owner's programs remember; not protected against change."""

    name: str = ""
    genesis_hash: str | None = None
    when_created: int | None = None


class KeyFile(msgspec.Struct, frozen=True):
    """A key file's content."""

    encoded: _Bytes
    encoding: Encoding
    address: str
    meta: Meta = Meta()

    @property
    def is_encrypted(self) -> bool:
        """Whether a password is needed."""
        return "none" not in self.encoding.type

    @property
    def account(self) -> AccountId:
        """The account that the file says it is for."""
        return decode_ss58(self.address)


def load_key_file(raw: bytes, name: str) -> KeyFile:
    """A key file's content, still sealed; `BadKeyFile` naming what is wrong."""
    if len(raw) > FILE_BYTES_MAX:
        raise BadKeyFile(name, f"got {len(raw)} bytes")
    try:
        key_file = msgspec.json.decode(raw, type=KeyFile)
        _ = key_file.account
    except (msgspec.DecodeError, UnicodeDecodeError, Ss58Error) as error:
        raise BadKeyFile(name, str(error)) from error
    return key_file


def dump_key_file(key_file: KeyFile) -> bytes:
    """The file that `load_key_file` and polkadot.js read."""
    return msgspec.json.format(msgspec.json.encode(key_file), indent=2) + b"\n"


def seal(
    pair: KeyPair,
    password: str,
    meta: Meta,
    randomness: Randomness,
    cost: ScryptCost = DEFAULT_COST,
) -> KeyFile:
    """A pair as a key file under a password, which must not be empty; takes some 0.3 s."""
    if not password:
        raise ValueError("an empty password protects nothing")
    document = HEADER + _pack_secret(pair) + DIVIDER + pair.account
    salt, nonce = randomness(SALT_SIZE), randomness(NONCE_SIZE)
    box = SecretBox(_stretch(password, salt, cost))
    numbers = b"".join(number.to_bytes(4, "little") for number in (cost.n, cost.p, cost.r))
    encoded = salt + numbers + nonce + box.encrypt(document, nonce).ciphertext
    return KeyFile(
        base64.b64encode(encoded).decode(),
        Encoding(("pkcs8", pair.scheme), ("scrypt", "xsalsa20-poly1305"), "3"),
        pair.address,
        meta,
    )


def unseal(key_file: KeyFile, password: str, name: str) -> KeyPair:
    """The pair in a key file; `WrongPassword` or `BadKeyFile`. Takes some 0.3 s."""
    try:
        data = base64.b64decode(key_file.encoded, validate=True)
    except binascii.Error as error:
        raise BadKeyFile(name, f"`encoded` is no base64: {error}") from error
    if key_file.is_encrypted:
        data = _open_box(data, key_file, password, name)
    pair = _unpack_document(data, key_file.encoding.content[1], name)
    if pair.account != key_file.account:
        raise BadKeyFile(name, "its address is not the one of its key")
    return pair


def _open_box(data: bytes, key_file: KeyFile, password: str, name: str) -> bytes:
    if tuple(key_file.encoding.type) != ("scrypt", "xsalsa20-poly1305"):
        raise BadKeyFile(name, f"got the encryption {key_file.encoding.type}")
    head = SALT_SIZE + 12
    if len(data) < head + NONCE_SIZE:
        raise BadKeyFile(name, f"got {len(data)} sealed bytes")
    n, p, r = (int.from_bytes(data[at : at + 4], "little") for at in range(SALT_SIZE, head, 4))
    cost = ScryptCost(n, p, r)
    if cost not in COSTS_ALLOWED:
        raise BadKeyFile(name, f"got {cost}")
    box = SecretBox(_stretch(password, data[:SALT_SIZE], cost))
    try:
        return box.decrypt(data[head + NONCE_SIZE :], data[head : head + NONCE_SIZE])
    except CryptoError:
        raise WrongPassword(name) from None


def _stretch(password: str, salt: bytes, cost: ScryptCost) -> bytes:
    return hashlib.scrypt(
        password.encode(),
        salt=salt,
        n=cost.n,
        r=cost.r,
        p=cost.p,
        maxmem=cost.memory_bytes,
        dklen=64,
    )[: SecretBox.KEY_SIZE]


def _pack_secret(pair: KeyPair) -> bytes:
    match pair.scheme:
        case Scheme.ED25519:
            return pair.secret + pair.account
        case Scheme.SR25519:
            _, expanded = pair_of_seed(pair.secret)
            return bytes(schnorrkel.convert_secret_key_to_ed25519(expanded))


def _unpack_document(data: bytes, scheme: Scheme, name: str) -> KeyPair:
    start = len(HEADER)
    middle = start + SECRET_SIZE
    if data[:start] != HEADER or data[middle : middle + len(DIVIDER)] != DIVIDER:
        raise BadKeyFile(name, "its content is no PKCS #8 of generation 3")
    secret = data[start:middle]
    try:
        match scheme:
            case Scheme.ED25519:
                pair = KeyPair.of_secret(scheme, secret[:32])
            case Scheme.SR25519:
                _, expanded = schnorrkel.pair_from_ed25519_secret_key(secret)
                pair = KeyPair.of_secret(scheme, expanded)
    except ValueError as error:
        raise BadKeyFile(name, str(error)) from error
    if pair.account != data[middle + len(DIVIDER) :]:
        raise BadKeyFile(name, "its public key is not the one of its secret")
    return pair
