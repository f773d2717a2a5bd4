"""Commissions: what a program of the operator's makes of a brief.

No node can say what is wanted there, so nothing is taken unless the operator has named a program.
It is run as `PROGRAM BRIEF ANSWER`, two paths: it reads the one and writes the other. What it
writes is kept in the store, under the root that is submitted, for the buyer to fetch.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from os import SEEK_END
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from typing import Final

import trio

from chain.blobs import BlobBusy, BlobError, BlobStore
from chain.errors import NodeError
from chain.worker import Worker
from runtime.frame.ai_types import SlotId
from runtime.primitives import Root

log = logging.getLogger(__name__)

PREFIX: Final = "soberana-commission-"
RUN_S_MAX: Final = 3_600
BUSY_S: Final = 0.05
SAID_MAX: Final = 500
"""Bytes of what a program said last that are told when it fails."""


class ProgramFailed(NodeError):
    """The operator's program did not answer a brief."""


@dataclass(frozen=True, slots=True)
class CommissionRun:
    """A locked slot of a commission."""

    slot: SlotId
    brief: bytes
    program: Path


async def answer_brief(run: CommissionRun, store: BlobStore, worker: Worker) -> Root:
    """The root of what the operator's program makes of a brief, which the store keeps.

    Errors: `ProgramFailed`, `BlobError`, `OSError` where the disk takes no brief.
    """
    with TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder:
        brief, answer = trio.Path(folder, "brief"), trio.Path(folder, "answer")
        await brief.write_bytes(run.brief)
        await _run_program([str(run.program), str(brief), str(answer)], trio.Path(folder, "said"))
        if not await answer.is_file() or (await answer.stat()).st_size == 0:
            raise ProgramFailed(f"{run.program}: expected an answer, got an empty file or none")
        return await _keep(Path(answer), store, worker)


async def _keep(answer: Path, store: BlobStore, worker: Worker) -> Root:
    """Puts an answer into the store, where another of the same bytes may be on its way."""
    while True:
        try:
            return await worker.run(partial(store.put_file, answer))
        except BlobBusy:
            await trio.sleep(BUSY_S)


async def _run_program(command: list[str], said: trio.Path) -> None:
    """Waits for it; one that takes too long is killed. What it complains of goes to a file."""
    try:
        async with await said.open("wb") as complaints:
            with trio.fail_after(RUN_S_MAX):
                done = await trio.run_process(
                    command, stdin=b"", stdout=DEVNULL, stderr=complaints.wrapped, check=False
                )
    except OSError as error:
        raise ProgramFailed(f"{command[0]}: cannot be run: {error.strerror}") from error
    except trio.TooSlowError as error:
        raise ProgramFailed(f"{command[0]}: expected an answer within {RUN_S_MAX} s") from error
    if done.returncode != 0:
        last = await _read_end(said)
        raise ProgramFailed(f"{command[0]}: expected to end with 0, got {done.returncode}: {last}")


async def _read_end(said: trio.Path) -> str:
    async with await said.open("rb") as complaints:
        size = await complaints.seek(0, SEEK_END)
        await complaints.seek(max(0, size - SAID_MAX))
        return (await complaints.read()).decode("utf-8", "replace").strip()


async def try_to_answer(run: CommissionRun, store: BlobStore, worker: Worker) -> Root | None:
    """The same; a slot that cannot be filled is left to its deadline."""
    try:
        return await answer_brief(run, store, worker)
    except (ProgramFailed, BlobError, OSError) as error:
        where = {"job": run.slot.job, "slot": run.slot.slot}
        log.warning("a commission cannot be filled", extra={**where, "why": str(error)})
        return None


@dataclass(frozen=True, slots=True)
class Answering:
    """Briefs that are being answered, and answers until the chain has them.

    It outlives connections: a node that was away for a moment costs nobody an hour's work.
    """

    nursery: trio.Nursery
    """Where the programs run, while the rounds go on."""

    begun: set[SlotId] = field(default_factory=set[SlotId])
    answers: dict[SlotId, Root] = field(default_factory=dict[SlotId, Root])

    def begin(self, run: CommissionRun, store: BlobStore, worker: Worker) -> None:
        """Has a brief answered, unless it was begun before."""
        if run.slot not in self.begun:
            self.begun.add(run.slot)
            self.nursery.start_soon(self._answer, run, store, worker)

    async def _answer(self, run: CommissionRun, store: BlobStore, worker: Worker) -> None:
        root = await try_to_answer(run, store, worker)
        if root is not None:
            self.answers[run.slot] = root

    def keep_only(self, slots: Collection[SlotId]) -> None:
        """Forgets those that nobody waits for."""
        self.begun.intersection_update(slots)
        for slot in self.answers.keys() - set(slots):
            del self.answers[slot]
