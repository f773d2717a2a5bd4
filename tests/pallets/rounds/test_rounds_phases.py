"""A round from its posting to its end, whoever does their part and whoever does not."""

import pytest

from pallets.rounds import Judge, Phase, RoundTerms, SeatState, unpack_labels
from pallets.rounds import declarations as declared
from pallets.rounds.commitments import compute_duty
from pallets.rounds.labels import compute_packed_bytes
from pallets.rounds.posting import ROUND_BYTES, SEAT_BYTES
from runtime.frame import Pays
from runtime.frame.ai_types import Role
from runtime.frame.traits import HoldReason
from tests.pallets.rounds.stage import (
    BOND,
    CLASSES,
    FREEZE_BLOCKS,
    GOLD,
    GOLD_ITEMS,
    ITEMS,
    LABELLERS,
    OWNER,
    PARAMS,
    POOL,
    SEATS,
    STRANGER,
    TERMS,
    TRUTH,
    RoundStage,
    make_answers,
)

ANN, BEN, CLEO = LABELLERS[:3]
SEAT_BOND = (POOL + 2 * SEATS - 1) // (2 * SEATS)
"""Half of what a seat earns on average, rounded up."""

GOLD_DEPOSIT = -(-POOL // 5)
PACKED = compute_packed_bytes(ITEMS, CLASSES)
DEPOSIT = 7_000 + ROUND_BYTES + PACKED + SEATS * (SEAT_BYTES + PACKED)


@pytest.fixture
def stage() -> RoundStage:
    return RoundStage()


def fill(stage: RoundStage, terms: RoundTerms = TERMS) -> int:
    """A round whose seats are all taken."""
    number = stage.post(terms)
    stage.join(number, ANN, BEN, CLEO)
    return number


ANSWERS = {ANN: make_answers(10_000, 1), BEN: make_answers(9_000, 2), CLEO: make_answers(1_000, 3)}


def test_posting_holds_pool_gold_deposit_and_storage(stage: RoundStage) -> None:
    number = stage.post()
    entry = stage.get(number)
    assert (entry.items, entry.seat_bond, entry.gold_deposit) == (ITEMS, SEAT_BOND, GOLD_DEPOSIT)
    assert entry.deposit == DEPOSIT
    assert stage.money.get_held(HoldReason.ROUND, OWNER) == POOL + GOLD_DEPOSIT + DEPOSIT
    ends_at = stage.number + TERMS.join_blocks
    posted = declared.RoundPosted(number, OWNER, ITEMS, SEATS, POOL, GOLD_DEPOSIT, ends_at)
    assert posted in stage.take_events()
    assert (entry.phase, entry.ends_at) == (Phase.JOINING, ends_at)


def test_the_last_seat_begins_the_round(stage: RoundStage) -> None:
    number = stage.post()
    stage.join(number, ANN, BEN)
    assert stage.get(number).phase is Phase.JOINING
    stage.join(number, CLEO)
    assert stage.get(number).phase is Phase.COMMITTING
    assert stage.bonds.get_locked(compute_duty(number, ANN)) == SEAT_BOND
    began = declared.PhaseBegan(number, Phase.COMMITTING, stage.number + TERMS.commit_blocks)
    events = stage.take_events()
    assert began in events
    assert declared.SeatTaken(number, ANN, stage.record_of[ANN], SEAT_BOND) in events


def test_a_round_ends_in_labels_and_pay(stage: RoundStage) -> None:
    number = fill(stage)
    before = {who: stage.get_wealth(who) for who in (OWNER, ANN, BEN, CLEO)}
    for who, answers in ANSWERS.items():
        assert stage.commit(number, who, answers).pays_fee is Pays.NO
    assert stage.get(number).phase is Phase.REVEALING
    for who, answers in ANSWERS.items():
        assert stage.reveal(number, who, answers).pays_fee is Pays.NO
    assert stage.get(number).phase is Phase.GOLD
    stage.take_events()
    assert stage.reveal_gold(number).pays_fee is Pays.NO
    entry, events = stage.get(number), stage.take_events()
    assert (entry.phase, entry.judge, entry.ends_at) == (Phase.SETTLED, Judge.GOLD, stage.number)
    assert declared.GoldRevealed(number, GOLD_DEPOSIT) in events
    assert declared.RoundSettled(number, Judge.GOLD, POOL, 0) in events
    weights: dict[bytes, int] = {}
    for who, answers in ANSWERS.items():
        right = sum(answers[each.item] == each.label for each in GOLD)
        seat = stage.get_seat(number, who)
        weights[who] = max(0, 2 * right - GOLD_ITEMS) ** 2
        assert (seat.right, seat.weight) == (right, weights[who])
        paid = declared.LabellerPaid(number, who, right, GOLD_ITEMS, seat.weight, seat.paid)
        assert paid in events
        assert stage.get_wealth(who) == before[who] + seat.paid
    assert weights[ANN] == GOLD_ITEMS**2 > weights[BEN] > weights[CLEO] == 0
    shares = {who: POOL * weights[who] // sum(weights.values()) for who in (BEN, CLEO)}
    assert {who: stage.get_seat(number, who).paid for who in shares} == shares
    assert stage.get_seat(number, ANN).paid == POOL - sum(shares.values())
    assert stage.get_wealth(OWNER) == before[OWNER] - POOL
    labels = unpack_labels(stage.rounds.labels[number], ITEMS, CLASSES)
    assert labels.tolist() == list(TRUTH)
    assert all(stage.bonds.get_locked(compute_duty(number, who)) == 0 for who in ANSWERS)
    stage.try_state()


def test_a_good_labeller_outweighs_spammers_who_are_more(stage: RoundStage) -> None:
    """Two who collude would win a plain vote on every item."""
    number = fill(stage)
    lie = [(label + 1) % CLASSES for label in TRUTH]
    stage.answer_all(number, {ANN: list(TRUTH), BEN: lie, CLEO: lie})
    stage.reveal_gold(number)
    labels = unpack_labels(stage.rounds.labels[number], ITEMS, CLASSES)
    assert labels.tolist() == list(TRUTH)
    assert [stage.get_seat(number, who).paid for who in (ANN, BEN, CLEO)] == [POOL, 0, 0]


def test_gold_that_is_never_shown_is_paid_for(stage: RoundStage) -> None:
    number = fill(stage)
    stage.answer_all(number, ANSWERS)
    before, issuance = stage.get_wealth(OWNER), stage.money.get_issuance()
    stage.pass_phase(number)
    with stage.refused(declared.WrongPhase):
        stage.reveal_gold(number)
    stage.take_events()
    stage.poke(number)
    events = stage.take_events()
    assert declared.GoldForfeited(number, GOLD_DEPOSIT) in events
    assert declared.RoundSettled(number, Judge.AGREEMENT, POOL, 0) in events
    assert stage.get_wealth(OWNER) == before - POOL - GOLD_DEPOSIT
    assert stage.money.get_issuance() == issuance - GOLD_DEPOSIT
    seats = [stage.get_seat(number, who) for who in (ANN, BEN, CLEO)]
    assert [seat.paid > 0 for seat in seats] == [True, True, False]
    labels = unpack_labels(stage.rounds.labels[number], ITEMS, CLASSES)
    rows = list(zip(*ANSWERS.values(), strict=True))
    majority = [max(sorted(set(row)), key=row.count) for row in rows]
    agreed = sum(a == b for a, b in zip(ANSWERS[ANN], majority, strict=True))
    assert seats[0].right == agreed
    assert sum(a == b for a, b in zip(labels.tolist(), TRUTH, strict=True)) >= ITEMS * 9 // 10


def test_a_pool_that_nobody_earned_is_burned(stage: RoundStage) -> None:
    """Neither guessers are paid, nor does a requester gain by gold that is wrong."""
    number = fill(stage)
    answers = {who: make_answers(1_000, seed) for seed, who in enumerate((ANN, BEN, CLEO))}
    stage.answer_all(number, answers)
    before, issuance = stage.get_wealth(OWNER), stage.money.get_issuance()
    stage.take_events()
    stage.reveal_gold(number)
    assert declared.RoundSettled(number, Judge.NOBODY, 0, POOL) in stage.take_events()
    assert stage.get_wealth(OWNER) == before - POOL
    assert stage.money.get_issuance() == issuance - POOL
    assert number in stage.rounds.labels


# --- deadlines


def test_a_round_that_is_not_filled_is_refunded(stage: RoundStage) -> None:
    before = stage.get_wealth(OWNER)
    number = stage.post()
    stage.join(number, ANN)
    with stage.refused(declared.NotDue):
        stage.poke(number)
    stage.skip(TERMS.join_blocks)
    with stage.refused(declared.NotDue):
        stage.poke(number)
    stage.next_block()
    with stage.refused(declared.WrongPhase):
        stage.join(number, BEN)
    stage.take_events()
    stage.poke(number)
    assert declared.RoundRefunded(number, POOL + GOLD_DEPOSIT) in stage.take_events()
    assert stage.get(number).phase is Phase.REFUNDED
    assert stage.bonds.get_bonded(ANN, Role.LABELLER) == BOND
    assert stage.money.get_held(HoldReason.ROUND, OWNER) == DEPOSIT
    stage.dispatch(stage.rounds, "close", OWNER, number)
    assert stage.get_wealth(OWNER) == before
    assert stage.money.get_held(HoldReason.ROUND, OWNER) == 0


def test_who_does_not_reveal_is_frozen_then_slashed(stage: RoundStage) -> None:
    """The first miss in a while costs time, the second half of the bond's lock for each side."""
    for turn in range(2):
        number = fill(stage)
        for who, answers in ANSWERS.items():
            stage.commit(number, who, answers)
        for who in (ANN, BEN):
            stage.reveal(number, who, ANSWERS[who])
        before, issuance = stage.get_wealth(OWNER), stage.money.get_issuance()
        stage.pass_phase(number)
        stage.take_events()
        stage.reveal_gold(number)
        missed = stage.find_event(declared.DutyMissed)
        seat = stage.get_seat(number, CLEO)
        assert (seat.state, seat.paid) == (SeatState.MISSED, 0)
        if turn == 0:
            assert missed == declared.DutyMissed(number, CLEO, 0, 0)
            assert stage.bonds.is_frozen(CLEO, Role.LABELLER)
            stage.skip(FREEZE_BLOCKS)
            stage.take_events()
        else:
            to_owner = SEAT_BOND // 2
            assert missed == declared.DutyMissed(number, CLEO, SEAT_BOND, to_owner)
            assert stage.get_wealth(CLEO) < stage.get_wealth(STRANGER)
            assert stage.get_wealth(OWNER) == before - POOL + to_owner
            assert stage.money.get_issuance() == issuance - (SEAT_BOND - to_owner)
        assert sum(stage.get_seat(number, who).paid for who in (ANN, BEN)) == POOL


def test_who_does_not_commit_holds_nobody_up(stage: RoundStage) -> None:
    number = fill(stage)
    stage.commit(number, ANN, ANSWERS[ANN])
    ends_at = stage.get(number).ends_at
    stage.pass_phase(number)
    with stage.refused(declared.WrongPhase):
        stage.commit(number, BEN, ANSWERS[BEN])
    stage.reveal(number, ANN, ANSWERS[ANN])
    assert stage.get(number).phase is Phase.GOLD
    states = [stage.get_seat(number, who).state for who in (ANN, BEN, CLEO)]
    assert states == [SeatState.REVEALED, SeatState.MISSED, SeatState.MISSED]
    began = [each for each in stage.take_events() if isinstance(each, declared.PhaseBegan)]
    assert began[-2].ends_at == ends_at + TERMS.reveal_blocks
    stage.reveal_gold(number)
    assert stage.get_seat(number, ANN).paid == POOL


@pytest.mark.parametrize("committed", [0, 2])
def test_a_round_without_answers_is_refunded(stage: RoundStage, committed: int) -> None:
    number = fill(stage)
    before = stage.get_wealth(OWNER)
    for who in (ANN, BEN)[:committed]:
        stage.commit(number, who, ANSWERS[who])
    stage.pass_phase(number)
    stage.skip(TERMS.reveal_blocks)
    stage.poke(number)
    entry = stage.get(number)
    assert (entry.phase, entry.joined, entry.committed) == (Phase.REFUNDED, 3, committed)
    assert stage.get_wealth(OWNER) == before
    states = {stage.get_seat(number, who).state for who in (ANN, BEN, CLEO)}
    assert states == {SeatState.MISSED}
    with stage.refused(declared.NotDue):
        stage.poke(number)


def test_one_poke_does_all_that_is_due(stage: RoundStage) -> None:
    number = fill(stage)
    for who, answers in ANSWERS.items():
        stage.commit(number, who, answers)
    stage.reveal(number, ANN, ANSWERS[ANN])
    stage.skip(40)
    stage.poke(number)
    assert stage.get(number).judge is Judge.AGREEMENT
    assert stage.get_seat(number, ANN).paid == POOL


def test_the_gold_settles_a_round_that_nobody_poked(stage: RoundStage) -> None:
    number = fill(stage)
    stage.commit(number, ANN, ANSWERS[ANN])
    stage.commit(number, BEN, ANSWERS[BEN])
    stage.pass_phase(number)
    stage.reveal(number, ANN, ANSWERS[ANN])
    stage.skip(stage.get(number).ends_at + 1 - stage.number)
    stage.reveal_gold(number)
    assert stage.get(number).judge is Judge.GOLD
    assert stage.get_seat(number, BEN).state is SeatState.MISSED


# --- closing


def test_closing_removes_everything_and_frees_the_items(stage: RoundStage) -> None:
    number = fill(stage)
    stage.answer_all(number, ANSWERS)
    stage.reveal_gold(number)
    stage.take_events()
    stage.dispatch(stage.rounds, "close", OWNER, number)
    assert declared.RoundClosed(number, DEPOSIT) in stage.take_events()
    tables = (stage.rounds.round, stage.rounds.labels, stage.rounds.seat, stage.rounds.answers)
    assert [list(table.items()) for table in tables] == [[], [], [], []]
    assert stage.money.get_held(HoldReason.ROUND, OWNER) == 0
    stage.dispatch(stage.registry, "drop_blob", OWNER, stage.items)


def test_anybody_closes_a_round_that_was_there_long_enough(stage: RoundStage) -> None:
    number = fill(stage)
    stage.answer_all(number, ANSWERS)
    stage.reveal_gold(number)
    stage.skip(PARAMS.result_blocks)
    with stage.refused(declared.NotFinished):
        stage.dispatch(stage.rounds, "close", STRANGER, number)
    stage.next_block()
    stage.dispatch(stage.rounds, "close", STRANGER, number)
    assert number not in stage.rounds.round
