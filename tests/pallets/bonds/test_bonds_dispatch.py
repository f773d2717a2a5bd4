"""Bonds among other pallets: calls and events through their codecs."""

import pytest

from pallets.bonds import DEFAULT_TERMS, Bonds
from runtime.errors import ModuleError
from runtime.frame.ai_types import Role, SlashSplit, SlotId
from runtime.frame.event_record import EventRecord
from runtime.primitives import UNIT, AccountId
from tests.helpers.mock_runtime import ALICE, BOB, MockRuntime, signed


class Node:
    """A runtime with bonds."""

    def __init__(self) -> None:
        self.runtime = MockRuntime([(ALICE, 1_000 * UNIT), (BOB, UNIT)])
        self.bonds = Bonds(
            self.runtime.state,
            self.runtime.system,
            self.runtime.money,
            index=21,
            role_terms=DEFAULT_TERMS,
            grace_blocks=1_000,
            freeze_blocks=100,
        )
        self.runtime.add(self.bonds)

    def send(self, who: AccountId, name: str, *args: object) -> None:
        self.runtime.dispatch(self.runtime.make_call(self.bonds, name, *args), signed(who))


@pytest.fixture
def node() -> Node:
    return Node()


def test_the_life_of_a_bond(node: Node) -> None:
    node.send(ALICE, "bond", Role.PROVIDER, 300 * UNIT)
    node.send(ALICE, "unbond", Role.PROVIDER, 100 * UNIT)
    node.send(ALICE, "cancel_unbond", Role.PROVIDER, 0)
    node.send(ALICE, "unbond", Role.PROVIDER, 50 * UNIT)
    for slot in range(3):
        node.bonds.lock(ALICE, Role.PROVIDER, 10 * UNIT, SlotId(0, slot).to_duty())
    split = SlashSplit(5_000, 5_000, injured=BOB)
    node.bonds.unlock(SlotId(0, 0).to_duty())
    node.bonds.slash(SlotId(0, 1).to_duty(), split)
    node.bonds.note_miss(SlotId(0, 2).to_duty(), split)
    node.runtime.try_state()
    node.runtime.system.number.put(1 + DEFAULT_TERMS[Role.PROVIDER].unbonding_blocks)
    node.send(ALICE, "withdraw", Role.PROVIDER)
    node.runtime.try_state()
    assert node.runtime.money.get_free(BOB) == 6 * UNIT
    assert node.runtime.money.get_issuance() == 996 * UNIT
    records = tuple(each for each in node.runtime.state.events if isinstance(each, EventRecord))
    codec = node.runtime.events
    assert codec.encode(codec.decode(codec.encode(records))) == codec.encode(records)


def test_a_refused_call_names_bonds(node: Node) -> None:
    with pytest.raises(ModuleError) as refused:
        node.send(ALICE, "withdraw", Role.PROVIDER)
    assert node.runtime.get_module_index(refused.value) == node.bonds.index
    assert not node.runtime.state.events


def test_the_names_on_the_wire() -> None:
    assert [item.name for item in Bonds.spec.storage] == ["Bond", "Duty"]
    calls = {spec.name: spec.index for spec in Bonds.spec.calls}
    assert calls == {"bond": 0, "unbond": 1, "cancel_unbond": 2, "withdraw": 3}
