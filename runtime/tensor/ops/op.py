"""The enum of all ops; the number in a class's `@variant` is its index."""

from typing import Annotated, TypeAlias

from runtime.codec import Name
from runtime.tensor.ops.attention import Bmm, Norm, Softmax
from runtime.tensor.ops.choice import Argmax, Isoftmax
from runtime.tensor.ops.elementwise import Add, Clip8, Lut, Mul8, Relu, Shr
from runtime.tensor.ops.matmul import Addb, Matmul
from runtime.tensor.ops.movement import Concat, Gather, Slice, Transpose
from runtime.tensor.ops.scale import Requant, Requantb
from runtime.tensor.ops.window import Im2col, PoolMax, PoolSum

Op: TypeAlias = Annotated[
    Matmul
    | Addb
    | Relu
    | Clip8
    | Shr
    | Add
    | Mul8
    | Lut
    | Im2col
    | PoolMax
    | PoolSum
    | Gather
    | Concat
    | Transpose
    | Slice
    | Isoftmax
    | Argmax
    | Requant
    | Requantb
    | Bmm
    | Softmax
    | Norm,
    Name("Op"),
]
