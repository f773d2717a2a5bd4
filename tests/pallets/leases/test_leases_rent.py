"""Machines by the block: what is paid, accepted, disputed, and how a lease ends."""

import pytest

from pallets.leases import CloseReason, LeaseParams, Machines, MachineTerms
from pallets.leases import declarations as declared
from runtime.errors import DispatchError
from runtime.frame.ai_types import JobKind, Role
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId
from tests.pallets.leases.stage import (
    ALICE,
    BOB,
    BOND,
    CAROL,
    DAVE,
    FUNDS,
    NOTICE,
    PARAMS,
    RATE,
    REPLICA,
    STORAGE,
    TREASURY,
    TTL,
    LeaseStage,
)

MACHINES_REVIEW = 5


@pytest.fixture
def stage() -> LeaseStage:
    return LeaseStage()


def get_reason(stage: LeaseStage) -> CloseReason:
    """Why the last lease closed."""
    closed = [each for each in stage.take_events() if isinstance(each, declared.LeaseClosed)]
    return closed[-1].reason


# --- offers and starting


def test_an_offer_holds_a_deposit_that_comes_back(stage: LeaseStage) -> None:
    before = stage.money.get_held(HoldReason.LEASE, BOB)
    offer = stage.offer()
    assert stage.money.get_held(HoldReason.LEASE, BOB) == before + PARAMS.offer_deposit
    entry = stage.leases.offer[offer]
    expected = declared.OfferPosted(offer, BOB, stage.record_of[BOB], RATE, 4)
    assert stage.take_events()[-1] == expected
    assert (entry.kind, entry.taken) == (JobKind.RENT, 0)
    stage.call("withdraw_offer", BOB, offer)
    assert stage.money.get_held(HoldReason.LEASE, BOB) == before
    assert stage.take_events()[-1] == declared.OfferWithdrawn(offer)
    with stage.refused(declared.NoSuchOffer):
        stage.call("withdraw_offer", BOB, offer)


@pytest.mark.parametrize(
    "changes",
    [
        {"rate": 0},
        {"least": 0},
        {"least": 100_001},
        {"notice": 100_001},
        {"capacity": 0},
        {"capacity": 2**20 + 1},
        {"terms": MachineTerms(100_001)},
    ],
)
def test_terms_have_limits(stage: LeaseStage, changes: dict[str, int]) -> None:
    with stage.refused(declared.BadTerms):
        stage.offer(**changes)  # type: ignore[arg-type] # a table of any of its arguments


def test_who_may_offer_what(stage: LeaseStage) -> None:
    stage.record_of[DAVE] = stage.record_of[BOB]
    with stage.refused(declared.RecordUnfit):
        stage.offer(who=DAVE)
    stage.record_of[DAVE] = stage.register(DAVE, (JobKind.STORE,))
    with stage.refused(declared.RecordUnfit):
        stage.offer(who=DAVE)
    stage.offer(STORAGE, who=DAVE)
    offer = stage.offer()
    with stage.refused(declared.NotYours):
        stage.call("withdraw_offer", CAROL, offer)
    stage.skip(TTL)
    with stage.refused(declared.RecordUnfit):
        stage.offer()
    with stage.refused(declared.RecordUnfit):
        stage.start(offer)


def test_starting_takes_units_and_money(stage: LeaseStage) -> None:
    offer = stage.offer()
    stage.call("start_lease", ALICE, offer, Machines(3), 30 * RATE)
    assert stage.leases.offer[offer].taken == 3
    assert stage.money.get_held(HoldReason.LEASE, ALICE) == 30 * RATE + PARAMS.lease_deposit
    assert stage.get(0).rate == 3 * RATE
    with stage.refused(declared.FullyBooked):
        stage.start(offer, Machines(2))
    with stage.refused(declared.Underfunded):
        stage.start(offer, amount=10 * RATE - 1)
    with stage.refused(declared.WrongSubject):
        stage.start(offer, REPLICA)
    with stage.refused(declared.WrongSubject):
        stage.start(offer, Machines(0))
    with stage.refused(declared.NoFunds):
        stage.start(offer, amount=2 * FUNDS)
    with stage.refused(declared.NoSuchOffer):
        stage.call("start_lease", ALICE, 9, Machines(1), RATE)


