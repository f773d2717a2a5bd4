"""Weights of labelling rounds."""

from runtime.primitives import Weight

SEATS_MAX = 16
ITEMS_MAX = 4_096
CLASSES_MAX = 256

POST = Weight(250_000_000, 110_000)
JOIN = Weight(320_000_000, 9_000)
COMMIT = Weight(370_000_000, 17_000)
POKE = Weight(810_000_000, 20_000)
CLOSE = Weight(660_000_000, 33_000)
MISS = Weight(120_000_000, 3_200)
REVEAL = Weight(430_000_000, 4_300)
REVEAL_BYTE = Weight(110_000, 1)
SETTLE = Weight(650_000_000, 9_700)
SETTLE_SEAT = Weight(180_000_000, 4_300)
SETTLE_ITEM = Weight(220_000, 0)
SETTLE_ANSWER = Weight(81_000, 0)
"""An item of one seat."""

SETTLE_CLASS = Weight(4_300, 0)
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
