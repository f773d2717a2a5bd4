"""The keeper of leased bytes on a whole node: it accepts what it has, and answers every audit."""

from dataclasses import replace
from pathlib import Path

import pytest
import trio

from chain.blobs import BlobStore, get_blobs_folder
from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.config import Config, PoolConfig
from chain.db.memory import MemoryStore
from chain.node import Keys
from chain.provider.storage import find_audit, find_due
from pallets.leases import Opening
from pallets.leases import declarations as declared
from pallets.leases.types import DRAWS_MAX
from runtime.frame.ai_types import Role
from runtime.primitives import Hash, Root
from runtime.tensor.chunks import CHUNK_BYTES
from runtime.tensor.commitment import PATH_LENGTH_MAX
from tests.helpers.job_stage import BOND
from tests.helpers.lease_stage import (
    CONTENT,
    RATE,
    ROOT,
    TERMS,
    get_lease,
    set_up_lease,
    wait_for_lease,
)
from tests.helpers.node_stage import (
    CHARLIE,
    Wallet,
    make_config,
    open_client,
    run_stage,
    wait_for_block,
)
from tests.helpers.scheduler import run_seeded
from tests.stories.live_node import read_events

KEEPING = Keys(provider=CHARLIE)


def make_place(folder: Path, content: bytes | None = CONTENT) -> Config:
    """A node's configuration, with the bytes in its store."""
    if content is not None:
        BlobStore(get_blobs_folder(folder)).put_chunks(content)
    return replace(make_config(), base_path=folder)


async def make_lease_store(root: Root = ROOT, blocks: int = 600) -> tuple[MemoryStore, int]:
    """A chain with a lease that waits for its provider."""
    store = MemoryStore()
    async with run_stage(open_client(store)) as node:
        lease = await set_up_lease(node, root=root, blocks=blocks)
    return store, lease


@pytest.mark.parametrize("seed", range(2))
def test_a_lease_is_accepted_and_every_audit_answered(tmp_path: Path, seed: int) -> None:
    """Through a restart, too, and to the end of the balance."""

    async def main() -> None:
        store, lease = await make_lease_store(blocks=60)
        config = make_place(tmp_path)
        client = open_client(store)
        async with run_stage(client, KEEPING, config=config):
            await wait_for_lease(client, lease, 5 * TERMS.proof_every)
        entry = get_lease(client, lease)
        assert entry is not None
        assert entry.misses == 0
        again = open_client(store)
        async with run_stage(again, KEEPING, config=config):
            await wait_for_lease(again, lease, 60)
        assert get_lease(again, lease) is None
        runtime = get_runtime(again)
        assert runtime.bonds.get_bonded(CHARLIE.account, Role.STORAGE) == BOND
        for pallet in runtime.pallets:
            pallet.try_state()
        events = [
            event
            for number in range(1, again.best.value.number + 1)
            for event in read_events(again, get_hash(again, number))
        ]
        assert sum(isinstance(event, declared.AuditPassed) for event in events) == 10
        settled = [event for event in events if isinstance(event, declared.LeaseSettled)]
        assert sum(event.amount for event in settled) == 60 * RATE

    run_seeded(main, seed)


def get_hash(client: Client, number: int) -> Hash:
    found = client.get_block_hash(number)
    assert found is not None
    return found


def test_a_lease_of_bytes_that_are_not_here_is_not_accepted(tmp_path: Path) -> None:
    async def main() -> None:
        store, lease = await make_lease_store()
        client = open_client(store)
        async with run_stage(client, KEEPING, config=make_place(tmp_path, None)):
            await wait_for_block(client, client.best.value.number + 8)
        entry = get_lease(client, lease)
        assert entry is not None
        assert entry.accepted_at is None

    run_seeded(main)


def test_a_keeper_that_lost_the_bytes_loses_the_lease(tmp_path: Path) -> None:
    async def main() -> None:
        store, lease = await make_lease_store()
        client, config = open_client(store), make_place(tmp_path)
        async with run_stage(client, KEEPING, config=config):
            await wait_for_lease(client, lease, TERMS.proof_every)
        BlobStore(get_blobs_folder(tmp_path)).remove_chunks(ROOT)
        client = open_client(store)
        async with run_stage(client, KEEPING, config=config):
            await wait_for_block(client, client.best.value.number + 4 * TERMS.proof_every)
        runtime = get_runtime(client)
        entry = runtime.leases.lease[lease]
        assert entry.paid_blocks == TERMS.proof_every
        assert find_audit(entry, client.best.value.number) is None

    run_seeded(main)


def test_a_missed_audit_that_nobody_counted_is_no_hindrance(tmp_path: Path) -> None:
    """The node was away for one audit: the answer to the next one counts the miss."""

    async def main() -> None:
        store, lease = await make_lease_store()
        client, config = open_client(store), make_place(tmp_path)
        async with run_stage(client, KEEPING, config=config):
            await wait_for_lease(client, lease, TERMS.proof_every)
        away = open_client(store)
        async with run_stage(away, Keys(author=CHARLIE), config=config):
            entry = get_lease(away, lease)
            assert entry is not None
            await wait_for_block(away, entry.audit_at + TERMS.proof_blocks)
        back = open_client(store)
        async with run_stage(back, KEEPING, config=config):
            await wait_for_lease(back, lease, entry.paid_blocks + TERMS.proof_every)
        after = get_lease(back, lease)
        assert after is not None
        assert after.misses == 1

    run_seeded(main)


def test_the_largest_answer_fits_in_a_transaction() -> None:
    """32 chunks with the paths of a file of 1 TiB."""
    client = open_client()
    opening = Opening(bytes(CHUNK_BYTES), (Hash.zero(),) * PATH_LENGTH_MAX)
    wallet = Wallet(client)
    call = wallet.make_call("Leases", "por_respond", 2**40, (opening,) * DRAWS_MAX)
    raw = wallet.sign(CHARLIE, call, 2**20)
    assert len(raw) <= PoolConfig().transaction_bytes_max


def test_another_draw_is_another_duty(tmp_path: Path) -> None:
    """A fork that changes the drawing block changes what is due, so it is sent again."""

    async def main() -> None:
        store, lease = await make_lease_store()
        client, config = open_client(store), make_place(tmp_path)
        blobs = BlobStore(get_blobs_folder(tmp_path))
        async with run_stage(client, KEEPING, config=config):
            await wait_for_lease(client, lease, TERMS.proof_every)
        runtime = get_runtime(client)
        number = runtime.leases.lease[lease].audit_at
        one, other = (
            find_due(runtime, CHARLIE.account, number, head, blobs)
            for head in (client.genesis_hash, client.best.value.hash)
        )
        assert [each.lease for each in one] == [each.lease for each in other] == [lease]
        assert one != other
        await trio.lowlevel.checkpoint()

    run_seeded(main)
