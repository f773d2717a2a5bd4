"""Secrets in files: for their owner alone, whole, never replaced, and told when they are gone."""

import os
from pathlib import Path
from stat import S_ISDIR

import pytest

from chain.wallet.errors import WalletError
from chain.wallet.labelling import LabelSecrets
from chain.wallet.pooling import PoolSecrets
from chain.wallet.secret_files import NoSuchSecret, dump_secret, load_secret, make_salt
from runtime.primitives import Hash

COMMITMENT = Hash(b"\x07" * 32)


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret"
    dump_secret(path, b"told")
    assert load_secret(path, bytes, "a secret") == b"told"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [each.name for each in path.parent.iterdir()] == ["secret"]


def test_it_is_not_written_over_another(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    dump_secret(path, b"first")
    with pytest.raises(WalletError, match="secret: cannot be written: File exists"):
        dump_secret(path, b"second")
    assert path.read_bytes() == b"first"
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


def test_what_a_crash_left_is_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file has its name when its bytes are on the disk, not before."""

    def crash(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        dump_secret(tmp_path / "secret", b"half")
    assert list(tmp_path.iterdir()) == []


def test_its_name_is_on_the_disk_before_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret whose name a power cut takes is lost, and what was paid for it."""
    path, synced = tmp_path / "secret", list[tuple[bool, bool]]()

    def note(handle: int) -> None:
        synced.append((S_ISDIR(os.fstat(handle).st_mode), path.exists()))

    monkeypatch.setattr("os.fsync", note)
    dump_secret(path, b"told")
    assert synced == [(False, False), (True, True)]


def test_what_is_gone_or_spoilt_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoSuchSecret, match="secret: my secret is not there: No such file"):
        load_secret(tmp_path / "secret", bytes, "my secret")
    for secrets in (LabelSecrets(tmp_path / "labels"), PoolSecrets(tmp_path / "pools")):
        with pytest.raises(NoSuchSecret, match="what was committed to is not there"):
            secrets.get(COMMITMENT)
        secrets.folder.mkdir()
        for spoilt in ("", "{}", "[1]", '{"labels":[],"items":[],"content":"*","salt":"zz"}'):
            (secrets.folder / f"{COMMITMENT.hex()}.json").write_text(spoilt)
            with pytest.raises(NoSuchSecret, match="expected what was committed to: "):
                secrets.get(COMMITMENT)


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    labels, pools, salt = LabelSecrets(tmp_path / "a"), PoolSecrets(tmp_path / "b"), make_salt()
    labels.keep(COMMITMENT, [3, 1], salt, [0, 7])
    assert labels.get(COMMITMENT) == ([3, 1], [0, 7], salt)
    pools.keep(COMMITMENT, bytes(range(256)), salt)
    assert pools.get(COMMITMENT) == (bytes(range(256)), salt)
    assert len(salt) == 32
    assert salt != make_salt()
