"""Chain specifications: what ships, and what is refused, by the name of the field."""

import json
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.accounts import AMOUNT_MAX
from genesis.errors import SpecError
from genesis.spec import PRESETS, load_preset, parse_spec
from runtime.crypto.ss58 import encode_ss58
from runtime.primitives import UNIT
from tests.genesis.document import DOCUMENT, ED25519_ALICE

JsonValue = Any
"""What a JSON document holds."""


def change(path: str, value: JsonValue) -> str:
    """The text of the document with one field changed."""
    document = deepcopy(DOCUMENT)
    at: dict[str, JsonValue] = document
    *folders, name = path.split(".")
    for folder in folders:
        at = at[folder]
    at[name] = value
    return json.dumps(document)


def remove(path: str) -> str:
    """The text of the document without a field."""
    document = deepcopy(DOCUMENT)
    at: dict[str, JsonValue] = document
    *folders, name = path.split(".")
    for folder in folders:
        at = at[folder]
    del at[name]
    return json.dumps(document)


def list_fields(document: dict[str, JsonValue], prefix: str = "") -> list[str]:
    """Every field by its path, but the balances: their names are free."""
    paths: list[str] = []
    for name, value in document.items():
        paths.append(prefix + name)
        if isinstance(value, dict) and name != "balances":
            paths += list_fields(value, f"{prefix}{name}.")
    return paths


FIELDS = list_fields(DOCUMENT)
WRONG: list[tuple[str, JsonValue, str]] = [
    ("id", "../../etc", "id: expected up to 64"),
    ("id", "", "id: expected up to 64"),
    ("id", "a" * 65, "id: expected up to 64"),
    ("chainType", "Main", "chainType: expected one of"),
    ("tokenDecimals", 18, "tokenDecimals: expected 12, got 18"),
    ("tokenDecimals", True, "tokenDecimals: expected int, got True"),
    ("tokenDecimals", 12.0, "tokenDecimals: expected int, got 12.0"),
    ("instant", 1, "instant: expected bool, got 1"),
    ("consensus.spacingMs", 0, "consensus.spacingMs: expected 1 to"),
    ("consensus.spacingMs", 10**13, "consensus.spacingMs: expected 1 to"),
    ("consensus.capMs", 1_999, "consensus: expected 1 <= spacing <= cap"),
    ("consensus.halfLifeMs", -1, "consensus.halfLifeMs: expected 1 to"),
    ("consensus.workMin", 0, "consensus.workMin: expected 1 to"),
    ("consensus.workMin", 1 << 200, "consensus.workMin: expected 1 to"),
    ("consensus.seededShape.m", 33, "consensus: seeded shape: expected"),
    ("consensus.seededShape.k", 0, "consensus: seeded shape: expected"),
    ("consensus.seededShape.z", 1, "consensus.seededShape.z: unknown"),
    ("runtime.eraBlocks", 0, "runtime.eraBlocks: expected 1 to"),
    ("runtime.eraBlocks", 1 << 32, "runtime.eraBlocks: expected 1 to"),
    ("runtime.votingPeriodBlocks", 0, "runtime.votingPeriodBlocks: expected 1 to"),
    ("runtime.votingPeriodBlocks", 1 << 25, "runtime.votingPeriodBlocks: expected 1 to"),
    ("runtime.existentialDeposit", "0 SBR", "runtime.existentialDeposit: expected more"),
    ("runtime.existentialDeposit", 5, "runtime.existentialDeposit: expected text, got 5"),
    ("runtime.other", 5, "runtime.other: unknown"),
    ("extra", 1, "extra: unknown"),
    ("balances", [], r"balances: expected an object, got \[\]"),
    ("balances", {"nobody": "1 SBR"}, "balances.nobody: "),
    ("balances", {"ed25519//Alice/soft": "1 SBR"}, "balances.*ed25519 has hard junctions"),
    ("balances", {"ed25519//Alice///secret": "1 SBR"}, "balances.*a password goes with"),
    ("balances", {"ed25519//Alice": "0.0009 SBR"}, "balances: expected at least 1000000000"),
    ("balances", {"ed25519//Alice": 3}, "balances.ed25519//Alice: expected text, got 3"),
    (
        "balances",
        {"ed25519//Alice": "1 SBR", encode_ss58(ED25519_ALICE): "1 SBR"},
        "balances: given twice",
    ),
    (
        "balances",
        {"ed25519//Alice": str(AMOUNT_MAX), "ed25519//Bob": "1 SBR"},
        "balances: expected at most",
    ),
]


def test_a_specification_is_read() -> None:
    spec = parse_spec(json.dumps(DOCUMENT))
    assert (spec.name, spec.id, spec.chain_type) == ("Soberana Test", "test-1", "Local")
    assert (spec.token_symbol, spec.token_decimals, spec.is_instant) == ("SBR", 12, False)
    assert spec.runtime.existential_deposit == UNIT // 1_000
    assert spec.runtime.era_blocks == 50
    assert spec.runtime.voting_period_blocks == 40
    assert spec.consensus.difficulty.spacing_ms == 2_000
    assert spec.consensus.difficulty.anchor_target == (1 << 256) // 131_072 - 1
    assert spec.consensus.pow.seeded.k == 256
    assert spec.balances[0] == (ED25519_ALICE, 1_000_000 * UNIT)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_sound(name: str) -> None:
    spec = load_preset(name)
    assert spec.id == name
    accounts = [who for who, _ in spec.balances]
    assert len(accounts) == len(set(accounts)) == 12
    assert sum(amount for _, amount in spec.balances) == 12_000_000 * UNIT


def test_there_are_no_other_presets() -> None:
    for name in ("main", "", "../presets/dev", "dev.json"):
        with pytest.raises(SpecError, match="chain: expected one of dev, local"):
            load_preset(name)


@pytest.mark.parametrize("path, value, message", WRONG)
def test_what_is_wrong_is_named(path: str, value: JsonValue, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        parse_spec(change(path, value))


@pytest.mark.parametrize("path", FIELDS)
def test_every_field_is_needed_and_of_its_kind(path: str) -> None:
    with pytest.raises(SpecError, match=f"^{path}: expected, but missing"):
        parse_spec(remove(path))
    with pytest.raises(SpecError, match=f"^{path}: expected"):
        parse_spec(change(path, None))


def test_a_name_given_twice_is_refused() -> None:
    text = json.dumps(DOCUMENT)
    with pytest.raises(SpecError, match="eraBlocks: given twice"):
        parse_spec(text.replace('"eraBlocks"', '"eraBlocks": 1, "eraBlocks"'))
    with pytest.raises(SpecError, match="ed25519//Alice: given twice"):
        parse_spec(text.replace('"ed25519//Alice"', '"ed25519//Alice": "1 SBR", "ed25519//Alice"'))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, "null", "[]", '"spec"', "1", "{}", '{"a": ' + "9" * 5_000 + "}"],
)
def test_what_is_no_specification_is_refused(text: str) -> None:
    with pytest.raises(SpecError):
        parse_spec(text)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(), SCALARS, max_size=2)


@given(path=st.sampled_from(FIELDS), value=VALUES)
def test_no_value_breaks_the_reader(path: str, value: JsonValue) -> None:
    """Any value anywhere gives a specification or an error that says why."""
    with suppress(SpecError):
        assert parse_spec(change(path, value)).runtime.existential_deposit > 0
