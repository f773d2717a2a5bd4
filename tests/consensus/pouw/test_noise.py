"""Seeds bind everything, noise is computed row by row, and it hides operands of any rank."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.pouw.noise import (
    _argsort_stably,
    add_noise,
    compute_job_key,
    compute_noise,
    compute_seeds,
    expand_operand,
)
from runtime.primitives import AccountId, Hash, Root
from tests.helpers import naive_pouw as naive
from tests.helpers.pouw_stage import AUTHOR, PRE_HASH, compute_noise_matrix, make_operand, to_lists

SEED = bytes(range(32))


@given(st.integers(0, 5), st.integers(1, 4), st.integers(1, 3))
def test_noise_is_the_specified_one(first: int, rows: int, steps: int) -> None:
    k = 64 * steps
    expected = naive.noise_rows(SEED, first + rows, k)[first:]
    assert to_lists(compute_noise_matrix(compute_noise(SEED, first, rows, k))) == expected


@given(st.integers(0, 2**20 - 32))
def test_rows_far_down_are_found_without_those_above(first: int) -> None:
    near, far = compute_noise(SEED, first, 32, 64), compute_noise(SEED, first + 31, 1, 64)
    assert np.array_equal(near.left[31], far.left[0])


def test_noise_stays_within_its_range() -> None:
    noise = compute_noise_matrix(compute_noise(SEED, 0, 512, 1_024))
    assert noise.min() >= -63
    assert noise.max() <= 63
    assert noise.min() < -55
    assert noise.max() > 55


@given(st.sampled_from([-63, 63, 0]))
def test_noised_extremes_stay_within_int8(value: int) -> None:
    matrix = np.full((64, 256), value, np.int8)
    noise = compute_noise(SEED, 0, 64, 256)
    expected = matrix.astype(np.int64) + compute_noise_matrix(noise)
    assert np.array_equal(add_noise(matrix, noise), expected)
    assert np.abs(expected).max() <= 126


def test_noise_of_one_step_has_almost_full_rank() -> None:
    """Otherwise the product with a zero matrix would be cheaper than that with any other."""
    noise = compute_noise_matrix(compute_noise(SEED, 0, 128, 64 * 40)).astype(np.float64)
    ranks = [np.linalg.matrix_rank(noise[:, at : at + 64]) for at in range(0, 64 * 40, 64)]
    assert np.mean(ranks) / 64 > 0.89
    assert max(ranks) < 64  # rows of a step's right factor sum to zero


@given(st.lists(st.integers(0, 5), min_size=64, max_size=64))
def test_equal_words_keep_their_order(words: list[int]) -> None:
    expected = sorted(range(64), key=lambda place: words[place])
    assert _argsort_stably(np.array([words], np.uint32)).tolist() == [expected]


def test_no_two_rows_have_the_same_noise() -> None:
    left = compute_noise(SEED, 0, 4_096, 64).left
    assert len(np.unique(left, axis=0)) == 4_096


def test_steps_have_permutations_of_their_own() -> None:
    noise = compute_noise(SEED, 0, 1, 64 * 50)
    for columns in (noise.plus, noise.minus):
        steps = columns.reshape(50, 64)
        assert (np.sort(steps, axis=1) == np.arange(64)).all()
        assert len(np.unique(steps, axis=0)) == 50
    assert not np.array_equal(noise.plus, noise.minus)


ROOT_A, ROOT_B = Root(b"\1" * 32), Root(b"\2" * 32)


@pytest.mark.parametrize(
    "pre_hash, shape, root_a, root_b, keeps_b",
    [
        (Hash(b"\3" * 32), (32, 64, 128), ROOT_A, ROOT_B, False),
        (PRE_HASH, (64, 64, 128), ROOT_A, ROOT_B, True),
        (PRE_HASH, (32, 32, 128), ROOT_A, ROOT_B, False),
        (PRE_HASH, (32, 64, 64), ROOT_A, ROOT_B, False),
        (PRE_HASH, (32, 64, 128), ROOT_B, ROOT_B, True),
        (PRE_HASH, (32, 64, 128), ROOT_A, ROOT_A, False),
    ],
)
def test_seeds_bind_header_roots_and_shape(
    pre_hash: Hash, shape: tuple[int, int, int], root_a: Root, root_b: Root, keeps_b: bool
) -> None:
    """Only what belongs to A alone leaves the seed of B as it was, so noised B is used again."""
    one = compute_seeds(PRE_HASH, (32, 64, 128), ROOT_A, ROOT_B)
    other = compute_seeds(pre_hash, shape, root_a, root_b)
    assert one.seed_a != other.seed_a
    assert (one.seed_b == other.seed_b) is keeps_b


def test_operand_cannot_be_chosen_after_its_noise() -> None:
    """Take A := W - E for a wanted W: its root gives another noise, so A' is not W."""
    wanted = make_operand(64, 128, 5, 20)
    first = Root(naive.matrix_root(to_lists(make_operand(64, 128))))
    seeds = compute_seeds(PRE_HASH, (64, 64, 128), first, ROOT_B)
    noise = compute_noise_matrix(compute_noise(seeds.seed_a, 0, 64, 128))
    chosen = np.clip(wanted - noise, -63, 63).astype(np.int8)
    second = Root(naive.matrix_root(to_lists(chosen)))
    again = compute_seeds(PRE_HASH, (64, 64, 128), second, ROOT_B)
    noised = add_noise(chosen, compute_noise(again.seed_a, 0, 64, 128))
    assert np.mean(noised == wanted) < 0.05


@given(st.integers(0, 3), st.integers(1, 3), st.integers(0, 2**64 - 1))
def test_seeded_operands_are_the_specified_ones(first: int, rows: int, nonce: int) -> None:
    key = compute_job_key(PRE_HASH)
    for name in (b"A", b"B"):
        expected = naive.expand(key, name, AUTHOR, nonce, first + rows, 64)[first:]
        got = expand_operand(key, name, AUTHOR, nonce, (first, first + rows), 64)
        assert to_lists(got) == expected


def test_seeded_operands_differ_by_all_they_are_made_of() -> None:
    key = compute_job_key(PRE_HASH)
    made = [
        expand_operand(key, b"A", AUTHOR, 0, (0, 32), 64),
        expand_operand(key, b"B", AUTHOR, 0, (0, 32), 64),
        expand_operand(key, b"A", AUTHOR, 1, (0, 32), 64),
        expand_operand(key, b"A", AccountId(bytes(32)), 0, (0, 32), 64),
        expand_operand(compute_job_key(Hash(bytes(32))), b"A", AUTHOR, 0, (0, 32), 64),
    ]
    assert len({each.tobytes() for each in made}) == len(made)
    assert all(each.min() >= -63 and each.max() <= 63 for each in made)
