"""product-v1: shapes, slots, tiles that are proven right or wrong, fillers that are held to."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.primitives import Hash
from runtime.programs import Inputs, MatrixProduct, ProgramError
from runtime.programs.product import INNER_MAX, SIDE_MAX, StripOpening, TileOpening
from runtime.tensor.commitment import (
    TILE_BYTES,
    BadOpening,
    Dtype,
    commit_leaves,
    commit_matrix,
    commit_result,
    get_tile,
    open_strip,
    open_tile,
    result_root,
)
from runtime.tensor.product import compute_any_product, compute_tile_product
from tests.helpers.product_jobs import ProductCase

NOTHING = Inputs(())


@given(st.integers(0, 2**32 - 1), st.sampled_from((1, 64, 1_024, 4_096)))
def test_a_product_of_any_bytes_is_exact(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(-128, 128, (3, k), np.int8) for _ in range(2))
    a[0], b[0] = -128, -128  # the largest sum there is
    a[1], b[1] = 127, 127
    b[1, 0] = 126  # nearly as large, and odd
    expected = a.astype(np.int64) @ b.T.astype(np.int64)
    assert compute_any_product(a, b).tolist() == expected.tolist()
    if k % 64 == 0:
        assert compute_tile_product(a, b).tolist() == expected.tolist()


def test_slots_are_strips_and_their_results_join() -> None:
    case = ProductCase(160, 96, 128, strips_per_slot=2)
    program = case.program
    assert program.count_slots() == 3
    assert [program.get_strips(slot) for slot in range(3)] == [(0, 2), (2, 2), (4, 1)]
    assert program.get_shape(2) == (32, 96)
    parts = [program.compute(slot, case.a, case.b) for slot in range(3)]
    whole = case.a.astype(np.int64) @ case.b.T.astype(np.int64)
    assert np.concatenate(parts).tolist() == whole.tolist()
    inputs = Inputs((case.a.tobytes(), case.b.tobytes()))
    for slot in range(3):
        assert program.run(slot, inputs) == commit_result(parts[slot]).root
        assert len(program.run(slot, inputs)) == program.get_output_bytes(slot)
    assert program.plan(NOTHING).macs == 64 * 96 * 128
    assert program.get_roots() == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"m": 0},
        {"m": 33},
        {"m": SIDE_MAX + 32},
        {"n": 0},
        {"n": 31},
        {"n": SIDE_MAX + 32},
        {"k": 0},
        {"k": 65},
        {"k": INNER_MAX + 64},
        {"strips_per_slot": 0},
        {"m": SIDE_MAX, "n": 64 * 32, "strips_per_slot": SIDE_MAX},
    ],
    ids=str,
)
def test_it_refuses_shapes(changes: dict[str, Any]) -> None:
    program = ProductCase(64, 64, 64).program
    if "strips_per_slot" in changes and changes["strips_per_slot"] == 0:
        assert replace(program, **changes).count_slots() == 0
        return
    with pytest.raises(ProgramError):
        replace(program, **changes).plan(NOTHING)


def test_it_runs_nothing_without_its_operands() -> None:
    case = ProductCase(32, 32, 64)
    a, b = case.a.tobytes(), case.b.tobytes()
    for blobs in ((), (a,), (a, b[:-1]), (a[:-1], b), (a, b, b)):
        with pytest.raises(ProgramError):
            case.program.run(0, Inputs(blobs))


def test_a_right_tile_is_right_and_every_wrong_entry_is_wrong() -> None:
    case = ProductCase(96, 64, 64, strips_per_slot=2)
    for slot in range(2):
        for tile in range(case.program.count_tiles(slot)):
            a, b, right = case.open(slot, tile)
            assert case.program.is_tile_right(slot, tile, a, b, right)
            for place in range(0, TILE_BYTES, 331):
                lie = bytearray(right.tile)
                lie[place] ^= 1
                wrong = replace(right, tile=bytes(lie))
                assert not case.program.is_tile_right(slot, tile, a, b, wrong)


def test_a_tile_of_another_size_proves_nothing() -> None:
    case = ProductCase(96, 64, 64, strips_per_slot=2)
    root, (_, _, right) = result_root(case.compute(0)), case.open(0, 1)
    case.program.ensure_tile(0, root, 1, right)
    for tile in (b"", right.tile[:-1]):
        with pytest.raises(BadOpening, match="a tile has 4096 bytes"):
            case.program.ensure_tile(0, root, 1, replace(right, tile=tile))


def test_strips_and_tiles_of_other_places_prove_nothing() -> None:
    case = ProductCase(96, 64, 64, strips_per_slot=2)
    a, b, result = case.open(0, 1)
    other_a, other_b, other = case.open(0, 2)
    for strips in ((other_a, b), (a, other_b), (b, a)):
        with pytest.raises(BadOpening):
            case.program.is_tile_right(0, 1, *strips, result)
    short = StripOpening(a.strip[:-1], a.path)
    with pytest.raises(BadOpening):
        case.program.is_tile_right(0, 1, short, b, result)
    root = case.commit(0).root
    case.program.ensure_tile(0, root, 1, result)
    for tile, opening in ((2, result), (1, other), (4, result), (1, replace(result, path=()))):
        with pytest.raises(BadOpening):
            case.program.ensure_tile(0, root, tile, opening)


@given(st.integers(1, 5), st.integers(1, 5))
def test_a_tree_is_filled_as_it_has_to_be(strips: int, columns: int) -> None:
    case = ProductCase(32 * strips, 32 * columns, 64, strips_per_slot=strips)
    honest, program = case.commit(0), case.program
    tiles = program.count_tiles(0)
    for tile in range(tiles):
        program.ensure_filled(0, tile, honest.get_path(tile))
    if tiles & (tiles - 1) == 0:
        return  # there is nothing to fill
    # Another filler behind the last tile: every tile is as it was, the last one's path tells.
    leaves = (*honest.levels[0][:tiles], Hash(b"f" * 32), *honest.levels[0][tiles + 1 :])
    forged = commit_leaves(Dtype.INT8, 32 * len(leaves), 64, leaves)
    with pytest.raises(BadOpening):
        program.ensure_filled(0, tiles - 1, forged.get_path(tiles - 1))


def test_the_largest_proof_has_the_size_that_is_said() -> None:
    case = ProductCase(32, 32, INNER_MAX)
    a, b, result = case.open(0, 0)
    assert len(a.strip) == len(b.strip) == 131_072
    assert case.program.is_tile_right(0, 0, a, b, result)


def test_openings_are_those_of_the_matrices() -> None:
    case = ProductCase(96, 64, 64, strips_per_slot=3)
    a, b, result = case.open(0, 3)
    assert (a.strip, a.path) == open_strip(commit_matrix(case.a), case.a, 1)
    assert (b.strip, b.path) == open_strip(commit_matrix(case.b), case.b, 1)
    commitment = case.commit(0)
    assert (result.tile, result.path) == open_tile(commitment, case.compute(0), 1, 1)
    assert isinstance(result, TileOpening)
    assert get_tile(case.compute(0), 1, 1) == result.tile
    assert isinstance(case.program, MatrixProduct)
