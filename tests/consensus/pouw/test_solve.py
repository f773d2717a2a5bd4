"""The search: exact products, the best ticket, and a proof that holds for every tile."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.kernels.backend import Cancelled
from consensus.pouw.noise import add_noise, compute_noise, compute_seeds
from consensus.pouw.solve import MatrixWork, SeededWork, solve
from consensus.pouw.ticket import draw_tickets
from consensus.pouw.verify import verify_seal
from consensus.pouw.witness import TileOpening, Witness
from runtime.tensor.commitment import commit_matrix, commit_result, open_strip, open_tile
from runtime.work_summary import Lane
from tests.helpers.pouw_stage import (
    AUTHOR,
    BACKEND,
    EASY,
    PARAMS,
    PRE_HASH,
    lanes,
    make_operand,
    make_work,
    seeds,
    shapes,
    win,
)


@given(lanes, shapes, seeds)
@settings(max_examples=25)
def test_what_is_solved_verifies(lane: Lane, shape: tuple[int, int, int], seed: int) -> None:
    m, n, k = shape
    work = make_work(lane, m, n, k, seed)
    done = win(work)
    assert done.seal is not None
    assert (done.seal.m, done.seal.n, done.seal.k) == shape
    assert done.seal.ticket == done.best_ticket
    assert (done.macs, done.tickets) == (m * n * k, m * n // 1_024)
    assert done.product is not None
    assert np.array_equal(done.product, work.a.astype(np.int64) @ work.bt.T.astype(np.int64))
    verify_seal(PRE_HASH, AUTHOR, done.seal, done.witness, EASY, PARAMS)


@given(st.integers(0, 2**64 - 1))
@settings(max_examples=10)
def test_seeded_lane_needs_no_witness(nonce: int) -> None:
    done = win(SeededWork(nonce))
    assert done.seal is not None
    assert done.seal.nonce == nonce
    assert (done.witness, done.product) == (None, None)
    assert (done.macs, done.tickets) == (64 * 96 * 128, 6)
    verify_seal(PRE_HASH, AUTHOR, done.seal, None, EASY, PARAMS)


@pytest.mark.parametrize("lane", [Lane.TASK, Lane.PRIVATE])
def test_every_tile_of_the_miner_is_the_verifier_s(lane: Lane) -> None:
    work = make_work(lane, 96, 64, 192)
    done = win(work)
    assert done.seal is not None
    assert done.product is not None
    a, bt = commit_matrix(work.a), commit_matrix(work.bt)
    result = commit_result(done.product)
    keys = compute_seeds(PRE_HASH, (96, 64, 192), a.root, bt.root)
    run = BACKEND.run(
        add_noise(work.a, compute_noise(keys.seed_a, 0, 96, 192)),
        add_noise(work.bt, compute_noise(keys.seed_b, 0, 64, 192)),
        None,
        lambda: False,
    )
    drawn = list(draw_tickets(keys.seed_a, run.transcripts))
    assert min(ticket[::-1] for ticket, _, _ in drawn) == done.best_ticket[::-1]
    for ticket, i, j in drawn:
        tile = TileOpening(*open_tile(result, done.product, i, j)) if lane is Lane.TASK else None
        witness = Witness(*open_strip(a, work.a, i), *open_strip(bt, work.bt, j), tile)
        seal = replace(done.seal, i=i, j=j, ticket=ticket)
        verify_seal(PRE_HASH, AUTHOR, seal, witness, EASY, PARAMS)


def test_product_is_exact_without_a_win() -> None:
    work = make_work(Lane.TASK)
    done = win(work, target=0)
    assert (done.seal, done.witness) == (None, None)
    assert done.tickets == 6
    assert len(done.best_ticket) == 32
    assert done.product is not None
    assert np.array_equal(done.product, work.a.astype(np.int64) @ work.bt.T.astype(np.int64))


def test_hardest_target_that_is_met_seals_and_the_next_does_not() -> None:
    best = win(make_work(Lane.PRIVATE), target=0).best_ticket
    hardest = -(-int.from_bytes(best, "little") // (1_024 * 128))
    assert win(make_work(Lane.PRIVATE), hardest).seal is not None
    assert win(make_work(Lane.PRIVATE), hardest - 1).seal is None


def test_share_of_wins_is_that_of_the_work() -> None:
    """At a target of one win in 2^18 multiply-accumulates, about 3 of 6 tiles of k = 128 win."""
    target = 2**256 // 2**18
    wins = sum(win(SeededWork(nonce), target).seal is not None for nonce in range(40))
    # A product of 6 tiles wins with probability 1 - 2^-6, twice in a hundred it does not.
    assert wins >= 36
    fewer = sum(win(SeededWork(nonce), target // 32).seal is not None for nonce in range(60))
    # Expected 60 * (1 - (1 - 1/64)^6) = 5.4.
    assert 1 <= fewer <= 14


def test_zero_matrices_pay_and_mine_like_any_others() -> None:
    zeros = MatrixWork(Lane.PRIVATE, np.zeros((64, 128), np.int8), np.zeros((96, 128), np.int8))
    done, other = win(zeros), win(make_work(Lane.PRIVATE))
    assert done.seal is not None
    assert (done.macs, done.tickets) == (other.macs, other.tickets)
    assert done.product is not None
    assert not done.product.any()
    verify_seal(PRE_HASH, AUTHOR, done.seal, done.witness, EASY, PARAMS)


def test_work_is_called_off() -> None:
    with pytest.raises(Cancelled):
        solve(PRE_HASH, AUTHOR, make_work(Lane.TASK), EASY, PARAMS, BACKEND, lambda: True)


@pytest.mark.parametrize("value", [-64, 64, 127, -128])
@pytest.mark.parametrize("is_left", [True, False])
def test_operands_out_of_range_are_refused(value: int, is_left: bool) -> None:
    work = make_work(Lane.TASK)
    (work.a if is_left else work.bt)[-1, -1] = value
    with pytest.raises(ValueError, match=r"expected values in \[-63, 63\]"):
        win(work)


@pytest.mark.parametrize(
    "a_shape, bt_shape",
    [
        ((33, 64), (32, 64)),
        ((32, 64), (31, 64)),
        ((32, 65), (32, 65)),
        ((32, 64), (32, 128)),
        ((0, 64), (32, 64)),
        ((32, 16_448), (32, 16_448)),
    ],
)
def test_shapes_that_are_not_padded_are_refused(
    a_shape: tuple[int, int], bt_shape: tuple[int, int]
) -> None:
    work = MatrixWork(Lane.TASK, make_operand(*a_shape), make_operand(*bt_shape))
    with pytest.raises(ValueError, match="expected m and n multiples of 32"):
        win(work)


def test_what_is_no_operand_is_refused() -> None:
    good = make_operand(32, 64)
    wider: Any = good.astype(np.int16)
    for bad in (wider, good.reshape(-1)):
        with pytest.raises(ValueError, match=r"B: expected int8\[rows, k\]"):
            win(MatrixWork(Lane.TASK, good, bad))
    with pytest.raises(ValueError, match="chooses its operands itself"):
        win(MatrixWork(Lane.SEEDED, good, good))


def test_layout_of_operands_does_not_matter() -> None:
    work = make_work(Lane.TASK)
    other = MatrixWork(work.lane, np.asfortranarray(work.a), np.asfortranarray(work.bt))
    assert win(other).seal == win(work).seal
    assert win(other).witness == win(work).witness
