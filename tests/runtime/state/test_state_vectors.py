"""The published vectors of the state root, against the runtime and against the definition."""

import json
from typing import Any

import pytest

from runtime.primitives import Hash
from runtime.state.commitment import StateTree
from runtime.state.proof import BadStateProof, decode_proof, verify_proof
from tests.helpers.state_vectors import PATH, dump_vectors

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(PATH.read_text(encoding="ascii"))


def load_pairs(pairs: dict[str, str | None]) -> dict[bytes, bytes | None]:
    return {
        bytes.fromhex(key): None if value is None else bytes.fromhex(value)
        for key, value in pairs.items()
    }


def cases(group: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", VECTORS[group], ids=lambda case: str(case["name"]))


def test_the_file_is_what_the_definition_makes() -> None:
    assert PATH.read_text(encoding="ascii") == dump_vectors()


def test_every_group_has_cases() -> None:
    assert {group: len(VECTORS[group]) > 5 for group in VECTORS} == dict.fromkeys(
        ["roots", "leaf_roots", "updates", "proofs", "bad_proofs"], True
    )


@cases("roots")
def test_root(case: dict[str, Any]) -> None:
    assert StateTree().updated(load_pairs(case["entries"])).root.hex() == case["root"]


@cases("leaf_roots")
def test_leaf_root(case: dict[str, Any]) -> None:
    assert StateTree().with_leaves(load_pairs(case["leaves"])).root.hex() == case["root"]


@cases("updates")
def test_update(case: dict[str, Any]) -> None:
    before = StateTree().updated(load_pairs(case["entries"]))
    assert before.root.hex() == case["root_before"]
    assert before.updated(load_pairs(case["changes"])).root.hex() == case["root_after"]


@cases("proofs")
def test_proof(case: dict[str, Any]) -> None:
    found = verify_proof(
        Hash(bytes.fromhex(case["root"])),
        bytes.fromhex(case["key"]),
        decode_proof(bytes.fromhex(case["proof"])),
    )
    assert (None if found is None else found.hex()) == case["value_hash"]


@cases("bad_proofs")
def test_bad_proof(case: dict[str, Any]) -> None:
    with pytest.raises(BadStateProof):
        verify_proof(
            Hash(bytes.fromhex(case["root"])),
            bytes.fromhex(case["key"]),
            decode_proof(bytes.fromhex(case["proof"])),
        )
