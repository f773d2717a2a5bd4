"""Graphs that decode and must not pass the check: each breaks one rule of a good graph."""

from dataclasses import dataclass, replace

from runtime.tensor import ops
from runtime.tensor.graph import Graph, InputSpec
from runtime.tensor.value import COLS_MAX, INNER_MAX, DType, TensorSpec


@dataclass(frozen=True)
class Refusal:
    """What the check must say of a graph: the op at fault, None for none, and why."""

    graph: Graph
    op: int | None
    message: str


INPUT = InputSpec(12, -63, 63)
WEIGHTS = TensorSpec("w", 12, 4, DType.I8, -63, 63)
BIAS = TensorSpec("b", 1, 4, DType.I32, -1000, 1000)
TABLE = TensorSpec("t", 1, 256, DType.I8, -63, 63)
IMAGE = ops.Image(2, 3, 2)
WINDOW = ops.Window(2, 2)
I32_MAX = 2**31 - 1


def model(
    *each: ops.Op,
    tensors: tuple[TensorSpec, ...] = (WEIGHTS, BIAS, TABLE),
    spec: InputSpec = INPUT,
) -> Graph:
    return Graph(spec, tensors, each)


def _first(message: str, *each: ops.Op, spec: InputSpec = INPUT) -> Refusal:
    return Refusal(model(*each, spec=spec), 0, message)


def _tensor(message: str, spec: TensorSpec) -> Refusal:
    return Refusal(model(ops.Relu(0), tensors=(spec,)), None, message)


def _refuse_graphs() -> dict[str, Refusal]:
    relu = ops.Relu(0)
    return {
        "no op": Refusal(model(), None, "at least one op"),
        "no input column": Refusal(model(relu, spec=InputSpec(0, 0, 1)), None, "input columns"),
        "an input too wide": Refusal(
            model(relu, spec=InputSpec(COLS_MAX + 1, 0, 1)), None, "input columns"
        ),
        "input bounds reversed": Refusal(
            model(relu, spec=InputSpec(1, 1, 0)), None, "input bounds in order"
        ),
        "two tensors of one name": Refusal(
            model(relu, tensors=(WEIGHTS, WEIGHTS)), None, "different names"
        ),
        "a tensor without a name": _tensor("a name for each tensor", replace(WEIGHTS, name="")),
        "a tensor without rows": _tensor("up to", replace(WEIGHTS, rows=0)),
        "a tensor without columns": _tensor("up to", replace(WEIGHTS, cols=0)),
        "a tensor too wide": _tensor("up to", replace(WEIGHTS, cols=COLS_MAX + 1)),
        "a tensor of u8": _tensor("of I8 or I32", replace(WEIGHTS, dtype=DType.U8)),
        "tensor bounds reversed": _tensor("bounds in order", replace(WEIGHTS, low=2, high=1)),
        "tensor bounds beyond i8": _tensor(r"within \[-128, 127\]", replace(WEIGHTS, high=128)),
        "a value that is not there": _first("a value below 1, got value 1", ops.Relu(1)),
        "an op that reads itself": Refusal(model(relu, ops.Add(1, 2)), 1, "a value below 2"),
    }


def _refuse_products() -> dict[str, Refusal]:
    widened = InputSpec(12, -63, 64)
    heavy = replace(WEIGHTS, low=-64)
    long = replace(WEIGHTS, rows=INNER_MAX + 1)
    clip_after = (ops.Matmul(0, 0), ops.Addb(1, 1))
    return {
        "matmul: a tensor that is not there": _first("a tensor below 3", ops.Matmul(0, 3)),
        "matmul: inner dimensions differ": _first(
            "1 x 12 columns, got 11", ops.Matmul(0, 0), spec=InputSpec(11, -63, 63)
        ),
        "matmul: positions differ": _first("2 x 12 columns, got 12", ops.Matmul(0, 0, 2)),
        "matmul: no position": _first("at least one position", ops.Matmul(0, 0, 0)),
        "matmul: operands too large": _first(
            r"operands within \[-63, 63\], got \[-63, 64\]", ops.Matmul(0, 0), spec=widened
        ),
        "matmul: weights too large": Refusal(
            model(ops.Matmul(0, 0), tensors=(heavy,)), 0, r"weights within .* got \[-64, 63\]"
        ),
        "matmul: too long": Refusal(
            model(ops.Matmul(0, 0), tensors=(long,), spec=InputSpec(INNER_MAX + 1, 0, 1)),
            0,
            "an inner dimension of at most",
        ),
        "matmul: of i32": Refusal(model(ops.Add(0, 0), ops.Matmul(1, 0)), 1, "of I8, got I32"),
        "matmul: by i32": _first("tensor 1 of I8, got I32", ops.Matmul(0, 1)),
        "matmul: not clipped": Refusal(
            model(*clip_after, ops.Matmul(2, 0)), 2, "value 2 of I8, got I32"
        ),
        "addb: of i8": _first("value 0 of I32, got I8", ops.Addb(0, 1)),
        "addb: of other columns": Refusal(
            model(ops.Add(0, 0), ops.Addb(1, 1)), 1, "1 x 4 columns, got 12"
        ),
        "addb: two rows": Refusal(
            model(ops.Matmul(0, 0), ops.Addb(1, 1), tensors=(WEIGHTS, replace(BIAS, rows=2))),
            1,
            "a bias of one row",
        ),
        "addb: beyond i32": Refusal(
            model(ops.Matmul(0, 0), ops.Addb(1, 1), tensors=(WEIGHTS, replace(BIAS, high=I32_MAX))),
            1,
            "a result within",
        ),
    }


