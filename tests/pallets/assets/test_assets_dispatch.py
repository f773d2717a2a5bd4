"""Assets among other pallets: calls, weights and events through their codecs."""

import pytest

from pallets.assets import Assets
from runtime.errors import ModuleError
from runtime.frame.event_record import EventRecord
from runtime.limits import make_block_weights
from runtime.primitives import UNIT, AccountId, Hash, Weight
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, MockRuntime, signed, to


class Node:
    """A runtime with assets."""

    def __init__(self) -> None:
        self.runtime = MockRuntime([(ALICE, 1_000 * UNIT), (BOB, 10 * UNIT)])
        self.assets = Assets(
            self.runtime.state,
            self.runtime.system,
            self.runtime.money,
            index=19,
            asset_deposit=10 * UNIT,
            byte_deposit=UNIT // 1_000,
            holding_deposit=UNIT // 10,
        )
        self.runtime.add(self.assets)

    def send(self, who: AccountId, name: str, *args: object) -> None:
        self.runtime.dispatch(self.runtime.make_call(self.assets, name, *args), signed(who))


@pytest.fixture
def node() -> Node:
    return Node()


def test_the_life_of_an_asset(node: Node) -> None:
    node.send(ALICE, "create", 6, 10, True, 50, Hash.zero())
    node.send(ALICE, "mint", 0, to(BOB), 1_000)
    node.send(BOB, "transfer", 0, to(CHARLIE), 100)
    node.send(BOB, "approve", 0, to(ALICE), 500)
    node.send(ALICE, "transfer_from", 0, to(BOB), to(CHARLIE), 500)
    node.send(ALICE, "freeze", 0, to(CHARLIE), True)
    node.send(BOB, "burn", 0, 400)
    node.runtime.try_state()
    node.runtime.system.number.put(50)
    node.send(BOB, "poke", 0, to(CHARLIE))
    node.send(ALICE, "destroy", 0)
    node.runtime.try_state()
    assert node.runtime.money.get_free(ALICE) == 1_000 * UNIT
    assert node.runtime.money.get_free(BOB) == 10 * UNIT
    records = tuple(each for each in node.runtime.state.events if isinstance(each, EventRecord))
    codec = node.runtime.events
    assert codec.encode(codec.decode(codec.encode(records))) == codec.encode(records)


def test_a_refused_call_names_assets(node: Node) -> None:
    with pytest.raises(ModuleError) as refused:
        node.send(ALICE, "burn", 0, 1)
    assert node.runtime.get_module_index(refused.value) == node.assets.index
    assert not node.runtime.state.events


def test_every_call_fits_a_block_and_costs_something(node: Node) -> None:
    limit = make_block_weights(Weight(), Weight()).per_class.normal.max_total
    assert limit is not None
    calls = [
        ("create", (6, 1, True, None, Hash.zero())),
        ("mint", (0, to(BOB), 1)),
        ("burn", (0, 1)),
        ("transfer", (0, to(BOB), 1)),
        ("approve", (0, to(BOB), 1)),
        ("transfer_from", (0, to(BOB), to(ALICE), 1)),
        ("freeze", (0, to(BOB), True)),
        ("set_owner", (0, to(BOB))),
        ("destroy", (0,)),
        ("poke", (0, to(BOB))),
    ]
    assert [name for name, _ in calls] == [spec.name for spec in Assets.spec.calls]
    assert [spec.index for spec in Assets.spec.calls] == list(range(len(calls)))
    for name, args in calls:
        weight = node.runtime.make_call(node.assets, name, *args).get_dispatch_info().weight
        assert Weight(1, 1).is_within(weight)
        assert weight.is_within(Weight(limit.ref_time // 50, limit.proof_size // 50))
