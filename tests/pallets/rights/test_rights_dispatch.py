"""Rights among other pallets: calls, weights and events through their codecs."""

import pytest

from pallets.assets import Assets
from pallets.registry import Registry
from pallets.rights import Partners, Rights, RightsParams
from pallets.rights.types import LicenceTerms, LicenceUse
from runtime.address import Id
from runtime.errors import ModuleError
from runtime.frame.event_record import EventRecord
from runtime.limits import make_block_weights
from runtime.primitives import UNIT, AccountId, Weight
from tests.helpers.mock_runtime import (
    ALICE,
    BOB,
    CHARLIE,
    EXISTENTIAL_DEPOSIT,
    MockRuntime,
    signed,
    to,
)
from tests.pallets.registry.stage import MANIFEST, make_dataset

TERMS = LicenceTerms(LicenceUse.TRAIN, 90, 500)


class Node:
    """A runtime with a registry, assets and rights."""

    def __init__(self) -> None:
        self.runtime = MockRuntime([(who, 1_000 * UNIT) for who in (ALICE, BOB, CHARLIE)])
        state, system, money = self.runtime.state, self.runtime.system, self.runtime.money
        self.registry = Registry(
            state, system, money, index=20, record_deposit=5 * UNIT, byte_deposit=1
        )
        self.assets = Assets(
            state,
            system,
            money,
            index=19,
            asset_deposit=10 * UNIT,
            byte_deposit=1,
            holding_deposit=UNIT // 10,
        )
        partners = Partners(system, money, self.assets.book, self.registry.records)
        params = RightsParams(CHARLIE, UNIT // 10, EXISTENTIAL_DEPOSIT)
        self.rights = Rights(state, partners, index=18, params=params)
        self.runtime.add(self.assets, self.registry, self.rights)

    def send(self, who: AccountId, pallet: object, name: str, *args: object) -> None:
        assert isinstance(pallet, Assets | Registry | Rights)
        self.runtime.dispatch(self.runtime.make_call(pallet, name, *args), signed(who))


@pytest.fixture
def node() -> Node:
    return Node()


def test_the_life_of_rights(node: Node) -> None:
    rights = node.rights
    node.send(ALICE, node.registry, "register", make_dataset(), MANIFEST, (), 100, 1_000)
    node.send(ALICE, rights, "issue_shares", 0, 1_000)
    node.send(ALICE, node.assets, "transfer", 0, to(CHARLIE), 400)
    node.send(CHARLIE, rights, "stake_shares", 0, 400)
    node.send(ALICE, rights, "offer", 0, 100 * UNIT, TERMS, 2)
    node.send(BOB, rights, "buy", 0, 0)
    node.send(BOB, rights, "resell", 0, 0, 50 * UNIT)
    node.send(BOB, rights, "cancel_resale", 0, 0, to(BOB))
    node.send(BOB, rights, "resell", 0, 0, 60 * UNIT)
    node.send(CHARLIE, rights, "buy_resold", 0, 0, to(BOB), 60 * UNIT)
    node.send(CHARLIE, rights, "claim_revenue", 0)
    node.send(ALICE, rights, "close_offer", 0, 0)
    node.runtime.try_state()
    node.runtime.system.number.put(90)
    node.send(BOB, node.assets, "poke", 1, to(CHARLIE))
    node.send(BOB, rights, "close_offer", 0, 0)
    node.send(CHARLIE, rights, "unstake_shares", 0, 400)
    node.send(CHARLIE, node.assets, "transfer", 0, to(ALICE), 400)
    node.send(ALICE, rights, "redeem_shares", 0)
    node.send(ALICE, node.registry, "retire", 0)
    node.runtime.try_state()
    accounts = dict(node.runtime.system.iter_data())
    assert [data.reserved for data in accounts.values()] == [0, 0, 0]
    wealth = {who: data.free - 1_000 * UNIT for who, data in accounts.items()}
    burned = 16 * UNIT // 10
    assert sum(wealth.values()) == -burned
    assert wealth[BOB] == -100 * UNIT + 60 * UNIT * 93 // 100
    assert node.runtime.money.get_issuance() == 3_000 * UNIT - burned
    records = tuple(each for each in node.runtime.state.events if isinstance(each, EventRecord))
    codec = node.runtime.events
    assert codec.encode(codec.decode(codec.encode(records))) == codec.encode(records)


def test_a_refused_call_names_its_pallet(node: Node) -> None:
    for pallet, name, args in (
        (node.rights, "claim_revenue", (0,)),
        (node.registry, "issue_shares", (0, 1)),  # of a record that is not there
    ):
        with pytest.raises(ModuleError) as refused:
            node.send(ALICE, node.rights, name, *args)
        assert node.runtime.get_module_index(refused.value) == pallet.index
    assert not node.runtime.state.events


def test_every_call_fits_a_block_and_costs_something(node: Node) -> None:
    limit = make_block_weights(Weight(), Weight()).per_class.normal.max_total
    assert limit is not None
    who = Id(BOB)
    calls: list[tuple[str, tuple[object, ...]]] = [
        ("offer", (0, UNIT, TERMS, 1)),
        ("buy", (0, 0)),
        ("close_offer", (0, 0)),
        ("resell", (0, 0, UNIT)),
        ("cancel_resale", (0, 0, who)),
        ("buy_resold", (0, 0, who, UNIT)),
        ("issue_shares", (0, 1)),
        ("stake_shares", (0, 1)),
        ("unstake_shares", (0, 1)),
        ("claim_revenue", (0,)),
        ("redeem_shares", (0,)),
    ]
    assert [name for name, _ in calls] == [spec.name for spec in Rights.spec.calls]
    assert [spec.index for spec in Rights.spec.calls] == list(range(len(calls)))
    for name, args in calls:
        weight = node.runtime.make_call(node.rights, name, *args).get_dispatch_info().weight
        assert Weight(1, 1).is_within(weight)
        assert weight.is_within(Weight(limit.ref_time // 50, limit.proof_size // 50))


def test_the_names_on_the_wire() -> None:
    names = [item.name for item in Rights.spec.storage]
    assert names == ["NextOffer", "Offer", "Resale", "Pool", "Stake"]
