"""Mining by others: templates for external miners, their shares, and the blocks these turn into."""

import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import trio

from chain.authorship.template import Template, TemplateSource, make_template
from chain.client.block import Imported
from chain.client.importer import ImportRequest, submit_block
from chain.errors import NodeError
from chain.miner.shares import MiningWorker, ShareBook
from consensus.pouw.seal import SEAL, Seal
from consensus.pouw.ticket import is_winning
from consensus.pouw.verify import InvalidSeal, verify_seal
from consensus.pouw.witness import WITNESS, Witness
from runtime.errors import CodecError, InvalidTransaction
from runtime.primitives import AccountId
from runtime.work_summary import Lane, WorkSummary

log = logging.getLogger(__name__)

TEMPLATES_MAX: Final = 256
SHARES_REMEMBERED_MAX: Final = 4_096
"""Of one template, to refuse the same share twice."""

FRESH_MS: Final = 2_000
"""A template is given out again for so long; then a new one takes in new transactions."""


class NoWork(NodeError):
    """The chain takes no block with such work now."""


class BadShare(NodeError):
    """What was submitted is no share; the miner's fault, and counted."""


class ShareOutcome(Enum):
    """What became of a share."""

    SHARE = "share"
    BLOCK = "block"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class WorkRequest:
    """What an external miner wants to mine."""

    worker: str
    author: AccountId
    summary: WorkSummary


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    number: int
    author: AccountId
    summary: WorkSummary
    template: Template
    share_targets: dict[str, int] = field(default_factory=dict[str, int])
    tickets: OrderedDict[bytes, None] = field(default_factory=OrderedDict[bytes, None])


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """A template for one external miner, with the target of its shares."""

    number: int
    template: Template
    share_target: int


class RemoteMining:
    """Templates that were given out, and the book of shares."""

    def __init__(
        self, source: TemplateSource, requests: trio.MemorySendChannel[ImportRequest]
    ) -> None:
        self._source = source
        self._requests = requests
        self._jobs: OrderedDict[int, _Job] = OrderedDict()
        self._numbers = 0
        self.book = ShareBook()

    async def get_work(self, request: WorkRequest) -> Assignment:
        """A template for this work on the best block. Errors: NoWork."""
        now_ms = self._source.clock.now_ms()
        worker = self.book.note_seen(request.worker, now_ms)
        worker.note_search(now_ms)
        job = self._find_fresh(request, now_ms) or await self._make_job(request)
        target = worker.get_share_target(job.template.proposal.pre_digest.target)
        share_target = job.share_targets.setdefault(request.worker, target)
        return Assignment(job.number, job.template, share_target)

    def _find_fresh(self, request: WorkRequest, now_ms: int) -> _Job | None:
        """One that miners can share: given operands have one product in it, which is done once."""
        if request.summary.lane is not Lane.SEEDED:
            return None
        for job in reversed(self._jobs.values()):
            if (job.author, job.summary) == (request.author, request.summary):
                is_fresh = now_ms - job.template.begun_ms < FRESH_MS
                return job if is_fresh and not job.template.is_stale(self._source.client) else None
        return None

    async def _make_job(self, request: WorkRequest) -> _Job:
        try:
            template = await make_template(self._source, request.author, request.summary)
        except InvalidTransaction as error:
            raise NoWork(f"expected work that the chain takes now, got: {error}") from error
        self._numbers += 1
        job = _Job(self._numbers, request.author, request.summary, template)
        self._jobs[job.number] = job
        if len(self._jobs) > TEMPLATES_MAX:
            self._jobs.popitem(last=False)
        return job

    async def submit(
        self, number: int, worker_name: str, seal: bytes, witness: bytes | None
    ) -> ShareOutcome:
        """Checks a share and counts it; one that meets the block's target becomes a block.

        Errors: BadShare.
        """
        worker = self.book.get(worker_name)
        job = self._jobs.get(number)
        if worker is None or job is None or worker_name not in job.share_targets:
            raise BadShare(f"expected work given to {worker_name!r} lately, got job {number}")
        if job.template.is_stale(self._source.client):
            worker.stale += 1
            return ShareOutcome.STALE
        try:
            return await self._take(job, worker, _decode_seal(seal), _decode_witness(witness))
        except BadShare:
            worker.rejected += 1
            raise

    async def _take(
        self, job: _Job, worker: MiningWorker, seal: Seal, witness: Witness | None
    ) -> ShareOutcome:
        _ensure_summary(job.summary, seal)
        if seal.ticket in job.tickets:
            raise BadShare("expected a new share, got one that was submitted before")
        share_target = job.share_targets[worker.name]
        proposal, params = job.template.proposal, self._source.params.pow
        try:
            await self._source.worker.run(
                lambda: verify_seal(
                    proposal.pre_hash, job.author, seal, witness, share_target, params
                )
            )
        except InvalidSeal as error:
            raise BadShare(str(error)) from None
        if seal.ticket in job.tickets:  # by another connection, meanwhile
            raise BadShare("expected a new share, got one that was submitted before")
        job.tickets[seal.ticket] = None
        if len(job.tickets) > SHARES_REMEMBERED_MAX:
            job.tickets.popitem(last=False)
        worker.note_share(self._source.clock.now_ms(), share_target)
        if not is_winning(seal.ticket, proposal.pre_digest.target, seal.k):
            return ShareOutcome.SHARE
        return await self._make_block(job, worker, seal, witness)

    async def _make_block(
        self, job: _Job, worker: MiningWorker, seal: Seal, witness: Witness | None
    ) -> ShareOutcome:
        if job.template.is_stale(self._source.client):
            worker.stale += 1
            return ShareOutcome.STALE
        outcome = await submit_block(self._requests, job.template.seal(seal, witness))
        if not isinstance(outcome, Imported):
            log.error("a block of an external miner was not imported", extra={"why": repr(outcome)})
            return ShareOutcome.SHARE
        worker.blocks += 1
        log.info(
            "an external miner sealed a block",
            extra={
                "worker": worker.name,
                "number": outcome.head.number,
                "hash": outcome.head.hash.hex(),
                "lane": seal.lane.name.lower(),
            },
        )
        return ShareOutcome.BLOCK


def _ensure_summary(summary: WorkSummary, seal: Seal) -> None:
    expected = (summary.lane, summary.m, summary.n, summary.k, summary.root_a, summary.root_b)
    got = (seal.lane, seal.m, seal.n, seal.k, seal.root_a, seal.root_b)
    if expected != got:
        raise BadShare(f"expected a seal of the work that was asked for, {expected}, got {got}")


def _decode_seal(raw: bytes) -> Seal:
    try:
        seal: Seal = SEAL.decode(raw)
    except CodecError as error:
        raise BadShare(f"seal: {error}") from None
    return seal


def _decode_witness(raw: bytes | None) -> Witness | None:
    if raw is None:
        return None
    try:
        witness: Witness = WITNESS.decode(raw)
    except CodecError as error:
        raise BadShare(f"witness: {error}") from None
    return witness
