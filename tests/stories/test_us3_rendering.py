"""US-3: a picture in sixteen tiles, drawn by paid providers; a forger and a runaway lose."""

import io
import zlib

import numpy as np

from chain.client.typed_state import get_runtime
from chain.db.memory import MemoryStore
from chain.node import Keys
from chain.programs.picture import encode_png, stitch
from chain.wallet.jobs import read_outputs
from pallets.market import Posted, Render, SlotState, Terms, declarations
from runtime.programs import SCENE, Inputs, Raytrace
from runtime.tensor.blob import blob_root
from tests.helpers.job_stage import set_up_programs, wait_for_slot
from tests.helpers.market_stage import ALICE, BOB, CAROL, MarketStage, get_total
from tests.helpers.node_stage import CHARLIE, open_client, run_stage
from tests.helpers.programs_vectors import FOUR_BALLS, NO_ROOT
from tests.helpers.scheduler import run_seeded

SCENE_BLOB = SCENE.encode(FOUR_BALLS)
JOB = Render(Raytrace(blob_root(SCENE_BLOB), 256, 256, 64))
TILES = 16
PRICE = 1_000_000
COLOURS = 9_137


def draw_reference() -> bytes:
    """The whole picture at once, in tiles of another size."""
    program = Raytrace(NO_ROOT, 256, 256, 128)
    inputs = Inputs((SCENE_BLOB,))
    return encode_png(stitch(program, [program.run(slot, inputs) for slot in range(4)]))


def test_a_node_draws_the_picture_and_is_paid() -> None:
    async def main() -> None:
        store = MemoryStore()
        async with run_stage(open_client(store)) as node:
            (job,) = await set_up_programs(node, JOB, blobs=(SCENE_BLOB,))
        client = open_client(store)
        async with run_stage(client, Keys(provider=CHARLIE)) as node:
            for slot in range(TILES):
                await wait_for_slot(client, job, SlotState.SETTLED, slot)
            assert node.provider.submitted == TILES
        runtime = get_runtime(client)
        tiles = read_outputs(runtime, job)
        picture = stitch(JOB.program, tiles)
        assert encode_png(picture) == draw_reference()
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) == COLOURS
        for pallet in runtime.pallets:
            pallet.try_state()
        again = open_client(store).best.value  # what is final is there after a restart
        assert again.hash == client.get_block_hash(again.number)

    run_seeded(main)


def test_a_forged_corner_is_slashed_and_a_runaway_pays_for_the_late_tile() -> None:
    stage = MarketStage()
    stage.put_blob(ALICE, SCENE_BLOB)
    total = get_total(stage)
    terms = Terms(open_blocks=50, work_blocks=5, attempts=3)
    job = stage.post_spec(JOB, Posted(PRICE), terms=terms)
    stage.take_events()

    # BOB forges the 8 x 8 corner of tile 5: 1.6 % of its pixels.
    stage.lock(job, 5)
    pixels = np.frombuffer(stage.run(job, 5), np.uint8).reshape(64, 64, 3).copy()
    pixels[:8, :8] ^= 1
    stage.submit(job, 5, BOB, pixels.tobytes())
    (slashed,) = [e for e in stage.take_events() if isinstance(e, declarations.Slashed)]
    assert (slashed.amount, slashed.to_owner) == (PRICE // 2, PRICE // 2 * 40 // 100)
    assert stage.get(job, 5).state is SlotState.OPEN

    # BOB locks tile 7 and disappears; CAROL fills it, and ALICE pays nothing.
    stage.lock(job, 7)
    stage.skip(6)
    wealth = stage.get_wealth(ALICE)
    stage.submit(job, 7, CAROL)
    (filled,) = [e for e in stage.take_events() if isinstance(e, declarations.LateFilled)]
    assert (filled.reward, filled.burned) == (PRICE // 4, PRICE // 4)
    assert stage.get_wealth(ALICE) == wealth

    for slot in range(TILES):
        if slot != 7:
            stage.lock(job, slot, CAROL)
            stage.submit(job, slot, CAROL)
    outputs = [stage.market.output[job, slot] for slot in range(TILES)]
    assert encode_png(stitch(JOB.program, outputs)) == draw_reference()
    burned = sum(getattr(event, "burned", 0) for event in stage.take_events())
    assert get_total(stage) == total - slashed.burned - filled.burned - burned
    stage.try_state()


def test_a_png_holds_the_pixels() -> None:
    picture = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    data = io.BytesIO(encode_png(picture))
    assert data.read(8) == b"\x89PNG\r\n\x1a\n"
    chunks: dict[bytes, bytes] = {}
    while length := data.read(4):
        kind, content = data.read(4), data.read(int.from_bytes(length, "big"))
        assert zlib.crc32(kind + content) == int.from_bytes(data.read(4), "big")
        chunks[kind] = content
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    assert chunks[b"IHDR"] == bytes([0, 0, 0, 7, 0, 0, 0, 5, 8, 2, 0, 0, 0])
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(5, 22)
    assert (lines[:, 0] == 0).all()
    assert (lines[:, 1:].reshape(5, 7, 3) == picture).all()
