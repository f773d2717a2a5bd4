"""Block zero: what is in it, and that a specification names one chain and no other."""

import json
from dataclasses import replace

import pytest

from genesis.build import CODE, CODE_KEY, SPEC_KEY, build_genesis, compute_spec_hash, make_api
from genesis.spec import PRESETS, ChainSpec, load_preset, parse_spec
from runtime.header import compute_extrinsics_root
from runtime.host import ReferenceHost
from runtime.primitives import UNIT, Hash
from runtime.state.backend import DictBackend
from runtime.state.commitment import StateTree
from runtime.state.overlay import Overlay
from tests.genesis.document import DOCUMENT, ED25519_ALICE, SR25519_ALICE

# They change only with what block zero holds; then every chain is another.
GOLDEN = {
    "dev": "18653f5e8a16b30de99c05a1f3b776b5042bbb65d4e6d3f4542aae287a43884f",
    "local": "7836268b202d6f16dc4f13e2b5ef6809b0780f53946bafb00082022f57347c22",
}


@pytest.fixture
def spec() -> ChainSpec:
    return parse_spec(json.dumps(DOCUMENT))


def get_hash(spec: ChainSpec) -> Hash:
    return build_genesis(spec, ReferenceHost()).hash


@pytest.mark.parametrize("name", PRESETS)
def test_presets_have_their_genesis(name: str) -> None:
    assert get_hash(load_preset(name)).hex() == GOLDEN[name]


def test_the_header_is_over_the_state(spec: ChainSpec) -> None:
    genesis = build_genesis(spec, ReferenceHost())
    header = genesis.header
    assert (header.number, header.parent_hash, header.digest.logs) == (0, Hash.zero(), ())
    assert header.state_root == StateTree.build(genesis.state.items()).root
    assert header.extrinsics_root == compute_extrinsics_root(())
    assert genesis.hash == header.compute_hash()


def test_the_state_holds_what_the_specification_says(spec: ChainSpec) -> None:
    genesis = build_genesis(spec, ReferenceHost())
    runtime = make_api(spec, ReferenceHost()).make_runtime(DictBackend(genesis.state))
    for pallet in runtime.pallets:
        pallet.try_state()
    assert runtime.system.get_data(ED25519_ALICE).free == 1_000_000 * UNIT
    assert runtime.system.get_data(SR25519_ALICE).free == 5 * UNIT // 2
    assert genesis.state[CODE_KEY] == CODE
    assert genesis.state[SPEC_KEY] == compute_spec_hash(spec)
    upgrade = runtime.system.last_runtime_upgrade.get()
    assert upgrade is not None
    assert upgrade.spec_version == runtime.version.spec_version
    assert isinstance(runtime.state, Overlay)


def test_building_twice_gives_the_same(spec: ChainSpec) -> None:
    assert build_genesis(spec, ReferenceHost()) == build_genesis(spec, ReferenceHost())


def test_the_order_of_balances_names_no_other_chain(spec: ChainSpec) -> None:
    assert get_hash(replace(spec, balances=spec.balances[::-1])) == get_hash(spec)


def test_whatever_differs_names_another_chain(spec: ChainSpec) -> None:
    """Else a transaction of one chain would be valid on the other."""
    difficulty = spec.consensus.difficulty
    others = [
        replace(spec, name="Other"),
        replace(spec, id="other"),
        replace(spec, is_instant=True),
        replace(spec, runtime=replace(spec.runtime, era_blocks=51)),
        replace(spec, runtime=replace(spec.runtime, existential_deposit=1)),
        replace(spec, runtime=replace(spec.runtime, voting_period_blocks=41)),
        replace(
            spec,
            consensus=replace(spec.consensus, difficulty=replace(difficulty, spacing_ms=1_999)),
        ),
        replace(spec, balances=spec.balances[:1]),
    ]
    hashes = {get_hash(each) for each in (spec, *others)}
    assert len(hashes) == len(others) + 1


def test_a_specification_made_by_hand_is_checked_too(spec: ChainSpec) -> None:
    (first, *_) = spec.balances
    with pytest.raises(ValueError, match="given twice"):
        build_genesis(replace(spec, balances=(first, first)), ReferenceHost())
    with pytest.raises(ValueError, match="expected at least"):
        build_genesis(replace(spec, balances=((ED25519_ALICE, 1),)), ReferenceHost())
