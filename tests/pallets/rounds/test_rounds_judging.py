"""The arithmetic of a round: packed labels, commitments, weights, majorities and shares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pallets.rounds import (
    GoldLabel,
    compute_answer_commitment,
    compute_gold_commitment,
    pack_labels,
    unpack_labels,
)
from pallets.rounds.commitments import compute_duty
from pallets.rounds.judging import compute_majority, compute_weight, count_right, split_pool
from pallets.rounds.labels import BadLabels, compute_packed_bytes, compute_width_bits
from runtime.crypto.hashing import blake2_256
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.blob import blob_root

ACCOUNTS = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=16, unique=True)


@st.composite
def labellings(draw: st.DrawFn) -> tuple[dict[AccountId, np.ndarray], dict[AccountId, int], int]:
    """What some labellers answered, what they weigh, and the classes."""
    classes, items = draw(st.integers(2, 12)), draw(st.integers(1, 30))
    who = [AccountId(raw) for raw in draw(ACCOUNTS)]
    row = st.lists(st.integers(0, classes - 1), min_size=items, max_size=items)
    answers = {each: np.array(draw(row), np.uint8) for each in who}
    weights = {each: draw(st.integers(0, 65_536)) for each in who}
    return answers, weights, classes


# --- packing


@given(st.integers(2, 256), st.data())
def test_labels_come_back(classes: int, data: st.DataObject) -> None:
    labels = data.draw(st.lists(st.integers(0, classes - 1), max_size=70))
    packed = pack_labels(labels, classes)
    assert len(packed) == compute_packed_bytes(len(labels), classes)
    assert unpack_labels(packed, len(labels), classes).tolist() == labels


@given(st.integers(2, 256), st.integers(0, 40), st.data())
def test_labels_have_one_form(classes: int, items: int, data: st.DataObject) -> None:
    """Whatever bytes are taken for labels, packing gives them again."""
    size = compute_packed_bytes(items, classes)
    packed = data.draw(st.binary(min_size=size, max_size=size))
    try:
        labels = unpack_labels(packed, items, classes)
    except BadLabels:
        return
    assert pack_labels(labels.tolist(), classes) == packed


def test_the_first_label_is_in_the_low_bits() -> None:
    widths = [compute_width_bits(classes) for classes in (2, 3, 4, 5, 16, 17, 256)]
    assert widths == [1, 2, 2, 4, 4, 8, 8]
    assert pack_labels([1, 0, 0, 1, 0, 0, 0, 0, 1], 2) == b"\x09\x01"
    assert pack_labels([3, 0, 2], 3 + 1) == bytes([0b100011])
    assert pack_labels([7, 9, 1], 10) == b"\x97\x01"
    assert pack_labels([200, 0], 256) == b"\xc8\x00"


@pytest.mark.parametrize(
    "packed, items, classes, says",
    [
        (b"", 1, 10, "expected 1 bytes for 1 labels, got 0"),
        (b"\x00\x00", 2, 10, "expected 1 bytes for 2 labels, got 2"),
        (b"\x10", 1, 10, "zeros behind the last of 1 labels"),
        (b"\x0a", 1, 10, "labels below 10, got 10"),
        (b"\x03", 1, 3, "labels below 3, got 3"),
    ],
)
def test_other_bytes_are_no_labels(packed: bytes, items: int, classes: int, says: str) -> None:
    with pytest.raises(BadLabels, match=says):
        unpack_labels(packed, items, classes)


@pytest.mark.parametrize("label", [-1, 10, 256])
def test_a_label_is_a_class(label: int) -> None:
    with pytest.raises(BadLabels, match=f"labels below 10, got {label}"):
        pack_labels([0, label], 10)


# --- commitments


def test_a_commitment_is_the_hash_of_its_parts() -> None:
    """As the specification says it, byte for byte."""
    genesis, who, salt = Hash(b"g" * 32), AccountId(b"a" * 32), b"s" * 32
    answers = b"\x97\x01"
    raw = b"soberana/round/answer" + b"g" * 32 + b"\x05" + bytes(7) + b"a" * 32
    raw += blob_root(answers) + salt
    assert compute_answer_commitment(genesis, 5, who, answers, salt) == blake2_256(raw)
    gold = (GoldLabel(1, 7), GoldLabel(70, 3))
    packed = bytes([2 << 2, 1 << 2, 7]) + (70 << 2 | 1).to_bytes(2, "little") + b"\x03"
    raw = b"soberana/round/gold" + b"g" * 32 + b"a" * 32 + b"i" * 32 + blob_root(packed) + salt
    assert compute_gold_commitment(genesis, who, Root(b"i" * 32), gold, salt) == blake2_256(raw)
    raw = b"soberana/round/seat" + b"\x05" + bytes(7) + b"a" * 32
    assert compute_duty(5, who).hash == blake2_256(raw)


# --- judging


@pytest.mark.parametrize(
    "right, asked, weight",
    [(0, 40, 0), (20, 40, 0), (21, 40, 4), (40, 40, 1_600), (256, 256, 65_536)],
)
def test_weight_is_the_square_of_right_above_wrong(right: int, asked: int, weight: int) -> None:
    assert compute_weight(right, asked) == weight


@given(labellings())
def test_a_majority_is_the_heaviest_label(
    given_: tuple[dict[AccountId, np.ndarray], dict[AccountId, int], int],
) -> None:
    answers, weights, classes = given_
    found = compute_majority(answers, weights, classes).tolist()
    for item, label in enumerate(found):
        votes = [0] * classes
        for who, labels in answers.items():
            votes[int(labels[item])] += weights[who]
        assert label == votes.index(max(votes))


@given(labellings(), st.randoms(use_true_random=False), st.integers(0, 10**24))
def test_nothing_depends_on_the_order_of_labellers(
    given_: tuple[dict[AccountId, np.ndarray], dict[AccountId, int], int],
    random: object,
    pool: int,
) -> None:
    """V-7: whoever comes first, labels and payouts are the same."""
    answers, weights, classes = given_
    order = sorted(answers, key=lambda who: blake2_256(repr(random).encode() + who))
    moved = {who: answers[who] for who in order}
    heavy = {who: weights[who] for who in order}
    assert (
        compute_majority(moved, heavy, classes).tolist()
        == compute_majority(answers, weights, classes).tolist()
    )
    if any(weights.values()):
        assert split_pool(pool, heavy) == split_pool(pool, weights)


@given(labellings())
def test_swapping_two_labellers_answers_swaps_their_counts(
    given_: tuple[dict[AccountId, np.ndarray], dict[AccountId, int], int],
) -> None:
    answers, _, _ = given_
    first, last = min(answers), max(answers)
    swapped = answers | {first: answers[last], last: answers[first]}
    items = np.arange(len(answers[first]))
    labels = answers[first]
    before, after = count_right(answers, items, labels), count_right(swapped, items, labels)
    assert (after[first], after[last]) == (before[last], before[first])
    assert all(after[who] == before[who] for who in answers if who not in (first, last))


@given(
    st.integers(1, 2**128 - 1),
    st.dictionaries(st.binary(min_size=32, max_size=32), st.integers(0, 2**24), min_size=1),
)
def test_the_pool_is_paid_exactly(pool: int, weights: dict[bytes, int]) -> None:
    if not any(weights.values()):
        return
    shares = split_pool(pool, {AccountId(who): weight for who, weight in weights.items()})
    assert sum(shares.values()) == pool
    total = sum(weights.values())
    heaviest = max(weights.values())
    for who, share in shares.items():
        exact = pool * weights[who] // total
        assert exact <= share <= exact + len(weights)
        assert share == exact or weights[who] == heaviest
