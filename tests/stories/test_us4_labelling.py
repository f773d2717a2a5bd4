"""US-4: many label, hidden gold says whom to believe, and neither copies nor guesses earn.

Everything is judged by the chain that a live node left behind, opened again after it stopped.
"""

from collections.abc import Generator
from typing import TypeVar

import numpy as np
import pytest

from chain.client.typed_state import get_runtime
from chain.node import load_spec
from chain.wallet.label_sheet import draw_sheet
from chain.wallet.labelling import read_round
from pallets.bonds import declarations as bonds
from pallets.registry.types import Relation
from pallets.rounds import Judge, Phase, SeatState, declarations
from pallets.transaction_payment import TransactionFeePaid
from runtime.frame import Event
from tests.helpers.digit_labellers import CLASSES, GOLD_ITEMS, ITEMS, compute_hidden_accuracy
from tests.stories.aftermath import (
    Aftermath,
    ensure_every_block_holds,
    ensure_restart_agrees,
    open_again,
)
from tests.stories.labelling_story import (
    ABSENT,
    ABSENTEE,
    GIFT,
    HONEST,
    LABELLERS,
    POKER,
    POOL,
    REQUESTER,
    ROUND,
    SILENT,
    SMALL_POOL,
    SPAMMERS,
    TRIO,
    Told,
    tell_story,
)
from tests.stories.live_node import get_account

EventT = TypeVar("EventT", bound=Event)

SMALL_BOND = SMALL_POOL // len(TRIO) // 2
GOLD_DEPOSIT = SMALL_POOL // 5


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Generator[Aftermath[Told]]:
    folder = tmp_path_factory.mktemp("us4")
    told = tell_story(folder)
    with open_again(folder) as client:
        yield Aftermath(told, client)


# --- the labels


def test_the_labels_are_better_than_a_vote(aftermath: Aftermath[Told]) -> None:
    told = aftermath.told
    standing = read_round(get_runtime(aftermath.client), ROUND)
    votes = np.stack([(told.rows == label).sum(axis=0) for label in range(CLASSES)])
    by_gold = compute_hidden_accuracy(standing.labels, told.items, told.gold)
    by_vote = compute_hidden_accuracy(votes.argmax(axis=0), told.items, told.gold)
    assert by_gold >= 0.99
    assert by_vote <= 0.98
    assert len(standing.labels) == ITEMS


def test_pay_follows_what_was_right(aftermath: Aftermath[Told]) -> None:
    told = aftermath.told
    seats = dict(read_round(get_runtime(aftermath.client), ROUND).seats)
    at = [each.item for each in told.gold]
    truth = np.array([each.label for each in told.gold])
    for name, row in zip(LABELLERS, told.rows, strict=True):
        right = int((row[at] == truth).sum())
        seat = seats[get_account(name)]
        assert (seat.right, seat.weight) == (right, max(0, 2 * right - GOLD_ITEMS) ** 2)
    weights = [seats[get_account(name)].weight for name in LABELLERS]
    paid = [seats[get_account(name)].paid for name in LABELLERS]
    assert sum(paid) == POOL
    assert paid[len(HONEST) :] == [0] * len(SPAMMERS)
    for weight, amount in zip(weights, paid, strict=True):
        assert 0 <= amount - POOL * weight // sum(weights) <= len(LABELLERS)


def test_the_labels_can_be_drawn(aftermath: Aftermath[Told]) -> None:
    standing = read_round(get_runtime(aftermath.client), ROUND)
    images = aftermath.told.items.images.tobytes()
    sheet = draw_sheet(images, 64, list(standing.labels), standing.is_sure)
    assert sheet.shape == (4 + 20 * 48, 4 + 20 * 36, 3)
    assert 20 <= standing.is_sure.count(False) <= 80


def test_the_dataset_names_who_labelled_it(aftermath: Aftermath[Told]) -> None:
    runtime = get_runtime(aftermath.client)
    version = runtime.registry.version[aftermath.told.dataset, 1]
    assert {parent.relation for parent in version.parents} == {Relation.LABELLED_BY}
    earners = runtime.registry.records.get_royalties(aftermath.told.dataset, 1)
    assert [who for who, _ in earners] == sorted(get_account(name) for name in HONEST)


# --- who cheats or is absent


def test_a_copied_commitment_is_refused(aftermath: Aftermath[Told]) -> None:
    assert aftermath.told.copy.failure == "Rounds.CommitmentTaken"


def test_the_absent_one_is_frozen_then_slashed(aftermath: Aftermath[Told]) -> None:
    absent = get_account(ABSENT)
    assert aftermath.find(declarations.DutyMissed) == [
        declarations.DutyMissed(SILENT, absent, 0, 0),
        declarations.DutyMissed(ABSENTEE, absent, SMALL_BOND, SMALL_BOND // 2),
    ]
    (frozen,) = aftermath.find(bonds.RoleFroze)
    assert frozen.who == absent
    (slashed,) = aftermath.find(bonds.Slashed)
    assert (slashed.amount, slashed.burned) == (SMALL_BOND, SMALL_BOND // 2)
    for number in (SILENT, ABSENTEE):
        seat = get_runtime(aftermath.client).rounds.seat[number, absent]
        assert (seat.state, seat.paid) == (SeatState.MISSED, 0)


def test_gold_that_is_never_shown_costs_its_deposit(aftermath: Aftermath[Told]) -> None:
    rounds = get_runtime(aftermath.client).rounds
    judges = [rounds.round[number].judge for number in (ROUND, SILENT, ABSENTEE)]
    assert judges == [Judge.GOLD, Judge.AGREEMENT, Judge.GOLD]
    assert {entry.phase for _, entry in rounds.round.items()} == {Phase.SETTLED}
    assert aftermath.find(declarations.GoldForfeited) == [
        declarations.GoldForfeited(SILENT, GOLD_DEPOSIT)
    ]
    paid = [each.paid for each in aftermath.find(declarations.LabellerPaid) if each.round == SILENT]
    assert sum(paid) == SMALL_POOL
    assert len(paid) == 2


def test_duties_that_are_fulfilled_cost_no_fee(aftermath: Aftermath[Told]) -> None:
    """Dave does nothing but register, join, commit and reveal: half of it for nothing."""
    dave = get_account("Dave")
    fees = [each.actual_fee for each in aftermath.find(TransactionFeePaid) if each.who == dave]
    assert [fee > 0 for fee in fees] == [True, True, False, False]


# --- money and the chain


def test_balances_changed_by_exactly_that(aftermath: Aftermath[Told]) -> None:
    paid = aftermath.find(declarations.LabellerPaid)
    gifts = dict.fromkeys((*SPAMMERS[1:], POKER), GIFT)
    for name in (*LABELLERS, POKER):
        who = get_account(name)
        earned = sum(each.paid for each in paid if each.who == who) + gifts.get(name, 0)
        lost = SMALL_BOND if name == ABSENT else 0
        assert aftermath.get_change(who) == earned - lost, name
    spent = POOL + 2 * SMALL_POOL + GOLD_DEPOSIT + sum(gifts.values()) - SMALL_BOND // 2
    assert aftermath.get_change(get_account(REQUESTER)) == -spent


def test_a_restart_and_another_node_find_the_same_and_every_block_holds(
    aftermath: Aftermath[Told],
) -> None:
    ensure_restart_agrees(aftermath.client, aftermath.told.head, aftermath.told.state_root)
    ensure_every_block_holds(aftermath.client, load_spec("dev"))
