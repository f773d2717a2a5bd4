"""Commissions as read from the state: briefs, answers, and who may still say what of them."""

from dataclasses import dataclass

from chain.wallet.errors import WalletError
from chain.wallet.jobs import WrongKind, get_job, read_job
from pallets.market import Commission, Job, Slot
from pallets.runtime import Runtime
from runtime.primitives import Root


class NoAnswer(WalletError):
    """A slot of a commission has no answer that could be fetched."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A slot of a commission."""

    slot: Slot
    root: Root | None
    """Of the file; None where there is none, or where it was rejected."""

    until: int | None
    """The last block to reject it; None where nobody can, or can no more."""


@dataclass(frozen=True, slots=True)
class CommissionStanding:
    """The slots of a commission."""

    answers: tuple[Answer, ...]
    block_number: int


def read_commission(runtime: Runtime, number: int) -> CommissionStanding:
    """How a commission stands. Errors: `NoSuchJob`, `WrongKind`."""
    standing, market = read_job(runtime, number), runtime.market
    _get_spec(number, standing.job)
    answers: list[Answer] = []
    for index, slot in enumerate(standing.slots):
        root = market.output.get((number, index))
        pending = runtime.verify.pending.get((number, index))
        until = None if pending is None else pending.until
        answers.append(Answer(slot, None if root is None else Root(root), until))
    return CommissionStanding(tuple(answers), standing.block_number)


def _get_spec(number: int, job: Job) -> Commission:
    if not isinstance(job.spec, Commission):
        raise WrongKind(f"job {number}: expected a commission, got {job.kind.name}")
    return job.spec


def read_brief(runtime: Runtime, number: int) -> bytes:
    """What a commission asks for. Errors: `NoSuchJob`, `WrongKind`."""
    spec = _get_spec(number, get_job(runtime, number))
    brief = runtime.registry.records.get_blob(spec.brief)
    assert brief is not None, "a job keeps what it reads; qed"
    return brief


def read_answer(runtime: Runtime, number: int, slot: int) -> Root:
    """The root of an answer. Errors: `NoSuchJob`, `WrongKind`, `NoAnswer`."""
    job, market = get_job(runtime, number), runtime.market
    _get_spec(number, job)
    if not slot < job.slots:
        raise NoAnswer(f"job {number}: expected a slot below {job.slots}, got {slot}")
    root = market.output.get((number, slot))
    if root is None:
        state = market.slot[number, slot].state.name.lower()
        raise NoAnswer(f"job {number}, slot {slot}: expected an answer, but it is {state}")
    return Root(root)
