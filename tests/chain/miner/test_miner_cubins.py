"""Compiled kernels are kept, and a broken or missing file only costs time."""

from pathlib import Path

from chain.miner.cubins import CubinFolder


def test_what_was_put_is_there_at_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert CubinFolder(folder).get("kernel-sm_80") is None
    CubinFolder(folder).put("kernel-sm_80", b"\x7fELF")
    CubinFolder(folder).put("kernel-sm_90a", b"other")
    assert CubinFolder(folder).get("kernel-sm_80") == b"\x7fELF"
    assert sorted(each.name for each in folder.iterdir()) == ["kernel-sm_80", "kernel-sm_90a"]


def test_broken_files_are_not_used(tmp_path: Path) -> None:
    store = CubinFolder(tmp_path)
    store.put("kernel", b"\x7fELF and more")
    file = tmp_path / "kernel"
    whole = file.read_bytes()
    for broken in (whole[:-1], whole[:10], b"", whole[:-1] + b"?"):
        file.write_bytes(broken)
        assert store.get("kernel") is None
    store.put("kernel", b"new")
    assert store.get("kernel") == b"new"


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = CubinFolder(tmp_path / "file")
    store.put("kernel", b"\x7fELF")
    assert store.get("kernel") is None
