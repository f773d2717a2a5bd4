"""Files on their way: they go on after a crash, and become whole only with the right bytes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain.blobs import (
    BlobBusy,
    BlobError,
    BlobStore,
    StoreFull,
    WrongBytes,
    chunk_tree,
    open_partial_file,
)
from chain.blobs.store import PART_SUFFIX
from runtime.primitives import Root
from runtime.tensor.chunks import commit_chunks

CONTENT = bytes(range(249)) * 90
SIZE = len(CONTENT)
ROOT = commit_chunks(CONTENT).root
NEEDED = 16 + 63 * 32 + SIZE


def get_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.data())
def test_a_file_in_pieces_is_the_file_at_once(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Tree and all, however it is cut, and however many blocks of the tree it has."""
    content = CONTENT[: data.draw(st.integers(1, SIZE))]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=4)))
    folders = [tmp_path_factory.mktemp(name) for name in "ab"]
    one, other = map(BlobStore, folders)
    root = one.put_chunks(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunk_tree, "BLOCK_HEIGHT", data.draw(st.integers(0, 6)))
        for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
            with other.open_partial(root, len(content)) as partial:
                assert partial.done_bytes == start
                partial.append(content[start:end])
        with other.open_partial(root, len(content)) as partial:
            partial.finish()
    assert other.get_chunked(root) == content
    [expected], [same] = (get_files(folder) for folder in folders)
    assert same.read_bytes() == expected.read_bytes()


@pytest.mark.parametrize("block_height", [0, 1, 2, 4])
@pytest.mark.parametrize("chunks", [1, 2, 3, 9, 17, 21])
def test_the_tree_of_many_blocks_is_the_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunks: int, block_height: int
) -> None:
    """Fillers of blocks that there are not, too."""
    content = CONTENT[: chunks * 1_024]
    (tmp_path / "file").write_bytes(content)
    one, other = BlobStore(tmp_path / "one"), BlobStore(tmp_path / "other")
    one.put_chunks(content)
    monkeypatch.setattr(chunk_tree, "BLOCK_HEIGHT", block_height)
    other.put_file(tmp_path / "file")
    [expected], [same] = get_files(tmp_path / "one"), get_files(tmp_path / "other")
    assert same.read_bytes() == expected.read_bytes()


def test_a_file_is_put_without_being_held_in_memory(tmp_path: Path) -> None:
    source, told = tmp_path / "source", list[int]()
    source.write_bytes(CONTENT * 60)
    store = BlobStore(tmp_path / "blobs")
    root = store.put_file(source, told.append)
    assert root == commit_chunks(CONTENT * 60).root
    assert store.get_chunked(root) == CONTENT * 60
    assert told == [1 << 20, 60 * SIZE]
    assert store.put_file(source, told.append) == root  # it is there already
    assert len(told) == 2
    source.write_bytes(b"")
    with pytest.raises(BlobError, match="expected 1 to"):
        store.put_file(source)
    with pytest.raises(BlobError, match="cannot be read"):
        store.put_file(tmp_path / "none")


