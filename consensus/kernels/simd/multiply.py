"""The multiplying kernel: a small rectangle of sums that stays in registers for a whole block.

`fold_panel` also folds: after every step of 64 columns the sums of a row are XORed into a chain
that is turned left by 13 bits first. XOR commutes with the turn, so every rectangle has a chain of
its own and only their ends meet, in memory:

    T_S of a tile = XOR over its rectangles of their chains

A chain's words are (row mod 8, lane); lanes of one class are XORed when the transcript is written.
`add_panel` multiplies without folding. Both first multiply the sums by `scale`, modulo 2^32.

With quads the right operand is stored with 128 added, because vpdpbusd takes it unsigned. What
that adds to a row's sums in one step is known when the left operand is packed, and is taken off.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.base import BaseContext
from numba.core.typing.templates import Signature
from numba.extending import intrinsic

from consensus.kernels.shape import ROTATION
from consensus.kernels.simd.capability import has_quad_products
from consensus.kernels.simd.layout import PAIRS, QUADS, Layout
from consensus.kernels.simd.vectors import (
    INT8,
    INT16,
    INT32,
    count_lanes,
    fill,
    load,
    offset_of,
    point_into,
    rotate_left,
    shuffle,
    spread,
    store,
    vector_of,
)

Codegen: TypeAlias = Callable[[BaseContext, ir.IRBuilder, Signature, list[ir.Value]], ir.Value]

_UNROLLED: Final = 2
"""Words that one turn of the inner loop takes; more than two is slower for pairs."""


def _layout_of(right: types.Array) -> Layout:
    return QUADS if right.dtype == types.uint8 else PAIRS


def _multiply_add(
    builder: ir.IRBuilder, layout: Layout, sums: ir.Value, left: ir.Value, right: ir.Value
) -> ir.Value:
    """Sums plus the products of words, lane by lane."""
    if layout.group == 4 and has_quad_products():
        octets = vector_of(INT8, 4 * layout.lanes)
        kind = ir.FunctionType(sums.type, [sums.type, octets, octets])
        dot = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.vpdpbusd.512")
        return builder.call(
            dot, [sums, builder.bitcast(right, octets), builder.bitcast(left, octets)]
        )
    # What the instruction does in LLVM's own words, which for pairs it takes for vpmaddwd.
    narrow = vector_of(INT16 if layout.group == 2 else INT8, layout.group * layout.lanes)
    wide = vector_of(INT32, layout.group * layout.lanes)
    widen = builder.sext if layout.shift == 0 else builder.zext
    products = builder.mul(
        builder.sext(builder.bitcast(left, narrow), wide),
        widen(builder.bitcast(right, narrow), wide),
    )
    while (count := count_lanes(products)) > layout.lanes:
        even = shuffle(builder, products, products, range(0, count, 2))
        odd = shuffle(builder, products, products, range(1, count, 2))
        products = builder.add(even, odd)
    return builder.add(sums, products)


class _Rectangle:
    """Emits the code of one rectangle of left_rows x right_rows sums."""

    def __init__(self, builder: ir.IRBuilder, layout: Layout) -> None:
        self._builder = builder
        self._layout = layout
        self._vector = vector_of(INT32, layout.lanes)
        count = layout.left_rows * layout.vectors
        # Memory in name only: LLVM keeps these in registers.
        self._sums = [cgutils.alloca_once(builder, self._vector) for _ in range(count)]
        zero = fill(self._vector, 0)
        rows = range(layout.left_rows)
        self._chains = [cgutils.alloca_once_value(builder, zero) for _ in rows]

    def load_sums(self, at: ir.Value, scale: ir.Value) -> None:
        """From memory, times the scale."""
        factor = spread(self._builder, scale, self._layout.lanes)
        for number, place in enumerate(self._sums):
            old = load(self._builder, at, self._vector, number * self._layout.lanes)
            self._builder.store(self._builder.mul(old, factor), place)

    def add_step(self, left: ir.Value, right: ir.Value, words: ir.Value) -> None:
        """Adds the products of one step to the sums."""
        builder, layout = self._builder, self._layout
        turns = builder.udiv(words, ir.Constant(words.type, _UNROLLED))
        with cgutils.for_range(builder, turns) as loop:
            for unrolled in range(_UNROLLED):
                word = builder.add(
                    builder.mul(loop.index, ir.Constant(words.type, _UNROLLED)),
                    ir.Constant(words.type, unrolled),
                )
                self._add_word(
                    builder.gep(left, [self._scaled(word, layout.left_rows)]),
                    builder.gep(right, [self._scaled(word, layout.right_rows)]),
                )

    def _add_word(self, left: ir.Value, right: ir.Value) -> None:
        builder, layout = self._builder, self._layout
        vectors = [
            load(builder, right, self._vector, number * layout.lanes)
            for number in range(layout.vectors)
        ]
        for row in range(layout.left_rows):
            spread_word = spread(builder, load(builder, left, INT32, row), layout.lanes)
            for number, vector in enumerate(vectors):
                place = self._sums[row * layout.vectors + number]
                total = _multiply_add(builder, layout, builder.load(place), spread_word, vector)
                builder.store(total, place)

    def correct(self, at: ir.Value) -> None:
        """Adds one word to all sums of a row, row by row."""
        builder, layout = self._builder, self._layout
        for row in range(layout.left_rows):
            word = spread(builder, load(builder, at, INT32, row), layout.lanes)
            for place in self._sums[row * layout.vectors : (row + 1) * layout.vectors]:
                builder.store(builder.add(builder.load(place), word), place)

    def fold(self) -> None:
        """Turns the chains and XORs the sums into them."""
        builder, layout = self._builder, self._layout
        for row, chain in enumerate(self._chains):
            folded = rotate_left(builder, builder.load(chain), ROTATION)
            for place in self._sums[row * layout.vectors : (row + 1) * layout.vectors]:
                folded = builder.xor(folded, builder.load(place))
            builder.store(folded, chain)

    def store_sums(self, at: ir.Value) -> None:
        """To memory."""
        for number, place in enumerate(self._sums):
            value = self._builder.load(place)
            store(self._builder, value, at, number * self._layout.lanes)

    def merge_chains(self, at: ir.Value) -> None:
        """XORs the chains into those in memory."""
        for row, chain in enumerate(self._chains):
            skip = row * self._layout.lanes
            old = load(self._builder, at, self._vector, skip)
            store(self._builder, self._builder.xor(old, self._builder.load(chain)), at, skip)

    def _scaled(self, index: ir.Value, factor: int) -> ir.Value:
        return self._builder.mul(index, ir.Constant(index.type, factor))


def _emit(
    context: BaseContext,
    builder: ir.IRBuilder,
    kinds: types.Tuple,
    arguments: list[ir.Value],
    *,
    is_folded: bool,
) -> ir.Value:
    arrays, starts, words, steps, scale = arguments

    def point(number: int) -> ir.Value:
        array, start = builder.extract_value(arrays, number), builder.extract_value(starts, number)
        at = point_into(context, builder, kinds.types[number], array, start)
        return builder.bitcast(at, INT32.as_pointer())

    layout = _layout_of(kinds.types[1])
    left, right, sums, corrections, chains = (point(number) for number in range(5))
    rectangle = _Rectangle(builder, layout)
    rectangle.load_sums(sums, scale)
    with cgutils.for_range(builder, steps) as loop:
        first = builder.mul(loop.index, words)
        rectangle.add_step(
            builder.gep(left, [builder.mul(first, offset_of(layout.left_rows))]),
            builder.gep(right, [builder.mul(first, offset_of(layout.right_rows))]),
            words,
        )
        if layout.shift:
            skip = builder.mul(loop.index, offset_of(layout.left_rows))
            rectangle.correct(builder.gep(corrections, [skip]))
        if is_folded:
            rectangle.fold()
    rectangle.store_sums(sums)
    if is_folded:
        rectangle.merge_chains(chains)
    return context.get_dummy_value()


def _typed(
    arrays: types.Tuple, starts: types.UniTuple, *, is_folded: bool
) -> tuple[Signature, Codegen]:
    def codegen(
        context: BaseContext, builder: ir.IRBuilder, _: Signature, arguments: list[ir.Value]
    ) -> ir.Value:
        return _emit(context, builder, arrays, arguments, is_folded=is_folded)

    return types.void(arrays, starts, types.int64, types.int64, types.int32), codegen


@intrinsic
def fold_panels(
    _: object,
    arrays: types.Tuple,
    starts: types.UniTuple,
    words: types.Integer,
    steps: types.Integer,
    scale: types.Integer,
) -> tuple[Signature, Codegen]:
    """Multiplies two panels over ``steps`` steps of ``words`` words, and folds after each.

    ``arrays`` are left, right, sums, corrections and chains, ``starts`` an index into each.
    """
    return _typed(arrays, starts, is_folded=True)


@intrinsic
def add_panels(
    _: object,
    arrays: types.Tuple,
    starts: types.UniTuple,
    words: types.Integer,
    steps: types.Integer,
    scale: types.Integer,
) -> tuple[Signature, Codegen]:
    """Multiplies two panels without folding; the chains are not touched."""
    return _typed(arrays, starts, is_folded=False)
