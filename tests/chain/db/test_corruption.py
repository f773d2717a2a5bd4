"""Damaged files: an error that says so, or a consistent earlier state; never something else."""

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from chain.db.blocks import BlockRecord
from chain.db.database import Database, open_database
from chain.errors import DatabaseError
from tests.helpers.chain_of_blocks import changes_of, make_block, make_genesis, state_after

GENESIS = make_genesis()
LAST = 40
LOG_BLOCK = 32_768


@pytest.fixture(scope="module")
def line() -> list[BlockRecord]:
    blocks = [GENESIS.block]
    for _ in range(LAST + 1):
        blocks.append(make_block(blocks[-1], extrinsics=20))
    return blocks


@pytest.fixture(scope="module")
def states() -> list[dict[bytes, bytes]]:
    return [state_after(GENESIS, number) for number in range(LAST + 1)]


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory, line: list[BlockRecord]) -> Path:
    """A database with blocks in sorted files and in the log: each restart empties the log."""
    path = tmp_path_factory.mktemp("intact") / "db"
    for first in (1, 16, 31):
        with open_database(path, GENESIS) as database:
            for block in line[first : min(first + 15, LAST + 1)]:
                database.blocks.insert(block)
                database.finalise(block.hash, {block.hash: changes_of(block.number)})
    kinds = {each.suffix for each in path.iterdir()}
    assert {".log", ".ldb"} <= kinds
    return path


def flip(data: bytes, random: Random) -> bytes:
    damaged = bytearray(data)
    damaged[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(damaged)


def truncate(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def zero(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data))
    length = min(len(data) - start, random.choice([8, 512, 4_096]))
    return data[:start] + bytes(length) + data[start + length :]


def zero_pages(data: bytes, random: Random) -> bytes:
    """As a disk may leave what was never written: LevelDB takes such blocks of a log for empty."""
    count = -(-len(data) // LOG_BLOCK)
    start = random.randrange(count) * LOG_BLOCK
    length = min(len(data) - start, LOG_BLOCK)
    return data[:start] + bytes(length) + data[start + length :]


def scramble(data: bytes, random: Random) -> bytes:
    start = random.randrange(len(data))
    length = min(len(data) - start, 256)
    return data[:start] + random.randbytes(length) + data[start + length :]


def check(database: Database, line: list[BlockRecord], states: list[dict[bytes, bytes]]) -> int:
    """Asserts that everything up to the finalised block is as it was written."""
    number, block_hash = database.state.finalised.number, database.state.finalised.hash
    assert block_hash == line[number].hash
    assert dict(database.state.entries()) == states[number]
    for each in range(number + 1):
        backend = database.state.state_at_finalised(each)
        keys = {f"key-{index}".encode() for index in range(100)} | {b"a", b"b", b"none"}
        assert {key: backend.get(key) for key in keys} == {
            key: states[each].get(key) for key in keys
        }
        assert database.blocks.get_canonical_hash(each) == line[each].hash
        assert database.blocks.get_header(line[each].hash) == line[each].header
        assert database.blocks.get_body(line[each].hash) == line[each].body
    return number


@pytest.mark.parametrize("damage", [flip, truncate, zero, zero_pages, scramble])
@pytest.mark.parametrize("suffix", [".log", ".ldb", "MANIFEST", "CURRENT"])
def test_damage_is_noticed_or_undone(
    tmp_path: Path,
    intact: Path,
    line: list[BlockRecord],
    states: list[dict[bytes, bytes]],
    damage: Callable[[bytes, Random], bytes],
    suffix: str,
) -> None:
    outcomes: Counter[str] = Counter()
    for seed in range(12):
        random = Random(f"{suffix} {damage.__name__} {seed}")
        path = tmp_path / str(seed)
        shutil.copytree(intact, path)
        files = sorted(each for each in path.iterdir() if suffix in each.name)
        file = random.choice([each for each in files if each.stat().st_size])
        file.write_bytes(damage(file.read_bytes(), random))
        try:
            with open_database(path, GENESIS) as database:
                number = check(database, line, states)
        except DatabaseError:
            outcomes["error"] += 1
        else:
            outcomes["whole" if number == LAST else "earlier"] += 1
    # A log cut off in the middle of a record is what a crash leaves: the record was never whole.
    expected = {"earlier"} if (suffix, damage) == (".log", truncate) else {"error"}
    assert expected <= set(outcomes), outcomes


@pytest.mark.parametrize("suffix", [".log", ".ldb", "MANIFEST", "CURRENT"])
def test_a_lost_file_is_noticed_or_undone(
    tmp_path: Path,
    intact: Path,
    line: list[BlockRecord],
    states: list[dict[bytes, bytes]],
    suffix: str,
) -> None:
    names = sorted(each.name for each in intact.iterdir() if suffix in each.name)
    for name in names:
        path = tmp_path / name
        shutil.copytree(intact, path)
        (path / name).unlink()
        try:
            with open_database(path, GENESIS) as database:
                assert check(database, line, states) == 30
                assert suffix == ".log"
        except DatabaseError:
            assert suffix != ".log"
