"""What can happen to a round, and to the money in it, whoever makes it happen.

    Joining -> Committing              every seat is taken
            -> Refunded                time ran out before that
    Committing -> Revealing            all have committed, or time ran out
               -> Refunded             and nobody had
    Revealing -> Gold                  all that committed have revealed, or time ran out
              -> Refunded              and nobody had
    Gold -> Settled                    the requester showed the gold: labellers are weighed by it
         -> Settled                    or did not, loses its deposit, and agreement weighs

Whoever misses a phase answers with the bond. Pool and deposit for the gold are on hold until the
round is final; what cannot be paid out, because the payee's account could not exist with so
little, is burned.
"""

from collections.abc import Callable

import numpy as np

from pallets.rounds import declarations as declared
from pallets.rounds.commitments import compute_duty
from pallets.rounds.judging import (
    compute_majority,
    compute_weight,
    count_right,
    split_gold,
    split_pool,
)
from pallets.rounds.labels import pack_labels, unpack_labels
from pallets.rounds.types import GoldLabel, Judge, PackedLabels, Phase, Round, Seat, SeatState
from runtime.frame import Event, StorageMap
from runtime.frame.ai_traits import ChainIdentity, Records, Slasher
from runtime.frame.parameters import FIXED, Parameters
from runtime.frame.payments import pay_held
from runtime.frame.slashing import split_miss
from runtime.frame.traits import HoldReason, Money
from runtime.frozen import frozen, replace
from runtime.primitives import AccountId, Id
from runtime.state.externalities import Externalities

REASON = HoldReason.ROUND


@frozen
class Partners:
    """The pallets that labelling rounds work with."""

    money: Money
    records: Records
    slasher: Slasher
    identity: ChainIdentity
    parameters: Parameters = FIXED


@frozen
class Tables:
    """Where rounds live."""

    round: StorageMap[Id, Round]
    seat: StorageMap[tuple[Id, AccountId], Seat]
    answers: StorageMap[tuple[Id, AccountId], PackedLabels]
    labels: StorageMap[Id, PackedLabels]


