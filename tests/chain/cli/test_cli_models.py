"""`soberana model import`, `rows`, `register`, `run`, `collect`: from a network to its answers."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chain.blobs import BlobStore
from chain.rpc.namespaces.blob_methods import BlobMethods
from chain.training.digits import Digits, load_digits
from runtime.tensor.commitment import matrix_root
from tests.helpers.cli_stage import CliStage, Said, open_stage, run_cli
from tests.helpers.onnx_writer import OnnxWriter

ONNX = Path(__file__).parents[2] / "fixtures" / "onnx"


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        yield opened


@pytest.fixture(scope="module")
def digits() -> Digits:
    return load_digits()


@pytest.fixture
def folder(tmp_path: Path, digits: Digits) -> Path:
    np.save(tmp_path / "train.npy", digits.train_images / np.float32(63))
    np.save(tmp_path / "test.npy", digits.test_images.reshape(-1, 1, 8, 8) / np.float32(63))
    np.save(tmp_path / "labels.npy", digits.test_labels)
    return tmp_path


def import_lenet(folder: Path, *options: str, name: str = "m.safetensors") -> Said:
    network, model = str(ONNX / "lenet.onnx"), str(folder / name)
    known = ("--calibration", str(folder / "train.npy"))
    return run_cli("model", "import", network, model, *known, *options)


def test_a_lenet_is_imported_registered_and_run(
    stage: CliStage, folder: Path, digits: Digits
) -> None:
    judged = ("--rows", str(folder / "test.npy"), "--labels", str(folder / "labels.npy"))
    facts = import_lenet(folder, *judged, "--per-channel", "--json").json
    assert facts["accuracyBefore"] >= 0.97
    assert facts["accuracyAfter"] >= facts["accuracyBefore"] - 0.006
    assert facts["fitsOnChain"] is True
    assert "accuracyAfter" in import_lenet(folder, *judged).out
    model, rows, found = (str(folder / each) for each in ("m.safetensors", "r.npy", "out.npy"))
    assert "450 rows of 64" in run_cli("model", "rows", model, str(folder / "test.npy"), rows).out
    said = stage.run("model", "register", model, "--from", "//Bob")
    assert "model 0 is registered" in said.out
    assert "on chain" in said.out
    assert stage.run("model", "show", "0", "--json").json["availability"] == "on_chain"
    assert "int32[450, 10]" in stage.run("model", "run", "0", rows, found).out
    right = np.load(found).argmax(axis=1) == digits.test_labels
    assert right.mean() >= facts["accuracyBefore"] - 0.006


def write_wide(folder: Path, seed: int = 0) -> np.ndarray:
    """A layer of 300 x 300, too large for the state, and rows for it."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 1, (300, 300)).astype(np.float32)
    writer = OnnxWriter(("n", 300))
    writer.node("MatMul", "x", writer.tensor(weights))
    (folder / "wide.onnx").write_bytes(writer.dump())
    np.save(folder / "wide.npy", rng.normal(0, 1, (40, 300)))
    names = [
        str(folder / name) for name in ("wide.onnx", "wide.safetensors", "wide.npy", "int.npy")
    ]
    said = run_cli("model", "import", names[0], names[1], "--calibration", names[2], "--json")
    assert said.json["fitsOnChain"] is False
    assert run_cli("model", "rows", names[1], names[2], names[3], "--json").json["cols"] == 300
    return weights


def test_large_tensors_stay_in_files_under_their_roots(stage: CliStage, folder: Path) -> None:
    weights = write_wide(folder)
    rows, found = str(folder / "int.npy"), str(folder / "out.npy")
    said = stage.run("model", "register", str(folder / "wide.safetensors"), "--from", "//Bob")
    assert "in files below the base path" in said.out
    assert stage.run("model", "show", "0", "--json").json["availability"] == "content"
    assert stage.run("model", "run", "0", rows, found, "--json").json["output"] == "int32[40, 300]"
    exact = np.load(folder / "wide.npy") @ weights
    assert np.corrcoef(np.load(found).ravel(), exact.ravel())[0, 1] > 0.999
    (file,) = (stage.base_path / "blobs").glob("*/*.matrix")
    kept = np.rint(weights / (np.abs(weights).max() / 63)).astype(np.int8)
    assert file.stem == matrix_root(np.ascontiguousarray(kept.T)).hex()

    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    said = stage.run("model", "run", "0", rows, found)
    assert said.code == 1
    assert "strip 9 has other bytes" in said.err
    file.unlink()
    said = stage.run("model", "run", "0", rows, found)
    assert said.code == 1
    assert f"no blob with root 0x{file.stem}" in said.err


def test_tensors_that_nobody_registered_are_collected(stage: CliStage, folder: Path) -> None:
    write_wide(folder)
    model = str(folder / "wide.safetensors")
    assert stage.run("model", "register", model, "--from", "//Bob").code == 0
    assert stage.run("model", "collect", "--json").json == {"freedBytes": 0}
    write_wide(folder, seed=1)
    refused = stage.run("model", "register", model, "--parent", "8:uses:1%", "--from", "//Bob")
    assert "Registry.BadParent" in refused.err
    assert len(list((stage.base_path / "blobs").glob("*/*"))) == 2
    assert "102_736 bytes freed" in stage.run("model", "collect").out
    assert stage.run("model", "run", "0", str(folder / "int.npy"), str(folder / "o.npy")).code == 0


