"""Makes tests/vectors/i8graph/: each op's results by the oracle, and graphs to be refused.

`python -m tests.helpers.i8graph_vectors` writes the files. The format is in the folder's README.
"""

import dataclasses
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runtime.codec import encode
from runtime.tensor import ops
from runtime.tensor.graph import Graph, InputSpec
from runtime.tensor.value import DType, TensorSpec
from tests.helpers import i8graph_oracle as oracle
from tests.helpers.i8graph_refusals import REFUSALS

FOLDER = Path(__file__).parents[1] / "vectors" / "i8graph"

I8, I32 = DType.I8, DType.I32

ENDS = [[-128, -127, -64, -63, -1, 0, 1, 62, 63, 64, 126, 127]]
# ADD of the input to itself and this bias behind it: i32 with both its ends.
LOWEST = [[-128] * 12]
BIAS = [-(2**31) + 256, 2**31 - 1, 0, 255, 256, 257, 258, 2**24, -(2**24), 65791, 1256, -744]
WIDE = [(I32, [BIAS])]
ENDS_4 = [[-128, 127, 63, -63], [1, -1, 0, 2]]
TO_I32: list[ops.Op] = [ops.Add(0, 0), ops.Addb(1, 0)]


def describe(op: ops.Op) -> str:
    """The op as a line of text."""
    parts = [f"{f.name}={_show(getattr(op, f.name))}" for f in dataclasses.fields(op)]
    return f"{type(op).SCALE_NAME} {' '.join(parts)}"  # type: ignore[union-attr]


def _show(field: Any) -> str:
    if dataclasses.is_dataclass(field) and not isinstance(field, type):
        return "x".join(str(part) for part in dataclasses.astuple(field))
    return str(field)


def make_case(
    name: str,
    dtype: str,
    op: ops.Op,
    rows: list[list[int]],
    tensors: Sequence[tuple[DType, list[list[int]]]] = (),
    before: Sequence[ops.Op] = (),
) -> dict[str, Any]:
    """One op, perhaps behind others, on the rows; the graph declares just the ranges used."""
    specs = tuple(
        TensorSpec(f"t{i}", len(t), len(t[0]), kind, min(map(min, t)), max(map(max, t)))
        for i, (kind, t) in enumerate(tensors)
    )
    spec = InputSpec(len(rows[0]), min(map(min, rows)), max(map(max, rows)))
    graph = Graph(spec, specs, (*before, op))
    values = [t for _, t in tensors]
    return {
        "name": name,
        "graph": encode(graph).hex(),
        "ops": [describe(each) for each in graph.ops],
        "tensors": values,
        "input": rows,
        "dtype": dtype,
        "output": oracle.evaluate(graph, values, rows)[-1],
    }


def draw(seed: str, rows: int, cols: int, low: int = -63, high: int = 63) -> list[list[int]]:
    """Entries that depend on the seed alone."""
    rng = random.Random(seed)
    return [[rng.randint(low, high) for _ in range(cols)] for _ in range(rows)]


def make_products() -> dict[str, list[dict[str, Any]]]:
    ends = [[63, -63], [-63, -63], [63, 63]]
    padded = ops.Im2col(0, ops.Image(3, 3, 1), ops.Window(3, 3), 1, 1)
    weights = [(I8, draw("h", 8, 6)), (I32, draw("i", 1, 6, -999, 999)), (I8, draw("j", 6, 4))]
    layer: list[ops.Op] = [
        ops.Matmul(0, 0), ops.Addb(1, 1), ops.Relu(2), ops.Shr(3, 7), ops.Clip8(4),
    ]  # fmt: skip
    bias, three = [(I32, [list(range(-6, 6))])], [(I32, [[1, -2, 3000]])]
    doubled = TO_I32[:1]
    return {
        "matmul": [
            make_case("one by one", "I32", ops.Matmul(0, 0), [[7], [-9]], [(I8, [[-5]])]),
            make_case("ends of the range", "I32", ops.Matmul(0, 0), ends, [(I8, ends[:2])]),
            make_case(
                "64 to 10", "I32", ops.Matmul(0, 0), draw("a", 3, 64), [(I8, draw("b", 64, 10))]
            ),
            make_case(
                "positions", "I32", ops.Matmul(0, 0, 4), draw("c", 2, 12), [(I8, draw("d", 3, 5))]
            ),
            make_case(
                "convolution", "I32", ops.Matmul(1, 0, 9), draw("e", 2, 9),
                [(I8, draw("f", 9, 2))], [padded],
            ),
            make_case("two layers", "I32", ops.Matmul(5, 2), draw("g", 3, 8), weights, layer),
        ],
        "addb": [
            make_case("one bias", "I32", ops.Addb(1, 0), ENDS, bias, doubled),
            make_case("at each position", "I32", ops.Addb(1, 0, 4), ENDS, three, doubled),
            make_case("ends of i32", "I32", TO_I32[1], LOWEST, WIDE, doubled),
        ],
    }  # fmt: skip


