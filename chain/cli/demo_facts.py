"""What a demonstration's chain came to, read from its state and events alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chain.cli.chain import WorkTotals, read_work
from chain.wallet.chain_reader import ChainReader
from chain.wallet.jobs import read_job, read_output
from pallets.market.declarations import Settled
from pallets.runtime import Runtime
from pallets.runtime_parameters import TREASURY
from pallets.transaction_payment import TransactionFeePaid
from pallets.work.declarations import EraClaimed
from runtime.frame import Event
from runtime.primitives import BPS, AccountId, Hash
from runtime.tensor.value import IntArray


@dataclass(slots=True)
class EventSums:
    """Amounts that the events of some blocks add up to, in planck."""

    fees: int = 0
    fees_by: dict[AccountId, int] = field(default_factory=dict[AccountId, int])
    settled: list[Settled] = field(default_factory=list[Settled])
    emitted: int = 0

    def note(self, event: Event) -> None:
        """Adds one event."""
        if isinstance(event, TransactionFeePaid):
            self.fees += event.actual_fee - event.tip
            self.fees_by[event.who] = self.fees_by.get(event.who, 0) + event.actual_fee
        elif isinstance(event, Settled):
            self.settled.append(event)
        elif isinstance(event, EraClaimed):
            self.emitted += event.amount + event.tithe


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The chain's money at one block."""

    block_hash: Hash
    number: int
    state_root: Hash
    issuance: int
    totals: Mapping[AccountId, int]
    """Free and held together, by account."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the report tells."""

    before: Snapshot
    after: Snapshot
    work: WorkTotals
    fees: int
    fees_by: Mapping[AccountId, int]
    prices: tuple[int, ...]
    burned: int
    treasury: int
    royalties: Mapping[AccountId, int]
    royalties_told: int
    """By the events; equal to the sum of `royalties`."""
    paid: int
    bonus: int
    emitted: int
    """For blocks, whatever they were mined with."""

    @property
    def is_money_conserved(self) -> bool:
        """Whether issuance fell by what was burned and rose by what was minted, exactly."""
        expected = self.before.issuance - self.fees - self.burned + self.bonus + self.emitted
        return self.after.issuance == expected


async def take_snapshot(
    chain: ChainReader, accounts: tuple[AccountId, ...], at: Hash | None = None
) -> Snapshot:
    """The money of these accounts and of the treasury, at the best block unless said."""
    block_hash = await chain.get_head() if at is None else at
    header = await chain.get_header(block_hash)
    watched = (*accounts, TREASURY)

    def read(runtime: Runtime) -> tuple[int, dict[AccountId, int]]:
        totals = {who: runtime.system.account[who].data.total for who in watched}
        return runtime.balances.total_issuance.get(), totals

    issuance, totals = await chain.read(read, block_hash)
    return Snapshot(block_hash, header.number, header.state_root, issuance, totals)


async def collect_facts(chain: ChainReader, before: Snapshot, after: Snapshot, job: int) -> Facts:
    """Walks the blocks between two snapshots, the later one's included."""
    sums = EventSums()
    block_hash = after.block_hash
    while block_hash != before.block_hash:
        for record in await chain.get_events(block_hash):
            sums.note(record.event.event)
        block_hash = (await chain.get_header(block_hash)).parent_hash
    work = await chain.read(lambda runtime: read_work(runtime, 1, after.number), after.block_hash)
    shares = await chain.read(lambda runtime: _read_royalties(runtime, job), after.block_hash)
    settled = sums.settled
    return Facts(
        before,
        after,
        work,
        sums.fees,
        sums.fees_by,
        tuple(event.price for event in settled),
        sum(event.burned for event in settled),
        sum(event.treasury for event in settled),
        {who: sum(event.price * bps // BPS for event in settled) for who, bps in shares},
        sum(event.royalties for event in settled),
        sum(event.paid for event in settled),
        sum(event.bonus for event in settled),
        sums.emitted,
    )


async def read_results(chain: ChainReader, job: int, at: Hash) -> IntArray:
    """The outputs of a finished job, as they stand on the chain."""
    return await chain.read(lambda runtime: read_output(runtime, job), at)


def _read_royalties(runtime: Runtime, number: int) -> tuple[tuple[AccountId, int], ...]:
    job = read_job(runtime, number).job
    assert job.source is not None, "an inference has a model; qed"
    return runtime.registry.records.get_royalties(job.source.record, job.source.version)
