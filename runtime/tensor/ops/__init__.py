"""The ops of i8graph: each class holds its fields, its check and its reference implementation.

A new op is one class in the file of its family and one name in `Op`.
"""

from runtime.tensor.ops.attention import Bmm, Norm, Softmax
from runtime.tensor.ops.choice import EXP2, Argmax, Isoftmax
from runtime.tensor.ops.elementwise import Add, Clip8, Lut, Mul8, Relu, Shr
from runtime.tensor.ops.matmul import Addb, Matmul
from runtime.tensor.ops.movement import Concat, Gather, Slice, Transpose
from runtime.tensor.ops.op import Op
from runtime.tensor.ops.scale import Requant, Requantb
from runtime.tensor.ops.window import Im2col, Image, PoolMax, PoolSum, Window

__all__ = [
    "Op",
    "Matmul",
    "Addb",
    "Relu",
    "Clip8",
    "Shr",
    "Add",
    "Mul8",
    "Lut",
    "Im2col",
    "PoolMax",
    "PoolSum",
    "Gather",
    "Concat",
    "Transpose",
    "Slice",
    "Isoftmax",
    "Argmax",
    "Requant",
    "Requantb",
    "Bmm",
    "Softmax",
    "Norm",
    "Image",
    "Window",
    "EXP2",
]
