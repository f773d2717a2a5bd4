"""What must hold of labelling rounds between any two dispatches."""

from collections import Counter

from pallets.rounds.commitments import compute_duty
from pallets.rounds.labels import unpack_labels
from pallets.rounds.lifecycle import REASON, Partners, Tables
from pallets.rounds.types import Judge, Phase, Round, Seat, SeatState
from runtime.primitives import AccountId


def ensure_consistent(tables: Tables, partners: Partners) -> None:
    """Asserts that holds, bonds, counters, answers and payments agree with the rounds."""
    held: Counter[AccountId] = Counter()
    seats: dict[int, dict[AccountId, Seat]] = {number: {} for number, _ in tables.round.items()}
    for (number, who), seat in tables.seat.items():
        seats[number][who] = seat
    for number, entry in tables.round.items():
        held[entry.owner] += entry.escrow + entry.deposit
        _ensure_round(number, entry, seats[number], tables, partners)
    for (number, who), packed in tables.answers.items():
        entry = tables.round[number]
        assert seats[number][who].state is SeatState.REVEALED, f"round {number}: {who} answers"
        unpack_labels(packed, entry.items, entry.spec.classes)
    for number, packed in tables.labels.items():
        entry = tables.round[number]
        assert entry.phase is Phase.SETTLED, f"round {number}: labels in {entry.phase.name}"
        unpack_labels(packed, entry.items, entry.spec.classes)
    for who, amount in held.items():
        on_hold = partners.money.get_held(REASON, who)
        assert amount == on_hold, f"{who}: {amount} in rounds, {on_hold} on hold"


def _ensure_round(
    number: int,
    entry: Round,
    seats: dict[AccountId, Seat],
    tables: Tables,
    partners: Partners,
) -> None:
    at = f"round {number}"
    assert partners.records.get_blob(entry.spec.items) is not None, f"{at}: its items are gone"
    assert entry.owner not in seats, f"{at}: its owner labels"
    bound = [seat for seat in seats.values() if seat.commitment is not None]
    revealed = [who for who, seat in seats.items() if seat.state is SeatState.REVEALED]
    assert len(seats) == entry.joined <= entry.spec.seats, f"{at}: {len(seats)} seats"
    assert len(bound) == entry.committed, f"{at}: {len(bound)} committed"
    assert len({seat.commitment for seat in bound}) == len(bound), f"{at}: a copy"
    assert len(revealed) == entry.revealed, f"{at}: {len(revealed)} revealed"
    for who, seat in seats.items():
        has_duty = not entry.phase.is_final and seat.state is not SeatState.MISSED
        locked = partners.slasher.get_locked(compute_duty(number, who))
        assert locked == (entry.seat_bond if has_duty else 0), f"{at}: {who} has {locked} locked"
        has_answers = (number, who) in tables.answers
        assert has_answers == (seat.state is SeatState.REVEALED), f"{at}: answers of {who}"
    paid = sum(seat.paid for seat in seats.values())
    is_settled = entry.phase is Phase.SETTLED
    assert is_settled == (number in tables.labels) == (entry.judge is not None), f"{at}: labels"
    assert paid <= (entry.spec.pool if is_settled else 0), f"{at}: {paid} paid"
    if entry.judge is Judge.NOBODY:
        assert paid == 0, f"{at}: nobody earned anything, and {paid} was paid"
