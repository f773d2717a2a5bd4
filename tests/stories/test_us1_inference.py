"""US-1: paid inference of a real model mines blocks, settles to the planck, and cheats lose.

Everything is judged by the chain that a live node left behind, opened again after it stopped.
"""

from collections.abc import Generator
from typing import TypeVar

import numpy as np
import pytest

from chain.client.typed_state import get_runtime
from chain.client.verifier import get_seal
from chain.node import load_spec
from chain.wallet.jobs import read_job, read_output
from pallets.market import declarations as market
from pallets.market.types import SlotState
from pallets.runtime_parameters import TREASURY
from pallets.transaction_payment import TransactionFeePaid
from pallets.verify import VerdictGiven
from pallets.work.declarations import UsefulCredited
from runtime.frame import Event
from runtime.frame.ai_types import FaultKind, Invalid, VerifierId
from runtime.tensor.commitment import matrix_root
from runtime.work_summary import Lane, WorkSummary
from tests.stories.aftermath import (
    Aftermath,
    ensure_every_block_holds,
    ensure_restart_agrees,
    open_again,
)
from tests.stories.inference_story import (
    CHEAT,
    DATA_OWNER,
    DATASET_ROYALTY_BPS,
    MODEL_OWNER,
    MODEL_ROYALTY_BPS,
    PRICE,
    PROVIDER,
    REQUESTER,
    ROWS_PER_SLOT,
    Cast,
    Told,
    tell_story,
    train_cast,
)
from tests.stories.live_node import get_account, read_block

EventT = TypeVar("EventT", bound=Event)

SLOTS = 9


@pytest.fixture(scope="module")
def cast() -> Cast:
    return train_cast()


@pytest.fixture(scope="module", params=[VerifierId.REPLAY, VerifierId.FREIVALDS])
def aftermath(
    request: pytest.FixtureRequest, cast: Cast, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Aftermath[Told]]:
    folder = tmp_path_factory.mktemp("us1")
    told = tell_story(folder, cast, request.param)
    with open_again(folder) as client:
        yield Aftermath(told, client)


# --- the result


def test_every_slot_settles_once(aftermath: Aftermath[Told]) -> None:
    settled = aftermath.find(market.Settled)
    assert sorted(event.slot for event in settled) == list(range(SLOTS))
    assert {event.provider for event in settled} == {get_account(PROVIDER)}
    assert len(aftermath.find(market.Finished)) == 1
    job = read_job(get_runtime(aftermath.client), aftermath.told.job)
    assert {slot.state for slot in job.slots} == {SlotState.SETTLED}
    assert (job.job.live, job.job.escrow) == (0, 0)


def test_results_on_chain_are_the_models_bit_for_bit(aftermath: Aftermath[Told]) -> None:
    told, labels = aftermath.told, aftermath.told.cast.digits.test_labels
    output = read_output(get_runtime(aftermath.client), told.job)
    assert output.dtype == told.cast.expected.dtype
    assert np.array_equal(output, told.cast.expected)
    right = int((output.argmax(axis=1) == labels).sum())
    assert right == int((told.cast.expected.argmax(axis=1) == labels).sum())
    assert right >= 0.97 * 450


def test_blocks_were_mined_with_the_jobs_rows(aftermath: Aftermath[Told]) -> None:
    """A Task block's operands are what anybody computes from the slots and the model."""
    told, client = aftermath.told, aftermath.client
    tensors, images = told.cast.model.tensors, told.cast.digits.test_images
    first_layers = 0
    for number in range(1, client.best.value.number + 1):
        block = read_block(client, aftermath.get_hash(number))
        seal = get_seal(block.header)
        summary: WorkSummary = client.api.decode(block.extrinsics[1]).call.args[0]
        assert (seal.lane, seal.root_a, seal.root_b) == (
            summary.lane,
            summary.root_a,
            summary.root_b,
        )
        if seal.lane is Lane.TASK:
            assert {ref.job for ref in summary.rows} == {told.job}
            (layer,) = {ref.layer for ref in summary.rows}
            assert seal.root_b == matrix_root(np.ascontiguousarray(tensors[2 * layer].T))
            if layer == 0:
                first_layers += 1
                firsts = [ref.slot * ROWS_PER_SLOT for ref in summary.rows]
                rows = [images[first : first + ROWS_PER_SLOT] for first in firsts]
                assert seal.root_a == matrix_root(np.concatenate(rows))
    assert first_layers > 0


# --- the money


