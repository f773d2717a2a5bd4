"""Watching claims that wait: each is computed again, and one that is wrong is challenged.

A picture needs nothing but the state. A product needs its operands, from the store or from nodes
that serve them; the result, too, is fetched if somebody serves it, and asked for tile by tile on
the chain if nobody does.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import numpy as np
import trio

from chain.blobs import BlobError, BlobStore
from chain.wallet.chain_reader import ChainReader
from chain.wallet.errors import WalletError
from chain.wallet.fetching import fetch_operands, fetch_result
from chain.wallet.products import find_wrong_tile
from chain.wallet.rpc import RpcClient
from chain.wallet.tile_search import TileSearch, Wrong
from pallets.runtime import Runtime
from pallets.verify import Claim, Pending, TileShown
from runtime.frame import Call
from runtime.frame.ai_types import SlotId
from runtime.primitives import Root
from runtime.programs import Inputs, MatrixProduct, Raytrace, StripOpening, TileOpening
from runtime.programs.raytrace import CHANNELS
from runtime.task import ProgramTask, load_inputs
from runtime.tensor.commitment import (
    STRIP_ROWS,
    commit_matrix,
    commit_result,
    open_strip,
    open_tile,
)
from runtime.tensor.value import Int8Array, Int32Array

log = logging.getLogger(__name__)
CLAIMS_READ_MAX: Final = 4_096


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claim that waits, with what the state has of it."""

    at: SlotId
    claim: Claim
    pending: Pending
    task: ProgramTask
    output: bytes
    inputs: Inputs | None
    """What a picture is drawn from; None for a product."""


@dataclass(frozen=True, slots=True)
class Move:
    """A call of verify that a claim calls for, and why."""

    at: SlotId
    call: Call
    why: str


@dataclass(slots=True, eq=False)
class Suspect:
    """A product that is wrong, and how far its watcher has come."""

    program: MatrixProduct
    a: Int8Array
    b: Int8Array
    right: Int32Array
    search: TileSearch
    asked: int = 0
    """The tile to ask for, or to go on from."""

    found: Wrong | None = None


