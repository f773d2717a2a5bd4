"""Commissions on a live node: who delivers is paid, who sends rubbish loses, the buyer pays alike.

Everything is judged by the chain that the node left behind, opened again after it stopped.
"""

from collections.abc import Generator

import pytest

from chain.client.typed_state import get_runtime
from chain.node import load_spec
from pallets.bonds import declarations as bonds
from pallets.market import SlotState
from pallets.market import declarations as market
from pallets.transaction_payment import TransactionFeePaid
from pallets.verify import VerdictGiven
from pallets.work.declarations import BonusPaid, UsefulCredited
from runtime.frame.ai_types import FaultKind, Invalid, Valid
from tests.stories.aftermath import (
    Aftermath,
    ensure_every_block_holds,
    ensure_restart_agrees,
    open_again,
)
from tests.stories.commission_story import (
    ACCEPTED,
    ANSWER,
    BUYER,
    CHEAT,
    MAKER,
    PRICE,
    REJECTED,
    REVIEW_BLOCKS,
    RUBBISH,
    SILENT,
    Told,
    tell_story,
)
from tests.stories.live_node import find, get_account

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Generator[Aftermath[Told]]:
    folder = tmp_path_factory.mktemp("commission") / "story"
    told = tell_story(folder)
    with open_again(folder / "node") as client:
        yield Aftermath(told, client)


def test_the_buyer_saw_what_the_program_made(aftermath: Aftermath[Told]) -> None:
    assert aftermath.told.fetched == ANSWER
    outputs = get_runtime(aftermath.client).market.output
    job = aftermath.told.job
    assert outputs[job, ACCEPTED] == outputs[job, SILENT] != bytes(RUBBISH)
    assert (job, REJECTED) not in outputs


def test_each_answer_ended_as_its_buyer_said(aftermath: Aftermath[Told]) -> None:
    told, cheat = aftermath.told, get_account(CHEAT)
    slots = get_runtime(aftermath.client).market.slot
    states = [slots[told.job, slot].state for slot in (ACCEPTED, REJECTED, SILENT)]
    assert states == [SlotState.SETTLED, SlotState.REJECTED, SlotState.SETTLED]
    verdict = Invalid(cheat, FaultKind.REJECTED)
    assert find(told.rejected, VerdictGiven).verdict == verdict
    assert find(told.accepted, VerdictGiven).verdict == Valid()
    assert told.false_rejection.failure == "Verify.NotOwner"


def test_silence_accepts_when_the_review_is_over(aftermath: Aftermath[Told]) -> None:
    slots = {
        (type(event), event.slot): number
        for number, event in aftermath.numbered
        if isinstance(event, market.Submitted | market.Settled)
    }
    waited = slots[market.Settled, SILENT] - slots[market.Submitted, SILENT]
    assert REVIEW_BLOCKS < waited <= REVIEW_BLOCKS + 5


def test_the_buyer_pays_the_same_three_times(aftermath: Aftermath[Told]) -> None:
    """The rule cannot know who is right, so nobody is paid for what they say."""
    told = aftermath.told
    settled, (rejected,) = aftermath.find(market.Settled), aftermath.find(market.Rejected)
    assert [*(each.price for each in settled), rejected.price] == [PRICE] * 3
    assert rejected == market.Rejected(told.job, REJECTED, get_account(CHEAT), PRICE, PRICE)
    (slashed,) = aftermath.find(bonds.Slashed)
    assert (slashed.amount, slashed.burned) == (PRICE, PRICE)
    deposit = get_runtime(aftermath.client).market.job[told.job].deposit
    assert deposit > 0
    expected = {
        BUYER: -3 * PRICE,
        CHEAT: -PRICE,
        MAKER: sum(each.paid for each in settled),
    }
    assert {name: aftermath.get_change(get_account(name)) for name in expected} == expected
    assert all(each.paid == PRICE * 88 // 100 for each in settled)


def test_nothing_was_earned_anew(aftermath: Aftermath[Told]) -> None:
    assert all(each.bonus == 0 for each in aftermath.find(market.Settled))
    assert aftermath.find(BonusPaid) == []
    assert aftermath.find(UsefulCredited) == []


def test_delivering_costs_no_fee(aftermath: Aftermath[Told]) -> None:
    """A duty that is done is free; what its buyer says of it costs the buyer a fee."""
    told = aftermath.told
    for included in (told.accepted, told.rejected):
        paid = find(included, TransactionFeePaid)
        assert (paid.who, paid.actual_fee > 0) == (get_account(BUYER), True)
    submitted = aftermath.find(market.Submitted)
    assert len(submitted) == 3


def test_a_restart_finds_the_same_and_every_block_holds(aftermath: Aftermath[Told]) -> None:
    told = aftermath.told
    ensure_restart_agrees(aftermath.client, told.head, told.state_root)
    ensure_every_block_holds(aftermath.client, load_spec("dev"))
