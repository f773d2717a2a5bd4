"""`soberana miner`: a miner from outside mines for a node and both can be looked at."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import trio

from chain.cli.demo_node import start_node
from tests.helpers.cli_stage import run_cli


@contextmanager
def running_node(folder: Path) -> Generator[str]:
    """A development node in a process of its own."""
    node = trio.run(start_node, folder, "--dev", "--rpc-port", "0")
    try:
        yield node.started.rpc
    finally:
        node.stop()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running_node(tmp_path_factory.mktemp("node")) as started:
        yield started


@pytest.fixture
def operands(tmp_path: Path) -> tuple[str, str]:
    """The files of a product of one's own, of no padded shape."""
    generator = np.random.default_rng(1)
    for name, shape in (("a", (33, 70)), ("b", (70, 10))):
        np.save(tmp_path / f"{name}.npy", generator.integers(-63, 64, shape).astype(np.int8))
    return str(tmp_path / "a.npy"), str(tmp_path / "b.npy")


def test_a_miner_from_outside(url: str, operands: tuple[str, str]) -> None:
    arguments = ("--shares", "2", "--seconds", "60", "--json", "--node", url)
    said = run_cli("miner", "run", "--worker", "w1", "--author", "//Bob", *arguments)
    assert said.code == 0, said.err
    assert said.json["worker"] == "w1"
    assert said.json["shares"] >= 2
    assert said.json["refused"] == 0
    said = run_cli("miner", "run", "--worker", "w2", "--operands", *operands, *arguments)
    assert said.code == 0, said.err
    assert said.json["blocks"] >= 1
    status = run_cli("miner", "status", "--json", "--node", url).json
    shares = {worker["name"]: worker["shares"] for worker in status["workers"]}
    assert shares["w1"] >= 2
    assert shares["w2"] >= 2
    shown = run_cli("miner", "status", "--node", url).out
    assert "external miners" in shown
    assert "w2" in shown
    work = run_cli("chain", "work", "--json", "--node", url).json
    assert work["lanes"]["private"] >= 1


def test_a_bench_of_this_machine() -> None:
    arguments = ("--backend", "numpy", "--side", "64", "--side", "128", "--rounds", "1")
    said = run_cli("miner", "bench", *arguments, "--json").json
    assert said["backend"] == "numpy"
    assert [each["side"] for each in said["products"]] == [64, 128]
    for each in said["products"]:
        assert min(each[name] for name in ("plainMs", "seededMs", "taskMs", "verifyMs")) > 0
    shown = run_cli("miner", "bench", *arguments).out
    assert "MAC/s" in shown
    assert "one seal checked" in shown
    said = run_cli("miner", "bench", "--side", "100")
    assert said.code == 2
    assert "expected a multiple of 64, got 100" in said.err


def test_what_is_refused(url: str, tmp_path: Path, operands: tuple[str, str]) -> None:
    np.save(tmp_path / "wide.npy", np.full((70, 10), 64, np.int8))
    np.save(tmp_path / "float.npy", np.zeros((70, 10)))
    (tmp_path / "garbage.npy").write_bytes(b"garbage")
    a, b = operands
    for arguments, expected in (
        (("--backend", "abacus"), "expected one of auto, numpy, numba, cuda, got 'abacus'"),
        (("--author", "nobody"), "nobody"),
        (("--operands", a, a), "expected A's columns to be B's rows, got (33, 70) and (33, 70)"),
        (("--operands", a, str(tmp_path / "wide.npy")), "expected values in [-63, 63]"),
        (("--operands", a, str(tmp_path / "float.npy")), "expected int8[rows, cols], got float64"),
        (("--operands", a, str(tmp_path / "garbage.npy")), "got b'garbag'"),
        (("--operands", a, str(tmp_path / "none.npy")), "it cannot be read: No such file"),
    ):
        said = run_cli("miner", "run", "--node", url, "--seconds", "30", *arguments)
        assert said.code == 2, (arguments, said.err)
        assert expected in said.err
    said = run_cli("miner", "run", "--node", "ws://127.0.0.1:9")
    assert said.code == 1
    assert "no node answers" in said.err
    assert b
