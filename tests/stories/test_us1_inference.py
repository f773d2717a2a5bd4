"""US-1: paid inference of a real model mines blocks, settles to the planck, and cheats lose.

Everything is judged by the chain that a live node left behind, opened again after it stopped.
"""

from collections.abc import Generator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import trio

from chain.client.block import Imported
from chain.client.client import Client
from chain.client.importer import Importer, compute_final_in_dev
from chain.client.typed_state import get_runtime
from chain.client.verifier import Verifier, get_seal
from chain.clock import SystemClock
from chain.node import load_spec, open_client
from chain.wallet.jobs import read_job, read_output
from chain.worker import InlineWorker
from pallets.market import declarations as market
from pallets.market.types import SlotState
from pallets.runtime import TREASURY
from pallets.transaction_payment import TransactionFeePaid
from pallets.verify import VerdictGiven
from pallets.work.declarations import UsefulCredited
from runtime.frame import Event
from runtime.frame.ai_types import FaultKind, Invalid, VerifierId
from runtime.primitives import AccountId, Hash
from runtime.tensor.commitment import matrix_root
from runtime.work_summary import Lane, WorkSummary
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
from tests.stories.live_node import get_account, make_config, read_block, read_events

EventT = TypeVar("EventT", bound=Event)

SLOTS = 9


@dataclass(frozen=True)
class Aftermath:
    """The story, and its chain as a node finds it after a restart."""

    told: Told
    client: Client

    @cached_property
    def events(self) -> list[tuple[int, Event]]:
        """All that happened, with the number of its block."""
        head = self.client.best.value.number
        return [
            (number, event)
            for number in range(1, head + 1)
            for event in read_events(self.client, self.get_hash(number))
        ]

    def get_hash(self, number: int) -> Hash:
        found = self.client.get_block_hash(number)
        assert found is not None
        return found

    def find(self, kind: type[EventT]) -> list[EventT]:
        return [event for _, event in self.events if isinstance(event, kind)]

    def get_change(self, who: AccountId) -> int:
        """How an account's whole balance has changed since genesis."""
        head, genesis = self.client.best.value.hash, self.client.genesis_hash
        after, before = (get_runtime(self.client, at).system.account[who] for at in (head, genesis))
        return after.data.total - before.data.total

    def count_fees(self, who: AccountId) -> int:
        return sum(each.actual_fee for each in self.find(TransactionFeePaid) if each.who == who)


@pytest.fixture(scope="module")
def cast() -> Cast:
    return train_cast()


@pytest.fixture(scope="module", params=[VerifierId.REPLAY, VerifierId.FREIVALDS])
def aftermath(
    request: pytest.FixtureRequest, cast: Cast, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Aftermath]:
    folder = tmp_path_factory.mktemp("us1")
    told = tell_story(folder, cast, request.param)
    with open_client(make_config(folder), load_spec("dev")) as client:
        make_importer(client).replay_stored()
        yield Aftermath(told, client)


def make_importer(client: Client) -> Importer:
    verifier = Verifier(client.api, load_spec("dev").consensus)
    return Importer(client, verifier, InlineWorker(), SystemClock(), compute_final_in_dev(client))


# --- the result


def test_every_slot_settles_once(aftermath: Aftermath) -> None:
    settled = aftermath.find(market.Settled)
    assert sorted(event.slot for event in settled) == list(range(SLOTS))
    assert {event.provider for event in settled} == {get_account(PROVIDER)}
    assert len(aftermath.find(market.Finished)) == 1
    job = read_job(get_runtime(aftermath.client), aftermath.told.job)
    assert {slot.state for slot in job.slots} == {SlotState.SETTLED}
    assert (job.job.live, job.job.escrow) == (0, 0)