class Served:
    """What a node serves of a store, with one answer changed if a test wants that."""

    def __init__(self, folder: Path) -> None:
        self.methods = BlobMethods(BlobStore(folder))
        self.change: Callable[[Any], Any] = lambda answer: answer

    def get_strip(self, root: str, index: int) -> object:
        return self.change(self.methods.get_strip(bytes.fromhex(root[2:]), index))

    def get_bytes(self, root: str) -> object:
        return self.change(self.methods.get_bytes(bytes.fromhex(root[2:])))


def test_a_models_tensors_are_fetched_and_proven(folder: Path) -> None:
    rng = np.random.default_rng(2)
    arrays = {"coefs_0": rng.normal(0, 1, (300, 300)), "intercepts_0": rng.normal(0, 1, 300)}
    np.savez(folder / "wide.npz", allow_pickle=False, **arrays)
    np.save(folder / "wide.npy", rng.normal(0, 1, (40, 300)))
    model, known, rows = (str(folder / n) for n in ("w.safetensors", "wide.npy", "int.npy"))
    network = str(folder / "wide.npz")
    assert run_cli("model", "import", network, model, "--calibration", known).code == 0
    assert run_cli("model", "rows", model, known, rows).code == 0
    owner, other, out = folder / "owner", ("--base-path", str(folder / "other")), folder / "o.npy"
    served = Served(owner / "blobs")
    with open_stage(owner, blob_getStrip=served.get_strip, blob_getBytes=served.get_bytes) as stage:
        assert stage.run("model", "register", model, "--from", "//Bob").code == 0
        url = ("--node", stage.server.url)
        fetch = ("model", "fetch", "0", *url, *other)
        assert "no blob with root" in run_cli("model", "run", "0", rows, str(out), *url, *other).err
        for change, message in (
            (lambda answer: None, "the node does not have tensor 'w0'"),
            (lambda answer: {**answer, "strip": "0x7f" + answer["strip"][4:]}, "expected root"),
            (lambda answer: {**answer, "path": answer["path"][1:]}, "a path among 10 leaves"),
            (lambda answer: {**answer, "path": ["0x00"]}, "strip 0 of tensor 'w0'"),
            (lambda answer: {"rows": 1}, "blob_getStrip"),
        ):
            served.change = change
            assert message in run_cli(*fetch).err
            assert not list((folder / "other").glob("blobs/*/*"))
        served.change = lambda answer: "0x00" if isinstance(answer, str) else answer
        assert "other bytes than those of tensor 'b1'" in run_cli(*fetch).err
        served.change = lambda answer: answer
        assert run_cli(*fetch, "--json").json == {"id": 0, "fetched": 1}
        assert "0 tensors" in run_cli(*fetch).out
        assert run_cli("model", "run", "0", rows, str(out), *url, *other).code == 0
    assert np.load(out).shape == (40, 300)


@pytest.mark.parametrize(
    "words,expected",
    [
        (("import", "{f}/none.onnx", "{f}/m.safetensors"), "cannot be read"),
        (("import", "{f}/cut.onnx", "{f}/m.safetensors"), "expected"),
        (("import", "{f}/lstm.onnx", "{f}/m.safetensors"), "operator LSTM at node 'lstm_0'"),
        (("import", "{f}/lenet.onnx", "{f}/m.npz"), "a file that ends in .safetensors"),
        (("import", "{f}/lenet.onnx", "{f}/no/m.safetensors"), "cannot be written"),
        (
            ("import", "{f}/lenet.onnx", "{f}/m.safetensors", "--output", "y"),
            "expected one of the outputs",
        ),
        (
            ("import", "{f}/lenet.onnx", "{f}/m.safetensors", "--labels", "{f}/labels.npy"),
            "expected 1347 integers",
        ),
        (("import", "{f}/labels.npy", "{f}/m.safetensors"), "expected"),
        (("import", "{f}/wide.npz", "{f}/m.safetensors"), "rows of 3 numbers, got [1347, 64]"),
    ],
)
def test_imports_that_fail_write_nothing(
    folder: Path, words: tuple[str, ...], expected: str
) -> None:
    lenet = (ONNX / "lenet.onnx").read_bytes()
    (folder / "lenet.onnx").write_bytes(lenet)
    (folder / "cut.onnx").write_bytes(lenet[:-100])
    writer = OnnxWriter(("n", 64))
    writer.node("LSTM", "x")
    (folder / "lstm.onnx").write_bytes(writer.dump())
    np.savez(folder / "wide.npz", coefs_0=np.ones((3, 2)), intercepts_0=np.ones(2))
    arguments = [word.replace("{f}", str(folder)) for word in words]
    said = run_cli("model", *arguments, "--calibration", str(folder / "train.npy"))
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert expected in said.err
    assert not list(folder.glob("*.safetensors"))


def test_rows_that_do_not_fit_are_refused(stage: CliStage, folder: Path) -> None:
    assert import_lenet(folder).code == 0
    np.save(folder / "narrow.npy", np.zeros((3, 63)))
    np.save(folder / "narrow_int8.npy", np.zeros((3, 63), np.int8))
    model, narrow, out = (str(folder / n) for n in ("m.safetensors", "narrow.npy", "out.npy"))
    assert "rows of 64 numbers, got 63" in run_cli("model", "rows", model, narrow, out).err
    assert stage.run("model", "register", model, "--from", "//Bob").code == 0
    said = stage.run("model", "run", "0", str(folder / "narrow_int8.npy"), out)
    assert said.code == 1
    assert "inputs I8[3, 64]" in said.err
    said = stage.run("model", "run", "7", str(folder / "narrow_int8.npy"), out)
    assert "expected the number of a model, got 7" in said.err
    assert not (folder / "out.npy").exists()
