"""What must hold of collection pools between any two dispatches."""

from collections import Counter

from pallets.pools.commitments import get_pot
from pallets.pools.lifecycle import REASON, Partners, Tables
from pallets.pools.types import Judge, Phase, Pool, Seat, SeatState
from runtime.primitives import AccountId


def ensure_consistent(tables: Tables, partners: Partners) -> None:
    """Asserts that holds, counters, blobs, points, payments and shares agree with the pools."""
    held: Counter[AccountId] = Counter()
    seats: dict[int, dict[int, Seat]] = {number: {} for number, _ in tables.pool.items()}
    for (number, index), seat in tables.seat.items():
        seats[number][index] = seat
        if seat.state is SeatState.COMMITTED:
            held[seat.who] += tables.pool[number].seat_deposit
    for number, entry in tables.pool.items():
        held[entry.owner] += entry.escrow + entry.deposit
        ordered = [seats[number][index] for index in sorted(seats[number])]
        assert sorted(seats[number]) == list(range(entry.committed)), f"pool {number}: seats"
        _ensure_pool(number, entry, ordered, partners)
        _ensure_earned(number, entry, ordered, partners)
    for who, amount in held.items():
        on_hold = partners.money.get_held(REASON, who)
        assert amount == on_hold, f"{who}: {amount} in pools, {on_hold} on hold"


def _ensure_pool(number: int, entry: Pool, seats: list[Seat], partners: Partners) -> None:
    at = f"pool {number}"
    states = Counter(seat.state for seat in seats)
    shards = [seat.shard for seat in seats if seat.shard is not None]
    assert entry.owner not in [seat.who for seat in seats], f"{at}: its owner contributes"
    assert len({seat.who for seat in seats}) == len(seats) <= entry.spec.seats, f"{at}: seats"
    assert len({seat.commitment for seat in seats}) == len(seats), f"{at}: a copy"
    shown = states[SeatState.REVEALED] + states[SeatState.SCORED]
    assert shown == entry.revealed == len(shards), f"{at}: {shown} revealed"
    assert states[SeatState.SCORED] == entry.scored, f"{at}: {states[SeatState.SCORED]} scored"
    if entry.phase not in (Phase.COMMITTING, Phase.REVEALING):
        assert states[SeatState.COMMITTED] == 0, f"{at}: somebody may still reveal"
    for root in (entry.spec.base, entry.validation, *shards):
        is_there = root is None or partners.records.get_blob(root) is not None
        assert is_there, f"{at}: {root} is gone"


def _ensure_earned(number: int, entry: Pool, seats: list[Seat], partners: Partners) -> None:
    at, is_settled = f"pool {number}", entry.phase is Phase.SETTLED
    paid = sum(seat.paid for seat in seats)
    assert is_settled == (entry.judge is not None), f"{at}: judged in {entry.phase.name}"
    assert paid <= (entry.spec.total if is_settled else 0), f"{at}: {paid} paid"
    if entry.judge is Judge.NOBODY:
        assert paid == entry.shares_left == 0, f"{at}: nobody earned anything, {paid} was paid"
    for seat in seats:
        gained = max(0, seat.right - entry.base_right)
        if seat.state is SeatState.SCORED:
            assert seat.points == gained, f"{at}: {seat.who} has {seat.points} points"
        assert seat.points > 0 or seat.paid == seat.shares == 0, f"{at}: {seat.who} earned nothing"
    waiting = sum(seat.shares for seat in seats)
    assert waiting == (entry.shares_left if is_settled else 0), f"{at}: {waiting} shares wait"
    if entry.spec.shares is not None and entry.shares_left > 0:
        in_pot = partners.shares.get_shares(entry.spec.shares.record, get_pot(number))
        assert in_pot == entry.shares_left, f"{at}: {in_pot} shares in its pot"
