"""Packages and the secrets of sales: what is written is read again, anything else is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.wallet.errors import WalletError
from chain.wallet.sale_keys import SaleKeys
from chain.wallet.sealed_file import (
    HEADER_BYTES,
    MAGIC,
    BadPackage,
    Package,
    ensure_package,
    find_bad_chunk,
    load_package,
    pack_file,
    unpack_file,
)
from chain.wallet.secret_files import NoSuchSecret
from pallets.vault.types import BoxKey
from runtime.crypto.chunk_cipher import compute_key_commit
from runtime.crypto.sealed_box import public_of_secret
from runtime.frame.ai_types import SealedDataset
from runtime.primitives import Hash, Root
from runtime.tensor.chunks import commit_chunks, verify_chunk, verify_chunk_leaf
from tests.helpers.sale_stage import KEY, PLAIN, SEALED

SIZE = len(PLAIN)


@pytest.fixture
def package(tmp_path: Path) -> Package:
    source = tmp_path / "data"
    source.write_bytes(PLAIN)
    return pack_file(source, tmp_path / "data.sealed", KEY)


def make_sold(package: Package) -> SealedDataset:
    commit = Hash(compute_key_commit(KEY))
    roots = (package.plain_tree.root, package.cipher_tree.root)
    return SealedDataset(*roots, commit, package.size_bytes)


def test_a_package_has_the_roots_that_the_chain_judges_by(package: Package) -> None:
    body = SEALED.body
    assert (package.plain_tree.root, package.cipher_tree.root) == (
        body.plain_root,
        body.cipher_root,
    )
    raw = package.path.read_bytes()
    leaves = b"".join(SEALED.plain_tree.levels[0][: SEALED.plain_tree.chunks_count])
    assert raw == MAGIC + SIZE.to_bytes(8, "little") + leaves + SEALED.cipher
    assert load_package(package.path) == package


def test_every_chunk_can_be_proven(package: Package) -> None:
    for index in range(package.plain_tree.chunks_count):
        proof = package.prove(index)
        assert proof == SEALED.prove(index)
        roots = (package.cipher_tree.root, package.plain_tree.root)
        verify_chunk(roots[0], SIZE, index, proof.chunk, proof.cipher_path)
        verify_chunk_leaf(roots[1], SIZE, index, proof.leaf, proof.plain_path)


@settings(max_examples=25)
@given(data=st.binary(min_size=1, max_size=3_000), key=st.binary(min_size=32, max_size=32))
def test_what_is_packed_is_unpacked(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, key: bytes
) -> None:
    folder = tmp_path_factory.mktemp("pack")
    (folder / "in").write_bytes(data)
    done: list[int] = []
    package = pack_file(folder / "in", folder / "sealed", key, done.append)
    assert done == list(range(1, len(done) + 1))
    assert package.plain_tree == commit_chunks(data)
    assert unpack_file(load_package(folder / "sealed"), key, folder / "out") is None
    assert (folder / "out").read_bytes() == data


def test_a_wrong_chunk_leaves_no_file(package: Package, tmp_path: Path) -> None:
    raw = bytearray(package.path.read_bytes())
    raw[-1] ^= 1
    package.path.write_bytes(raw)
    loaded, last = load_package(package.path), package.plain_tree.chunks_count - 1
    assert find_bad_chunk(loaded, KEY) == last
    assert unpack_file(loaded, KEY, tmp_path / "out") == last
    assert unpack_file(loaded, b"w" * 32, tmp_path / "out") == 0
    assert find_bad_chunk(package, KEY) == last
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "data.sealed"]


def test_nothing_is_bought_that_could_not_be_disputed(package: Package) -> None:
    sold = make_sold(package)
    ensure_package(package, sold)
    for changed, why in (
        (replace(sold, size_bytes=SIZE + 1), f"it holds {SIZE} bytes"),
        (replace(sold, plain_root=Root.zero()), "its leaves are not those"),
        (replace(sold, cipher_root=Root.zero()), "its data is not that"),
    ):
        with pytest.raises(BadPackage, match=why):
            ensure_package(package, changed)


@pytest.mark.parametrize("size", [0, 10, HEADER_BYTES - 1, HEADER_BYTES, 200])
def test_a_short_file_is_no_package(package: Package, size: int) -> None:
    package.path.write_bytes(package.path.read_bytes()[:size])
    with pytest.raises(BadPackage):
        load_package(package.path)


def test_other_files_are_no_packages(package: Package) -> None:
    raw = package.path.read_bytes()
    for wrong in (
        raw + b"\0",
        b"x" + raw[1:],
        raw[:16] + bytes(8) + raw[24:],
        raw[:16] + b"\xff" * 8 + raw[24:],
    ):
        package.path.write_bytes(wrong)
        with pytest.raises(BadPackage):
            load_package(package.path)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(WalletError, match="cannot be read"):
        pack_file(tmp_path / "none", tmp_path / "out", KEY)
    with pytest.raises(WalletError, match="cannot be read"):
        load_package(tmp_path / "none")
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(WalletError, match="expected 1 to"):
        pack_file(tmp_path / "empty", tmp_path / "out", KEY)
    (tmp_path / "one").write_bytes(b"1")
    with pytest.raises(WalletError, match="cannot be written"):
        pack_file(tmp_path / "one", tmp_path / "no" / "out", KEY)


# --- secrets


def test_secrets_are_found_by_what_is_public(tmp_path: Path) -> None:
    keys = SaleKeys(tmp_path / "sales")
    key, other = keys.make_key(), keys.make_key()
    assert key != other
    commit = Hash(compute_key_commit(key))
    assert keys.get_key(commit) == key
    assert keys.has_key(commit)
    public = keys.make_secret()
    assert public_of_secret(keys.get_secret(public)) == public
    files = [path for path in (tmp_path / "sales").rglob("*") if path.is_file()]
    assert len(files) == 3
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_secrets_that_are_not_there(tmp_path: Path) -> None:
    keys = SaleKeys(tmp_path)
    assert not keys.has_key(Hash.zero())
    with pytest.raises(NoSuchSecret, match="the key of this data is not there"):
        keys.get_key(Hash.zero())
    with pytest.raises(NoSuchSecret, match="the secret of this order is not there"):
        keys.get_secret(BoxKey(bytes(32)))
    keys.make_key()
    (path,) = (tmp_path / "keys").iterdir()
    moved = path.rename(path.with_name(Hash.zero().hex()))
    with pytest.raises(NoSuchSecret, match="expected another key"):
        keys.get_key(Hash.zero())
    for text, why in (("zz", "hexadecimal"), ("00", "expected 32 bytes, got 1")):
        moved.write_text(text)
        with pytest.raises(NoSuchSecret, match=why):
            keys.get_key(Hash.zero())
    public = keys.make_secret()
    (path,) = (tmp_path / "orders").iterdir()
    path.rename(path.with_name(bytes(32).hex()))
    with pytest.raises(NoSuchSecret, match="expected another secret"):
        keys.get_secret(BoxKey(bytes(32)))
    assert public != BoxKey(bytes(32))
