"""Weights of labelling rounds."""

from runtime.primitives import Weight

SEATS_MAX = 16
ITEMS_MAX = 4_096
CLASSES_MAX = 256

POST = Weight(210_000_000, 110_000)
JOIN = Weight(290_000_000, 6_000)
COMMIT = Weight(450_000_000, 17_000)
POKE = Weight(2_700_000_000, 19_000)
CLOSE = Weight(680_000_000, 33_000)
MISS = Weight(160_000_000, 3_000)
REVEAL = Weight(470_000_000, 4_300)
REVEAL_BYTE = Weight(120_000, 1)
SETTLE = Weight(690_000_000, 9_300)
SETTLE_SEAT = Weight(240_000_000, 4_300)
SETTLE_ITEM = Weight(210_000, 0)
SETTLE_ANSWER = Weight(88_000, 0)
"""An item of one seat."""

SETTLE_CLASS = Weight(6_800, 0)
"""A class of one item."""


def reveal(answer_bytes: int) -> Weight:
    """Hashing, unpacking and storing the answers."""
    return REVEAL + REVEAL_BYTE * answer_bytes


def settle(seats: int, items: int, classes: int) -> Weight:
    """Reading and weighing so many answers, and paying for them."""
    answers = SETTLE_SEAT * seats + SETTLE_ANSWER * (seats * items)
    return SETTLE + answers + SETTLE_ITEM * items + SETTLE_CLASS * (items * classes)


def time_out(seats: int, items: int, classes: int) -> Weight:
    """Whatever is due of a round: each seat misses once, and then it is settled."""
    return settle(seats, items, classes) + MISS * seats


TIME_OUT_WORST = time_out(SEATS_MAX, ITEMS_MAX, CLASSES_MAX)
"""No round has more due."""