def _refuse_elementwise() -> dict[str, Refusal]:
    big = replace(BIAS, cols=12, low=0, high=2**30)
    doubling = (ops.Add(0, 0), ops.Addb(1, 0))
    return {
        "shr: 32 bits": _first("a shift of 0 to 31 bits", ops.Shr(0, 32)),
        "add: widths differ": Refusal(
            model(ops.Slice(0, 0, 11), ops.Add(0, 1)), 1, "12 columns on both sides, got 11"
        ),
        "add: beyond i32": Refusal(
            model(*doubling, ops.Add(2, 2), tensors=(big,)), 2, "a result within"
        ),
        "mul8: of i32": Refusal(model(ops.Add(0, 0), ops.Mul8(0, 1)), 1, "of I8, got I32"),
        "mul8: widths differ": Refusal(
            model(ops.Slice(0, 0, 11), ops.Mul8(0, 1)), 1, "12 columns on both sides"
        ),
        "lut: of i32": Refusal(model(ops.Add(0, 0), ops.Lut(1, 2)), 1, "of I8, got I32"),
        "lut: a table of another shape": _first(r"a table of \(1, 256\)", ops.Lut(0, 0)),
        "lut: a table of i32": _first("tensor 1 of I8, got I32", ops.Lut(0, 1)),
        "isoftmax: too wide": _first(
            "at most 65535 columns", ops.Isoftmax(0), spec=InputSpec(2**16, 0, 1)
        ),
        "isoftmax: a spread beyond i32": Refusal(
            model(
                *doubling,
                ops.Isoftmax(2),
                tensors=(replace(big, low=-(2**30), high=2**30),),
            ),
            2,
            "a spread below",
        ),
    }


def _refuse_movement() -> dict[str, Refusal]:
    return {
        "im2col: another image": _first(
            "an image of 12 integers, got 2 x 2 x 2", ops.Im2col(0, ops.Image(2, 2, 2), WINDOW)
        ),
        "im2col: no channel": _first("an image of 12", ops.Im2col(0, ops.Image(2, 3, 0), WINDOW)),
        "im2col: no stride": _first(
            "strides of at least 1", ops.Im2col(0, IMAGE, ops.Window(2, 2, 0, 1))
        ),
        "im2col: no window": _first(
            "strides of at least 1", ops.Im2col(0, IMAGE, ops.Window(0, 2))
        ),
        "im2col: a window too high": _first(
            "a window within 2 x 3", ops.Im2col(0, IMAGE, ops.Window(3, 3))
        ),
        "im2col: padding as wide as the window": _first(
            r"padding below \(2, 2\)", ops.Im2col(0, IMAGE, WINDOW, 1, 2)
        ),
        "im2col: too wide": _first(
            "a result of 1 to",
            ops.Im2col(0, ops.Image(256, 256, 1), ops.Window(5, 5)),
            spec=InputSpec(2**16, 0, 1),
        ),
        "poolmax: another image": _first(
            "an image of 12", ops.PoolMax(0, ops.Image(3, 3, 1), WINDOW)
        ),
        "poolsum: a window too wide": _first(
            "a window within 2 x 3", ops.PoolSum(0, IMAGE, ops.Window(1, 4))
        ),
        "poolsum: too much to read": _first(
            "integers in all windows",
            ops.PoolSum(0, ops.Image(256, 256, 1), ops.Window(128, 128)),
            spec=InputSpec(2**16, 0, 1),
        ),
        "gather: an index too large": _first(
            r"indices within \[0, 11\], got \[0, 12\]",
            ops.Gather(0, 0),
            spec=InputSpec(1, 0, 12),
        ),
        "gather: a negative index": _first(
            r"indices within \[0, 11\], got \[-1, 3\]",
            ops.Gather(0, 0),
            spec=InputSpec(1, -1, 3),
        ),
        "concat: of two dtypes": Refusal(
            model(ops.Add(0, 0), ops.Concat(0, 1)), 1, "value 1 of I8, got I32"
        ),
        "concat: too wide": _first(
            "a result of 1 to", ops.Concat(0, 0), spec=InputSpec(COLS_MAX, 0, 1)
        ),
        "transpose: another image": _first(
            "an image of 12", ops.Transpose(0, ops.Image(1, 1, 1), 0, 1, 2)
        ),
        "transpose: an axis twice": _first(
            "an order of the axes", ops.Transpose(0, IMAGE, 0, 1, 1)
        ),
        "transpose: no such axis": _first("an order of the axes", ops.Transpose(0, IMAGE, 0, 1, 3)),
        "slice: empty": _first(r"columns within 0\.\.12, got 3\.\.3", ops.Slice(0, 3, 3)),
        "slice: beyond the end": _first(r"columns within 0\.\.12", ops.Slice(0, 3, 13)),
    }


