"""Small pieces of LLVM's language from which the kernels emit vector instructions.

numba widens 32-bit arithmetic to 64 bits, and LLVM does not find the vectors in straight-line
code; so the inner parts are emitted here, and loops around them are plain numba.
"""

from collections.abc import Sequence

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.base import BaseContext

INT8 = ir.IntType(8)
INT16 = ir.IntType(16)
INT32 = ir.IntType(32)
INT64 = ir.IntType(64)


def vector_of(element: ir.IntType, lanes: int) -> ir.VectorType:
    """The type of so many elements in one register, or in several that LLVM takes for one."""
    return ir.VectorType(element, lanes)


def fill(vector: ir.VectorType, value: int) -> ir.Constant:
    """The same number in every lane."""
    return ir.Constant(vector, [value] * vector.count)


def offset_of(value: int) -> ir.Constant:
    """A number of elements."""
    return ir.Constant(INT64, value)


def point_into(
    context: BaseContext,
    builder: ir.IRBuilder,
    array: types.Array,
    value: ir.Value,
    index: ir.Value,
) -> ir.Value:
    """The address of element ``index`` of an array that is contiguous."""
    return builder.gep(context.make_array(array)(context, builder, value).data, [index])


def count_lanes(value: ir.Value) -> int:
    """How many elements a vector has."""
    assert isinstance(value.type, ir.VectorType), "only vectors come here; qed"
    return value.type.count


def load(builder: ir.IRBuilder, pointer: ir.Value, vector: ir.Type, skip: int = 0) -> ir.Value:
    """A vector from memory, ``skip`` elements of the pointer's type further on."""
    at = builder.gep(pointer, [offset_of(skip)])
    return builder.load(builder.bitcast(at, vector.as_pointer()), align=1)


def store(builder: ir.IRBuilder, value: ir.Value, pointer: ir.Value, skip: int = 0) -> None:
    """A vector to memory."""
    at = builder.gep(pointer, [offset_of(skip)])
    builder.store(value, builder.bitcast(at, value.type.as_pointer()), align=1)


def spread(builder: ir.IRBuilder, word: ir.Value, lanes: int) -> ir.Value:
    """One word in every lane."""
    vector = vector_of(INT32, lanes)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), word, ir.Constant(INT32, 0))
    return builder.shuffle_vector(first, first, fill(vector, 0))


def shuffle(
    builder: ir.IRBuilder, left: ir.Value, right: ir.Value, order: Sequence[int]
) -> ir.Value:
    """Lanes of two vectors by number, those of the second after those of the first."""
    mask = ir.Constant(vector_of(INT32, len(order)), list(order))
    return builder.shuffle_vector(left, right, mask)


def interleave(builder: ir.IRBuilder, vectors: Sequence[ir.Value]) -> ir.Value:
    """Lane 0 of every vector, then lane 1 of every vector, ...; a power of two of vectors."""
    if len(vectors) == 1:
        return vectors[0]
    even = interleave(builder, vectors[0::2])
    odd = interleave(builder, vectors[1::2])
    lanes = count_lanes(even)
    order = [index for lane in range(lanes) for index in (lane, lanes + lane)]
    return shuffle(builder, even, odd, order)


def rotate_left(builder: ir.IRBuilder, value: ir.Value, bits: int) -> ir.Value:
    """Every 32-bit lane turned left."""
    vector = vector_of(INT32, count_lanes(value))
    kind = ir.FunctionType(vector, [vector, vector, vector])
    name = f"llvm.fshl.v{vector.count}i32"
    turn = cgutils.get_or_insert_function(builder.module, kind, name)
    return builder.call(turn, [value, value, fill(vector, bits)])
