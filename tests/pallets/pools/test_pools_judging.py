"""What a shard is worth: forms of examples, duplicates, splits, and real digits."""

from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.training import load_digits
from pallets.pools import compute_shard_commitment, compute_validation_commitment, get_pot
from pallets.pools.examples import BadExamples, Examples, drop_known, load_examples
from pallets.pools.judging import compute_right, split_by_points
from runtime.primitives import AccountId, Hash, Root
from runtime.programs import ReferenceRunner
from runtime.tensor.value import Int8Array
from tests.pallets.pools.stage import COLS, PoolStage, make_examples

RUNNER = ReferenceRunner()
ROW = st.binary(min_size=2, max_size=2)
EXAMPLES = st.lists(st.tuples(ROW, st.integers(0, 3)), max_size=12)


def pack(examples: list[tuple[bytes, int]]) -> bytes:
    return b"".join(row + bytes([label]) for row, label in examples)


# --- examples


def test_examples_are_rows_with_their_labels() -> None:
    examples = load_examples(bytes([1, 255, 2, 63, 193, 0]), 2, 3, 2)
    assert examples.rows.tolist() == [[1, -1], [63, -63]]
    assert examples.labels.tolist() == [2, 0]
    both = examples.join(examples)
    assert (both.rows.shape, both.labels.tolist()) == ((4, 2), [2, 0, 2, 0])


@pytest.mark.parametrize(
    "content, expected",
    [
        (b"", "1 to 2 examples of 3 bytes, got 0 bytes"),
        (bytes(4), "got 4 bytes"),
        (bytes(9), "got 9 bytes"),
        (bytes([64, 0, 0]), "entries in"),
        (bytes([192, 0, 0]), "entries in"),
        (bytes([0, 0, 3]), "labels below 3, got 3"),
    ],
    ids=["none", "half a row", "too many", "above", "below", "no class"],
)
def test_other_bytes_are_no_examples(content: bytes, expected: str) -> None:
    with pytest.raises(BadExamples, match=expected):
        load_examples(content, 2, 3, 2)


@given(EXAMPLES, st.lists(EXAMPLES, max_size=3))
def test_a_row_is_its_first_givers_whatever_its_label(
    shard: list[tuple[bytes, int]], known: list[list[tuple[bytes, int]]]
) -> None:
    """As one would say it of lists."""
    before = [row for part in known for row, _ in part]
    rows = [row for row, _ in shard]
    expected = [
        each for at, each in enumerate(shard) if each[0] not in before and each[0] not in rows[:at]
    ]
    assert drop_known(pack(shard), [pack(part) for part in known], 2) == pack(expected)


# --- points and parts


@given(
    st.integers(0, 10**20), st.dictionaries(st.integers(0, 31), st.integers(0, 1_000), min_size=1)
)
def test_an_amount_is_split_exactly(amount: int, points: dict[int, int]) -> None:
    total = sum(points.values())
    if total == 0:
        with pytest.raises(AssertionError, match="among somebody"):
            split_by_points(amount, points)
        return
    parts = split_by_points(amount, points)
    assert sum(parts.values()) == amount
    heaviest = min(sorted(points), key=lambda seat: -points[seat])
    for seat, part in parts.items():
        fair = amount * points[seat] // total
        assert fair <= part <= fair + (len(points) if seat == heaviest else 0)


def test_points_are_the_whole_difference() -> None:
    """Of a training by hand: what is told right with the shard, in rows."""
    stage = PoolStage()
    spec = stage.make_spec()
    load = (COLS, spec.classes, 1_000)
    base, shard, hidden = (
        load_examples(make_examples(seed, count), *load)
        for seed, count in ((1, 3), (10, 12), (2, 60))
    )
    alone, together = (
        compute_right(spec, each, hidden, RUNNER) for each in (base, base.join(shard))
    )
    number = stage.open()
    stage.play(number, [make_examples(10 + seed, 12) for seed in range(3)])
    assert stage.get(number).base_right == alone
    assert stage.get_seat(number, 0).points == together - alone > 0


def test_commitments_are_hashes_that_anybody_can_make() -> None:
    genesis, who, root = Hash(b"g" * 32), AccountId(b"w" * 32), Root(b"r" * 32)
    base, salt = Root(b"b" * 32), b"s" * 32
    raw = b"soberana/pool/shard" + genesis + (7).to_bytes(8, "little") + who + root + salt
    made = compute_shard_commitment(genesis, 7, who, root, salt)
    assert made == blake2b(raw, digest_size=32).digest()
    raw = b"soberana/pool/validation" + genesis + who + base + root + salt
    made = compute_validation_commitment(genesis, who, base, root, salt)
    assert made == blake2b(raw, digest_size=32).digest()
    assert get_pot(258) == b"modlpy/pools\x02\x01".ljust(32, b"\0")


# --- digits


def test_digits_earn_and_noise_does_not() -> None:
    """A linear model, sixty images to begin with, shards of ninety: honest ones all gain."""
    digits, rng = load_digits(), np.random.default_rng(5)
    images: Int8Array = np.concatenate([digits.train_images, digits.test_images])
    labels = np.concatenate([digits.train_labels, digits.test_labels]).astype(np.int64)
    order = rng.permutation(len(images))
    stage = PoolStage()
    training = stage.make_spec().training
    spec = stage.make_spec(
        cols=64,
        classes=10,
        training=type(training)(0, 32, 2_000, 7, 7, 4, training.seed, 200),
    )

    def take(first: int, count: int) -> Examples:
        chosen = order[first : first + count]
        return Examples(images[chosen], labels[chosen])

    hidden, base = take(0, 400), take(400, 60)
    alone = compute_right(spec, base, hidden, RUNNER)
    gains = [
        compute_right(spec, base.join(take(500 + 90 * at, 90)), hidden, RUNNER) - alone
        for at in range(8)
    ]
    noise = Examples(take(1_300, 90).rows, rng.integers(0, 10, 90))
    assert min(gains) > 0
    assert compute_right(spec, base.join(noise), hidden, RUNNER) < alone - 40
