"""`soberana store` and `soberana rent`: from an offer to the end of a lease."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from chain.blobs import BlobStore
from chain.wallet.chain_reader import to_hex
from tests.helpers.blob_server import serve_blobs
from tests.helpers.cli_stage import CliStage, open_stage

UNIT = 10**12
CONTENT = bytes(range(256)) * 10


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        yield opened


def put(stage: CliStage) -> str:
    """Puts a file; its root."""
    file = stage.base_path.parent / "file"
    file.write_bytes(CONTENT)
    said = stage.run_local("store", "put", str(file), "--json").json
    assert (said["sizeBytes"], said["chunks"]) == (2_560, 3)
    root: str = said["root"]
    return root


def register(stage: CliStage, *kinds: str) -> None:
    """Provider 0, with bonds in both roles."""
    options = [part for kind in kinds for part in ("--kind", kind)]
    terms = ("--from", "//Charlie", "--bond", "200 SBR")
    assert stage.run("provider", "register", *options, *terms, "--json").json["id"] == 0


def offer(stage: CliStage, group: str, *options: str) -> Any:
    """An offer of provider 0."""
    arguments = (group, "offer", "--record", "0", "--from", "//Charlie", *options)
    return stage.run(*arguments, "--json").json


def test_a_file_is_put_written_out_and_dropped(stage: CliStage, tmp_path: Path) -> None:
    root, out = put(stage), tmp_path / "out"
    assert stage.run_local("store", "get", root, str(out), "--json").json["sizeBytes"] == 2_560
    assert out.read_bytes() == CONTENT
    assert "2_560 bytes" in stage.run_local("store", "get", root[2:], str(out)).out
    assert "is kept" in stage.run_local("store", "put", str(out)).out
    assert stage.run_local("store", "drop", root, "--json").json == {"dropped": root}
    said = stage.run_local("store", "get", root, str(out))
    assert (said.code, "no blob with root" in said.err) == (1, True)


def test_every_copy_is_another_ciphertext(stage: CliStage, tmp_path: Path) -> None:
    file, key, out = tmp_path / "file", tmp_path / "key", tmp_path / "out"
    file.write_bytes(CONTENT)
    arguments = ("store", "put", str(file), "--key-file", str(key), "--json")
    copies = [stage.run_local(*arguments).json for _ in range(3)]
    assert key.stat().st_mode & 0o777 == 0o600
    assert len({copy["root"] for copy in copies}) == 3
    assert {copy["sizeBytes"] for copy in copies} == {2_560 + 64}
    for copy in copies:
        get = ("store", "get", copy["root"], str(out))
        stage.run_local(*get)
        assert CONTENT[:1_024] not in out.read_bytes()
        assert stage.run_local(*get, "--key-file", str(key)).code == 0
        assert out.read_bytes() == CONTENT
    other = tmp_path / "other"
    other.write_bytes(bytes(32))
    said = stage.run_local(*get, "--key-file", str(other))
    assert "expected a replica of this key" in said.err
    other.write_bytes(b"short")
    assert "a key of 32 bytes, got 5" in stage.run_local(*get, "--key-file", str(other)).err
    plain = put(stage)
    said = stage.run_local("store", "get", plain, str(out), "--key-file", str(key))
    assert "got other bytes" in said.err
    said = stage.run_local("store", "get", plain, str(out), "--key-file", str(tmp_path / "none"))
    assert "cannot be read" in said.err
    said = stage.run_local(*arguments[:4], str(tmp_path / "no" / "key"))
    assert "cannot be written" in said.err


def test_storage_is_offered_and_leased(stage: CliStage) -> None:
    root = put(stage)
    register(stage, "store")
    made = offer(stage, "store", "--bond", "100 SBR", "--rate", "0.01 SBR", "--capacity", "2")
    assert (made["offer"], made["capacity"], made["rate"]) == (0, 2, str(UNIT // 100))
    terms = ("--amount", "2 SBR", "--from", "//Dave")
    assert stage.run("store", "lease", "0", root, *terms, "--json").json["lease"] == 0
    said = stage.run("store", "lease", "0", "0x" + "ab" * 32, "--size", "5", *terms)
    assert "lease 1 waits for its provider" in said.out
    shown = stage.run("store", "status", "0", "--json").json
    assert (shown["root"], shown["sizeBytes"], shown["misses"]) == (root, 2_560, 0)
    assert (shown["phase"], shown["acceptedAt"]) == ("waiting for its provider", None)
    assert stage.run("rent", "offers", "--json").json == []  # both units are taken
    closed = stage.run("store", "close", "0", "--from", "//Dave", "--json").json
    assert closed["closed"] == "tenant"
    declined = stage.run("store", "reclaim", "1", "--from", "//Charlie", "--json").json
    assert declined["closed"] == "declined"
    (free,) = stage.run("rent", "offers", "--json").json
    assert (free["kind"], free["free"]) == ("store", 2)


def test_machines_are_rented(stage: CliStage) -> None:
    register(stage, "rent", "store", "infer")
    offer(stage, "rent", "--capacity", "3", "--min", "2", "--review", "1", "--rate", "1 SBR")
    assert "free units" in stage.run("rent", "offers").out
    terms = ("--amount", "50 SBR", "--from", "//Dave", "--count", "2")
    assert stage.run("rent", "start", "0", *terms, "--json").json["rate"] == str(2 * UNIT)
    said = stage.run("rent", "accept", "0", "--from", "//Charlie")
    assert said.code == 1
    assert "Leases.BondTooLow" in said.err
    bond = ("--bond", "3000 SBR", "--from", "//Charlie")
    offer(stage, "rent", *bond[:2])
    assert stage.run("rent", "accept", "0", "--from", "//Charlie").code == 0
    more = ("rent", "top-up", "0", "--amount", "4 SBR", "--from", "//Dave")
    assert stage.run(*more, "--json").json["done"] == "lease 0 is topped up"
    paid = stage.run("rent", "pay", "0", "--from", "//Dave", "--json").json
    assert int(paid["paid"]) > 0
    shown = stage.run("rent", "status", "0", "--json").json
    assert (shown["machines"], shown["phase"]) == (2, "running")
    assert shown["balance"] == str(54 * UNIT - int(shown["paid"]))
    assert "collateral" in stage.run("rent", "status", "0").out
    assert "notice was given" in stage.run("rent", "reclaim", "0", "--from", "//Charlie").out
    assert stage.run("rent", "status", "0", "--json").json["phase"] == "reclaimed"
    ended = stage.run("rent", "dispute", "0", "--from", "//Dave", "--json").json
    assert ended["closed"] == "disputed"


def test_a_file_is_fetched_and_proven(stage: CliStage, tmp_path: Path) -> None:
    served, liar = BlobStore(tmp_path / "served"), BlobStore(tmp_path / "liar")
    root = served.put_chunks(CONTENT)
    liar.put_chunks(CONTENT)
    [path] = (tmp_path / "liar").glob("*/*")
    path.write_bytes(path.read_bytes()[:-1])
    with serve_blobs(served) as url, serve_blobs(liar) as other:
        said = stage.run("store", "fetch", "0x" + "ab" * 32, "--source", url)
        assert (said.code, "404" in said.err) == (1, True)
        said = stage.run("store", "fetch", root.hex(), "--source", other)
        assert (said.code, "cannot be fetched" in said.err) == (1, True)
        assert root not in BlobStore(stage.base_path / "blobs")
        fetch = ("store", "fetch", root.hex(), "--source", other, "--source", url)
        assert stage.run(*fetch, "--json").json["sizeBytes"] == 2_560
        assert "2_560 bytes fetched" in stage.run(*fetch).out
    assert BlobStore(stage.base_path / "blobs").get_chunked(root) == CONTENT


def test_what_a_lease_or_a_record_names_is_not_collected(stage: CliStage, tmp_path: Path) -> None:
    """Old files go but for those; so do uploads that were left."""
    leased, store = put(stage), BlobStore(stage.base_path / "blobs")
    register(stage, "store")
    offer(stage, "store")
    terms = ("--amount", "2 SBR", "--from", "//Dave")
    assert stage.run("store", "lease", "0", leased, *terms).code == 0
    (tmp_path / "published").write_bytes(b"published")
    (tmp_path / "sold").write_bytes(b"sold" * 500)
    publish = ("data", "publish", str(tmp_path / "published"), "--items", "1", "--from", "//Bob")
    assert stage.run(*publish).code == 0
    sell = ("data", "offer-sealed", str(tmp_path / "sold"), "--price", "1 SBR", "--from", "//Bob")
    sold = stage.run(*sell, "--json").json
    named = [store.put_chunks(b"published"), store.put_file(tmp_path / "sold.sealed")]
    assert [to_hex(named[1])] == [sold["packageRoot"]]
    nobodys = store.put_chunks(b"nobody's")
    with store.open_partial(nobodys, 77) as growing:
        growing.append(b"x")
    assert stage.run("store", "collect", "--json").json["freedBytes"] == 0  # all are young
    for path in (stage.base_path / "blobs").glob("*/*"):
        os.utime(path, (1_000, 1_000))
    freed = stage.run("store", "collect", "--json").json["freedBytes"]
    assert freed == (16 + 32 + 8) + (16 + 32 + 1)
    kept = {path.stem for path in (stage.base_path / "blobs").glob("*/*")}
    assert kept == {leased[2:], *(root.hex() for root in named)}
    assert "0 bytes freed" in stage.run("store", "collect").out


@pytest.mark.parametrize(
    "arguments,code,expected",
    [
        (("store", "status", "0"), 1, "expected the number of a lease that is not closed, got 0"),
        (("rent", "start", "7", "--amount", "1 SBR", "--from", "//Dave"), 1, "Leases.NoSuchOffer"),
        (("rent", "close", "7", "--from", "//Dave"), 1, "Leases.NoSuchLease"),
        (("rent", "offer", "--record", "3", "--from", "//Bob"), 1, "Leases.RecordUnfit"),
        (
            ("store", "offer", "--record", "0", "--answer", "100", "--from", "//Bob"),
            1,
            "Leases.BadTerms",
        ),
        (("rent", "offer", "--record", "0", "--rate", "1", "--from", "//Bob"), 2, "an amount with"),
        (
            ("store", "lease", "0", "0x" + "ab" * 32, "--amount", "1 SBR", "--from", "//Dave"),
            1,
            "is not in the store",
        ),
        (
            ("store", "lease", "0", "root", "--amount", "1 SBR", "--from", "//Dave"),
            2,
            "a root of 64 hexadecimal digits",
        ),
        (("provider", "register", "--kind", "fly", "--from", "//Bob"), 2, "--kind: expected one"),
    ],
)
def test_failures(stage: CliStage, arguments: tuple[str, ...], code: int, expected: str) -> None:
    said = stage.run(*arguments)
    assert (said.code, said.out) == (code, "")
    assert expected in said.err


def test_files_that_cannot_be_kept(stage: CliStage, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    said = stage.run_local("store", "put", str(tmp_path / "empty"))
    assert "expected 1 to 1099511627776 bytes, got 0" in said.err
    said = stage.run_local("store", "put", str(tmp_path / "none"))
    assert "cannot be read" in said.err
    said = stage.run_local("store", "get", put(stage), str(tmp_path / "no" / "folder"))
    assert "cannot be written" in said.err
