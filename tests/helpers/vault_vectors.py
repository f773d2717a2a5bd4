"""Makes tests/vectors/vault/sale.json from docs/spec/vault.md, without the node's code.

`python -m tests.helpers.vault_vectors` writes the file. Data is BLAKE3's stream of a label.
"""

import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

from tests.helpers.chunk_vectors import hash_of, make_data, make_path, make_root
from tests.helpers.naive_ciphers import BASE, chacha20, seal, x25519

PATH = Path(__file__).parents[1] / "vectors" / "vault" / "sale.json"
SIZES = (1, 64, 1_024, 1_025, 3_000)


def blake2_256(data: bytes) -> bytes:
    return blake2b(data, digest_size=32).digest()


def cut(data: bytes) -> list[bytes]:
    return [data[at : at + 1_024] for at in range(0, len(data), 1_024)]


def make_leaves(data: bytes) -> list[bytes]:
    return [hash_of(b"\x00" + chunk) for chunk in cut(data)]


def make_sale(size: int) -> dict[str, Any]:
    """One dataset: its roots, its key's commitment, and the proof of its last chunk."""
    plain, key = make_data(f"sale {size}", size), make_data(f"sale key {size}", 32)
    leaves = make_leaves(plain)
    plain_root = make_root(size, leaves)
    stream = blake2_256(b"soberana/sale/stream/v1" + key + plain_root)
    nonces = [index.to_bytes(8, "little") + bytes(4) for index in range(len(leaves))]
    pairs = zip(nonces, cut(plain), strict=True)
    cipher = b"".join(chacha20(stream, nonce, chunk) for nonce, chunk in pairs)
    last, cipher_leaves = len(leaves) - 1, make_leaves(cipher)
    return {
        "label": f"sale {size}",
        "size": size,
        "key": key.hex(),
        "key_commit": blake2_256(b"soberana/sale/key/v1" + key).hex(),
        "plain_root": plain_root.hex(),
        "stream_key": stream.hex(),
        "cipher_root": make_root(size, cipher_leaves).hex(),
        "last_cipher_chunk": cut(cipher)[-1].hex(),
        "last_cipher_path": [node.hex() for node in make_path(cipher_leaves, last)],
        "last_plain_leaf": leaves[last].hex(),
        "last_plain_path": [node.hex() for node in make_path(leaves, last)],
    }


def make_box(name: str) -> dict[str, Any]:
    """A key in a box, as a seller delivers it."""
    secret, ephemeral = make_data(f"box secret {name}", 32), make_data(f"box own {name}", 32)
    key = make_data(f"box key {name}", 32)
    public = x25519(secret, BASE)
    return {
        "secret": secret.hex(),
        "public": public.hex(),
        "key": key.hex(),
        "box": seal(key, public, ephemeral).hex(),
    }


def make_vectors() -> dict[str, Any]:
    """The whole file."""
    return {
        "sales": [make_sale(size) for size in SIZES],
        "boxes": [make_box(name) for name in ("a", "b", "c")],
    }


def main() -> None:
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(json.dumps(make_vectors(), indent=1) + "\n")


if __name__ == "__main__":
    main()
