"""Drawing pixels of a claimed picture again: the sample that a block's hash draws, or one."""

import numpy as np

from pallets.verify.types import SAMPLE_PIXELS
from runtime.claim import ClaimRequest
from runtime.crypto.hashing import blake2_256
from runtime.primitives import Hash
from runtime.programs import Inputs, Raytrace
from runtime.programs.raytrace import CHANNELS
from runtime.task import ProgramTask
from runtime.tensor.chunks import draw_chunks

SEED_DOMAIN = b"soberana/spot/v1"


def draw_pixels(genesis: Hash, claim: int, block_hash: Hash, pixels: int) -> tuple[int, ...]:
    """The pixels of a claim's sample; no other claim or chain has them, some may come twice."""
    seed = Hash(blake2_256(SEED_DOMAIN + genesis + claim.to_bytes(8, "little") + block_hash))
    return draw_chunks(seed, pixels, SAMPLE_PIXELS)


def count_pixels(request: ClaimRequest) -> int:
    """How many pixels a claimed tile has."""
    return len(request.output) // CHANNELS


def are_pixels_right(request: ClaimRequest, inputs: Inputs, pixels: tuple[int, ...]) -> bool:
    """Whether these pixels of a claimed tile are those of the scene."""
    task = request.task
    assert isinstance(task, ProgramTask), "only drawings are sampled; qed"
    assert isinstance(task.program, Raytrace), "only drawings are sampled; qed"
    places = np.array(pixels, np.int64)
    claimed = np.frombuffer(request.output, np.uint8).reshape(-1, CHANNELS)[places].tobytes()
    return task.program.run_pixels(task.slot, inputs, places) == claimed
