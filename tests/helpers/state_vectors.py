"""Makes tests/vectors/state_root.json from the definition of the state root.

Run `python -m tests.helpers.state_vectors` from the repository's root to write the file anew.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.helpers import naive_state as naive

PATH = Path(__file__).resolve().parents[1] / "vectors" / "state_root.json"

Changes = Mapping[bytes, bytes | None]


def make_entries(count: int) -> dict[bytes, bytes]:
    return {b"key %d" % number: b"value %d" % number for number in range(count)}


def dump_pairs(pairs: Changes) -> dict[str, str | None]:
    return {key.hex(): None if value is None else value.hex() for key, value in pairs.items()}


def apply_changes(before: Mapping[bytes, bytes], changes: Changes) -> dict[bytes, bytes]:
    merged: dict[bytes, bytes | None] = {**before, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def make_root_cases() -> list[dict[str, Any]]:
    account = bytes.fromhex("26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9")
    cases: dict[str, dict[bytes, bytes]] = {
        "empty": {},
        "one entry": {b"key": b"value"},
        "empty key": {b"": b"value"},
        "empty value": {b"key": b""},
        "two entries": {b"key": b"value", b"other key": b"value"},
        "keys that begin alike": {account + bytes([number]): b"\x01" for number in range(8)},
        "three entries": make_entries(3),
        "sixteen entries": make_entries(16),
        "a hundred entries": make_entries(100),
    }
    return [
        {
            "name": name,
            "entries": dump_pairs(entries),
            "root": naive.compute_root(naive.get_leaves(entries)).hex(),
        }
        for name, entries in cases.items()
    ]


def make_leaf_cases() -> list[dict[str, Any]]:
    def flip(*bits: int) -> bytes:
        stem = int.from_bytes(bytes(range(0x55, 0x75)), "big")
        for bit in bits:
            stem ^= 1 << (255 - bit)
        return stem.to_bytes(32, "big")

    cases = {
        "first bit differs": [flip(), flip(0)],
        "last bit differs": [flip(), flip(255)],
        "a byte shared": [flip(), flip(8)],
        "sixty bits shared": [flip(), flip(60), flip(60, 61)],
        "two deep pairs": [flip(), flip(200), flip(0), flip(0, 200)],
        "a ladder": [flip(bit) for bit in range(0, 256, 15)],
        "the ends of the space": [bytes(32), b"\xff" * 32],
    }
    made: list[dict[str, Any]] = []
    for name, paths in cases.items():
        leaves = {path: bytes([number + 1]) * 32 for number, path in enumerate(paths)}
        made.append(
            {
                "name": name,
                "leaves": dump_pairs(leaves),
                "root": naive.compute_root(leaves).hex(),
            }
        )
    return made


def make_update_cases() -> list[dict[str, Any]]:
    ten = make_entries(10)
    cases: dict[str, tuple[dict[bytes, bytes], Changes]] = {
        "insert into the empty state": ({}, {b"key": b"value"}),
        "insert beside one entry": ({b"key": b"value"}, {b"other key": b"value"}),
        "change a value": (ten, {b"key 3": b"changed"}),
        "set the same value": (ten, {b"key 3": b"value 3"}),
        "delete an entry": (ten, {b"key 3": None}),
        "delete what is not there": (ten, {b"absent": None}),
        "delete all but one": (ten, dict.fromkeys(list(ten)[1:])),
        "delete all": (ten, dict.fromkeys(ten)),
        "insert, change and delete": (
            ten,
            {b"key 1": None, b"key 2": b"", b"new": b"value", b"absent": None},
        ),
    }
    return [
        {
            "name": name,
            "entries": dump_pairs(entries),
            "changes": dump_pairs(changes),
            "root_before": naive.compute_root(naive.get_leaves(entries)).hex(),
            "root_after": naive.compute_root(
                naive.get_leaves(apply_changes(entries, changes))
            ).hex(),
        }
        for name, (entries, changes) in cases.items()
    ]


def make_proof_cases() -> list[dict[str, Any]]:
    cases: list[tuple[str, int, bytes]] = [
        ("absent from the empty state", 0, b"key 0"),
        ("the only entry", 1, b"key 0"),
        ("absent where the only entry stands", 1, b"absent"),
        *((f"entry {number} of ten", 10, b"key %d" % number) for number in range(10)),
        *((f"absent {number} from ten", 10, b"absent %d" % number) for number in range(6)),
        ("entry 77 of a hundred", 100, b"key 77"),
        ("absent from a hundred", 100, b"absent"),
    ]
    made: list[dict[str, Any]] = []
    for name, count, key in cases:
        entries = make_entries(count)
        leaves = naive.get_leaves(entries)
        value = entries.get(key)
        made.append(
            {
                "name": name,
                "root": naive.compute_root(leaves).hex(),
                "key": key.hex(),
                "value_hash": None if value is None else naive.blake2_256(value).hex(),
                "proof": naive.compute_proof(leaves, naive.blake2_256(key)).hex(),
            }
        )
    return made


def make_bad_proof_cases() -> list[dict[str, Any]]:
    key, other = b"key 3", b"key 4"
    leaves = naive.get_leaves(make_entries(10))
    root = naive.compute_root(leaves)
    path = naive.blake2_256(key)
    good = naive.compute_proof(leaves, path)
    depth = good[0] >> 2
    siblings, leaf = good[1 : 1 + 32 * depth], good[1 + 32 * depth :]
    stray = naive.compute_proof(leaves, naive.blake2_256(other))
    alone = naive.compute_root({path: naive.blake2_256(b"value")})
    alone_leaf = b"\x01" + path + naive.blake2_256(b"value")
    is_right = path[0] >> 7
    sunk = naive.set_top_bit(
        naive.blake2_256(naive.EMPTY + alone if is_right else alone + naive.EMPTY), 0
    )
    beside = naive.set_top_bit(
        naive.blake2_256(alone + naive.EMPTY if is_right else naive.EMPTY + alone), 0
    )
    cases: dict[str, tuple[bytes, bytes]] = {
        "no bytes": (root, b""),
        "another root": (bytes(32), good),
        "the lowest sibling left out": (
            root,
            naive.encode_compact(depth - 1) + siblings[:-32] + leaf,
        ),
        "a sibling too many": (
            root,
            naive.encode_compact(depth + 1) + siblings + b"\x01" * 32 + leaf,
        ),
        "siblings in the wrong order": (
            root,
            naive.encode_compact(depth) + siblings[32:] + siblings[:32] + leaf,
        ),
        "the leaf left out": (root, good[:-65] + b"\x00"),
        "another value": (root, good[:-32] + b"\x01" * 32),
        "the proof of another key": (root, stray),
        "a byte after the end": (root, good + b"\x00"),
        "the last byte missing": (root, good[:-1]),
        "a length in more bytes than it needs": (root, bytes([depth << 2 | 1, 0]) + good[1:]),
        "257 siblings": (root, naive.encode_compact(257) + bytes(257 * 32) + leaf),
        "a leaf below its place": (sunk, b"\x04" + naive.EMPTY + alone_leaf),
        "nothing beside a leaf below its place": (beside, b"\x04" + alone + b"\x00"),
    }
    return [
        {"name": name, "root": root.hex(), "key": key.hex(), "proof": proof.hex()}
        for name, (root, proof) in cases.items()
    ]


def make_vectors() -> dict[str, Any]:
    return {
        "roots": make_root_cases(),
        "leaf_roots": make_leaf_cases(),
        "updates": make_update_cases(),
        "proofs": make_proof_cases(),
        "bad_proofs": make_bad_proof_cases(),
    }


def dump_vectors() -> str:
    return json.dumps(make_vectors(), indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(dump_vectors(), encoding="ascii")