def test_numbers_at_the_limits_of_their_types(stage: LeaseStage) -> None:
    offer = stage.offer(rate=2**128 - 1, capacity=2**20)
    with stage.refused(declared.Underfunded):
        stage.start(offer, Machines(2**20), 2**128 - 1)
    cheap = stage.offer(least=1)
    with stage.refused(declared.NoFunds):
        stage.start(cheap, amount=2**128 - 1)
    lease = stage.rent()
    with stage.refused(declared.NoFunds):
        stage.call("top_up", ALICE, lease, 2**128 - 1)


def test_a_provider_accepts_with_collateral(stage: LeaseStage) -> None:
    lease = stage.start(stage.offer())
    with stage.refused(declared.NotYours):
        stage.call("accept_lease", CAROL, lease)
    with stage.refused(declared.NoSuchLease):
        stage.call("accept_lease", BOB, 9)
    stage.skip(2)
    stage.call("accept_lease", BOB, lease)
    bond = PARAMS.bond_blocks * RATE
    assert stage.take_events()[-1] == declared.LeaseAccepted(lease, bond)
    assert stage.bonds.get_bonded(BOB, Role.PROVIDER) == BOND - bond
    entry = stage.get(lease)
    assert (entry.accepted_at, entry.settled_at, entry.bond) == (3, 3, bond)
    with stage.refused(declared.WrongState):
        stage.call("accept_lease", BOB, lease)


def test_accepting_asks_for_a_bond_and_a_live_record(stage: LeaseStage) -> None:
    dear = stage.start(stage.offer(rate=BOND, least=1), amount=BOND)
    with stage.refused(declared.BondTooLow):
        stage.call("accept_lease", BOB, dear)
    lease = stage.start(stage.offer())
    stage.dispatch(stage.registry, "retire", BOB, stage.record_of[BOB])
    with stage.refused(declared.RecordUnfit):
        stage.call("accept_lease", BOB, lease)


def test_what_is_not_accepted_costs_nothing(stage: LeaseStage) -> None:
    offer = stage.offer()
    wealth, reasons = stage.get_wealth(ALICE), []
    stage.call("close_lease", ALICE, stage.start(offer))
    reasons.append(get_reason(stage))
    stage.call("reclaim", BOB, stage.start(offer))
    reasons.append(get_reason(stage))
    late = stage.start(offer)
    stage.skip(PARAMS.accept_blocks)
    with stage.refused(declared.NotDue):
        stage.call("poke", DAVE, late)
    stage.skip(1)
    with stage.refused(declared.WrongState):
        stage.call("accept_lease", BOB, late)
    with stage.refused(declared.WrongState):
        stage.call("top_up", ALICE, late, 1)
    stage.call("poke", DAVE, late)
    reasons.append(get_reason(stage))
    assert reasons == [CloseReason.TENANT, CloseReason.DECLINED, CloseReason.EXPIRED]
    assert stage.get_wealth(ALICE) == wealth
    assert stage.money.get_held(HoldReason.LEASE, ALICE) == 0
    assert stage.leases.offer[offer].taken == 0


# --- paying


