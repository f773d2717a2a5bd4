"""`soberana data upload`, `fetch` and `audit`: by root, or by a dataset's number."""

from collections.abc import Generator
from pathlib import Path

import pytest

from chain.blobs import BlobStore
from runtime.tensor.chunks import commit_chunks
from tests.helpers.blob_server import serve_blobs, serve_on_loopback
from tests.helpers.cli_stage import CliStage, open_stage, run_cli
from tests.helpers.rpc import make_server

DATA = bytes(range(256)) * 20
ROOT = commit_chunks(DATA).root.hex()


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        (tmp_path / "data").write_bytes(DATA)
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    """The node's."""
    return BlobStore(tmp_path / "node")


def test_a_file_goes_to_a_node_and_comes_back(store: BlobStore, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(DATA)
    out = tmp_path / "out"
    with serve_blobs(store) as url:
        upload = ("data", "upload", str(tmp_path / "data"), "--node", url)
        said = run_cli(*upload, "--json").json
        assert said == {"root": f"0x{ROOT}", "sizeBytes": 5_120, "sentBytes": 5_120}
        assert "of which 0 were sent now" in run_cli(*upload).out
        audit = ("data", "audit", ROOT, "--node", url)
        told = run_cli(*audit, "--draws", "7", "--json").json
        assert (told["sizeBytes"], len(told["drawn"]), told["source"]) == (5_120, 7, url)
        assert "showed 20 chunks of 5,120 bytes" in run_cli(*audit).out
        fetch = ("data", "fetch", f"0x{ROOT}", "--out", str(out), "--node", url)
        assert run_cli(*fetch, "--json").json["sizeBytes"] == 5_120
        assert out.read_bytes() == DATA
        assert "5,120 bytes, all of them under" in run_cli(*fetch).out
        said = run_cli(*fetch[:-2], "--max-bytes", "5119", "--source", url)
        assert (said.code, "more than 5119" in said.err) == (1, True)


def test_a_published_dataset_is_fetched_by_its_number(
    stage: CliStage, store: BlobStore, tmp_path: Path
) -> None:
    file, out = str(tmp_path / "data"), tmp_path / "out"
    published = stage.run("data", "publish", file, "--items", "9", "--from", "//Bob", "--json")
    assert published.json["root"] == f"0x{ROOT}"
    with serve_blobs(store) as url:
        assert run_cli("data", "upload", file, "--node", url).code == 0
        said = stage.run("data", "fetch", "0", "--out", str(out), "--source", url)
        assert said.code == 0, said.err
        assert "showed" in stage.run("data", "audit", "0", "--source", url).out
    assert out.read_bytes() == DATA
    said = stage.run("data", "fetch", "1", "--out", str(out))
    assert (said.code, "expected the number of a dataset, got 1" in said.err) == (1, True)


def test_a_sealed_one_comes_as_its_package(
    stage: CliStage, store: BlobStore, tmp_path: Path
) -> None:
    """From the seller's node to the buyer, who orders with what was fetched."""
    terms = ("--price", "10 SBR", "--bond", "100 SBR", "--from", "//Dave")
    assert stage.run("data", "offer-sealed", str(tmp_path / "data"), *terms).code == 0
    package, fetched, out = tmp_path / "data.sealed", tmp_path / "fetched", tmp_path / "out"
    with serve_blobs(store) as url:
        assert run_cli("data", "upload", str(package), "--node", url).code == 0
        said = stage.run("data", "fetch", "0", "--out", str(fetched), "--source", url)
        assert said.code == 0, said.err
    assert fetched.read_bytes() == package.read_bytes()
    assert stage.run("data", "order", "0", str(fetched), "--from", "//Alice").code == 0
    stage.run("data", "serve-sales", "--once", "--from", "//Dave")
    assert stage.run("data", "open", "0", str(fetched), "--out", str(out)).code == 0
    assert out.read_bytes() == DATA


@pytest.mark.parametrize(
    "arguments, code, said",
    [
        (("fetch", "nothing", "--out", "x"), 2, "expected a root of 64 hexadecimal digits"),
        (
            ("fetch", "ab" * 32, "--out", "x", "--source", "ftp://x"),
            2,
            "expected the URL of a node",
        ),
        (("fetch", "ab" * 32, "--out", "x", "--node", "http://127.0.0.1:1"), 1, "no node answers"),
        (("audit", "ab" * 32, "--source", "http://127.0.0.1:1"), 1, "failed its audit"),
        (("upload", "none"), 1, "none: cannot be read"),
    ],
)
def test_failures(arguments: tuple[str, ...], code: int, said: str) -> None:
    result = run_cli("data", *arguments)
    assert (result.code, result.out) == (code, "")
    assert said in result.err


def test_a_node_that_serves_no_files_says_so(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(DATA)
    with serve_on_loopback(make_server().serve_connection) as url:
        said = run_cli("data", "upload", str(tmp_path / "data"), "--node", url)
        assert (said.code, "its operator starts it with --blobs" in said.err) == (1, True)
        said = run_cli("data", "fetch", ROOT, "--out", str(tmp_path / "out"), "--node", url)
        assert (said.code, "its operator starts it with --blobs" in said.err) == (1, True)
    with serve_blobs(BlobStore(tmp_path / "none"), uploads_allowed=False) as url:
        said = run_cli("data", "upload", str(tmp_path / "data"), "--node", url)
        assert (said.code, "refused the upload: 403" in said.err) == (1, True)