class Lifecycle:
    """The transitions of rounds, over the pallet's storage."""

    def __init__(
        self,
        state: Externalities,
        tables: Tables,
        partners: Partners,
        *,
        get_now: Callable[[], int],
        deposit_event: Callable[[Event], None],
    ) -> None:
        self._state = state
        self._tables = tables
        self._partners = partners
        self._get_now = get_now
        self._deposit_event = deposit_event

    def advance(self, number: Id) -> Round:
        """Applies what is due by now, phase by phase, and returns the round as it then is."""
        while True:
            entry = self._tables.round[number]
            if entry.phase.is_final or self._get_now() <= entry.ends_at:
                return entry
            self._time_out(number, entry)

    def go_on(self, number: Id) -> None:
        """Ends a phase in which everybody has done their part."""
        entry, now = self._tables.round[number], self._get_now()
        match entry.phase:
            case Phase.JOINING if entry.joined == entry.spec.seats:
                self._begin(number, Phase.COMMITTING, now + entry.terms.commit_blocks)
            case Phase.COMMITTING if entry.committed == entry.joined:
                self._begin(number, Phase.REVEALING, now + entry.terms.reveal_blocks)
            case Phase.REVEALING if entry.revealed == entry.committed:
                self._begin(number, Phase.GOLD, now + entry.terms.gold_blocks)
            case _:
                pass

    def settle(self, number: Id, gold: tuple[GoldLabel, ...] | None) -> None:
        """Weighs the labellers, stores the labels and pays; None for gold that was not shown."""
        entry = self._tables.round[number]
        self._end_gold(number, entry, is_shown=gold is not None)
        answers = {
            who: unpack_labels(self._tables.answers[number, who], entry.items, entry.spec.classes)
            for who in self._get_seats(number, SeatState.REVEALED)
        }
        equal = dict.fromkeys(answers, 1)
        majority = compute_majority(answers, equal, entry.spec.classes)
        asked, labels = (np.arange(entry.items), majority) if gold is None else split_gold(gold)
        right = count_right(answers, asked, labels)
        weights = {who: compute_weight(count, len(asked)) for who, count in right.items()}
        if any(weights.values()):
            judge = Judge.AGREEMENT if gold is None else Judge.GOLD
            shares = split_pool(entry.spec.pool, weights)
            majority = compute_majority(answers, weights, entry.spec.classes)
        else:
            judge, shares = Judge.NOBODY, dict.fromkeys(answers, 0)
        paid = 0
        for who, share in shares.items():
            seat = replace(self._tables.seat[number, who], right=right[who], weight=weights[who])
            paid += self._pay(number, entry, who, seat, share, len(asked))
        self._partners.money.burn_held(REASON, entry.owner, entry.spec.pool - paid)
        self._tables.labels[number] = pack_labels(majority.tolist(), entry.spec.classes)
        settled = replace(entry, phase=Phase.SETTLED, ends_at=self._get_now(), judge=judge)
        self._tables.round[number] = settled
        burned = entry.spec.pool - paid
        self._deposit_event(declared.RoundSettled(number, judge, paid, burned))

    # --- parts of the above

    def _time_out(self, number: Id, entry: Round) -> None:
        """Ends a phase whose time is over; the next one counts from there."""
        match entry.phase:
            case Phase.COMMITTING:
                self._note_misses(number, entry, SeatState.JOINED)
                if entry.committed > 0:
                    until = entry.ends_at + entry.terms.reveal_blocks
                    return self._begin(number, Phase.REVEALING, until)
            case Phase.REVEALING:
                self._note_misses(number, entry, SeatState.COMMITTED)
                if entry.revealed > 0:
                    until = entry.ends_at + entry.terms.gold_blocks
                    return self._begin(number, Phase.GOLD, until)
            case Phase.GOLD:
                return self.settle(number, None)
            case _:
                assert entry.phase is Phase.JOINING, "final phases do not time out; qed"
        return self._refund(number, entry)

    def _begin(self, number: Id, phase: Phase, ends_at: int) -> None:
        entry = self._tables.round[number]
        self._tables.round[number] = replace(entry, phase=phase, ends_at=ends_at)
        self._deposit_event(declared.PhaseBegan(number, phase, ends_at))

    def _refund(self, number: Id, entry: Round) -> None:
        """Ends a round that has no answers; whoever has missed nothing is free again."""
        for who in self._get_seats(number, SeatState.JOINED):
            self._partners.slasher.unlock(compute_duty(number, who))
        self._partners.money.release(REASON, entry.owner, entry.escrow)
        self._tables.round[number] = replace(entry, phase=Phase.REFUNDED, ends_at=self._get_now())
        self._deposit_event(declared.RoundRefunded(number, entry.escrow))

    def _get_seats(self, number: Id, state: SeatState) -> list[AccountId]:
        """The labellers in a state, by account; at most `SEATS_MAX`."""
        seats = self._tables.seat.items(number)
        return sorted(who for (_, who), seat in seats if seat.state is state)

    def _note_misses(self, number: Id, entry: Round, state: SeatState) -> None:
        """Whoever has come no further than this answers for it."""
        split = split_miss(self._partners.parameters, entry.owner)
        for who in self._get_seats(number, state):
            outcome = self._partners.slasher.note_miss(compute_duty(number, who), split)
            seat = self._tables.seat[number, who]
            self._tables.seat[number, who] = replace(seat, state=SeatState.MISSED)
            self._deposit_event(declared.DutyMissed(number, who, outcome.slashed, outcome.injured))

    def _end_gold(self, number: Id, entry: Round, *, is_shown: bool) -> None:
        """Returns the deposit for the gold, or burns it."""
        money, amount = self._partners.money, entry.gold_deposit
        if is_shown:
            money.release(REASON, entry.owner, amount)
            self._deposit_event(declared.GoldRevealed(number, amount))
        else:
            money.burn_held(REASON, entry.owner, amount)
            self._deposit_event(declared.GoldForfeited(number, amount))

    def _pay(
        self, number: Id, entry: Round, who: AccountId, seat: Seat, share: int, asked: int
    ) -> int:
        """Ends a labeller's duty and pays its share; what was paid."""
        paid = pay_held(self._state, self._partners.money, REASON, entry.owner, who, share)
        self._partners.slasher.unlock(compute_duty(number, who))
        self._tables.seat[number, who] = replace(seat, paid=paid)
        self._deposit_event(
            declared.LabellerPaid(number, who, seat.right, asked, seat.weight, paid)
        )
        return paid
