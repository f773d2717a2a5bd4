"""Shares of external miners: how hard they are, and what is credited."""

from hypothesis import given
from hypothesis import strategies as st

from chain.miner.shares import (
    EASIER_BITS_MAX,
    INTERVAL_MS,
    WORKERS_MAX,
    MiningWorker,
    ShareBook,
)
from consensus.difficulty import TARGET_MAX
from runtime.pre_digest import compute_work

TARGET = (1 << 256) // 10**9


def test_a_share_is_easier_than_a_block() -> None:
    worker = MiningWorker("w", 0, 0)
    assert worker.get_share_target(TARGET) == 32 * TARGET
    assert worker.get_share_target(TARGET_MAX) == TARGET_MAX


def test_what_is_credited_is_what_shares_cost() -> None:
    worker = MiningWorker("w", 0, 0)
    worker.note_share(INTERVAL_MS, 32 * TARGET)
    worker.note_share(2 * INTERVAL_MS, 16 * TARGET)
    assert worker.macs == compute_work(32 * TARGET) + compute_work(16 * TARGET)
    assert worker.shares == 2


def test_shares_that_come_fast_get_harder_and_rare_ones_easier() -> None:
    worker = MiningWorker("w", 0, 0)
    now = 0
    for _ in range(200):
        now += 50
        worker.note_search(now)
        worker.note_share(now, TARGET)
    assert worker.easier_bits == 0
    for _ in range(10):
        now += 5 * INTERVAL_MS
        worker.note_search(now)
    assert worker.easier_bits == 10


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10**6)), max_size=200))
def test_how_hard_they_are_stays_within_its_bounds(steps: list[tuple[bool, int]]) -> None:
    worker = MiningWorker("w", 0, 0)
    now = 0
    for is_share, wait_ms in steps:
        now += wait_ms
        if is_share:
            worker.note_share(now, TARGET)
        else:
            worker.note_search(now)
        assert 0 <= worker.easier_bits <= EASIER_BITS_MAX
        assert worker.seen_ms == now


def test_of_too_many_workers_the_one_unseen_for_longest_goes() -> None:
    book = ShareBook()
    for number in range(WORKERS_MAX):
        book.note_seen(f"w{number}", number)
    book.note_seen("w0", 5_000).shares = 7
    book.note_seen("new", 6_000)
    names = [worker.name for worker in book.get_all()]
    assert len(names) == WORKERS_MAX
    assert names[-2:] == ["w0", "new"]
    assert book.get("w1") is None
    kept = book.get("w0")
    assert kept is not None
    assert (kept.shares, kept.since_ms, kept.seen_ms) == (7, 0, 5_000)