def test_silence_pays_what_is_past_review(stage: LeaseStage) -> None:
    lease = stage.rent()
    wealth = stage.get_wealth(BOB)
    stage.skip(MACHINES_REVIEW)
    with stage.refused(declared.NotDue):
        stage.call("poke", DAVE, lease)
    stage.skip(7)
    stage.take_events()
    stage.call("poke", DAVE, lease)
    amount = 7 * RATE
    parts = (amount, amount // 10, amount // 50, amount * 88 // 100)
    assert declared.LeaseSettled(lease, 7, *parts) in stage.take_events()
    assert stage.get_wealth(BOB) - wealth == amount * 88 // 100
    assert stage.get_wealth(TREASURY) == amount // 50
    assert stage.get(lease).balance == 93 * RATE
    with stage.refused(declared.NotDue):
        stage.call("poke", DAVE, lease)


def test_accepting_work_pays_at_once(stage: LeaseStage) -> None:
    lease = stage.rent()
    stage.skip(4)
    with stage.refused(declared.NotYours):
        stage.call("accept_work", BOB, lease)
    stage.call("accept_work", ALICE, lease)
    assert stage.get(lease).paid_blocks == 4
    with stage.refused(declared.NotDue):
        stage.call("accept_work", ALICE, lease)
    pending = stage.start(stage.offer())
    with stage.refused(declared.WrongState):
        stage.call("accept_work", ALICE, pending)
    with stage.refused(declared.WrongState):
        stage.call("dispute", ALICE, pending)


def test_a_balance_that_runs_out_ends_the_lease(stage: LeaseStage) -> None:
    total = stage.get_total()
    lease = stage.rent(amount=20 * RATE + RATE // 2)
    wealth = stage.get_wealth(ALICE)
    stage.skip(20 + MACHINES_REVIEW - 1)
    with stage.refused(declared.WrongState):
        stage.call("top_up", ALICE, lease, 1)  # its last paid block has passed
    stage.call("poke", DAVE, lease)
    assert stage.get(lease).paid_blocks == 19
    stage.skip(1)
    stage.call("poke", DAVE, lease)
    assert get_reason(stage) is CloseReason.OVERDRAWN
    assert lease not in stage.leases.lease
    assert wealth - stage.get_wealth(ALICE) == 20 * RATE
    assert stage.money.get_held(HoldReason.LEASE, ALICE) == 0
    assert stage.bonds.get_bonded(BOB, Role.PROVIDER) == BOND
    assert total - stage.get_total() == 20 * RATE // 10 == total - stage.money.get_issuance()


def test_topping_up_keeps_it_going(stage: LeaseStage) -> None:
    lease = stage.rent(amount=20 * RATE)
    stage.skip(20)
    with stage.refused(declared.NotYours):
        stage.call("top_up", BOB, lease, RATE)
    stage.call("top_up", ALICE, lease, 10 * RATE)
    assert declared.ToppedUp(lease, 10 * RATE) in stage.take_events()
    stage.skip(30)
    stage.call("poke", DAVE, lease)
    assert get_reason(stage) is CloseReason.OVERDRAWN
    with stage.refused(declared.NoSuchLease):
        stage.call("poke", DAVE, lease)


@pytest.mark.parametrize("served, due", [(3, 10), (10, 10), (17, 17)])
def test_a_tenant_who_leaves_pays_the_least_time(stage: LeaseStage, served: int, due: int) -> None:
    lease, wealth = stage.rent(), stage.get_wealth(ALICE)
    stage.skip(served)
    with stage.refused(declared.NotYours):
        stage.call("close_lease", BOB, lease)
    stage.call("close_lease", ALICE, lease)
    assert wealth - stage.get_wealth(ALICE) == due * RATE
    assert get_reason(stage) is CloseReason.TENANT


@pytest.mark.parametrize("served", [2, 13, 99])
def test_a_dispute_costs_the_tenant_what_closing_does(served: int) -> None:
    wealths: list[tuple[int, int]] = []
    for name in ("close_lease", "dispute"):
        stage = LeaseStage()
        lease = stage.rent()
        stage.skip(served)
        stage.call(name, ALICE, lease)
        wealths.append((stage.get_wealth(ALICE), stage.get_wealth(BOB)))
    (closing, paid), (disputing, unpaid) = wealths
    assert closing == disputing
    assert unpaid < paid


def test_only_the_tenant_disputes_and_only_what_is_unreviewed(stage: LeaseStage) -> None:
    lease = stage.rent()
    stage.skip(30)
    with stage.refused(declared.NotYours):
        stage.call("dispute", BOB, lease)
    wealth = stage.get_wealth(BOB)
    stage.take_events()
    stage.call("dispute", ALICE, lease)
    assert stage.get_wealth(BOB) - wealth == 25 * RATE * 88 // 100
    assert declared.Disputed(lease, 5 * RATE) in stage.take_events()


# --- the provider's ends


def test_reclaiming_gives_notice(stage: LeaseStage) -> None:
    lease = stage.rent(amount=1_000 * RATE)
    wealth = stage.get_wealth(ALICE)
    stage.skip(4)
    with stage.refused(declared.NotYours):
        stage.call("reclaim", CAROL, lease)
    stage.call("reclaim", BOB, lease)
    assert stage.take_events()[-1] == declared.Reclaiming(lease, 5 + NOTICE)
    with stage.refused(declared.WrongState):
        stage.call("reclaim", BOB, lease)
    stage.skip(NOTICE + MACHINES_REVIEW)
    stage.call("poke", DAVE, lease)
    assert get_reason(stage) is CloseReason.RECLAIMED
    assert wealth - stage.get_wealth(ALICE) == (4 + NOTICE) * RATE


def test_who_reclaims_has_no_claim_to_the_least_time(stage: LeaseStage) -> None:
    lease = stage.rent(least=90, notice=2)
    wealth = stage.get_wealth(ALICE)
    stage.call("reclaim", BOB, lease)
    stage.skip(3)
    stage.call("close_lease", ALICE, lease)
    assert wealth - stage.get_wealth(ALICE) == 2 * RATE


def test_a_record_that_lapses_ends_the_lease(stage: LeaseStage) -> None:
    """The first time only freezes the role, the second slashes."""
    first, second = stage.rent(), stage.rent()
    stage.dispatch(stage.registry, "retire", BOB, stage.record_of[BOB])
    stage.call("poke", DAVE, first)
    assert declared.ProviderFailed(first, BOB, 0, 0, 0) in stage.runtime.get_events()
    assert get_reason(stage) is CloseReason.LAPSED
    wealth, bond = stage.get_wealth(ALICE), PARAMS.bond_blocks * RATE
    stage.call("poke", DAVE, second)
    expected = declared.ProviderFailed(second, BOB, bond, bond // 2, bond // 2)
    assert expected in stage.take_events()
    assert stage.get_wealth(ALICE) - wealth == bond // 2


def test_a_withdrawn_offer_leaves_its_leases(stage: LeaseStage) -> None:
    lease = stage.rent()
    stage.call("withdraw_offer", BOB, stage.get(lease).offer)
    stage.skip(12)
    stage.call("close_lease", ALICE, lease)
    assert get_reason(stage) is CloseReason.TENANT


def test_a_lease_gives_back_all_its_units(stage: LeaseStage) -> None:
    offer = stage.offer()
    lease = stage.start(offer, Machines(3))
    stage.call("close_lease", ALICE, lease)
    assert stage.leases.offer[offer].taken == 0


def test_a_record_that_lapses_after_the_end_is_no_fault(stage: LeaseStage) -> None:
    """What was served until the balance ran out is paid when its review is over."""
    lease = stage.rent(amount=20 * RATE)
    stage.skip(20)
    stage.dispatch(stage.registry, "retire", BOB, stage.record_of[BOB])
    stage.call("poke", DAVE, lease)
    assert stage.get(lease).paid_blocks == 15
    stage.skip(MACHINES_REVIEW)
    stage.call("poke", DAVE, lease)
    assert get_reason(stage) is CloseReason.OVERDRAWN


def test_a_balance_may_run_out_before_the_notice_ends(stage: LeaseStage) -> None:
    lease = stage.rent(amount=20 * RATE)
    stage.call("reclaim", BOB, lease)
    stage.skip(20 + MACHINES_REVIEW)
    stage.call("poke", DAVE, lease)
    assert get_reason(stage) is CloseReason.OVERDRAWN


def test_what_a_payee_cannot_receive_is_burned() -> None:
    """A treasury that has nothing is not made for a few planck."""
    stage = LeaseStage(LeaseParams(TREASURY, bond_min=1_000))
    total = stage.get_total()
    lease = stage.rent(amount=1_000, rate=100, least=1)
    stage.skip(MACHINES_REVIEW + 1)
    stage.call("poke", DAVE, lease)
    assert stage.get_wealth(TREASURY) == 0
    assert total - stage.get_total() == 12


@pytest.mark.parametrize(
    "name, who, error",
    [
        ("top_up", ALICE, declared.NoSuchLease),
        ("accept_work", ALICE, declared.NoSuchLease),
        ("dispute", ALICE, declared.NoSuchLease),
        ("close_lease", ALICE, declared.NoSuchLease),
        ("reclaim", BOB, declared.NoSuchLease),
        ("poke", DAVE, declared.NoSuchLease),
    ],
)
def test_there_is_no_such_lease(
    stage: LeaseStage, name: str, who: AccountId, error: type[DispatchError]
) -> None:
    extra = (1,) if name == "top_up" else ()
    with stage.refused(error):
        stage.call(name, who, 7, *extra)