def test_each_price_is_the_dutch_price_of_the_block_of_its_lock(aftermath: Aftermath[Told]) -> None:
    posted_at = aftermath.told.posted_at
    locks = [
        (number, event)
        for number, event in aftermath.numbered
        if isinstance(event, market.SlotLocked)
    ]
    assert len(locks) == SLOTS + len(aftermath.told.frauds)
    for number, lock in locks:
        waited = min(number - posted_at, PRICE.ramp)
        assert lock.price == PRICE.min + (PRICE.max - PRICE.min) * waited // PRICE.ramp
        assert lock.bond == max(10**12, -(-lock.price // 2))


def test_settlement_is_exact_to_the_planck(aftermath: Aftermath[Told]) -> None:
    """Provider, royalties, treasury and burn by the formula, computed here again."""
    mined = aftermath.find(UsefulCredited)
    macs = 50 * (64 * 32 + 32 * 10)
    for event in aftermath.find(market.Settled):
        price = event.price
        royalties = price * MODEL_ROYALTY_BPS // 10_000 + price * DATASET_ROYALTY_BPS // 10_000
        treasury, paid = price * 200 // 10_000, price * 7_300 // 10_000
        burned = price - royalties - treasury - paid
        layers = [each.macs for each in mined if each.slot == event.slot]
        bonus = sum(burned * 8_000 * each // (10_000 * macs) for each in layers)
        assert (event.burned, event.treasury, event.royalties, event.paid, event.bonus) == (
            burned,
            treasury,
            royalties,
            paid,
            bonus,
        )
        assert price // 10 <= burned < price // 10 + 5
        assert bonus <= burned * 8 // 10


def test_balances_changed_by_exactly_that(aftermath: Aftermath[Told]) -> None:
    settled, slashed = aftermath.find(market.Settled), aftermath.find(market.Slashed)
    prices = [event.price for event in settled]
    earned = {
        REQUESTER: sum(event.to_owner for event in slashed) - sum(prices),
        MODEL_OWNER: sum(price * MODEL_ROYALTY_BPS // 10_000 for price in prices),
        DATA_OWNER: sum(price * DATASET_ROYALTY_BPS // 10_000 for price in prices),
        PROVIDER: sum(event.paid + event.bonus for event in settled),
        CHEAT: -sum(event.amount for event in slashed),
    }
    for name, amount in earned.items():
        who = get_account(name)
        fees = aftermath.count_fees(who)
        assert fees > 0
        assert aftermath.get_change(who) == amount, name
    treasury = sum(event.treasury for event in settled)
    treasury += sum(event.to_treasury for event in slashed)
    assert aftermath.get_change(TREASURY) == treasury


# --- the cheat


def test_a_cheat_is_found_and_slashed_in_the_same_block(aftermath: Aftermath[Told]) -> None:
    cheat = get_account(CHEAT)
    for fraud in aftermath.told.frauds:
        events = fraud.submit.events
        (verdict,) = [each.verdict for each in events if isinstance(each, VerdictGiven)]
        assert verdict == Invalid(cheat, FaultKind.WRONG_OUTPUT)
        (lock,) = [each for each in fraud.lock.events if isinstance(each, market.SlotLocked)]
        (slash,) = [each for each in events if isinstance(each, market.Slashed)]
        assert (slash.provider, slash.amount) == (cheat, lock.bond)
        assert slash.to_owner == lock.bond * 4_000 // 10_000
        assert slash.to_treasury == lock.bond * 2_000 // 10_000
        assert slash.burned == lock.bond - slash.to_owner - slash.to_treasury
        assert market.Reopened(aftermath.told.job, fraud.slot, 1) in events
        assert not [each for each in events if isinstance(each, market.Settled)]
        (fee,) = [each for each in events if isinstance(each, TransactionFeePaid)]
        assert fee.actual_fee > 0


def test_the_cheated_slots_are_finished_by_another(aftermath: Aftermath[Told]) -> None:
    job = read_job(get_runtime(aftermath.client), aftermath.told.job)
    cheated = {fraud.slot for fraud in aftermath.told.frauds}
    assert len(cheated) == 2
    for index, slot in enumerate(job.slots):
        assert slot.failures == (index in cheated)
        assert slot.provider == get_account(PROVIDER)


# --- the chain


def test_a_restart_and_another_node_find_the_same_and_every_block_holds(
    aftermath: Aftermath[Told],
) -> None:
    ensure_restart_agrees(aftermath.client, aftermath.told.head, aftermath.told.state_root)
    ensure_every_block_holds(aftermath.client, load_spec("dev"))
