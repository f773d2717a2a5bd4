"""How a job stands, and what it has produced, as read from the state."""

from collections import Counter
from dataclasses import dataclass

from chain.wallet.errors import WalletError
from pallets.market import Infer
from pallets.market.types import Bid, Job, Recurring, Slot, SlotState, Stats
from pallets.runtime import Runtime
from runtime.errors import CodecError
from runtime.primitives import AccountId
from runtime.tensor import GraphError, check_graph, decode_graph
from runtime.tensor.value import IntArray, load_array


class NoSuchJob(WalletError):
    """There is no job of this number."""


class NoSuchRecord(WalletError):
    """The registry has no record of this number, or of another kind."""


class NotSettled(WalletError):
    """Some slots of the job have no result."""


class WrongKind(WalletError):
    """The job is of another kind than what was asked of it."""


@dataclass(frozen=True, slots=True)
class JobStanding:
    """A job with its slots."""

    number: int
    job: Job
    slots: tuple[Slot, ...]
    block_number: int

    def count(self, state: SlotState) -> int:
        """How many slots are in a state."""
        return Counter(slot.state for slot in self.slots)[state]

    @property
    def final_count(self) -> int:
        """How many slots will not change any more."""
        return sum(slot.state.is_final for slot in self.slots)

    @property
    def is_finished(self) -> bool:
        """Whether every slot is final."""
        return self.final_count == len(self.slots)


def get_job(runtime: Runtime, number: int) -> Job:
    """A job alone; `NoSuchJob`."""
    job = runtime.market.job.get(number)
    if job is None:
        raise NoSuchJob(f"expected the number of a job that is not closed, got {number}")
    return job


def read_job(runtime: Runtime, number: int) -> JobStanding:
    """A job with its slots; `NoSuchJob`."""
    job = get_job(runtime, number)
    slots = tuple(runtime.market.slot[number, index] for index in range(job.slots))
    return JobStanding(number, job, slots, runtime.system.get_block_number())


@dataclass(frozen=True, slots=True)
class BidStanding:
    """A bid, and what its provider has done so far."""

    provider: AccountId
    bid: Bid
    stats: Stats


def read_bids(runtime: Runtime, number: int) -> tuple[BidStanding, ...]:
    """The bids for a job, the least first; `NoSuchJob`."""
    get_job(runtime, number)
    stats, bids = runtime.market.stats, runtime.market.bid_.items(number)
    found = (BidStanding(who, bid, stats[bid.record]) for (_, who), bid in bids)
    return tuple(sorted(found, key=lambda each: (each.bid.price, each.provider)))


def read_recurring(runtime: Runtime, number: int) -> Recurring:
    """A job that is posted again; `NoSuchJob`."""
    entry = runtime.market.recurring.get(number)
    if entry is None:
        raise NoSuchJob(f"expected the number of a recurring job, got {number}")
    return entry


def read_outputs(runtime: Runtime, number: int) -> tuple[bytes, ...]:
    """The outputs of all parts, one after the other; `NoSuchJob`, `NotSettled`."""
    standing = read_job(runtime, number)
    parts: list[bytes] = []
    for part in range(standing.job.parts):
        replicas = standing.job.get_replicas(part)
        settled = [each for each in replicas if standing.slots[each].state is SlotState.SETTLED]
        if not settled:
            raise NotSettled(f"job {number}: slot {part} has no result")
        parts.append(runtime.market.output[number, settled[0]])
    return tuple(parts)


def read_output(runtime: Runtime, number: int) -> IntArray:
    """The outputs of an inference, stacked row by row; `NoSuchJob`, `NotSettled`, `WrongKind`."""
    job = read_job(runtime, number).job
    if not isinstance(job.spec, Infer):
        raise WrongKind(f"job {number}: expected an inference, got {job.kind.name}")
    assert job.source is not None, "an inference has a model; qed"
    parts = read_outputs(runtime, number)
    model = runtime.registry.records.get_model(job.source.record, job.source.version)
    if model is None:
        raise NoSuchRecord(f"job {number}: its model {job.source.record} is gone")
    try:
        output = check_graph(decode_graph(model.graph)).output
        return load_array(b"".join(parts), output.dtype, job.spec.rows, output.cols)
    except (CodecError, GraphError) as error:
        raise NotSettled(f"job {number}: {error}") from error
