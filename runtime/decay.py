"""How old numbers count for less, in integers."""


def compute_decay(amount: int, age: int, half_life: int) -> int:
    """What is left of an amount: half of it after each half-life, a straight line in between."""
    halvings, rest = divmod(age, half_life)
    left = amount >> min(halvings, 128)
    return left - left * rest // (2 * half_life)
