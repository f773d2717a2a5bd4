"""Storage queries of the newer methods: values, hashes and what is below a key."""

from itertools import islice
from typing import Final

import msgspec

from chain.rpc.jsonrpc import RpcError
from chain.rpc.namespaces.json_forms import CLIENT_ERROR, invalid_params, to_hex
from chain.rpc.namespaces.state_methods import iterate_keys
from runtime.crypto.hashing import blake2_256
from runtime.state.backend import Backend

DESCENDANTS_MAX: Final = 10_000
"""Entries that one question may be about; more are an error, never a part of the answer."""


class StorageItem(msgspec.Struct, frozen=True, rename="camel"):
    """One question: a key in hex and what to tell of it."""

    key: str
    type: str


def query_storage(backend: Backend, items: list[StorageItem]) -> list[dict[str, object]]:
    """What was found; a key that is not there gives nothing."""
    found: list[dict[str, object]] = []
    for item in items:
        key = _parse_key(item.key)
        match item.type:
            case "value" | "hash":
                value = backend.get(key)
                if value is not None:
                    found.append(_describe(key, value, item.type))
            case "descendantsValues" | "descendantsHashes":
                kind = "value" if item.type == "descendantsValues" else "hash"
                for each in _list_keys(backend, key):
                    value = backend.get(each)
                    if value is not None:
                        found.append(_describe(each, value, kind))
            case "closestDescendantMerkleValue":
                digest = _digest_below(backend, key)
                if digest is not None:
                    name = "closestDescendantMerkleValue"
                    found.append({"key": to_hex(key), name: to_hex(digest)})
            case _:
                raise invalid_params(f"unknown query type {item.type[:40]!r}")
    return found


def _parse_key(text: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise invalid_params(f"expected a key in hex, got {text[:40]!r}") from None


def _list_keys(backend: Backend, prefix: bytes) -> list[bytes]:
    keys = list(islice(iterate_keys(backend, prefix), DESCENDANTS_MAX + 1))
    if len(keys) > DESCENDANTS_MAX:
        text = f"expected at most {DESCENDANTS_MAX} entries below {to_hex(prefix)}"
        raise RpcError(CLIENT_ERROR, f"Client error: {text}")
    return keys


def _describe(key: bytes, value: bytes, kind: str) -> dict[str, object]:
    shown = value if kind == "value" else blake2_256(value)
    return {"key": to_hex(key), kind: to_hex(shown)}


def _digest_below(backend: Backend, prefix: bytes) -> bytes | None:
    """A digest that changes if and only if something below the prefix does."""
    digest: bytes | None = None
    for key in _list_keys(backend, prefix):
        value = backend.get(key) or b""
        digest = blake2_256((digest or b"") + blake2_256(key) + blake2_256(value))
    return digest
