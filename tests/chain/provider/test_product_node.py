"""Products on a whole node: computed, kept, shown to whoever asks, and paid for in the end."""

from dataclasses import replace
from pathlib import Path

from chain.blobs import BlobStore, get_blobs_folder
from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.config import PoolConfig
from chain.db.memory import MemoryStore
from chain.node import Keys
from chain.provider.plan import Choice, Standing, make_plan
from pallets.market import Posted, Render, Terms
from pallets.market.types import SlotState
from pallets.verify import TileShown
from runtime.frame.ai_types import Invalid, JobKind, VerifierId
from runtime.primitives import Hash
from runtime.programs import SCENE, Raytrace
from runtime.programs.product import INNER_MAX, StripOpening, TileOpening
from runtime.tensor.blob import blob_root
from runtime.tensor.commitment import PATH_LENGTH_MAX, TILE_BYTES
from runtime.work_summary import Lane
from tests.helpers.job_stage import add_block, get_slot, wait_for_slot
from tests.helpers.node_stage import (
    BOB,
    CHARLIE,
    DAVE,
    BlockMaker,
    Wallet,
    make_config,
    open_client,
    run_stage,
    wait_for_block,
)
from tests.helpers.product_stage import CASE, PRICE, keep_operands, set_up_product
from tests.helpers.programs_vectors import FOUR_BALLS
from tests.helpers.scheduler import run_seeded
from tests.stories.live_node import read_events

PROVIDING = Keys(provider=CHARLIE)


async def make_product_store() -> tuple[MemoryStore, int]:
    """A chain with a product that waits for its provider."""
    store = MemoryStore()
    async with run_stage(open_client(store)) as node:
        job = await set_up_product(node)
    return store, job


def find_shown(client: Client) -> list[TileShown]:
    """Every tile that was shown."""
    hashes = [client.get_block_hash(n) for n in range(1, client.best.value.number + 1)]
    events = [event for each in hashes if each for event in read_events(client, each)]
    return [event for event in events if isinstance(event, TileShown)]


def has_duties(client: Client) -> bool:
    """Whether a provider that is to stop has to wait."""
    standing = Standing(CHARLIE.account, Choice(), client.best.value.number, {}, True)
    return make_plan(get_runtime(client), standing).has_duties


def lose(folder: Path) -> None:
    """The first slot's result is gone."""
    (kept,) = folder.rglob(f"{CASE.commit(0).root.hex()}.result")
    kept.unlink()


def test_a_product_is_computed_shown_and_paid_for(tmp_path: Path) -> None:
    async def main() -> None:
        store, job = await make_product_store()
        keep_operands(tmp_path)
        client, config = open_client(store), replace(make_config(), base_path=tmp_path)
        wallet = Wallet(client)
        async with run_stage(client, PROVIDING, config=config) as node:
            for slot in range(2):
                await wait_for_slot(client, job, SlotState.SUBMITTED, slot)
                root = CASE.commit(slot).root
                assert get_runtime(client).market.output[job, slot] == bytes(root)
                kept = BlobStore(get_blobs_folder(tmp_path)).get_result(root)
                assert kept.tolist() == CASE.compute(slot).tolist()
            assert has_duties(client), "a tile may still be asked for"
            demand = wallet.make_call("Verify", "demand_tile", job, 0, 4)
            node.pool.submit(wallet.sign(BOB, demand, 0))
            await wait_for_block(client, client.best.value.number + 10)
            (shown,) = find_shown(client)
            assert (shown.tile, shown.opening) == (4, CASE.open_tile(0, 4))
            # Nobody proves anything: the keeper itself asks for the verdict when the time is over.
            await wait_for_slot(client, job, SlotState.SETTLED, 0, blocks_max=140)
            await wait_for_slot(client, job, SlotState.SETTLED, 1, blocks_max=20)
            assert not has_duties(client)
            assert node.miner.blocks[Lane.PRIVATE] == node.provider.sealed
        for pallet in get_runtime(client).pallets:
            pallet.try_state()

    run_seeded(main)


def test_a_sampled_picture_is_checked_and_paid_for(tmp_path: Path) -> None:
    """The keeper has the sample drawn, and asks for the verdict when the time is over."""

    async def main() -> None:
        store, scene = MemoryStore(), SCENE.encode(FOUR_BALLS)
        async with run_stage(open_client(store)) as node:
            await set_up_product(node, kind=JobKind.RENDER)
            wallet, maker = Wallet(node.client), BlockMaker(node.client)
            spec = Render(Raytrace(blob_root(scene), 12, 12, 12))
            rule, verifier = Posted(PRICE), VerifierId.SPOT_CHECK
            post = wallet.make_call("Market", "post", spec, rule, verifier, Terms(500, 50, 2))
            put = wallet.make_call("Registry", "put_blob", scene)
            await add_block(node.client, maker, node, (DAVE, put), (DAVE, post))
        client, config = open_client(store), replace(make_config(), base_path=tmp_path)
        async with run_stage(client, PROVIDING, config=config):
            await wait_for_slot(client, 1, SlotState.SUBMITTED)
            opened = client.best.value.number
            await wait_for_block(client, opened + 6)
            assert get_runtime(client).verify.pending[1, 0].is_checked
            await wait_for_slot(client, 1, SlotState.SETTLED, blocks_max=80)

    run_seeded(main)


def test_who_has_no_operands_takes_no_product(tmp_path: Path) -> None:
    async def main() -> None:
        store, job = await make_product_store()
        keep_operands(tmp_path / "elsewhere")
        client, config = open_client(store), replace(make_config(), base_path=tmp_path)
        async with run_stage(client, PROVIDING, config=config):
            await wait_for_block(client, client.best.value.number + 6)
        assert get_slot(client, job).state is SlotState.OPEN

    run_seeded(main)


def test_who_lost_the_result_loses_the_claim(tmp_path: Path) -> None:
    async def main() -> None:
        store, job = await make_product_store()
        keep_operands(tmp_path)
        client, config = open_client(store), replace(make_config(), base_path=tmp_path)
        wallet = Wallet(client)
        async with run_stage(client, PROVIDING, config=config) as node:
            await wait_for_slot(client, job, SlotState.SUBMITTED)
            lose(tmp_path)
            demand = wallet.make_call("Verify", "demand_tile", job, 0, 4)
            node.pool.submit(wallet.sign(BOB, demand, 0))
            answer_blocks = get_runtime(client).verify.params.answer_blocks
            await wait_for_block(client, client.best.value.number + answer_blocks + 4)
            poke = wallet.make_call("Verify", "poke", job, 0)
            node.pool.submit(wallet.sign(BOB, poke, 1))
            await wait_for_block(client, client.best.value.number + 2)
        assert isinstance(get_runtime(client).verify.claim[job, 0].verdict, Invalid | None)
        assert get_slot(client, job).failures == 1

    run_seeded(main)


def test_the_largest_proof_fits_in_a_transaction() -> None:
    client = open_client()
    wallet, path = Wallet(client), (Hash.zero(),) * PATH_LENGTH_MAX
    strip = StripOpening(bytes(32 * INNER_MAX), path)
    tile = TileOpening(bytes(TILE_BYTES), path)
    call = wallet.make_call("Verify", "prove_tile", 2**40, 9, 2**19, strip, strip, tile)
    raw = wallet.sign(CHARLIE, call, 2**20)
    assert len(raw) <= PoolConfig().transaction_bytes_max
