"""Commissions at a provider: none unless its operator names a program, whose answers it submits."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import pytest
import trio
from trio.testing import MockClock

from chain.authorship.work import TaskProduct
from chain.blobs import BlobStore
from chain.blobs.collecting import find_pinned_roots
from chain.blobs.fetcher import Fetcher
from chain.client.typed_state import get_runtime
from chain.miner.device import ThreadDevice
from chain.miner.statistics import MinerStatistics
from chain.provider import commissions
from chain.provider.access import CallRefused, ChainAccess
from chain.provider.caution import ANSWER_BLOCKS_MIN
from chain.provider.commissions import (
    Answering,
    CommissionRun,
    ProgramFailed,
    answer_brief,
    try_to_answer,
)
from chain.provider.daemon import DaemonOptions, ProviderDaemon
from chain.provider.plan import RETRY_BLOCKS, Choice, Plan, Sent, Standing, make_plan
from chain.provider.remote import Block
from chain.provider.results import find_due
from chain.provider.service import Provider as Service
from chain.provider.service import ProviderStatistics, _do_round
from chain.wallet.connect import parse_node_url
from chain.wallet.errors import ConnectionLost
from chain.worker import InlineWorker
from consensus.kernels.numpy_backend import NumpyBackend
from pallets.market import Bids, Commission, Posted, SlotState, Terms
from pallets.registry.types import KindPrice, Provider
from pallets.runtime import Runtime
from pallets.verify import Claim, Pending
from runtime.frame.ai_types import JobKind, Role, SlotId, VerifierId
from runtime.primitives import Hash, Root
from runtime.tensor.blob import blob_root
from runtime.tensor.chunks import commit_chunks
from tests.helpers.job_stage import BOND, MANIFEST, PRICE, TTL, add_block
from tests.helpers.node_stage import CHARLIE, DAVE, BlockMaker, Wallet, open_client, run_stage
from tests.helpers.scheduler import run_seeded

BRIEF, AT = b"shout this", SlotId(0, 0)
SHOUT = 'tr a-z A-Z < "$1" > "$2"'


def make_program(folder: Path, script: str) -> Path:
    """A program of an operator's."""
    path = folder / "program.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return path


def answer(folder: Path, script: str) -> tuple[BlobStore, Root]:
    """What a program makes of the brief."""
    run = CommissionRun(AT, BRIEF, make_program(folder, script))
    store = BlobStore(folder / "store")
    return store, trio.run(answer_brief, run, store, InlineWorker())


# --- the program


def test_the_answer_is_kept_under_the_root_that_is_told(tmp_path: Path) -> None:
    store, root = answer(tmp_path, SHOUT)
    assert root == commit_chunks(b"SHOUT THIS").root
    assert store.get_chunked(root) == b"SHOUT THIS"


@pytest.mark.parametrize(
    "script, expected",
    [
        ("true", "got an empty file or none"),
        ('touch "$2"', "got an empty file or none"),
        ('mkdir "$2"', "got an empty file or none"),
        ("echo no idea >&2; exit 3", "expected to end with 0, got 3: no idea"),
        ("kill -9 $$", "got -9"),
        ("yes x | head -c 9000000 >&2; echo the end >&2; exit 4", "got 4: (x\n){246}the end$"),
    ],
)
def test_what_is_no_answer(tmp_path: Path, script: str, expected: str) -> None:
    with pytest.raises(ProgramFailed, match=expected):
        answer(tmp_path, script)


def test_what_is_no_program(tmp_path: Path) -> None:
    run = CommissionRun(AT, BRIEF, tmp_path / "none")
    store = BlobStore(tmp_path / "store")
    with pytest.raises(ProgramFailed, match="cannot be run: No such file"):
        trio.run(answer_brief, run, store, InlineWorker())
    assert trio.run(try_to_answer, run, store, InlineWorker()) is None


def test_two_briefs_may_have_the_same_answer(tmp_path: Path) -> None:
    """While one is being kept, the other waits."""
    program, store = make_program(tmp_path, SHOUT), BlobStore(tmp_path / "store")
    content, done = b"SHOUT THIS", list[Root]()

    async def answer_one() -> None:
        run = CommissionRun(AT, BRIEF, program)
        done.append(await answer_brief(run, store, InlineWorker()))

    async def main() -> None:
        with trio.fail_after(30):
            async with trio.open_nursery() as nursery:
                with store.open_partial(commit_chunks(content).root, len(content)):
                    nursery.start_soon(answer_one)
                    await trio.sleep(1)
                    assert done == []

    trio.run(main)
    assert done == [commit_chunks(content).root]
    assert store.get_chunked(done[0]) == content


def test_a_disk_that_takes_no_brief_ends_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = CommissionRun(AT, BRIEF, make_program(tmp_path, SHOUT))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    assert trio.run(try_to_answer, run, BlobStore(tmp_path / "store"), InlineWorker()) is None


