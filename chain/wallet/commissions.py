"""Commissions as read from the state: briefs, answers, and who may still say what of them."""

from dataclasses import dataclass

from chain.wallet.errors import WalletError
from chain.wallet.jobs import WrongKind, read_job
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
    """A commission with its slots."""

    job: Job
    brief: Root
    answers: tuple[Answer, ...]
    block_number: int


def read_commission(runtime: Runtime, number: int) -> CommissionStanding:
    """How a commission stands. Errors: `NoSuchJob`, `WrongKind`."""
    standing = read_job(runtime, number)
    spec, market = standing.job.spec, runtime.market
    if not isinstance(spec, Commission):
        raise WrongKind(f"job {number}: expected a commission, got {standing.job.kind.name}")
    answers: list[Answer] = []
    for index, slot in enumerate(standing.slots):
        root = market.output.get((number, index))
        pending = runtime.verify.pending.get((number, index))
        until = None if pending is None else pending.until
        answers.append(Answer(slot, None if root is None else Root(root), until))
    return CommissionStanding(standing.job, spec.brief, tuple(answers), standing.block_number)


def read_brief(runtime: Runtime, number: int) -> bytes:
    """What a commission asks for. Errors: `NoSuchJob`, `WrongKind`."""
    brief = runtime.registry.records.get_blob(read_commission(runtime, number).brief)
    assert brief is not None, "a job keeps what it reads; qed"
    return brief


def read_answer(runtime: Runtime, number: int, slot: int) -> Root:
    """The root of an answer. Errors: `NoSuchJob`, `WrongKind`, `NoAnswer`."""
    answers = read_commission(runtime, number).answers
    if not slot < len(answers):
        raise NoAnswer(f"job {number}: expected a slot below {len(answers)}, got {slot}")
    answer = answers[slot]
    if answer.root is None:
        state = answer.slot.state.name.lower()
        raise NoAnswer(f"job {number}, slot {slot}: expected an answer, but it is {state}")
    return answer.root
