"""What hidden gold is worth on real data: classifiers label digits, guessers disturb them."""

from statistics import mean

import numpy as np
import pytest

from pallets.rounds import Judge, unpack_labels
from tests.helpers.digit_labellers import (
    CLASSES,
    GOLD_ITEMS,
    HONEST,
    ITEMS,
    LABELLERS,
    compute_hidden_accuracy,
    hide_gold,
    make_answers,
    make_digit_items,
)
from tests.pallets.rounds.stage import LABELLERS as PEOPLE
from tests.pallets.rounds.stage import OWNER, POOL, RoundStage

SPLIT = 3
DRAWS = 6


def play(seed: int) -> tuple[float, float]:
    """The accuracy of the chain's labels and of a plain vote, for some gold and some guesses."""
    items = make_digit_items(SPLIT)
    rows, gold = make_answers(items, seed), hide_gold(items, seed)
    stage = RoundStage()
    root = stage.put_blob(OWNER, items.images.tobytes())
    number = stage.post(items=root, item_bytes=64, gold=gold, seats=LABELLERS)
    people = PEOPLE[:LABELLERS]
    stage.join(number, *people)
    answers = {who: row.tolist() for who, row in zip(people, rows, strict=True)}
    stage.answer_all(number, answers)
    stage.reveal_gold(number, gold)
    stage.try_state()
    assert stage.get(number).judge is Judge.GOLD
    seats = [stage.get_seat(number, who) for who in people]
    assert sum(seat.paid for seat in seats) == POOL
    assert [seat.paid for seat in seats[HONEST:]] == [0, 0, 0]
    assert all(seat.paid > 0 for seat in seats[:HONEST])
    paid = [seat.paid for seat in sorted(seats, key=lambda seat: (seat.weight, seat.paid))]
    assert paid == sorted(paid)
    labels = unpack_labels(stage.rounds.labels[number], ITEMS, CLASSES)
    votes = np.stack([(rows == label).sum(axis=0) for label in range(CLASSES)])
    return (
        compute_hidden_accuracy(labels, items, gold),
        compute_hidden_accuracy(votes.argmax(axis=0), items, gold),
    )


@pytest.fixture(scope="module")
def accuracies() -> list[tuple[float, float]]:
    return [play(seed) for seed in range(DRAWS)]


def test_gold_labels_are_better_than_a_vote(accuracies: list[tuple[float, float]]) -> None:
    """On this split 99 %; elsewhere about what the best labeller alone would give."""
    assert all(gold > vote for gold, vote in accuracies)
    assert mean(gold for gold, _ in accuracies) >= 0.99
    assert mean(vote for _, vote in accuracies) <= 0.98


def test_the_honest_differ_in_skill() -> None:
    """The labellers that the figures speak of are worth telling apart."""
    items = make_digit_items(SPLIT)
    skill = (items.honest == items.truth).mean(axis=1)
    assert skill[0] == max(skill)
    assert skill[3] == min(skill) < 0.93
    assert GOLD_ITEMS * 10 == ITEMS