def make_elementwise() -> dict[str, list[dict[str, Any]]]:
    table = [(I8, draw("lut", 1, 256, -128, 127))]
    shares: list[ops.Op] = [ops.Isoftmax(0)]
    return {
        "relu": [
            make_case("i8", "I8", ops.Relu(0), ENDS),
            make_case("i32", "I32", ops.Relu(2), LOWEST, WIDE, TO_I32),
            make_case("u8", "U8", ops.Relu(1), ENDS, (), shares),
        ],
        "clip8": [
            make_case("i8", "I8", ops.Clip8(0), ENDS),
            make_case("i32", "I8", ops.Clip8(2), LOWEST, WIDE, TO_I32),
            make_case("u8", "I8", ops.Clip8(1), ENDS, (), shares),
        ],
        "shr": [
            *[make_case(f"i8 by {n}", "I8", ops.Shr(0, n), ENDS) for n in (0, 1, 7, 8, 31)],
            *[
                make_case(f"i32 by {n}", "I32", ops.Shr(2, n), LOWEST, WIDE, TO_I32)
                for n in (0, 1, 16, 31)
            ],
            make_case("u8 by 3", "U8", ops.Shr(1, 3), ENDS, (), shares),
        ],
        "add": [
            make_case("i8 and i8", "I32", ops.Add(0, 0), ENDS),
            make_case("i8 and u8", "I32", ops.Add(0, 1), ENDS, (), shares),
            make_case(
                "i32 and i8", "I32", ops.Add(2, 0), LOWEST, [(I32, [[-(2**31) + 384] * 12])], TO_I32
            ),
        ],
        "mul8": [
            make_case("squares", "I32", ops.Mul8(0, 0), ENDS),
            make_case("by the clipped", "I32", ops.Mul8(0, 1), ENDS, (), [ops.Clip8(0)]),
        ],
        "lut": [
            make_case("all of i8", "I8", ops.Lut(0, 0), [list(range(-128, 128))], table),
            make_case("twice", "I8", ops.Lut(1, 0), ENDS, table, [ops.Lut(0, 0)]),
        ],
    }


def make_movement() -> dict[str, list[dict[str, Any]]]:
    image = ops.Image(2, 3, 4)
    wide = [(I32, draw("m", 4, 2, -(2**31), 2**31 - 1))]
    pair: list[ops.Op] = [ops.Add(0, 0), ops.Mul8(0, 0)]
    axes = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
    return {
        "gather": [
            make_case(
                "i8", "I8", ops.Gather(0, 0), [[0, 4, 2], [3, 3, 1]], [(I8, draw("k", 5, 3))]
            ),
            make_case("i32", "I32", ops.Gather(1, 0), draw("l", 3, 4), wide, [ops.Argmax(0)]),
        ],
        "concat": [
            make_case("with itself", "I8", ops.Concat(0, 0), ENDS),
            make_case("i8", "I8", ops.Concat(1, 0), ENDS, (), [ops.Slice(0, 2, 5)]),
            make_case("i32", "I32", ops.Concat(1, 2), ENDS, (), pair),
        ],
        "transpose": [
            make_case(f"to {''.join(map(str, order))}", "I8", op, draw("t", 2, 24))
            for order in axes
            for op in (ops.Transpose(0, image, *order),)
        ],
        "slice": [
            make_case("all", "I8", ops.Slice(0, 0, 12), ENDS),
            make_case("the first", "I8", ops.Slice(0, 0, 1), ENDS),
            make_case("the last three", "I8", ops.Slice(0, 9, 12), ENDS),
        ],
    }


def make_windows() -> dict[str, list[dict[str, Any]]]:
    image, line = ops.Image(4, 5, 2), ops.Image(1, 40, 1)
    rows = draw("image", 2, 40)
    strided = ops.Window(2, 3, 2, 2)
    doubled: list[ops.Op] = [ops.Add(0, 0)]

    def make_pool(kind: type[ops.PoolMax | ops.PoolSum], dtype: str) -> list[dict[str, Any]]:
        return [
            make_case("2 x 2", dtype, kind(0, image, ops.Window(2, 2, 2, 2)), rows),
            make_case("overlapping", dtype, kind(0, image, ops.Window(2, 3)), rows),
            make_case("whole, of i32", "I32", kind(1, image, ops.Window(4, 5)), rows, (), doubled),
        ]

    return {
        "im2col": [
            make_case("3 x 3", "I8", ops.Im2col(0, image, ops.Window(3, 3)), rows),
            make_case("strides", "I8", ops.Im2col(0, image, strided), rows),
            make_case("padding", "I8", ops.Im2col(0, image, ops.Window(3, 3), 1, 1), rows),
            make_case("both", "I8", ops.Im2col(0, image, strided, 1, 2), rows),
            make_case("on a line", "I8", ops.Im2col(0, line, ops.Window(1, 5, 1, 5)), rows),
        ],
        "poolmax": make_pool(ops.PoolMax, "I8"),
        "poolsum": make_pool(ops.PoolSum, "I32"),
    }


