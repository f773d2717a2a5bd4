"""Opening the folder of the database: the lock, and what is wrong with it."""

import subprocess
import sys
from pathlib import Path

import pytest

from chain.db.leveldb import LevelDbStore
from chain.db.store import WriteBatch
from chain.errors import DatabaseCorrupted, DatabaseError, DatabaseLocked

OPEN = """
import sys
from pathlib import Path
from chain.db.leveldb import LevelDbStore
from chain.errors import DatabaseLocked
try:
    LevelDbStore(Path(sys.argv[1])).close()
    print("opened")
except DatabaseLocked as error:
    print(error)
"""


def open_elsewhere(path: Path) -> str:
    """What another process gets that opens the folder."""
    done = subprocess.run(
        [sys.executable, "-c", OPEN, str(path)], capture_output=True, text=True, check=True
    )
    return done.stdout


def fill(path: Path, count: int = 100) -> None:
    store = LevelDbStore(path)
    for each in range(count):
        batch = WriteBatch()
        batch.put(f"{each:04}".encode(), bytes(100))
        store.write(batch, sync=False)
    store.close()


def test_a_second_open_is_refused_in_this_process_and_in_another(tmp_path: Path) -> None:
    path = tmp_path / "db"
    store = LevelDbStore(path)
    # Twice: LevelDB's own lock is gone after the first refusal.
    for _ in range(2):
        with pytest.raises(DatabaseLocked, match=r"stop that node or choose another --base-path"):
            LevelDbStore(path)
        assert "got a lock held by another node" in open_elsewhere(path)
    store.write(WriteBatch(), sync=True)
    store.close()
    assert open_elsewhere(path) == "opened\n"
    LevelDbStore(path).close()


def test_a_failed_open_leaves_no_lock(tmp_path: Path) -> None:
    fill(tmp_path)
    current = (tmp_path / "CURRENT").read_bytes()
    (tmp_path / "CURRENT").write_bytes(b"MANIFEST-999999\n")
    for _ in range(2):
        with pytest.raises(DatabaseError):
            LevelDbStore(tmp_path)
    (tmp_path / "CURRENT").write_bytes(current)
    store = LevelDbStore(tmp_path)
    assert len(list(store.iterate())) == 100
    store.close()


def test_a_lost_current_file_does_not_begin_a_new_database(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "CURRENT").unlink()
    before = sorted(each.name for each in tmp_path.iterdir())
    with pytest.raises(DatabaseCorrupted, match="CURRENT is missing; check the disk"):
        LevelDbStore(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == before


@pytest.mark.parametrize("text", [b"", b"garbage", b"MANIFEST-999999\n", b"../x\n"])
def test_a_garbled_current_file(tmp_path: Path, text: bytes) -> None:
    fill(tmp_path)
    (tmp_path / "CURRENT").write_bytes(text)
    with pytest.raises(DatabaseError, match=str(tmp_path)):
        LevelDbStore(tmp_path)


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "db").write_text("")
    for path in (tmp_path / "db", tmp_path / "db" / "inner"):
        with pytest.raises(DatabaseError, match="choose another --base-path"):
            LevelDbStore(path)


def test_a_folder_inside_the_database_where_a_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "CURRENT").mkdir()
    with pytest.raises(DatabaseError):
        LevelDbStore(tmp_path)
