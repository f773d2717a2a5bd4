"""Commissions told on a live node: one is accepted, one rejected, one left to silence.

Dave wants a brief answered three times. Bob delivers rubbish, and Dave rejects it; Charlie's
service has a program of its operator's answer the others. Dave fetches the first answer, looks at
it and accepts; of the other he says nothing, and Charlie's service ends its review.
"""

from dataclasses import dataclass
from pathlib import Path

import trio

from chain.authorship.work import TaskProduct
from chain.blobs import BlobStore, get_blobs_folder
from chain.provider.access import LocalAccess
from chain.provider.commissions import Answering
from chain.provider.plan import Choice
from chain.provider.results import ResultKeeper, keep_results
from chain.provider.sender import Sender
from chain.provider.service import Provider as Service
from chain.provider.service import ProviderStatistics, provide
from chain.wallet.publishing import RecordTerms, make_register_call
from chain.wallet.transaction import make_call
from chain.worker import ThreadWorker
from pallets.market import Commission, Posted, SlotState, Terms
from pallets.market.declarations import JobPosted
from pallets.registry.declarations import Registered
from pallets.registry.types import KindPrice, Provider
from runtime.claim import compute_claim_roots, compute_commitment
from runtime.frame.ai_types import JobKind, Role, SlotId, VerifierId
from runtime.primitives import UNIT, Hash, Root
from runtime.tensor.blob import blob_root
from tests.stories.live_node import (
    Included,
    LiveNode,
    find,
    get_account,
    get_pair,
    open_live_node,
    send_well,
)

BUYER, MAKER, CHEAT = "Dave", "Charlie", "Bob"
BRIEF = b"one two three"
ANSWER = b"ONE TWO THREE"
SCRIPT = '#!/bin/sh\ntr a-z A-Z < "$1" > "$2"\n'
RUBBISH = Root(b"?" * 32)
PRICE = 20 * UNIT
BOND = 300 * UNIT
ACCEPTED, REJECTED, SILENT = 0, 1, 2
TERMS = Terms(open_blocks=400, work_blocks=60, attempts=1)
REVIEW_BLOCKS = 12


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to; the rest is read from the chain."""

    job: int
    fetched: bytes
    """What Dave looked at before he accepted it."""

    false_rejection: Included
    """By who made the answer that he would like to see gone."""

    accepted: Included
    rejected: Included
    head: Hash
    state_root: Hash


def tell_story(folder: Path) -> Told:
    """The whole story on a node of its own; it has stopped when this returns."""
    folder.mkdir()
    program = folder / "answer.sh"
    program.write_text(SCRIPT)
    program.chmod(0o700)

    async def main() -> Told:
        async with open_live_node(folder / "node", provider="Eve") as stage:
            return await _tell(stage, BlobStore(get_blobs_folder(folder / "maker")), program)

    return trio.run(main)


async def _tell(stage: LiveNode, store: BlobStore, program: Path) -> Told:
    market, verify = stage.runtime.market, stage.runtime.verify
    await send_well(stage, BUYER, make_call(stage.runtime.registry.put_blob, BRIEF))
    spec = Commission(blob_root(BRIEF), 3, REVIEW_BLOCKS)
    post = make_call(market.post, spec, Posted(PRICE), VerifierId.BUYER_ACCEPT, TERMS)
    job = find(await send_well(stage, BUYER, post), JobPosted).job
    await _deliver_rubbish(stage, SlotId(job, REJECTED), await _register(stage, CHEAT))
    rejected = await send_well(stage, BUYER, make_call(verify.reject_result, job, REJECTED))
    await _register(stage, MAKER)
    async with trio.open_nursery() as nursery:
        service, keeper = _make_service(stage, store, program, Answering(nursery))
        nursery.start_soon(provide, service)
        nursery.start_soon(keep_results, keeper)
        for slot in (ACCEPTED, SILENT):
            await _wait_for(stage, job, slot, SlotState.SUBMITTED)
        fetched = store.get_chunked(Root(stage.runtime.market.output[job, ACCEPTED]))
        reject = make_call(verify.reject_result, job, ACCEPTED)
        false_rejection = await stage.send(MAKER, reject)
        accept = make_call(verify.accept_result, job, ACCEPTED)
        accepted = await send_well(stage, BUYER, accept)
        await _wait_for(stage, job, SILENT, SlotState.SETTLED)
        nursery.cancel_scope.cancel()
    best = stage.client.best.value
    parts = (best.hash, best.header.state_root)
    return Told(job, fetched, false_rejection, accepted, rejected, *parts)


async def _register(stage: LiveNode, name: str) -> int:
    """A provider of commissions with a bond; its record."""
    body = Provider("", (), (KindPrice(JobKind.COMMISSION, UNIT),), 4)
    terms, root = RecordTerms(0, 50_000), blob_root(name.encode())
    call = make_register_call(stage.runtime, body, root, terms)
    record = find(await send_well(stage, name, call), Registered).record
    await send_well(stage, name, make_call(stage.runtime.bonds.bond, Role.PROVIDER, BOND))
    return record


async def _deliver_rubbish(stage: LiveNode, at: SlotId, record: int) -> None:
    """The root of nothing that anybody has."""
    market, roots = stage.runtime.market, compute_claim_roots(bytes(RUBBISH), b"")
    genesis, who = stage.client.genesis_hash, get_account(CHEAT)
    await send_well(stage, CHEAT, make_call(market.lock, at.job, at.slot, record))
    commitment = compute_commitment(genesis, at, who, roots)
    submit = make_call(market.submit, at.job, at.slot, commitment, bytes(RUBBISH))
    await send_well(stage, CHEAT, submit)


def _make_service(
    stage: LiveNode, store: BlobStore, program: Path, answering: Answering
) -> tuple[Service, ResultKeeper]:
    """What `soberana provider run --commissions` starts, in this process."""
    access = LocalAccess(stage.client, Sender(stage.client, stage.node.pool, get_pair(MAKER)))
    worker = ThreadWorker()

    async def multiply(task: TaskProduct) -> None:
        raise AssertionError(f"a commission has no products: {task}")

    choice = Choice(program=program)
    statistics = ProviderStatistics()
    service = Service(
        access, multiply, worker, statistics, choice, store=store, answering=answering
    )
    return service, ResultKeeper(access, store, worker)


async def _wait_for(stage: LiveNode, job: int, slot: int, state: SlotState) -> None:
    await stage.wait_until(lambda runtime: runtime.market.slot[job, slot].state is state)
