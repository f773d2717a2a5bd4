"""What a story leaves behind: its chain, opened again, which another node then takes and judges.

The other node imports block after block from genesis. After each of them every invariant of every
pallet holds, all accounts together are the issuance, and the issuance has moved by exactly what
the pallets' events say was minted and burned.
"""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

import trio

from chain.client.block import Imported
from chain.client.client import Client
from chain.client.importer import Importer, compute_final_in_dev
from chain.client.typed_state import get_runtime
from chain.client.verifier import Verifier
from chain.clock import SystemClock, WallClock
from chain.node import load_spec
from chain.node import open_client as open_disk_client
from chain.worker import InlineWorker
from genesis.spec import ChainSpec
from pallets.balances import events as balances
from pallets.bonds import declarations as bonds
from pallets.leases import declarations as leases
from pallets.market import declarations as market
from pallets.pools import declarations as pools
from pallets.rights import declarations as rights
from pallets.rounds import declarations as rounds
from pallets.runtime import Runtime
from pallets.transaction_payment import TransactionFeePaid
from pallets.treasury import Burnt
from pallets.vault import declarations as vault
from pallets.verify import TileShown
from pallets.work.declarations import BonusPaid, EraClaimed
from runtime.frame import Event
from runtime.primitives import AccountId, Hash
from tests.helpers.clock import ManualClock
from tests.helpers.economy_books import ensure_money_adds_up
from tests.helpers.node_stage import open_client
from tests.stories.live_node import make_config, read_block, read_events

EventT = TypeVar("EventT", bound=Event)
ToldT = TypeVar("ToldT")


@dataclass(frozen=True)
class Aftermath(Generic[ToldT]):
    """A story, and its chain as a node finds it after a restart."""

    told: ToldT
    client: Client

    @cached_property
    def numbered(self) -> list[tuple[int, Event]]:
        """All that happened, with the number of its block."""
        head = self.client.best.value.number
        return [(n, event) for n in range(1, head + 1) for event in self.read(n)]

    def get_hash(self, number: int) -> Hash:
        found = self.client.get_block_hash(number)
        assert found is not None
        return found

    def read(self, number: int) -> tuple[Event, ...]:
        """Every event of a block."""
        return read_events(self.client, self.get_hash(number))

    def find(self, kind: type[EventT]) -> list[EventT]:
        return [event for _, event in self.numbered if isinstance(event, kind)]

    def count_fees(self, who: AccountId) -> int:
        return sum(each.actual_fee for each in self.find(TransactionFeePaid) if each.who == who)

    def get_change(self, who: AccountId) -> int:
        """How an account's whole balance has changed since genesis, but for its fees."""
        head, genesis = self.client.best.value.hash, self.client.genesis_hash
        after, before = (get_runtime(self.client, at).system.account[who] for at in (head, genesis))
        return after.data.total - before.data.total + self.count_fees(who)


@contextmanager
def open_again(folder: Path) -> Generator[Client]:
    """The chain of a stopped node on disk, its last blocks executed again."""
    spec = load_spec("dev")
    with open_disk_client(make_config(folder), spec) as client:
        make_importer(client, spec, SystemClock()).replay_stored()
        yield client


def make_importer(client: Client, spec: ChainSpec, clock: WallClock) -> Importer:
    """What brings blocks into a chain, without a node around it."""
    verifier = Verifier(client.api, spec.consensus)
    return Importer(client, verifier, InlineWorker(), clock, compute_final_in_dev(client))


def ensure_restart_agrees(client: Client, head: Hash, state_root: Hash) -> None:
    """The chain, opened again, ends where the node stopped, with the state that it had."""
    best = client.best.value
    opened = client.get_open_block(best.hash)
    assert opened is not None
    assert (best.hash, best.header.state_root) == (head, state_root)
    assert opened.tree.root == state_root


def ensure_every_block_holds(first: Client, spec: ChainSpec) -> None:
    """Another node takes the whole chain; after each block nothing that must hold is broken."""
    second = open_client(spec=spec)
    assert second.genesis_hash == first.genesis_hash
    end = first.get_pre_digest(first.best.value.hash)
    assert end is not None, "a story has blocks; qed"
    importer = make_importer(second, spec, ManualClock(end.time_ms))
    issuance = get_runtime(second).balances.total_issuance.get()
    for number in range(1, first.best.value.number + 1):
        block_hash = first.get_block_hash(number)
        assert block_hash is not None
        outcome = trio.run(importer.import_block, read_block(first, block_hash))
        assert isinstance(outcome, Imported), f"block {number}: {outcome}"
        assert outcome.head.hash == block_hash
        runtime, events = get_runtime(second), read_events(second, block_hash)
        ensure_invariants(runtime)
        moved, told = compute_moved(events), compute_told(events)
        issuance += moved
        assert runtime.balances.total_issuance.get() == issuance, f"block {number}"
        assert moved == told, f"block {number}: issuance moved by {moved}, pallets tell of {told}"
    assert second.best.value.header.state_root == first.best.value.header.state_root


def ensure_invariants(runtime: Runtime) -> None:
    """What holds between any two blocks."""
    for pallet in runtime.pallets:
        pallet.try_state()
    ensure_money_adds_up(runtime)


def compute_moved(events: Iterable[Event]) -> int:
    """The change of the issuance by what the ledger did, one event for each movement."""
    moved = 0
    for event in events:
        match event:
            case balances.Minted() | balances.Deposit():
                moved += event.amount
            case (
                balances.Burned()
                | balances.BurnedHeld()
                | balances.Withdraw()
                | balances.DustLost()
            ):
                moved -= event.amount
            case _:
                pass
    return moved


def compute_told(events: Iterable[Event]) -> int:
    """The change of the issuance by what the pallets say that they burned and minted, and why."""
    told = 0
    for event in events:
        match event:
            case TransactionFeePaid():
                told -= event.actual_fee - event.tip
            case balances.DustLost():
                told -= event.amount
            case BonusPaid():
                told += event.amount
            case EraClaimed():
                told += event.amount + event.tithe
            case Burnt():
                told -= event.amount
            case market.Rejected():
                told -= event.price  # the collateral is told of by bonds
            case rounds.GoldForfeited():
                told -= event.gold_deposit
            case pools.ValidationForfeited():
                told -= event.validation_deposit
            case pools.SeatForfeited():
                told -= event.seat_deposit
            case (
                bonds.Slashed()
                | market.Settled()
                | vault.Released()
                | vault.Forfeited()
                | rounds.RoundSettled()
                | pools.PoolSettled()
                | leases.LeaseSettled()
                | leases.Disputed()
                | rights.Sold()
                | rights.Resold()
                | TileShown()
            ):
                told -= event.burned
            case _:
                pass
    return told
