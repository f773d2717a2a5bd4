"""Any wrong tile is found in as many answers as the tree is high, and one more (V-3)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.wallet.tile_search import Ask, TileSearch, Wrong
from runtime.primitives import Hash
from runtime.programs import TileOpening
from runtime.tensor.commitment import (
    BadOpening,
    Commitment,
    Dtype,
    commit_leaves,
    commit_result,
    get_tile,
)
from runtime.tensor.value import Int32Array
from tests.helpers.product_jobs import ProductCase

CASES = [ProductCase(32 * m, 32 * n, 64, strips_per_slot=m) for m, n in ((1, 1), (2, 2), (5, 7))]


def find(case: ProductCase, result: Int32Array) -> tuple[Wrong | None, int]:
    """What the search finds, and how many tiles had to be shown."""
    claimed = commit_result(result)
    search = TileSearch(case.commit(0), claimed.root)
    step: Ask | Wrong | None = search.begin()
    shown = 0
    while isinstance(step, Ask):
        shown += 1
        assert shown <= 64, "the search goes in circles"
        opening = case.open_tile(0, step.tile, result)
        case.program.ensure_tile(0, claimed.root, step.tile, opening)
        step = search.note(step.tile, opening)
    return step, shown


@pytest.mark.parametrize("case", CASES)
def test_every_single_wrong_tile_is_found(case: ProductCase) -> None:
    bound = case.program.get_path_length(0) + 1
    for tile in range(case.program.count_tiles(0)):
        result = case.forge(0, tile, 5 * tile)
        found, shown = find(case, result)
        assert isinstance(found, Wrong)
        assert found.tile == tile
        assert shown <= bound
        assert not case.program.is_tile_right(0, tile, *case.open(0, tile)[:2], found.opening)


@given(st.sets(st.integers(0, 34), min_size=1))
def test_one_of_many_wrong_tiles_is_found(tiles: set[int]) -> None:
    case = CASES[2]
    result = case.compute(0).copy()
    for tile in tiles:
        row, col = case.program.get_position(tile)
        result[32 * row + 3, 32 * col + 9] ^= 1
    found, shown = find(case, result)
    assert isinstance(found, Wrong)
    assert found.tile in tiles
    assert shown <= case.program.get_path_length(0) + 1


def test_a_right_claim_is_not_searched() -> None:
    assert find(CASES[1], CASES[1].compute(0)) == (None, 0)


def test_other_fillers_lead_to_a_tile_that_cannot_be_shown() -> None:
    case = CASES[2]
    honest = case.commit(0)
    tiles = case.program.count_tiles(0)
    leaves = list(honest.levels[0])
    leaves[tiles + 5] = Hash(b"f" * 32)
    tree = commit_leaves(Dtype.INT8, 32 * len(leaves), 64, leaves)
    forged: Commitment = replace(honest, levels=tree.levels)
    search = TileSearch(honest, forged.root)
    step: Ask | Wrong | None = search.begin()
    for _ in range(case.program.get_path_length(0) + 1):
        assert isinstance(step, Ask)
        assert step.tile < tiles
        tile = get_tile(case.compute(0), *case.program.get_position(step.tile))
        opening = TileOpening(tile, forged.get_path(step.tile))
        try:
            case.program.ensure_filled(0, step.tile, opening.path)
        except BadOpening:
            return
        step = search.note(step.tile, opening)
    raise AssertionError("the search never asked for what cannot be shown")