def _refuse_scales() -> dict[str, Refusal]:
    factors = replace(BIAS, cols=12)
    long = InputSpec(INNER_MAX + 1, 0, 1)
    return {
        "requant: 63 bits": _first("a shift of 0 to 62", ops.Requant(0, 1, 63, 0, 1)),
        "requant: reversed": _first("clamp bounds in order", ops.Requant(0, 1, 1, 1, 0)),
        "requantb: two rows": Refusal(
            model(ops.Requantb(0, 0, 1, 1, 0, 1), tensors=(replace(factors, rows=2),)),
            0,
            "multipliers in one row",
        ),
        "requantb: of other columns": _first("1 x 4 columns", ops.Requantb(0, 1, 1, 1, 0, 1)),
        "requantb: no position": _first("at least one pos", ops.Requantb(0, 1, 0, 1, 0, 1)),
        "requantb: by i8": _first("tensor 0 of I32, got I8", ops.Requantb(0, 0, 1, 1, 0, 1)),
        "bmm: of i32": Refusal(
            model(ops.Add(0, 0), ops.Bmm(0, 1, 1, 1, 12)), 1, "value 1 of I8, got I32"
        ),
        "bmm: no group": _first("groups, rows and an inner", ops.Bmm(0, 0, 0, 1, 12)),
        "bmm: left of other columns": _first("on the left, got 12", ops.Bmm(0, 0, 1, 2, 12)),
        "bmm: right of other columns": Refusal(
            model(ops.Slice(0, 0, 4), ops.Bmm(0, 1, 1, 2, 6)), 1, "columns on the right"
        ),
        "bmm: operands too large": _first(
            r"operands within \[-63, 63\], got \[-63, 64\]",
            ops.Bmm(0, 0, 1, 3, 4),
            spec=InputSpec(12, -63, 64),
        ),
        "bmm: too long": _first(
            "an inner dimension of at most", ops.Bmm(0, 0, 1, 1, INNER_MAX + 1), spec=long
        ),
        "softmax: no position": _first("at least one position", ops.Softmax(0, 0, 63)),
        "softmax: other positions": _first("a multiple of 5 columns", ops.Softmax(0, 5, 63)),
        "softmax: no share": _first("1 to 32768 shares", ops.Softmax(0, 1, 0)),
        "softmax: too many shares": _first("1 to 32768 shares", ops.Softmax(0, 1, 2**15 + 1)),
        "softmax: too wide": _first(
            "at most 65535 columns", ops.Softmax(0, 1, 1), spec=InputSpec(2**16, 0, 1)
        ),
        "norm: other positions": _first("a multiple of 5 columns", ops.Norm(0, 5, 8)),
        "norm: 31 bits": _first("a shift of 0 to 30", ops.Norm(0, 1, 31)),
        "norm: squares too large": _first(
            "squares whose sum", ops.Norm(0, 1, 8), spec=InputSpec(2**18, -63, 63)
        ),
        "norm: entries beyond i32": _first("a result within", ops.Norm(0, 1, 30)),
    }


REFUSALS: dict[str, Refusal] = {
    **_refuse_graphs(),
    **_refuse_products(),
    **_refuse_elementwise(),
    **_refuse_movement(),
    **_refuse_scales(),
}
