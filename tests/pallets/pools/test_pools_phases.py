"""A pool from its opening to its end, whoever does their part and whoever does not."""

import pytest

from pallets.assets import declarations as assets
from pallets.pools import Judge, Phase, PoolParams, SeatState, get_pot
from pallets.pools import declarations as declared
from pallets.pools.opening import POOL_BYTES, SEAT_BYTES
from pallets.rights import declarations as rights
from runtime.address import Id
from runtime.frame import Pays
from runtime.frame.traits import HoldReason, Preservation
from runtime.primitives import AccountId
from runtime.tensor.blob import blob_root
from tests.pallets.pools.stage import (
    BASE,
    FUNDS,
    HIDDEN,
    LIES,
    OWNER,
    PARAMS,
    PEOPLE,
    SEATS,
    SHARDS,
    STRANGER,
    SUPPLY,
    TERMS,
    TOTAL,
    PoolStage,
    get_salt,
)

ANN, BEN, CLEO = PEOPLE[:3]
MORE_LIES = (LIES, LIES[9:], LIES[18:])
SEAT_DEPOSIT = PARAMS.seat_deposit
HIDDEN_DEPOSIT = -(-TOTAL // 5)
DEPOSIT = 7_000 + POOL_BYTES + SEATS * SEAT_BYTES


@pytest.fixture
def stage() -> PoolStage:
    return PoolStage()


def get_held(stage: PoolStage, who: AccountId) -> int:
    return stage.money.get_held(HoldReason.POOL, who)


def find_points(stage: PoolStage, number: int) -> list[int]:
    return [stage.get_seat(number, at).points for at in range(stage.get(number).committed)]


def find_paid(stage: PoolStage, number: int) -> list[int]:
    return [stage.get_seat(number, at).paid for at in range(stage.get(number).committed)]


# --- as it is meant to be


def test_opening_holds_total_deposits_and_base(stage: PoolStage) -> None:
    number = stage.open()
    entry, ends_at = stage.get(number), stage.number + TERMS.commit_blocks
    assert (entry.phase, entry.ends_at) == (Phase.COMMITTING, ends_at)
    assert (entry.validation_deposit, entry.deposit) == (HIDDEN_DEPOSIT, DEPOSIT)
    assert get_held(stage, OWNER) == TOTAL + HIDDEN_DEPOSIT + DEPOSIT
    opened = declared.PoolOpened(number, OWNER, SEATS, TOTAL, HIDDEN_DEPOSIT, ends_at)
    assert stage.find_event(declared.PoolOpened) == opened
    assert stage.registry.blob_use[stage.base].jobs == 1


def test_a_pool_pays_what_each_shard_teaches(stage: PoolStage) -> None:
    number = stage.open()
    before = {who: stage.get_wealth(who) for who in (OWNER, ANN, BEN, CLEO)}
    stage.contribute(number, (SHARDS[0], SHARDS[1], LIES))
    assert stage.get(number).phase is Phase.VALIDATION
    stage.take_events()
    assert stage.show(number).pays_fee is Pays.NO
    entry, events = stage.get(number), stage.take_events()
    shown = declared.ValidationShown(number, blob_root(HIDDEN), entry.base_right, HIDDEN_DEPOSIT)
    until = stage.number + TERMS.score_blocks
    assert events[-2:] == [shown, declared.PhaseBegan(number, Phase.SCORING, until)]
    for index in (2, 0, 1):
        assert stage.score(number, index).pays_fee is Pays.NO
    entry, events = stage.get(number), stage.take_events()
    assert (entry.phase, entry.judge, entry.ends_at) == (Phase.SETTLED, Judge.GAIN, stage.number)
    points = find_points(stage, number)
    assert points[2] == 0 < points[0] != points[1] > 0
    for index in (0, 1):
        assert stage.get_seat(number, index).right == entry.base_right + points[index]
    assert stage.get_seat(number, 2).right < entry.base_right
    lesser = min((0, 1), key=lambda index: points[index])
    paid = find_paid(stage, number)
    assert paid[lesser] == TOTAL * points[lesser] // sum(points)
    assert (sum(paid), paid[2]) == (TOTAL, 0)
    for who, amount in zip((ANN, BEN, CLEO), paid, strict=True):
        assert stage.get_wealth(who) == before[who] + amount
    assert stage.get_wealth(OWNER) == before[OWNER] - TOTAL
    assert declared.PoolSettled(number, Judge.GAIN, TOTAL, 0) in events
    earned = [event for event in events if isinstance(event, declared.ContributorPaid)]
    assert [(event.seat, event.points) for event in earned] == [(0, points[0]), (1, points[1])]
    stage.try_state()


def test_what_was_given_before_earns_nothing(stage: PoolStage) -> None:
    """Who commits first has a row, whoever reveals first; base and hidden examples are nobody's."""
    half = len(SHARDS[1]) // 2
    mixed, stolen = SHARDS[0][:half] + SHARDS[1][half:], BASE + HIDDEN[: 5 * (len(BASE) // 3)]
    number = stage.open()
    for who, shard in zip((ANN, BEN, CLEO), (SHARDS[0], mixed, stolen), strict=True):
        stage.commit(number, who, shard)
    for who, shard in zip((CLEO, BEN, ANN), (stolen, mixed, SHARDS[0]), strict=True):
        stage.reveal(number, who, shard)
    stage.show(number)
    for index in (2, 1, 0):
        stage.score(number, index)
    assert [stage.get_seat(number, at).fresh_rows for at in range(3)] == [12, 6, 0]
    assert stage.get_seat(number, 2).right == stage.get(number).base_right
    assert find_points(stage, number)[2] == 0


def test_a_duplicate_shard_earns_nothing(stage: PoolStage) -> None:
    number = stage.open()
    stage.play(number, (SHARDS[0], SHARDS[0], SHARDS[1]))
    points, paid = find_points(stage, number), find_paid(stage, number)
    assert (points[1], paid[1]) == (0, 0)
    assert points[0] > 0
    assert stage.get_seat(number, 1).fresh_rows == 0


def test_the_order_of_scoring_changes_nothing(stage: PoolStage) -> None:
    outcomes: list[list[int]] = []
    for order in ((0, 1, 2), (2, 1, 0)):
        number = stage.open()
        stage.contribute(number, SHARDS[:3])
        stage.show(number)
        for index in order:
            stage.score(number, index)
        outcomes.append(find_paid(stage, number))
    assert outcomes[0] == outcomes[1]
    assert sum(outcomes[0]) == TOTAL


# --- shares


def test_contributors_claim_shares_by_points(stage: PoolStage) -> None:
    number = stage.open_shared()
    pot, revenue = get_pot(number), stage.rights.revenue
    assert revenue.get_shares(stage.record, pot) == SUPPLY
    stage.play(number, (SHARDS[0], SHARDS[1], LIES))
    points = find_points(stage, number)
    waiting = [stage.get_seat(number, at).shares for at in range(3)]
    assert (sum(waiting), waiting[2], stage.get(number).shares_left) == (SUPPLY, 0, SUPPLY)
    lesser = min((0, 1), key=lambda index: points[index])
    assert waiting[lesser] == SUPPLY * points[lesser] // sum(points)
    with stage.refused(declared.NotFinished):
        stage.call("close", OWNER, number)
    stage.take_events()
    for index, who in enumerate((ANN, BEN)):
        stage.call("claim_shares", who, number)
        claimed = stage.find_event(declared.SharesClaimed)
        assert claimed == declared.SharesClaimed(number, index, who, waiting[index])
        assert revenue.get_shares(stage.record, who) == waiting[index]
    assert revenue.get_shares(stage.record, pot) == 0
    stage.call("close", OWNER, number)
    stage.try_state()


def test_what_the_record_earns_is_the_contributors(stage: PoolStage) -> None:
    number = stage.open_shared()
    stage.play(number, (SHARDS[0], SHARDS[1], LIES))
    for who in (ANN, BEN):
        stage.call("claim_shares", who, number)
        shares = stage.rights.revenue.get_shares(stage.record, who)
        stage.dispatch(stage.rights, "stake_shares", who, stage.record, shares)
    purse = stage.registry.records.get_payee(stage.record)
    assert purse is not None
    stage.money.mint(purse, 10**9)
    points = find_points(stage, number)
    for at, who in enumerate((ANN, BEN)):
        before = stage.get_wealth(who)
        stage.dispatch(stage.rights, "claim_revenue", who, stage.record)
        fair = 10**9 * points[at] // sum(points)
        assert abs(stage.get_wealth(who) - before - fair) <= 10**9 // SUPPLY


def test_shares_that_nobody_earned_are_burned(stage: PoolStage) -> None:
    number = stage.open_shared()
    stage.play(number, MORE_LIES)
    assert stage.get(number).judge is Judge.NOBODY
    assert stage.get(number).shares_left == 0
    stage.dispatch(stage.rights, "redeem_shares", OWNER, stage.record)
    assert stage.registry.records.get_payee(stage.record) == OWNER


def test_shares_that_nobody_claimed_are_burned_in_the_end(stage: PoolStage) -> None:
    number = stage.open_shared()
    stage.play(number, SHARDS[:3])
    stage.call("claim_shares", ANN, number)
    has = stage.rights.revenue.get_shares(stage.record, ANN)
    stage.skip(PARAMS.result_blocks)
    with stage.refused(declared.NotFinished):
        stage.call("close", OWNER, number)
    stage.next_block()
    stage.take_events()
    stage.call("close", STRANGER, number)
    closed = declared.PoolClosed(number, DEPOSIT, SUPPLY - has)
    assert stage.find_event(declared.PoolClosed) == closed
    stage.dispatch(stage.rights, "redeem_shares", ANN, stage.record)


# --- who does not do their part


def test_a_total_that_nobody_earned_is_burned(stage: PoolStage) -> None:
    """Neither noise is paid, nor does an owner gain by hidden examples that are wrong."""
    number = stage.open()
    before, issuance = stage.get_wealth(OWNER), stage.money.get_issuance()
    stage.play(number, MORE_LIES)
    assert find_points(stage, number) == [0, 0, 0]
    settled = declared.PoolSettled(number, Judge.NOBODY, 0, TOTAL)
    assert stage.find_event(declared.PoolSettled) == settled
    assert stage.get_wealth(OWNER) == before - TOTAL
    assert stage.money.get_issuance() == issuance - TOTAL


def test_hidden_examples_that_are_never_shown_are_paid_for(stage: PoolStage) -> None:
    number = stage.open_shared()
    stage.contribute(number, SHARDS[:3])
    before, issuance = stage.get_wealth(OWNER), stage.money.get_issuance()
    stage.pass_phase(number)
    stage.put_blob(OWNER, HIDDEN)
    with stage.refused(declared.WrongPhase):
        stage.show(number)
    stage.take_events()
    stage.poke(number)
    events = stage.take_events()
    assert declared.ValidationForfeited(number, HIDDEN_DEPOSIT) in events
    assert declared.PoolSettled(number, Judge.EQUALITY, TOTAL, 0) in events
    third, shares = TOTAL // 3, SUPPLY // 3
    assert find_paid(stage, number) == [TOTAL - 2 * third, third, third]
    waiting = [stage.get_seat(number, at).shares for at in range(3)]
    assert waiting == [SUPPLY - 2 * shares, shares, shares]
    assert stage.get_wealth(OWNER) == before - TOTAL - HIDDEN_DEPOSIT
    assert stage.money.get_issuance() == issuance - HIDDEN_DEPOSIT


def test_who_does_not_reveal_loses_the_deposit_and_holds_nobody_up(stage: PoolStage) -> None:
    number = stage.open()
    for who, shard in zip((ANN, BEN, CLEO), SHARDS, strict=False):
        stage.commit(number, who, shard)
    assert get_held(stage, ANN) == SEAT_DEPOSIT
    stage.reveal(number, BEN, SHARDS[1])
    assert get_held(stage, BEN) == 0
    ends_at = stage.get(number).ends_at
    stage.pass_phase(number)
    stage.put_blob(CLEO, SHARDS[2])
    with stage.refused(declared.WrongPhase):
        stage.reveal(number, CLEO, SHARDS[2])
    stage.take_events()
    issuance = stage.money.get_issuance()
    stage.show(number)
    events = stage.take_events()
    for index, who in ((0, ANN), (2, CLEO)):
        assert declared.SeatForfeited(number, index, who, SEAT_DEPOSIT) in events
        assert stage.get_seat(number, index).state is SeatState.MISSED
    until = ends_at + TERMS.validation_blocks
    assert declared.PhaseBegan(number, Phase.VALIDATION, until) in events
    assert stage.money.get_issuance() == issuance - 2 * SEAT_DEPOSIT
    assert stage.get_wealth(ANN) == FUNDS - SEAT_DEPOSIT
    stage.score(number, 1)
    assert find_paid(stage, number) == [0, TOTAL, 0]


def test_seats_need_not_all_be_taken(stage: PoolStage) -> None:
    number = stage.open()
    stage.commit(number, ANN, SHARDS[0])
    ends_at = stage.get(number).ends_at
    stage.pass_phase(number)
    stage.reveal(number, ANN, SHARDS[0])
    began = [each for each in stage.take_events() if isinstance(each, declared.PhaseBegan)]
    assert began[0] == declared.PhaseBegan(number, Phase.REVEALING, ends_at + TERMS.reveal_blocks)
    stage.show(number)
    stage.score(number, 0)
    assert find_paid(stage, number) == [TOTAL]


@pytest.mark.parametrize("committed", [0, 2])
def test_a_pool_without_shards_is_refunded(stage: PoolStage, committed: int) -> None:
    before, issuance = stage.get_wealth(OWNER), stage.money.get_issuance()
    number = stage.open_shared()
    purse = stage.registry.records.get_payee(stage.record)
    assert purse is not None
    for who, shard in zip((ANN, BEN)[:committed], SHARDS, strict=False):
        stage.commit(number, who, shard)
    stage.skip(TERMS.commit_blocks + TERMS.reveal_blocks + 1)
    stage.poke(number)
    assert declared.PoolRefunded(number, TOTAL + HIDDEN_DEPOSIT) in stage.take_events()
    assert (stage.get(number).phase, stage.get(number).shares_left) == (Phase.REFUNDED, 0)
    assert stage.money.get_issuance() == issuance - committed * SEAT_DEPOSIT
    stage.call("close", OWNER, number)
    stage.dispatch(stage.rights, "redeem_shares", OWNER, stage.record)
    assert stage.get_wealth(OWNER) == before
    assert get_held(stage, OWNER) == 0


def test_a_shard_that_nobody_had_scored_earns_nothing(stage: PoolStage) -> None:
    number = stage.open()
    stage.contribute(number, SHARDS[:3])
    stage.show(number)
    stage.score(number, 1)
    stage.pass_phase(number)
    with stage.refused(declared.WrongPhase):
        stage.score(number, 0)
    stage.poke(number)
    assert find_paid(stage, number) == [0, TOTAL, 0]
    assert stage.get(number).judge is Judge.GAIN


def test_one_poke_does_all_that_is_due(stage: PoolStage) -> None:
    number = stage.open()
    for who, shard in zip((ANN, BEN, CLEO), SHARDS, strict=False):
        stage.commit(number, who, shard)
    stage.reveal(number, BEN, SHARDS[1])
    stage.skip(40)
    stage.poke(number)
    assert stage.get(number).judge is Judge.EQUALITY
    assert find_paid(stage, number) == [0, TOTAL, 0]
    with stage.refused(declared.NotDue):
        stage.poke(number)


def test_who_cannot_exist_with_so_little_is_not_paid() -> None:
    """A contributor whose account is gone by then: what it cannot receive is burned."""
    stage = PoolStage(PoolParams(pool_deposit=7_000))
    number = stage.open(total=99)
    for who, shard in zip((ANN, BEN), SHARDS, strict=False):
        stage.commit(number, who, shard)
    stage.pass_phase(number)
    for who, shard in zip((ANN, BEN), SHARDS, strict=False):
        stage.put_blob(OWNER, shard)
        stage.call("reveal", who, number, blob_root(shard), get_salt(who))
    stage.show(number)
    stage.money.burn(ANN, FUNDS, Preservation.EXPENDABLE)
    stage.score(number, 0)
    stage.score(number, 1)
    points, paid = find_points(stage, number), find_paid(stage, number)
    assert points[0] > 0
    assert (paid[0], paid[1] > 0) == (0, True)
    settled = stage.find_event(declared.PoolSettled)
    assert (settled.paid, settled.burned) == (paid[1], 99 - paid[1])


# --- closing


def test_closing_removes_everything_and_frees_the_blobs(stage: PoolStage) -> None:
    number = stage.open()
    stage.play(number, SHARDS[:3])
    with stage.refused(declared.NotFinished):
        stage.call("close", STRANGER, number)
    stage.take_events()
    stage.call("close", OWNER, number)
    assert stage.find_event(declared.PoolClosed) == declared.PoolClosed(number, DEPOSIT, 0)
    assert [list(table.items()) for table in (stage.pools.pool, stage.pools.seat)] == [[], []]
    assert get_held(stage, OWNER) == 0
    for root in (stage.base, blob_root(HIDDEN)):
        stage.dispatch(stage.registry, "drop_blob", OWNER, root)
    for who, shard in zip((ANN, BEN, CLEO), SHARDS, strict=False):
        stage.dispatch(stage.registry, "drop_blob", who, blob_root(shard))


def test_shares_that_wait_are_out_of_the_owners_hands(stage: PoolStage) -> None:
    number = stage.open_shared()
    asset = stage.rights.pool[stage.record].asset
    with stage.refused(rights.NotAllShares):
        stage.dispatch(stage.rights, "redeem_shares", OWNER, stage.record)
    with stage.refused(assets.NotOwner):
        stage.dispatch(stage.assets, "set_owner", OWNER, asset, Id(OWNER))
    assert stage.get(number).shares_left == SUPPLY