def make_choices() -> dict[str, list[dict[str, Any]]]:
    ties = [[3, 9, 9, -2], [5, 5, 5, 5], [-128, -128, 127, 127], [127, 0, 0, 127]]
    spread = [(I32, [[0, 10**9, -(10**9), 999_999_990]])]
    return {
        "isoftmax": [
            make_case("ties", "U8", ops.Isoftmax(0), ties),
            make_case("one column", "U8", ops.Isoftmax(0), [[-7], [7]]),
            make_case("each sixteenth", "U8", ops.Isoftmax(0), [list(range(-17, 18))]),
            make_case("two scores", "U8", ops.Isoftmax(0), [[0, d] for d in range(-128, 0)]),
            make_case("i32", "U8", ops.Isoftmax(2), ties, spread, TO_I32),
        ],
        "argmax": [
            make_case("ties", "I32", ops.Argmax(0), ties),
            make_case("one column", "I32", ops.Argmax(0), [[-7], [7]]),
            make_case("i32", "I32", ops.Argmax(2), ties, spread, TO_I32),
        ],
    }


def make_scales() -> dict[str, list[dict[str, Any]]]:
    i32 = (-(2**31), 2**31 - 1)
    factors = [[i32[0], i32[1], 3, -1]]
    full = [*WIDE, (I32, factors)]
    narrow = [(I32, factors)]
    return {
        "requant": [
            make_case("by one half", "I8", ops.Requant(0, 1, 1, -63, 63), ENDS),
            make_case("by minus three quarters", "I8", ops.Requant(0, -3, 2, -128, 127), ENDS),
            make_case("no shift", "I32", ops.Requant(0, 2**24, 0, *i32), ENDS),
            make_case("ends of i32", "I32", ops.Requant(2, i32[0], 62, *i32), LOWEST, WIDE, TO_I32),
            make_case("clamped", "I32", ops.Requant(2, i32[1], 31, 0, 999), LOWEST, WIDE, TO_I32),
        ],
        "requantb": [
            make_case("one position", "I8", ops.Requantb(0, 0, 1, 30, -63, 63), ENDS_4, narrow),
            make_case("positions", "I32", ops.Requantb(0, 0, 3, 8, *i32), ENDS, narrow),
            make_case("ends of i32", "I32", ops.Requantb(2, 1, 3, 62, *i32), LOWEST, full, TO_I32),
        ],
    }


def make_attention() -> dict[str, list[dict[str, Any]]]:
    ties = [[3, 9, 9, -2], [5, 5, 5, 5], [-128, -128, 127, 127], [127, 0, 0, 127]]
    spread = [(I32, [[0, 10**9, -(10**9), 999_999_990]])]
    line = [list(range(-17, 18))]
    rows = draw("bmm", 2, 24)
    ends = [[63, -63, 63, -63, 63, 63, 63, 63]]
    sides: list[ops.Op] = [ops.Slice(0, 0, 12), ops.Slice(0, 12, 24)]
    return {
        "bmm": [
            make_case("one group", "I32", ops.Bmm(1, 2, 1, 3, 4), rows, (), sides),
            make_case("groups", "I32", ops.Bmm(1, 2, 2, 3, 2), rows, (), sides),
            make_case("with itself", "I32", ops.Bmm(0, 0, 2, 2, 2), ends),
            make_case("of widths 1", "I32", ops.Bmm(0, 0, 8, 1, 1), ends),
        ],
        "softmax": [
            make_case("ties", "I32", ops.Softmax(0, 1, 63), ties),
            make_case("positions", "I32", ops.Softmax(0, 2, 255), ties),
            make_case("one column", "I32", ops.Softmax(0, 4, 2**15), ties),
            make_case("each sixteenth", "I32", ops.Softmax(0, 1, 2**15), line),
            make_case("one share", "I32", ops.Softmax(0, 5, 1), line),
            make_case("i32", "I32", ops.Softmax(2, 1, 4095), ties, spread, TO_I32),
        ],
        "norm": [
            make_case("ties", "I32", ops.Norm(0, 1, 10), ties),
            make_case("positions", "I32", ops.Norm(0, 2, 10), ties),
            make_case("one column", "I32", ops.Norm(0, 4, 10), ties),
            make_case("equal columns", "I32", ops.Norm(0, 1, 24), [[7] * 5, [-128] * 5]),
            make_case("nearly equal", "I32", ops.Norm(0, 1, 8), [[7, 7, 7, 8], [-1, -1, 0, 0]]),
            make_case("wide", "I32", ops.Norm(1, 1, 4), draw("n", 2, 64), (), [ops.Mul8(0, 0)]),
        ],
    }


def make_refused() -> list[dict[str, Any]]:
    return [
        {"name": name, "graph": encode(refusal.graph).hex(), "op": refusal.op}
        for name, refusal in REFUSALS.items()
    ]


def dump_vectors() -> dict[str, str]:
    """The text of each file by its name; one case a line."""
    files: dict[str, list[dict[str, Any]]] = {
        **make_products(),
        **make_elementwise(),
        **make_windows(),
        **make_movement(),
        **make_choices(),
        **make_scales(),
        **make_attention(),
        "refused": make_refused(),
    }
    return {
        f"{name}.json": "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n"
        for name, cases in files.items()
    }


if __name__ == "__main__":
    for name, text in dump_vectors().items():
        (FOLDER / name).write_text(text, encoding="ascii")
