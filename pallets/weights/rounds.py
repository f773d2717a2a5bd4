"""Weights of labelling rounds: about twice what was measured, rounded up."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""A stored item with its path in the state."""

SEATS_MAX = 16
ITEMS_MAX = 4_096
CLASSES_MAX = 256

POST = Weight(300_000_000, 8 * PROOF_BYTES_ITEM + 65_536)
JOIN = Weight(300_000_000, 10 * PROOF_BYTES_ITEM)
COMMIT = Weight(300_000_000, (SEATS_MAX + 4) * PROOF_BYTES_ITEM)
POKE = Weight(200_000_000, 2 * PROOF_BYTES_ITEM)
CLOSE = Weight(600_000_000, (3 * SEATS_MAX + 8) * PROOF_BYTES_ITEM)
MISS = Weight(150_000_000, 8 * PROOF_BYTES_ITEM)


def reveal(answer_bytes: int) -> Weight:
    """Hashing, unpacking and storing the answers."""
    return Weight(300_000_000 + 50_000 * answer_bytes, 6 * PROOF_BYTES_ITEM + answer_bytes)


def settle(seats: int, items: int, classes: int) -> Weight:
    """Reading and weighing so many answers, and paying for them."""
    ref_time = 2_000_000_000 + seats * (1_000_000_000 + 100_000 * items)
    proof_size = (8 + 10 * seats) * PROOF_BYTES_ITEM + seats * items
    return Weight(ref_time + 300_000 * items + 10_000 * items * classes, proof_size)


def time_out(seats: int, items: int, classes: int) -> Weight:
    """Whatever is due of a round: each seat misses once, and then it is settled."""
    return settle(seats, items, classes) + Weight(MISS.ref_time * seats, MISS.proof_size * seats)


TIME_OUT_WORST = time_out(SEATS_MAX, ITEMS_MAX, CLASSES_MAX)
"""No round has more due."""
