"""Work for external miners: templates, shares and blocks, and what is no share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest
import trio

from chain.authorship.remote import (
    Assignment,
    BadShare,
    NoWork,
    RemoteMining,
    ShareOutcome,
    WorkRequest,
)
from chain.authorship.template import TemplateSource, make_seeded_summary
from chain.client.client import Client
from chain.node import Node
from chain.worker import InlineWorker
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.pouw.seal import SEAL, Seal
from consensus.pouw.solve import MatrixWork, SeededWork, SolveResult, solve
from consensus.pouw.ticket import is_winning
from consensus.pouw.witness import WITNESS
from runtime.primitives import Root
from runtime.tensor.commitment import matrix_root
from runtime.work_summary import Lane, RowRef, WorkSummary
from tests.helpers.clock import SimulatedClock
from tests.helpers.node_stage import (
    ALICE,
    BOB,
    CONSENSUS,
    BlockMaker,
    Wallet,
    feed_good,
    open_client,
    run_stage,
)
from tests.helpers.pouw_stage import make_operand
from tests.helpers.scheduler import run_seeded

SEEDED = make_seeded_summary(CONSENSUS)
A, BT = make_operand(64, 128, 1), make_operand(96, 128, 2)
PRIVATE = WorkSummary(Lane.PRIVATE, 64, 96, 128, matrix_root(A), matrix_root(BT))


@dataclass(frozen=True, slots=True)
class Stage:
    """A node without an author of its own, and external miners."""

    client: Client
    node: Node
    mining: RemoteMining

    async def get_work(self, name: str = "w", summary: WorkSummary = SEEDED) -> Assignment:
        return await self.mining.get_work(WorkRequest(name, ALICE.account, summary))

    async def submit(
        self, given: Assignment, seal: Seal, witness: bytes | None = None, name: str = "w"
    ) -> ShareOutcome:
        return await self.mining.submit(given.number, name, SEAL.encode(seal), witness)


def run(test: Callable[[Stage], Awaitable[None]]) -> None:
    async def main() -> None:
        client, clock, worker = open_client(), SimulatedClock(), InlineWorker()
        async with run_stage(client, clock=clock, worker=worker) as node:
            source = TemplateSource(client, node.pool, worker, clock, CONSENSUS)
            await test(Stage(client, node, RemoteMining(source, node.to_import)))

    run_seeded(main)


def search(given: Assignment, nonce: int = 0, *, target: int | None = None) -> SolveResult:
    """The first product from a nonce on with a winning ticket."""
    wanted = given.share_target if target is None else target
    pre_hash, params = given.template.proposal.pre_hash, CONSENSUS.pow
    while True:
        work = SeededWork(nonce)
        done = solve(pre_hash, ALICE.account, work, wanted, params, NumpyBackend())
        if done.seal is not None:
            return done
        nonce += 1


def get_block_target(given: Assignment) -> int:
    return given.template.proposal.pre_digest.target


def find_share(given: Assignment) -> Seal:
    """One that is no block."""
    for nonce in range(1_000):
        seal = search(given, nonce).seal
        assert seal is not None
        if not is_winning(seal.ticket, get_block_target(given), seal.k):
            return seal
    raise AssertionError("every share is a block")


def test_a_share_and_a_block() -> None:
    async def main(stage: Stage) -> None:
        given = await stage.get_work()
        assert given.share_target > get_block_target(given)
        assert await stage.submit(given, find_share(given)) is ShareOutcome.SHARE
        assert stage.client.best.value.number == 0
        seal = search(given, target=get_block_target(given)).seal
        assert seal is not None
        assert await stage.submit(given, seal) is ShareOutcome.BLOCK
        assert stage.client.best.value.number == 1
        worker = stage.mining.book.get("w")
        assert worker is not None
        assert (worker.shares, worker.blocks, worker.stale, worker.rejected) == (2, 1, 0, 0)

    run(main)


def test_what_waits_in_the_pool_is_in_the_template() -> None:
    async def main(stage: Stage) -> None:
        transfer = Wallet(stage.client).transfer(BOB, ALICE.account, 5, 0)
        stage.node.pool.submit(transfer)
        given = await stage.get_work()
        assert transfer in given.template.proposal.extrinsics

    run(main)


def test_miners_share_a_template_and_have_books_of_their_own() -> None:
    async def main(stage: Stage) -> None:
        one, other = await stage.get_work("one"), await stage.get_work("other")
        assert one.number == other.number
        await stage.submit(one, find_share(one), name="one")
        counts = {worker.name: worker.shares for worker in stage.mining.book.get_all()}
        assert counts == {"one": 1, "other": 0}

    run(main)


def test_another_block_makes_work_stale() -> None:
    async def main(stage: Stage) -> None:
        given = await stage.get_work()
        await feed_good(stage.node, BlockMaker(stage.client).make())
        assert await stage.submit(given, find_share(given)) is ShareOutcome.STALE
        fresh = await stage.get_work()
        assert fresh.number != given.number
        assert fresh.template.proposal.header.number == 2

    run(main)


def test_a_product_of_the_miner_s_own() -> None:
    async def main(stage: Stage) -> None:
        given = await stage.get_work(summary=PRIVATE)
        done = solve(
            given.template.proposal.pre_hash,
            ALICE.account,
            MatrixWork(Lane.PRIVATE, A, BT),
            given.share_target,
            CONSENSUS.pow,
            NumpyBackend(),
        )
        assert done.seal is not None
        assert done.witness is not None
        outcome = await stage.submit(given, done.seal, WITNESS.encode(done.witness))
        assert outcome is ShareOutcome.BLOCK
        again = await stage.get_work(summary=PRIVATE)
        assert again.number != given.number

    run(main)


def test_work_that_the_chain_does_not_take() -> None:
    async def main(stage: Stage) -> None:
        task = replace(PRIVATE, lane=Lane.TASK, rows=(RowRef(0, 0, 0, 32),))
        with pytest.raises(NoWork, match="note_block_work: ShapeMismatch"):
            await stage.get_work(summary=task)

    run(main)


def test_what_is_no_share() -> None:
    async def main(stage: Stage) -> None:
        given = await stage.get_work()
        seal = find_share(given)
        for wrong, why in (
            (replace(seal, ticket=bytes(32)), "seal: ticket"),
            (replace(seal, ticket=b"\xff" * 32), "does not win|seal: ticket"),
            (replace(seal, m=64), "expected a seal of the work"),
            (replace(seal, lane=Lane.PRIVATE), "expected a seal of the work"),
            (replace(seal, root_a=Root(b"\1" * 32)), "expected a seal of the work"),
            (replace(seal, nonce=seal.nonce + 1), "seal: ticket"),
        ):
            with pytest.raises(BadShare, match=why):
                await stage.submit(given, wrong)
        for raw, witness, why in (
            (b"", None, "seal: "),
            (SEAL.encode(seal), b"x", "witness: "),
        ):
            with pytest.raises(BadShare, match=why):
                await stage.mining.submit(given.number, "w", raw, witness)
        assert await stage.submit(given, seal) is ShareOutcome.SHARE
        with pytest.raises(BadShare, match="submitted before"):
            await stage.submit(given, seal)
        worker = stage.mining.book.get("w")
        assert worker is not None
        assert (worker.shares, worker.rejected) == (1, 9)

    run(main)


def test_work_that_was_never_given_out() -> None:
    async def main(stage: Stage) -> None:
        given = await stage.get_work()
        seal = find_share(given)
        for number, name in ((given.number + 1, "w"), (given.number, "stranger")):
            with pytest.raises(BadShare, match="given to"):
                await stage.mining.submit(number, name, SEAL.encode(seal), None)
        await stage.get_work("other")
        replaced = await stage.mining.submit(given.number, "other", SEAL.encode(seal), None)
        assert replaced is ShareOutcome.SHARE

    run(main)


def test_one_share_submitted_twice_at_once_counts_once() -> None:
    async def main(stage: Stage) -> None:
        given = await stage.get_work()
        seal = find_share(given)
        refused: list[BadShare] = []

        async def submit() -> None:
            try:
                await stage.submit(given, seal)
            except BadShare as error:
                refused.append(error)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(submit)
            nursery.start_soon(submit)
        worker = stage.mining.book.get("w")
        assert worker is not None
        assert (worker.shares, len(refused)) == (1, 1)

    run(main)