@dataclass(slots=True)
class Watcher:
    """One watcher's memory; used by one task."""

    chain: ChainReader
    sources: Sequence[RpcClient]
    """Nodes that may serve operands and results."""

    store: BlobStore
    judged: dict[int, Suspect | None] = field(default_factory=dict[int, "Suspect | None"])
    """What is known of each claim; None of one that is right, or cannot be judged."""

    shown: dict[tuple[int, int], TileOpening] = field(
        default_factory=dict[tuple[int, int], TileOpening]
    )
    """The tiles that were shown, by claim and number."""

    read_to: int | None = None
    """The last block whose events were read."""

    async def look(self, number: int, only: SlotId | None = None) -> list[Move]:
        """What to do after a block: challenges, demands, and verdicts that are due."""
        block_hash = await self.chain.get_block_hash(number)
        found = await self.chain.read(lambda runtime: read_waiting(runtime, only), block_hash)
        await self._read_events(min((each.claim.opened_at for each in found), default=0), number)
        moves = [await self._judge(each, number) for each in found]
        return [move for move in moves if move is not None]

    async def _read_events(self, opened_at: int, number: int) -> None:
        """Notes the tiles that were shown since the last time, or since the first claim."""
        if opened_at == 0:
            return
        first = opened_at if self.read_to is None else self.read_to + 1
        for each in range(first, number + 1):
            for record in await self.chain.get_events(await self.chain.get_block_hash(each)):
                event = record.event.event
                if isinstance(event, TileShown):
                    self.shown[event.claim, event.tile] = event.opening
        self.read_to = number

    async def _judge(self, waiting: Waiting, number: int) -> Move | None:
        program = waiting.task.program
        if isinstance(program, Raytrace):
            return await self._judge_picture(waiting, program)
        assert isinstance(program, MatrixProduct), "nothing else waits; qed"
        if waiting.claim.id not in self.judged:
            self.judged[waiting.claim.id] = await self._compute(waiting, program)
        suspect = self.judged[waiting.claim.id]
        return None if suspect is None else self._challenge(waiting, suspect, number)

    async def _judge_picture(self, waiting: Waiting, program: Raytrace) -> Move | None:
        if waiting.claim.id in self.judged or waiting.inputs is None:
            return None
        inputs, slot = waiting.inputs, waiting.task.slot
        right = await trio.to_thread.run_sync(lambda: program.run(slot, inputs))
        wrong = np.flatnonzero(
            np.frombuffer(right, np.uint8) != np.frombuffer(waiting.output, np.uint8)
        )
        if len(wrong):
            pixel = int(wrong[0]) // CHANNELS
            return self._move(waiting, "challenge_pixel", f"pixel {pixel} is wrong", pixel)
        self.judged[waiting.claim.id] = None
        return None

    async def _compute(self, waiting: Waiting, program: MatrixProduct) -> Suspect | None:
        """The product again; None where it is right, or nobody serves the operands."""
        if not await self._get_operands(program):
            log.warning("a product cannot be checked", extra={"job": waiting.at.job})
            return None
        a, b = self.store.get_matrix(program.a), self.store.get_matrix(program.b)
        slot, claimed = waiting.task.slot, Root(waiting.output)
        right = await trio.to_thread.run_sync(lambda: program.compute(slot, a, b))
        search = TileSearch(await trio.to_thread.run_sync(commit_result, right), claimed)
        if search.begin() is None:
            return None
        suspect = Suspect(program, a, b, right, search)
        result = await self.get_result(claimed, program.get_shape(slot))
        tile = None if result is None else find_wrong_tile(right, result)
        if result is not None and tile is not None:
            opening = open_tile(commit_result(result), result, *program.get_position(tile))
            suspect.found = Wrong(tile, TileOpening(*opening))
        return suspect

    def _challenge(self, waiting: Waiting, suspect: Suspect, number: int) -> Move | None:
        if suspect.found is None:
            self._search(suspect, waiting.claim.id)
        if suspect.found is not None:
            strips = open_strips(suspect, waiting.task.slot, suspect.found.tile)
            args = (suspect.found.tile, *strips, suspect.found.opening)
            return self._move(waiting, "prove_tile", f"tile {suspect.found.tile} is wrong", *args)
        demand = waiting.pending.find(suspect.asked)
        if demand is None:
            why = f"it is wrong, and tile {suspect.asked} may tell where"
            return self._move(waiting, "demand_tile", why, suspect.asked)
        if number > demand.due:
            return self._move(waiting, "poke", f"tile {suspect.asked} was not shown in time")
        return None

    def _search(self, suspect: Suspect, claim: int) -> None:
        """Goes on from the tiles that were shown, whoever has asked for them."""
        while (opening := self.shown.get((claim, suspect.asked))) is not None:
            step = suspect.search.note(suspect.asked, opening)
            if isinstance(step, Wrong):
                suspect.found = step
                return
            suspect.asked = step.tile

    async def _get_operands(self, program: MatrixProduct) -> bool:
        for rpc in self.sources:
            try:
                await fetch_operands(rpc, program, self.store)
            except (WalletError, BlobError) as error:
                log.info("operands were not served", extra={"why": str(error)})
        return program.a in self.store and program.b in self.store

    async def get_result(self, root: Root, shape: tuple[int, int]) -> Int32Array | None:
        """A result from the first node that serves it; None where none does."""
        for rpc in self.sources:
            try:
                return await fetch_result(rpc, root, shape)
            except WalletError as error:
                log.info("a result was not served", extra={"why": str(error)})
        return None

    def _move(self, waiting: Waiting, name: str, why: str, *args: object) -> Move:
        verify = self.chain.runtime.verify
        spec = next(spec for spec in verify.spec.calls if spec.name == name)
        at = waiting.at
        return Move(at, Call(verify.index, verify.spec.name, spec, (at.job, at.slot, *args)), why)


def read_waiting(runtime: Runtime, only: SlotId | None = None) -> list[Waiting]:
    """The claims that wait to be proven wrong, or the one about a slot if it does."""
    found: list[Waiting] = []
    for (job, slot), pending in islice(runtime.verify.pending.items(), CLAIMS_READ_MAX):
        at = SlotId(job, slot)
        if only is not None and at != only:
            continue
        request = runtime.market.get_submission(at).request
        if not isinstance(request.task, ProgramTask):
            continue  # nobody can prove a commission wrong
        is_product = isinstance(request.task.program, MatrixProduct)
        inputs = None if is_product else load_inputs(request.task, runtime.registry.records)
        claim = runtime.verify.claim[job, slot]
        found.append(Waiting(at, claim, pending, request.task, request.output, inputs))
    return found


def open_strips(suspect: Suspect, slot: int, tile: int) -> tuple[StripOpening, StripOpening]:
    """The strips of both operands that make a tile."""
    program = suspect.program
    row, col = program.get_position(tile)
    places = ((suspect.a, program.get_strips(slot)[0] + row), (suspect.b, col))
    a, b = (StripOpening(*open_strip(commit_matrix(m), m, index)) for m, index in places)
    assert len(a.strip) == STRIP_ROWS * program.k, "operands are as the job says; qed"
    return a, b