def test_wrong_bytes_are_thrown_away(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    with store.open_partial(ROOT, SIZE) as partial:
        partial.append(CONTENT[:-1])
        with pytest.raises(BlobError, match=f"expected {SIZE} bytes, got {SIZE - 1} so far"):
            partial.finish()
        partial.append(b"\xff")
        with pytest.raises(WrongBytes):
            partial.finish()
    assert get_files(tmp_path) == []
    assert ROOT not in store
    # A lie about the size is one about the root.
    with store.open_partial(ROOT, SIZE - 1) as partial:
        with pytest.raises(BlobError, match="expected at most"):
            partial.append(CONTENT)
        partial.append(CONTENT[:-1])
        with pytest.raises(WrongBytes):
            partial.finish()


def test_bytes_that_a_crash_spoiled_are_noticed(tmp_path: Path) -> None:
    """A power cut may leave zeros in the middle of what was not on the disk yet."""
    store = BlobStore(tmp_path)
    with store.open_partial(ROOT, SIZE) as partial:
        partial.append(CONTENT[:-1])
    [path] = get_files(tmp_path)
    data = bytearray(path.read_bytes())
    data[-3_000:-2_000] = bytes(1_000)
    path.write_bytes(data)
    with store.open_partial(ROOT, SIZE) as partial:
        partial.append(CONTENT[-1:])
        with pytest.raises(WrongBytes):
            partial.finish()
    assert ROOT not in store


KILLED = """
import os, sys
from pathlib import Path
from chain.blobs import BlobStore, durable, chunk_file, partial
from runtime.primitives import Root
folder, root, size, where = sys.argv[1:]
die = lambda *args: os._exit(9)
if where == "append":
    pass
elif where == "tree":
    chunk_file.pack_header = die
elif where == "rename":
    partial.replace_durably = die
store = BlobStore(Path(folder))
with store.open_partial(Root(bytes.fromhex(root)), int(size)) as part:
    part.append(sys.stdin.buffer.read())
    if where == "append":
        die()
    part.finish()
"""


@pytest.mark.parametrize("where", ["append", "tree", "rename"])
def test_a_kill_at_any_moment_leaves_no_bad_file(tmp_path: Path, where: str) -> None:
    store = BlobStore(tmp_path)
    sent = CONTENT[:9_000] if where == "append" else CONTENT
    command = [sys.executable, "-c", KILLED, str(tmp_path), ROOT.hex(), str(SIZE), where]
    ended = subprocess.run(command, input=sent, check=False, timeout=30)
    assert ended.returncode == 9
    assert ROOT not in store
    assert store.get_partial_bytes(ROOT, SIZE) == len(sent)
    with store.open_partial(ROOT, SIZE) as partial:
        assert partial.done_bytes == len(sent)
        partial.append(CONTENT[len(sent) :])
        partial.finish()
    assert store.get_chunked(ROOT) == CONTENT
    assert len(get_files(tmp_path)) == 1


def test_room_is_taken_at_once_and_given_back(tmp_path: Path) -> None:
    store = BlobStore(tmp_path, NEEDED)
    with store.open_partial(ROOT, SIZE) as partial:
        assert store.get_used_bytes() == NEEDED
        with pytest.raises(StoreFull):
            store.put_bytes(b"x")
        partial.append(CONTENT)
        partial.finish()
    assert store.get_used_bytes() == NEEDED
    store.remove_chunks(ROOT)
    with pytest.raises(StoreFull):
        BlobStore(tmp_path, NEEDED - 1).open_partial(ROOT, SIZE)
    assert get_files(tmp_path) == []


def test_one_at_a_time(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    with store.open_partial(ROOT, SIZE) as partial:
        with pytest.raises(BlobBusy):
            BlobStore(tmp_path).open_partial(ROOT, SIZE)
        partial.append(CONTENT)
        assert store.collect_partials(2**40) == 0  # somebody is at it
        partial.finish()
    assert store.get_chunked(ROOT) == CONTENT


def test_stale_ones_are_collected(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    for root, size in ((ROOT, SIZE), (Root(b"\x07" * 32), 5)):
        with store.open_partial(root, size) as partial:
            partial.append(b"x")
    old, new = get_files(tmp_path)
    torn = old.with_name(f"torn{PART_SUFFIX}")
    torn.write_bytes(b"half")
    for path, when_s in ((old, 1_000), (new, 2_000), (torn, 1_000)):
        os.utime(path, (when_s, when_s))
    assert store.collect_partials(1_000) == 0
    assert store.collect_partials(1_001) > 0
    assert get_files(tmp_path) == [new]


def test_what_is_named_is_never_collected(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    pinned, free, young = (store.put_chunks(content) for content in (b"a", b"b", b"c"))
    tensor = store.put_bytes(b"tensor")
    for path in get_files(tmp_path):
        if path.stem != young.hex():
            os.utime(path, (1_000, 1_000))
    assert store.collect_chunks({pinned}, 2_000) == 16 + 32 + 1
    assert pinned in store
    assert free not in store
    assert young in store
    assert tensor in store


def test_a_plain_file_on_its_way(tmp_path: Path) -> None:
    target = tmp_path / "out"
    with open_partial_file(target, ROOT, SIZE) as partial:
        partial.append(CONTENT[:5_000])
        partial.cut(4_096)
        assert partial.done_bytes == 4_096
        assert not target.exists()
    with open_partial_file(target, ROOT, SIZE) as partial:
        partial.append(CONTENT[4_096:])
        partial.finish()
    assert target.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(BlobError, match="cannot be written"):
        open_partial_file(tmp_path / "no" / "out", ROOT, SIZE)
