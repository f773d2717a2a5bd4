"""The i8graph a second time, in plain Python integers and lists: what the interpreter must equal.

Written from docs/spec/i8graph.md for clarity alone; a matrix is a list of rows.
"""

from runtime.tensor import ops
from runtime.tensor.graph import Graph

Row = list[int]
Matrix = list[Row]


def evaluate(graph: Graph, tensors: list[Matrix], inputs: Matrix) -> list[Matrix]:
    """Every value of a run: the input, then each op's result."""
    values = [inputs]
    for op in graph.ops:
        values.append([_run(op, values, tensors, row) for row in range(len(inputs))])
    return values


def _run(op: ops.Op, values: list[Matrix], tensors: list[Matrix], row: int) -> Row:
    match op:
        case ops.Add(left, right):
            return [x + y for x, y in zip(values[left][row], values[right][row], strict=True)]
        case ops.Mul8(left, right):
            return [x * y for x, y in zip(values[left][row], values[right][row], strict=True)]
        case ops.Bmm():
            return _bmm(values[op.left][row], values[op.right][row], op)
        case ops.Concat(left, right):
            return values[left][row] + values[right][row]
    x = values[op.source][row]
    match op:
        case ops.Matmul(_, tensor, positions):
            return _matmul(x, tensors[tensor], positions)
        case ops.Addb(_, tensor):
            bias = tensors[tensor][0]
            return [value + bias[i % len(bias)] for i, value in enumerate(x)]
        case ops.Relu():
            return [max(0, value) for value in x]
        case ops.Clip8():
            return [min(max(value, -63), 63) for value in x]
        case ops.Shr(_, bits):
            return [value // 2**bits for value in x]
        case ops.Lut(_, tensor):
            return [tensors[tensor][0][value + 128] for value in x]
        case ops.Im2col():
            return _im2col(x, op)
        case ops.PoolMax(_, image, window):
            return [max(pixels) for pixels in _windows(x, image, window)]
        case ops.PoolSum(_, image, window):
            return [sum(pixels) for pixels in _windows(x, image, window)]
        case ops.Gather(_, tensor):
            return [entry for index in x for entry in tensors[tensor][index]]
        case ops.Transpose():
            return _transpose(x, op)
        case ops.Slice(_, start, stop):
            return x[start:stop]
        case ops.Isoftmax():
            return isoftmax(x)
        case ops.Argmax():
            return [x.index(max(x))]
        case ops.Requant(_, multiplier, bits, low, high):
            return [requant(value, multiplier, bits, low, high) for value in x]
        case ops.Requantb(_, tensor, _, bits, low, high):
            row_of = tensors[tensor][0]
            return [
                requant(value, row_of[i % len(row_of)], bits, low, high)
                for i, value in enumerate(x)
            ]
        case ops.Softmax(_, positions, shares):
            return [y for part in _split(x, positions) for y in softmax(part, shares)]
        case ops.Norm(_, positions, bits):
            return [y for part in _split(x, positions) for y in norm(part, bits)]


def _matmul(x: Row, tensor: Matrix, positions: int) -> Row:
    inner, width = len(tensor), len(tensor[0])
    return [
        sum(x[position * inner + i] * tensor[i][col] for i in range(inner))
        for position in range(positions)
        for col in range(width)
    ]


def _bmm(left: Row, right: Row, op: ops.Bmm) -> Row:
    rows, inner = op.rows, op.inner
    width = len(right) // (op.groups * inner)
    return [
        sum(
            left[(group * rows + row) * inner + i] * right[(group * inner + i) * width + col]
            for i in range(inner)
        )
        for group in range(op.groups)
        for row in range(rows)
        for col in range(width)
    ]


def _split(x: Row, positions: int) -> list[Row]:
    width = len(x) // positions
    return [x[position * width : (position + 1) * width] for position in range(positions)]


def _im2col(x: Row, op: ops.Im2col) -> Row:
    height, width, channels = op.image.height, op.image.width, op.image.channels

    def pixel(y: int, z: int, channel: int) -> int:
        inside = 0 <= y < height and 0 <= z < width
        return x[(y * width + z) * channels + channel] if inside else 0

    window = op.window
    return [
        pixel(top + y, left + z, channel)
        for top in range(-op.pad_y, height + op.pad_y - window.height + 1, window.stride_y)
        for left in range(-op.pad_x, width + op.pad_x - window.width + 1, window.stride_x)
        for y in range(window.height)
        for z in range(window.width)
        for channel in range(channels)
    ]


def _windows(x: Row, image: ops.Image, window: ops.Window) -> list[Row]:
    return [
        [
            x[((top + y) * image.width + left + z) * image.channels + channel]
            for y in range(window.height)
            for z in range(window.width)
        ]
        for top in range(0, image.height - window.height + 1, window.stride_y)
        for left in range(0, image.width - window.width + 1, window.stride_x)
        for channel in range(image.channels)
    ]


def _transpose(x: Row, op: ops.Transpose) -> Row:
    sizes = (op.image.height, op.image.width, op.image.channels)
    strides = (sizes[1] * sizes[2], sizes[2], 1)
    axes = (op.first, op.second, op.third)
    return [
        x[i * strides[axes[0]] + j * strides[axes[1]] + k * strides[axes[2]]]
        for i in range(sizes[axes[0]])
        for j in range(sizes[axes[1]])
        for k in range(sizes[axes[2]])
    ]


def compute_exp2(sixteenths: int) -> int:
    """The largest v with v <= 2^15 / 2^(sixteenths / 16), found without a root."""
    v = 2**15
    while v**16 * 2**sixteenths > 2**240:
        v -= 1
    return v


def isoftmax(x: Row) -> Row:
    """Shares of 255."""
    weights = [compute_exp2((max(x) - value) % 16) >> ((max(x) - value) // 16) for value in x]
    return [weight * 255 // sum(weights) for weight in weights]


def requant(x: int, multiplier: int, bits: int, low: int, high: int) -> int:
    """The nearest integer, a half going up, between the bounds."""
    whole, rest = divmod(x * multiplier, 1 << bits)
    rounded = whole + (2 * rest >= 1 << bits)
    return min(max(rounded, low), high)


def softmax(x: Row, shares: int) -> Row:
    """Shares, the nearest, a half going up."""
    weights = [compute_exp2((max(x) - value) % 16) >> ((max(x) - value) // 16) for value in x]
    total = sum(weights)
    return [(2 * weight * shares + total) // (2 * total) for weight in weights]


def compute_root(square: int) -> int:
    """The integer part of a square root, by Newton's method from above."""
    root: int = 1 << (square.bit_length() + 1) // 2
    while root * root > square:
        root = (root + square // root) // 2
    return root


def norm(x: Row, bits: int) -> Row:
    """Standard scores."""
    n = len(x)
    d = [n * value - sum(x) for value in x]
    deviation = compute_root(sum(value**2 for value in d) // n)
    return [value * 2**bits // max(deviation, 1) for value in d]