def test_a_program_without_an_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commissions, "RUN_S_MAX", 0.2)
    with pytest.raises(ProgramFailed, match=r"an answer within 0\.2 s"):
        answer(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 600")
    pid = int((tmp_path / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists()


# --- what is taken


def plan(
    runtime: Runtime,
    program: Path | None,
    store: BlobStore | None,
    sent: Sent | None = None,
    number: int | None = None,
) -> Plan:
    number = runtime.system.get_block_number() if number is None else number
    choice = Choice(program=program)
    return make_plan(runtime, Standing(CHARLIE.account, choice, number, sent or {}, False, store))


def play(check: Callable[[Runtime], None]) -> None:
    """On a chain where Charlie takes commissions, and Dave has one of two answers."""

    async def main() -> None:
        async with run_stage(open_client()) as node:
            client = node.client
            wallet, maker = Wallet(client), BlockMaker(client)
            body = Provider("", (), (KindPrice(JobKind.COMMISSION, 1),), 16)
            spec = Commission(blob_root(BRIEF), 2, 30)
            terms = (Posted(PRICE), VerifierId.BUYER_ACCEPT, Terms(500, 50, 2))
            calls = (
                (CHARLIE, ("Registry", "register", body, MANIFEST, (), 0, TTL)),
                (CHARLIE, ("Bonds", "bond", Role.PROVIDER, BOND)),
                (DAVE, ("Registry", "put_blob", BRIEF)),
                (DAVE, ("Market", "post", spec, *terms)),
            )
            made = [(who, wallet.make_call(*call)) for who, call in calls]
            await add_block(client, maker, node, *made)
            runtime = get_runtime(client)
            assert runtime.market.next_job.get() == 1, "the job was refused"
            check(runtime)

    run_seeded(main)


def test_none_is_taken_unless_the_operator_says_what_answers(tmp_path: Path) -> None:
    store, program = BlobStore(tmp_path), tmp_path / "program"

    def check(runtime: Runtime) -> None:
        assert plan(runtime, None, store).locks == []
        assert set(plan(runtime, program, store).locks) == {SlotId(0, 0), SlotId(0, 1)}
        only = Choice(frozenset({JobKind.INFER}), program=program)
        number = runtime.system.get_block_number()
        assert make_plan(runtime, Standing(CHARLIE.account, only, number, {}, False)).locks == []

    play(check)


def test_one_that_leaves_too_little_time_is_left_alone(tmp_path: Path) -> None:
    def check(runtime: Runtime) -> None:
        job = runtime.market.job[0]
        for blocks, taken in ((ANSWER_BLOCKS_MIN - 1, 0), (ANSWER_BLOCKS_MIN, 2)):
            runtime.market.job[0] = replace(job, work_blocks=blocks)
            assert len(plan(runtime, tmp_path, BlobStore(tmp_path)).locks) == taken

    play(check)


def lock(runtime: Runtime) -> None:
    """As if Charlie had locked the first slot."""
    slot = runtime.market.slot[0, 0]
    changes = {"state": SlotState.LOCKED, "provider": CHARLIE.account, "record": 0, "price": PRICE}
    runtime.market.slot[0, 0] = replace(slot, **changes, deadline=1_000)  # type: ignore[arg-type]
    runtime.market.busy[0] = 1


def test_a_brief_is_answered_once(tmp_path: Path) -> None:
    store, program = BlobStore(tmp_path), tmp_path / "program"

    def check(runtime: Runtime) -> None:
        lock(runtime)
        number = runtime.system.get_block_number()
        look = partial(plan, runtime, program, store)
        assert look().commissions == [CommissionRun(AT, BRIEF, program)]
        begun = {("lock", AT): number, ("answer", AT): number}
        assert look(begun, number + 100).commissions == []
        submitted = {**begun, ("submit", AT): number + 50}
        assert look(submitted, number + 50 + RETRY_BLOCKS - 1).commissions == []
        again = look(submitted, number + 50 + RETRY_BLOCKS)
        assert again.over == [("submit", AT)]
        assert again.commissions == []
        assert plan(runtime, None, store).lacking == [AT]

    play(check)


def test_a_commission_is_bid_for_only_where_it_would_be_taken(tmp_path: Path) -> None:
    def check(runtime: Runtime) -> None:
        runtime.market.job[0] = replace(runtime.market.job[0], price=Bids(PRICE))
        store = BlobStore(tmp_path)
        assert plan(runtime, None, store).bids == []
        assert plan(runtime, tmp_path, store).bids == [(AT, 1)]

    play(check)


# --- what is due


def test_a_review_is_ended_when_it_is_over_and_nothing_is_drawn_of_it() -> None:
    def check(runtime: Runtime) -> None:
        lock(runtime)
        runtime.market.slot[0, 0] = replace(
            runtime.market.slot[0, 0], state=SlotState.SUBMITTED, claimant=CHARLIE.account
        )
        about = (0, VerifierId.BUYER_ACCEPT, CHARLIE.account, Root(b"r" * 32), 3, None)
        runtime.verify.claim[0, 0] = Claim(*about)
        runtime.verify.pending[0, 0] = Pending(33, 33)
        assert find_due(runtime, CHARLIE.account, 32) == []
        stopping = Standing(CHARLIE.account, Choice(), 20, {}, True)
        assert make_plan(runtime, stopping).pending == 0, "nothing is asked of it any more"
        (due,) = find_due(runtime, CHARLIE.account, 33)
        assert (due.call, due.slot) == ("poke", AT)
        assert find_due(runtime, DAVE.account, 33) == []

    play(check)


def test_what_was_delivered_is_kept_as_long_as_its_job() -> None:
    def check(runtime: Runtime) -> None:
        root = Root(b"r" * 32)
        assert root not in find_pinned_roots(runtime)
        runtime.market.output[0, 1] = bytes(root)
        assert root in find_pinned_roots(runtime)

    play(check)


# --- what is submitted


class Refusing:
    """A chain that takes a call only when it is told to."""

    account, genesis_hash = CHARLIE.account, Hash(b"g" * 32)
    best = Block(7, Hash(b"b" * 32))

    def __init__(self) -> None:
        self.is_open = False
        self.sent: list[tuple[object, ...]] = []

    async def send(self, *call: object) -> None:
        if not self.is_open:
            raise CallRefused("the pool is full")
        self.sent.append(call)


def test_a_refused_answer_is_submitted_again_and_one_that_nobody_waits_for_is_not(
    tmp_path: Path,
) -> None:
    access, root = Refusing(), Root(b"r" * 32)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            answering = Answering(nursery, answers={AT: root})
            provider, answers = make_service(access, tmp_path, answering), answering.answers
            provider.sent["answer", AT] = 3
            await _do_round(provider, Plan())
            assert (access.sent, answers) == ([], {AT: root})
            access.is_open = True
            await _do_round(provider, Plan())
            (call,) = access.sent
            assert call[:4] == ("Market", "submit", 0, 0)
            assert call[-1] == bytes(root)
            assert provider.sent["submit", AT] == 7
            answers[SlotId(9, 9)] = root
            await _do_round(provider, Plan())
            assert (len(access.sent), answers) == (1, {AT: root})
            await _do_round(provider, Plan(over=[("submit", AT)]))
            assert access.sent == [call, call], "what was lost is submitted again"
            await _do_round(provider, Plan(over=[("submit", AT), ("answer", AT)]))
            assert (len(access.sent), answers) == (2, {})

    trio.run(main)


def test_a_program_goes_on_while_the_node_is_away(tmp_path: Path) -> None:
    """What a new connection finds locked is not answered anew, but submitted once it is there."""
    access = Refusing()
    access.is_open = True
    script = f"echo >> {tmp_path}/runs; while [ ! -e {tmp_path}/go ]; do sleep 0.01; done; {SHOUT}"
    plan_of_each = Plan(commissions=[CommissionRun(AT, BRIEF, make_program(tmp_path, script))])

    async def main() -> None:
        with trio.fail_after(30):
            async with trio.open_nursery() as nursery:
                answering = Answering(nursery)
                await _do_round(make_service(access, tmp_path, answering), plan_of_each)
                again = make_service(access, tmp_path, answering)
                await _do_round(again, plan_of_each)
                assert access.sent == []
                (tmp_path / "go").touch()
            await _do_round(again, Plan())
        (call,) = access.sent
        assert call[-1] == bytes(commit_chunks(b"SHOUT THIS").root)
        assert (tmp_path / "runs").read_text() == "\n", "it was run once"
        await _do_round(again, Plan(over=[("answer", AT), ("submit", AT)]))
        assert (answering.begun, answering.answers) == (set(), {})

    trio.run(main)


def test_a_lost_connection_leaves_the_programs_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Answering] = []

    async def connect(daemon: ProviderDaemon, answering: Answering) -> None:
        del daemon
        seen.append(answering)
        if len(seen) == 1:
            answering.nursery.start_soon(trio.sleep_forever)
            raise ConnectionLost("ws://here", "it is away")

    monkeypatch.setattr(ProviderDaemon, "_run_connected", connect)
    url, store, worker = parse_node_url("ws://127.0.0.1:1"), BlobStore(tmp_path), InlineWorker()
    daemon = ProviderDaemon(
        DaemonOptions(url, "w", Choice(), mines_idle=False, first_nonce=0),
        CHARLIE,
        ThreadDevice(NumpyBackend(), worker),
        store,
        Fetcher(store, worker, ()),
        worker,
        MinerStatistics(trio.current_time),
    )

    async def main() -> None:
        with trio.fail_after(60):
            await daemon.run()

    trio.run(main, clock=MockClock(autojump_threshold=0))
    assert [each is seen[0] for each in seen] == [True, True]


def make_service(access: Refusing, folder: Path, answering: Answering) -> Service:
    """A provider that multiplies nothing."""

    async def multiply(task: TaskProduct) -> None:
        raise AssertionError(f"a commission has no products: {task}")

    chain, store = cast("ChainAccess", access), BlobStore(folder / "store")
    about = (chain, multiply, InlineWorker(), ProviderStatistics())
    return Service(*about, store=store, answering=answering)
