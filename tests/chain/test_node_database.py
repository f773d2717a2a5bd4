"""A node over a database that is not its own or damaged: a typed error, or all is well."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import pytest
import trio

from chain.client.client import Client
from chain.client.importer import Importer, compute_final_in_dev
from chain.client.verifier import Verifier
from chain.config import Config
from chain.db import schema
from chain.db.leveldb import LevelDbStore
from chain.db.memory import MemoryStore
from chain.db.store import WriteBatch
from chain.errors import (
    DatabaseCorrupted,
    DatabaseError,
    DatabaseLocked,
    GenesisMismatch,
    SchemaMismatch,
)
from chain.node import DATABASE_FOLDER, Keys, open_client, run_node
from chain.worker import InlineWorker
from runtime.state.commitment import StateTree
from tests.helpers.clock import START_MS, ManualClock, SimulatedClock
from tests.helpers.node_stage import (
    ALICE,
    BOB,
    CONSENSUS,
    BlockMaker,
    Wallet,
    make_config,
    make_spec,
    run_stage,
    wait_for_block,
)
from tests.helpers.node_stage import open_client as open_client_on
from tests.helpers.scheduler import run_seeded

BLOCKS = 6
SPEC = make_spec()


def at(base_path: Path) -> Config:
    return replace(make_config(), base_path=base_path)


def folder_of(base_path: Path) -> Path:
    return base_path / SPEC.id / DATABASE_FOLDER


async def add_blocks(client: Client, count: int) -> None:
    maker, wallet = BlockMaker(client), Wallet(client)
    verifier, clock = Verifier(client.api, CONSENSUS), ManualClock(START_MS + 600_000)
    rule = compute_final_in_dev(client)
    importer = Importer(client, verifier, InlineWorker(), clock, rule)
    importer.replay_stored()
    for _ in range(count):
        nonce = client.best.value.number
        raw = wallet.transfer(BOB, ALICE.account, 5, nonce)
        await importer.import_block(maker.make(transactions=[raw]))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base path whose database was closed in order, twice, so that it has every kind of file."""
    base_path = tmp_path_factory.mktemp("node")
    for _ in range(2):
        with open_client(at(base_path), SPEC) as client:
            run_seeded(partial(add_blocks, client, BLOCKS // 2))
    return base_path


@pytest.fixture
def base_path(original: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    copy = tmp_path / "copy"
    shutil.copytree(original, copy)
    return copy


def read_all(base_path: Path) -> dict[bytes, bytes]:
    store = LevelDbStore(folder_of(base_path))
    try:
        return dict(store.iterate())
    finally:
        store.close()


def put(base_path: Path, key: bytes, value: bytes) -> None:
    store = LevelDbStore(folder_of(base_path))
    batch = WriteBatch()
    batch.put(key, value)
    store.write(batch, sync=True)
    store.close()


def check_whole(client: Client) -> None:
    """Every block up to the final one is there, and each state has its header's root."""
    run_seeded(partial(add_blocks, client, 0))
    for number in range(client.best.value.number + 1):
        block_hash = client.get_block_hash(number)
        assert block_hash is not None
        header = client.get_header(block_hash)
        assert header is not None
        assert header.compute_hash() == block_hash
        assert client.get_body(block_hash) is not None
        state = client.state_at(block_hash)
        entries: dict[bytes, bytes] = {}
        key = state.next_key(b"")
        while key is not None:
            value = state.get(key)
            assert value is not None
            entries[key] = value
            key = state.next_key(key)
        assert StateTree.build(entries.items()).root == header.state_root


def test_a_second_node_on_the_base_path_is_told_so_and_the_first_goes_on(base_path: Path) -> None:
    with open_client(at(base_path), SPEC) as client:
        for _ in range(2):
            with (
                pytest.raises(DatabaseLocked, match="stop that node or choose another --base-path"),
                open_client(at(base_path), SPEC),
            ):
                raise AssertionError("two nodes have one database")
        run_seeded(partial(add_blocks, client, 2))
        assert client.best.value.number == BLOCKS + 2
    with open_client(at(base_path), SPEC) as client:
        check_whole(client)


def test_the_second_node_s_error_reaches_whoever_runs_it(base_path: Path) -> None:
    config = replace(at(base_path), chain="dev")

    async def main() -> None:
        clock = ManualClock()
        await run_node(config, Keys(), worker=InlineWorker(), clock=clock)

    with open_client(at(base_path), SPEC), pytest.raises(DatabaseLocked):
        trio.run(main)


def test_a_base_path_that_is_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("not a folder")
    with pytest.raises(DatabaseError, match="expected a folder at"), open_client(at(path), SPEC):
        raise AssertionError("opened a file")


def test_another_chain_s_database_is_refused_and_left_as_it_is(base_path: Path) -> None:
    before = read_all(base_path)
    other = replace(SPEC, balances=SPEC.balances[1:])
    with (
        pytest.raises(GenesisMismatch, match=r"expected the chain with genesis 0x.*, got 0x"),
        open_client(at(base_path), other),
    ):
        raise AssertionError("opened another chain")
    assert read_all(base_path) == before


@pytest.mark.parametrize("version", [0, schema.VERSION + 1])
def test_another_schema_is_refused_and_left_as_it_is(base_path: Path, version: int) -> None:
    put(base_path, schema.META_VERSION, schema.encode_number(version))
    before = read_all(base_path)
    with (
        pytest.raises(SchemaMismatch, match=f"expected database schema {schema.VERSION}, got"),
        open_client(at(base_path), SPEC),
    ):
        raise AssertionError("opened another schema")
    assert read_all(base_path) == before


def test_a_state_that_is_not_what_its_header_says_is_refused(base_path: Path) -> None:
    put(base_path, schema.STATE + b"smuggled", b"in")
    with (
        pytest.raises(DatabaseCorrupted, match="the finalised state has another root"),
        open_client(at(base_path), SPEC),
    ):
        raise AssertionError("opened a forged state")


def flip_byte(path: Path, random: Random) -> None:
    data = bytearray(path.read_bytes())
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    path.write_bytes(data)


def truncate(path: Path, random: Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: random.randrange(len(data) + 1)])


def overwrite(path: Path, random: Random) -> None:
    path.write_bytes(random.randbytes(path.stat().st_size))


def remove(path: Path, random: Random) -> None:
    del random
    path.unlink()


@pytest.mark.parametrize("damage", [flip_byte, truncate, overwrite, remove])
def test_damaged_files_are_refused_or_lose_only_their_end(
    original: Path, tmp_path: Path, damage: Callable[[Path, Random], None]
) -> None:
    random = Random(damage.__name__)
    names = [each.name for each in sorted(folder_of(original).iterdir()) if each.is_file()]
    counted = [name for name in names if not name.startswith(("LOCK", "LOG", "NODE_LOCK"))]
    assert {Path(name).suffix for name in counted} >= {".ldb", ".log"}
    refused = 0
    for round_ in range(3):
        for name in counted:
            copy = tmp_path / f"{round_}-{name}"
            shutil.copytree(original, copy)
            damage(folder_of(copy) / name, random)
            try:
                with open_client(at(copy), SPEC) as client:
                    check_whole(client)
            except DatabaseError:
                refused += 1
    assert refused > 0


class FullDisk(MemoryStore):
    """A disk on which only so many more writes fit."""

    def __init__(self) -> None:
        super().__init__()
        self.room = 1 << 30

    def write(self, batch: WriteBatch, *, sync: bool) -> None:
        if self.room == 0:
            raise DatabaseError("expected room on the disk, got none")
        self.room -= 1
        super().write(batch, sync=sync)


@pytest.mark.parametrize("room", range(8))
def test_a_disk_that_fills_up_ends_the_node_with_its_error_and_nothing_is_torn(room: int) -> None:
    async def main() -> None:
        store = FullDisk()
        client = open_client_on(store, SPEC)
        store.room = room
        with pytest.raises(BaseExceptionGroup) as caught:
            async with run_stage(client, Keys(author=ALICE)):
                await trio.sleep(600)
        assert caught.group_contains(DatabaseError, match="expected room on the disk")
        store.room = 1 << 30
        again = open_client_on(store, SPEC)
        assert again.finalised.value.number == client.finalised.value.number
        async with run_stage(again, Keys(author=ALICE), clock=SimulatedClock(START_MS + 600_000)):
            await wait_for_block(again, client.best.value.number + 2)

    run_seeded(main)