def test_results_on_chain_are_the_models_bit_for_bit(aftermath: Aftermath) -> None:
    told, labels = aftermath.told, aftermath.told.cast.digits.test_labels
    output = read_output(get_runtime(aftermath.client), told.job)
    assert output.dtype == told.cast.expected.dtype
    assert np.array_equal(output, told.cast.expected)
    right = int((output.argmax(axis=1) == labels).sum())
    assert right == int((told.cast.expected.argmax(axis=1) == labels).sum())
    assert right >= 0.97 * 450


def test_blocks_were_mined_with_the_jobs_rows(aftermath: Aftermath) -> None:
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


def test_each_price_is_the_dutch_price_of_the_block_of_its_lock(aftermath: Aftermath) -> None:
    posted_at = aftermath.told.posted_at
    locks = [
        (number, event)
        for number, event in aftermath.events
        if isinstance(event, market.SlotLocked)
    ]
    assert len(locks) == SLOTS + len(aftermath.told.frauds)
    for number, lock in locks:
        waited = min(number - posted_at, PRICE.ramp)
        assert lock.price == PRICE.min + (PRICE.max - PRICE.min) * waited // PRICE.ramp
        assert lock.bond == max(10**12, -(-lock.price // 2))


def test_settlement_is_exact_to_the_planck(aftermath: Aftermath) -> None:
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


def test_balances_changed_by_exactly_that(aftermath: Aftermath) -> None:
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
        assert aftermath.get_change(who) == amount - fees, name
    treasury = sum(event.treasury for event in settled)
    treasury += sum(event.to_treasury for event in slashed)
    assert aftermath.get_change(TREASURY) == treasury


def test_issuance_is_conserved(aftermath: Aftermath) -> None:
    """After every block: what all accounts hold is the issuance; it moves as the events say."""
    client = aftermath.client
    expected = get_runtime(client, client.genesis_hash).balances.total_issuance.get()
    for number in range(1, client.best.value.number + 1):
        for event in read_events(client, aftermath.get_hash(number)):
            match event:
                case TransactionFeePaid():
                    expected -= event.actual_fee
                case market.Settled():
                    expected += event.bonus - event.burned
                case market.Slashed():
                    expected -= event.burned
                case _:
                    pass
        runtime = get_runtime(client, aftermath.get_hash(number))
        assert runtime.balances.total_issuance.get() == expected, f"block {number}"
        assert sum(info.data.total for _, info in runtime.system.account.items()) == expected
        for pallet in (runtime.market, runtime.bonds, runtime.registry, runtime.work):
            pallet.try_state()


# --- the cheat


def test_a_cheat_is_found_and_slashed_in_the_same_block(aftermath: Aftermath) -> None:
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


def test_the_cheated_slots_are_finished_by_another(aftermath: Aftermath) -> None:
    job = read_job(get_runtime(aftermath.client), aftermath.told.job)
    cheated = {fraud.slot for fraud in aftermath.told.frauds}
    assert len(cheated) == 2
    for index, slot in enumerate(job.slots):
        assert slot.failures == (index in cheated)
        assert slot.provider == get_account(PROVIDER)


# --- the chain


def test_the_restarted_node_has_the_same_head_and_root(aftermath: Aftermath) -> None:
    best = aftermath.client.best.value
    assert (best.hash, best.header.state_root) == (aftermath.told.head, aftermath.told.state_root)
    assert aftermath.client.get_open_block(best.hash) is not None


def test_a_second_node_replays_the_chain_to_the_same_roots(
    aftermath: Aftermath, tmp_path: Path
) -> None:
    first = aftermath.client
    with open_client(make_config(tmp_path), load_spec("dev")) as second:
        assert second.genesis_hash == first.genesis_hash
        importer = make_importer(second)
        for number in range(1, first.best.value.number + 1):
            block = read_block(first, aftermath.get_hash(number))
            outcome = trio.run(importer.import_block, block)
            assert isinstance(outcome, Imported), f"block {number}: {outcome}"
            assert outcome.head.hash == aftermath.get_hash(number)
            opened = second.get_open_block(outcome.head.hash)
            assert opened is not None
            assert opened.tree.root == block.header.state_root
        assert second.best.value.hash == aftermath.told.head
