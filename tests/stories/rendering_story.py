"""US-3 told on a node: a picture in sixteen tiles, a forger who runs away, and a race by price.

Dave asks little and takes his tiles as soon as the job is posted; the node's own provider asks
more and waits until the price has risen. Bob forges a corner, then locks tiles and disappears.
"""

from dataclasses import dataclass

import numpy as np

from chain.db.memory import MemoryStore
from chain.wallet.jobs import read_job
from pallets.market import Dutch, Render, Terms
from runtime.frame.ai_types import JobKind
from runtime.primitives import UNIT
from runtime.programs import SCENE, Raytrace
from runtime.tensor.blob import blob_root
from tests.helpers.programs_vectors import FOUR_BALLS
from tests.stories.live_node import Included, LiveNode
from tests.stories.program_story import (
    CHEAT,
    RIVAL,
    SERVICE,
    Stopped,
    lock,
    note_stop,
    post,
    register_runner,
    run,
    run_program_stage,
    submit,
    wait_for_number,
)

SCENE_BLOB = SCENE.encode(FOUR_BALLS)
JOB = Render(Raytrace(blob_root(SCENE_BLOB), 256, 256, 64))
TILES = 16
PRICE = Dutch(UNIT, 5 * UNIT, 40)
ASK = 2 * UNIT
"""What the node's provider wants for a tile."""

TERMS = Terms(open_blocks=200, work_blocks=6, attempts=3)
QUICK_TILES = (0, 1, 2)
FORGED_TILE = 5
ABANDONED_TILES = (6, 7)
"""The second miss is the one that costs: the first may be forgiven."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to; the rest is read from the chain."""

    posted: Included
    forged: Included
    filled: tuple[Included, ...]
    stopped: Stopped


async def tell() -> Told:
    """The whole story; the node has stopped when this returns."""
    store = MemoryStore()
    async with run_program_stage(store) as stage:
        quick = await register_runner(stage, RIVAL, JobKind.RENDER, UNIT)
        cheat = await register_runner(stage, CHEAT, JobKind.RENDER, UNIT)
        posted = await post(stage, JOB, PRICE, (SCENE_BLOB,), TERMS)
        for tile in QUICK_TILES:
            await lock(stage, RIVAL, quick, tile)
            await submit(stage, RIVAL, tile, run(stage, tile))
        forged = await forge(stage, cheat)
        for tile in ABANDONED_TILES:
            await lock(stage, CHEAT, cheat, tile)
        filled = await fill_late(stage)
        await register_runner(stage, SERVICE, JobKind.RENDER, ASK)
        await stage.wait_until(lambda runtime: read_job(runtime, 0).is_finished)
        stopped = note_stop(store, stage.client)
    return Told(posted, forged, filled, stopped)


async def forge(stage: LiveNode, record: int) -> Included:
    """Bob gets one corner of 8 x 8 pixels wrong, 1.6 % of the tile."""
    await lock(stage, CHEAT, record, FORGED_TILE)
    pixels = np.frombuffer(run(stage, FORGED_TILE), np.uint8).reshape(64, 64, 3).copy()
    pixels[:8, :8] ^= 1
    return await submit(stage, CHEAT, FORGED_TILE, pixels.tobytes())


async def fill_late(stage: LiveNode) -> tuple[Included, ...]:
    """Dave draws what Bob has locked and left, each tile when its deadline is over."""
    filled: list[Included] = []
    for tile in ABANDONED_TILES:
        await wait_for_number(stage, stage.runtime.market.slot[0, tile].deadline)
        filled.append(await submit(stage, RIVAL, tile, run(stage, tile)))
    return tuple(filled)
