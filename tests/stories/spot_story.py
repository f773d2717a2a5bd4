"""US-3 with a sample: a picture too dear to replay waits, and whoever finds a wrong pixel is paid.

Bob forges one pixel of 4,096, which a sample of 64 hardly ever meets; Dave looks at the whole tile.
Then Bob forges all of them. The node's own provider draws what is left.
"""

from dataclasses import dataclass

import numpy as np

from chain.db.memory import MemoryStore
from chain.wallet.jobs import read_job
from chain.wallet.transaction import make_call
from pallets.market import Posted, Render, Terms
from runtime.frame import Call
from runtime.frame.ai_types import JobKind, VerifierId
from runtime.primitives import UNIT
from runtime.programs import SCENE, Raytrace
from runtime.tensor.blob import blob_root
from tests.helpers.programs_vectors import FOUR_BALLS
from tests.stories.live_node import Included, LiveNode, send_well
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
JOB = Render(Raytrace(blob_root(SCENE_BLOB), 128, 128, 64))
TILES, PIXELS = 4, 64 * 64
PRICE = Posted(10 * UNIT)
TERMS = Terms(open_blocks=400, work_blocks=20, attempts=4)
WRONG_PIXEL = 1_234


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to; the rest is read from the chain."""

    sampled: Included
    """The sample of the tile with one wrong pixel."""

    lie: Included
    """A challenge of a pixel that is right."""

    proof: Included
    """The challenge of the one that is wrong."""

    crude: Included
    """The sample of the tile that is wrong all over."""

    stopped: Stopped


async def tell() -> Told:
    """The whole story; the node has stopped when this returns."""
    store = MemoryStore()
    async with run_program_stage(store) as stage:
        cheat = await register_runner(stage, CHEAT, JobKind.RENDER, UNIT)
        await post(stage, JOB, PRICE, (SCENE_BLOB,), TERMS, VerifierId.SPOT_CHECK)
        sampled = await forge(stage, cheat, slice(3 * WRONG_PIXEL, 3 * WRONG_PIXEL + 1))
        verify = stage.runtime.verify
        lie = await stage.send(RIVAL, make_call(verify.challenge_pixel, 0, 0, WRONG_PIXEL + 1))
        proof = await challenge(stage, make_call(verify.challenge_pixel, 0, 0, WRONG_PIXEL))
        crude = await forge(stage, cheat, slice(None))
        await register_runner(stage, SERVICE, JobKind.RENDER, UNIT)
        await stage.wait_until(lambda runtime: read_job(runtime, 0).is_finished)
        stopped = note_stop(store, stage.client)
    return Told(sampled, lie, proof, crude, stopped)


async def forge(stage: LiveNode, record: int, where: slice) -> Included:
    """Bob submits the first tile with some bytes wrong; Dave has its sample drawn at once."""
    await lock(stage, CHEAT, record, 0)
    pixels = np.frombuffer(run(stage, 0), np.uint8).copy()
    pixels[where] ^= 1
    submitted = await submit(stage, CHEAT, 0, pixels.tobytes())
    await wait_for_number(stage, submitted.number + 1)
    return await challenge(stage, make_call(stage.runtime.verify.check, 0, 0))


async def challenge(stage: LiveNode, call: Call) -> Included:
    """Dave's call, which succeeds."""
    return await send_well(stage, RIVAL, call)
