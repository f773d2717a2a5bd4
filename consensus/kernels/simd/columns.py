"""Noise, projections and packing, on blocks of 32 rows that stand upright: [column][row].

In an upright block a column of the noise is two columns of the noise's left factor, whichever they
are, so a permutation costs nothing; and the rows of one column fill one vector of bytes.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from llvmlite import ir
from numba import types
from numba.core.base import BaseContext
from numba.core.typing.templates import Signature
from numba.extending import intrinsic

from consensus.kernels.shape import TILE
from consensus.kernels.simd.layout import PAIRS, QUADS, Layout
from consensus.kernels.simd.vectors import (
    INT8,
    INT16,
    fill,
    interleave,
    load,
    point_into,
    shuffle,
    store,
    vector_of,
)

Codegen: TypeAlias = Callable[[BaseContext, ir.IRBuilder, Signature, list[ir.Value]], ir.Value]

_COLUMN: Final = vector_of(INT8, TILE)
_COUNTS: Final = vector_of(INT16, TILE)


@intrinsic
def stand_up(
    _: object,
    matrix: types.Array,
    start: types.Integer,
    stride: types.Integer,
    block: types.Array,
    column: types.Integer,
) -> tuple[Signature, Codegen]:
    """Transposes 32 x 32 bytes from ``start``, rows ``stride`` apart, into ``block[column:]``."""

    def codegen(
        context: BaseContext, builder: ir.IRBuilder, _: Signature, arguments: list[ir.Value]
    ) -> ir.Value:
        source = point_into(context, builder, matrix, arguments[0], arguments[1])
        rows = [
            load(builder, builder.gep(source, [builder.mul(arguments[2], row)]), _COLUMN)
            for row in (ir.Constant(arguments[2].type, number) for number in range(TILE))
        ]
        target = point_into(
            context, builder, block, arguments[3], builder.mul(arguments[4], _size(TILE))
        )
        for number, value in enumerate(_transpose(builder, rows)):
            store(builder, value, target, number * TILE)
        return context.get_dummy_value()

    return types.void(matrix, types.int64, types.int64, block, types.int64), codegen


def _transpose(builder: ir.IRBuilder, rows: list[ir.Value]) -> list[ir.Value]:
    """Five perfect shuffles: each doubles the run of rows that lie side by side in a vector."""
    middle = len(rows) // 2
    low = [index for lane in range(middle) for index in (lane, TILE + lane)]
    high = [index for lane in range(middle, TILE) for index in (lane, TILE + lane)]
    for _ in range(TILE.bit_length() - 1):
        rows = [
            shuffle(builder, rows[number], rows[number + middle], order)
            for number in range(middle)
            for order in (low, high)
        ]
    return rows


@intrinsic
def add_column(
    _: object,
    block: types.Array,
    column: types.Integer,
    left: types.Array,
    plus: types.Integer,
    minus: types.Integer,
) -> tuple[Signature, Codegen]:
    """``block[column] += left[plus] - left[minus]``, all upright int8[..., 32]."""

    def codegen(
        context: BaseContext, builder: ir.IRBuilder, _: Signature, arguments: list[ir.Value]
    ) -> ir.Value:
        def point(array: types.Array, value: ir.Value, column: ir.Value) -> ir.Value:
            return point_into(context, builder, array, value, builder.mul(column, _size(TILE)))

        target = point(block, arguments[0], arguments[1])
        more = load(builder, point(left, arguments[2], arguments[3]), _COLUMN)
        less = load(builder, point(left, arguments[2], arguments[4]), _COLUMN)
        old = load(builder, target, _COLUMN)
        store(builder, builder.add(old, builder.sub(more, less)), target)
        return context.get_dummy_value()

    return types.void(block, types.int64, left, types.int64, types.int64), codegen


@intrinsic
def count_column(
    _: object,
    block: types.Array,
    column: types.Integer,
    sums: types.Array,
    plus: types.Integer,
    minus: types.Integer,
) -> tuple[Signature, Codegen]:
    """``sums[plus] += block[column]; sums[minus] -= block[column]``, sums upright int16."""

    def codegen(
        context: BaseContext, builder: ir.IRBuilder, _: Signature, arguments: list[ir.Value]
    ) -> ir.Value:
        def point(array: types.Array, value: ir.Value, column: ir.Value) -> ir.Value:
            return point_into(context, builder, array, value, builder.mul(column, _size(TILE)))

        narrow = load(builder, point(block, arguments[0], arguments[1]), _COLUMN)
        values = builder.sext(narrow, _COUNTS)
        for place, combine in ((arguments[3], builder.add), (arguments[4], builder.sub)):
            target = point(sums, arguments[2], place)
            store(builder, combine(load(builder, target, _COUNTS), values), target)
        return context.get_dummy_value()

    return types.void(block, types.int64, sums, types.int64, types.int64), codegen


def _pack(
    packed: types.Array, block: types.Array, rows_of: Callable[[Layout], int]
) -> tuple[Signature, Codegen]:
    layout = PAIRS if packed.dtype == types.int16 else QUADS
    is_shifted = packed.dtype == types.uint8
    element = INT16 if layout is PAIRS else INT8

    def codegen(
        context: BaseContext, builder: ir.IRBuilder, _: Signature, arguments: list[ir.Value]
    ) -> ir.Value:
        first = builder.mul(arguments[4], _size(TILE))
        source = point_into(context, builder, block, arguments[3], first)
        columns = [load(builder, source, _COLUMN, TILE * each) for each in range(layout.group)]
        if is_shifted:
            columns = [builder.xor(each, fill(_COLUMN, 0x80)) for each in columns]
        if layout is PAIRS:
            columns = [builder.sext(each, vector_of(element, TILE)) for each in columns]
        words = interleave(builder, columns)
        run = rows_of(layout) * layout.group
        for number in range(TILE // rows_of(layout)):
            order = range(number * run, (number + 1) * run)
            skip = builder.mul(arguments[2], _size(number))
            at = builder.add(arguments[1], skip)
            target = point_into(context, builder, packed, arguments[0], at)
            store(builder, shuffle(builder, words, words, order), target)
        return context.get_dummy_value()

    return types.void(packed, types.int64, types.int64, block, types.int64), codegen


@intrinsic
def pack_left(
    _: object,
    packed: types.Array,
    start: types.Integer,
    panel: types.Integer,
    block: types.Array,
    column: types.Integer,
) -> tuple[Signature, Codegen]:
    """Writes one word of each of 32 rows, from ``block[column:]``, into left panels.

    ``start`` is the place of the word in the first of them, ``panel`` the length of a panel.
    """
    return _pack(packed, block, lambda layout: layout.left_rows)


@intrinsic
def pack_right(
    _: object,
    packed: types.Array,
    start: types.Integer,
    panel: types.Integer,
    block: types.Array,
    column: types.Integer,
) -> tuple[Signature, Codegen]:
    """The same for right panels."""
    return _pack(packed, block, lambda layout: layout.right_rows)


def _size(value: int) -> ir.Constant:
    return ir.Constant(ir.IntType(64), value)
