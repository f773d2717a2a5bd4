"""Tickets: one a tile, with the same chance for every multiply-accumulate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.pouw.ticket import compute_threshold, compute_ticket, draw_tickets, is_winning
from tests.helpers import naive_pouw as naive

SEED = bytes(range(32))
TRANSCRIPTS = np.random.default_rng(0).integers(0, 2**32, (3, 5, 32), dtype=np.uint32)


def test_every_tile_draws_the_specified_ticket() -> None:
    drawn = list(draw_tickets(SEED, TRANSCRIPTS))
    assert [(i, j) for _, i, j in drawn] == list(np.ndindex(3, 5))
    for ticket, i, j in drawn:
        assert ticket == naive.ticket(SEED, TRANSCRIPTS[i, j].tolist(), i, j)
        assert ticket == compute_ticket(SEED, TRANSCRIPTS[i, j], i, j)


def test_layout_in_memory_does_not_matter() -> None:
    turned = np.asfortranarray(TRANSCRIPTS)
    assert list(draw_tickets(SEED, turned)) == list(draw_tickets(SEED, TRANSCRIPTS))


def test_ticket_depends_on_seed_words_and_place() -> None:
    words = TRANSCRIPTS[0, 0]
    flipped = words.copy()
    flipped[31] ^= np.uint32(1)
    made = {
        compute_ticket(SEED, words, 0, 0),
        compute_ticket(bytes(32), words, 0, 0),
        compute_ticket(SEED, flipped, 0, 0),
        compute_ticket(SEED, words, 1, 0),
        compute_ticket(SEED, words, 0, 1),
    }
    assert len(made) == 5


@given(st.integers(0, 2**256 - 1), st.sampled_from([64, 128, 4_096, 16_384]))
def test_threshold_is_proportional_to_the_tile_s_work(target: int, k: int) -> None:
    threshold = compute_threshold(target, k)
    assert threshold == naive.bound(target, k)
    assert threshold <= 2**256 - 1


@pytest.mark.parametrize("k", [64, 16_384])
def test_bound_itself_wins(k: int) -> None:
    target = 2**256 // (10**12)
    bound = compute_threshold(target, k)
    assert bound == target * 1_024 * k
    assert is_winning(bound.to_bytes(32, "little"), target, k)
    assert not is_winning((bound + 1).to_bytes(32, "little"), target, k)


def test_easiest_target_makes_every_ticket_win() -> None:
    assert is_winning(b"\xff" * 32, 2**256 - 1, 64)
    assert not is_winning(b"\x01" + bytes(31), 0, 16_384)


def test_ticket_is_read_from_its_low_end() -> None:
    assert is_winning(b"\x01" + bytes(31), 1, 64)
    assert not is_winning(bytes(31) + b"\x01", 1, 64)
