"""What can happen to a pool, and to the money in it, whoever makes it happen.

    Committing -> Revealing            every seat is taken, or time ran out
               -> Refunded             and nobody had committed
    Revealing -> Validation            all that committed have revealed, or time ran out
              -> Refunded              and nobody had
    Validation -> Scoring              the owner showed the hidden examples
               -> Settled              or did not, loses its deposit, and all earn the same
    Scoring -> Settled                 every shard is scored, or time ran out

Total and deposit for the validation set are on hold until then. What cannot be paid out, because
the payee's account could not exist with so little, is burned.
"""

from collections.abc import Callable, Iterator

from pallets.pools import declarations as declared
from pallets.pools.commitments import get_pot
from pallets.pools.examples import Examples, drop_known, load_examples
from pallets.pools.judging import compute_right, split_by_points
from pallets.pools.types import Judge, Phase, Pool, Seat, SeatState
from runtime.frame import Event, StorageMap
from runtime.frame.ai_traits import ChainIdentity, Records
from runtime.frame.parameters import FIXED, Parameters
from runtime.frame.payments import pay_held
from runtime.frame.share_traits import Shares
from runtime.frame.traits import HoldReason, Money
from runtime.frozen import frozen, replace
from runtime.primitives import Id, Root
from runtime.programs import ProgramRunner
from runtime.state.externalities import Externalities

REASON = HoldReason.POOL


@frozen
class Partners:
    """The pallets that collection pools work with."""

    money: Money
    records: Records
    shares: Shares
    identity: ChainIdentity
    runner: ProgramRunner
    parameters: Parameters = FIXED


@frozen
class Tables:
    """Where pools live."""

    pool: StorageMap[Id, Pool]
    seat: StorageMap[tuple[Id, int], Seat]


class Lifecycle:
    """The transitions of pools, over the pallet's storage."""

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

    def iter_seats(self, number: Id) -> Iterator[tuple[int, Seat]]:
        """The seats of a pool in their order; at most `SEATS_MAX`."""
        for index in range(self._tables.pool[number].committed):
            yield index, self._tables.seat[number, index]

    def advance(self, number: Id) -> Pool:
        """Applies what is due by now, phase by phase, and returns the pool as it then is."""
        while True:
            entry = self._tables.pool[number]
            if entry.phase.is_final or self._get_now() <= entry.ends_at:
                return entry
            self._time_out(number, entry)

    def go_on(self, number: Id) -> None:
        """Ends a phase in which everybody has done their part."""
        entry, now = self._tables.pool[number], self._get_now()
        match entry.phase:
            case Phase.COMMITTING if entry.committed == entry.spec.seats:
                self._begin(number, Phase.REVEALING, now + entry.terms.reveal_blocks)
            case Phase.REVEALING if entry.revealed == entry.committed:
                self._begin(number, Phase.VALIDATION, now + entry.terms.validation_blocks)
            case Phase.SCORING if entry.scored == entry.revealed:
                self._settle(number, Judge.GAIN)
            case _:
                pass

    def begin_scoring(self, number: Id, root: Root, base: Examples, validation: Examples) -> None:
        """Tries the base alone on the hidden examples; from now on shards can be scored."""
        entry, deposit = self._tables.pool[number], self._tables.pool[number].validation_deposit
        right = compute_right(entry.spec, base, validation, self._partners.runner)
        self._partners.money.release(REASON, entry.owner, deposit)
        self._tables.pool[number] = replace(entry, validation=root, base_right=right)
        self._deposit_event(declared.ValidationShown(number, root, right, deposit))
        self._begin(number, Phase.SCORING, self._get_now() + entry.terms.score_blocks)

    def score(self, number: Id, index: int) -> None:
        """Tries a revealed shard without what was given before: its points are what is gained."""
        entry, seat = self._tables.pool[number], self._tables.seat[number, index]
        spec = entry.spec
        assert entry.validation is not None, "it was shown before anything is scored; qed"
        assert seat.shard is not None, "a revealed seat has a shard; qed"
        before = [each.shard for at, each in self.iter_seats(number) if at < index]
        known = (spec.base, entry.validation, *(root for root in before if root is not None))
        fresh = drop_known(self._get_blob(seat.shard), map(self._get_blob, known), spec.cols)
        right = entry.base_right
        if fresh:
            examples = self._load(spec.base, entry).join(self._parse(fresh, entry))
            validation = self._load(entry.validation, entry)
            right = compute_right(spec, examples, validation, self._partners.runner)
        points, rows = max(0, right - entry.base_right), len(fresh) // (spec.cols + 1)
        self._tables.seat[number, index] = replace(
            seat, state=SeatState.SCORED, fresh_rows=rows, right=right, points=points
        )
        self._tables.pool[number] = replace(entry, scored=entry.scored + 1)
        self._deposit_event(declared.Scored(number, index, seat.who, rows, right, points))

    def burn_shares(self, number: Id, entry: Pool) -> int:
        """Burns the shares that nobody has; how many."""
        if entry.spec.shares is None or entry.shares_left == 0:
            return 0
        pot, amount = get_pot(number), entry.shares_left
        self._partners.shares.burn(entry.spec.shares.record, pot, amount)
        self._tables.pool[number] = replace(entry, shares_left=0)
        return amount

    # --- parts of the above

    def _get_blob(self, root: Root) -> bytes:
        content = self._partners.records.get_blob(root)
        assert content is not None, f"{root}: a pool's blobs stay as long as it does; qed"
        return content

    def _load(self, root: Root, entry: Pool) -> Examples:
        return self._parse(self._get_blob(root), entry)

    def _parse(self, content: bytes, entry: Pool) -> Examples:
        """Examples that were found to be good before."""
        return load_examples(content, entry.spec.cols, entry.spec.classes, len(content))

    def _time_out(self, number: Id, entry: Pool) -> None:
        """Ends a phase whose time is over; the next one counts from there."""
        match entry.phase:
            case Phase.COMMITTING if entry.committed > 0:
                until = entry.ends_at + entry.terms.reveal_blocks
                self._begin(number, Phase.REVEALING, until)
            case Phase.REVEALING:
                self._note_misses(number, entry)
                if entry.revealed == 0:
                    return self._refund(number, entry)
                until = entry.ends_at + entry.terms.validation_blocks
                self._begin(number, Phase.VALIDATION, until)
            case Phase.VALIDATION:
                self._forfeit_validation(number, entry)
                self._settle(number, Judge.EQUALITY)
            case Phase.SCORING:
                self._settle(number, Judge.GAIN)
            case _:
                self._refund(number, entry)
        return None

    def _begin(self, number: Id, phase: Phase, ends_at: int) -> None:
        entry = self._tables.pool[number]
        self._tables.pool[number] = replace(entry, phase=phase, ends_at=ends_at)
        self._deposit_event(declared.PhaseBegan(number, phase, ends_at))

    def _refund(self, number: Id, entry: Pool) -> None:
        """Ends a pool that has no shards."""
        self._partners.money.release(REASON, entry.owner, entry.escrow)
        ended = replace(entry, phase=Phase.REFUNDED, ends_at=self._get_now())
        self._tables.pool[number] = ended
        self.burn_shares(number, ended)
        self._deposit_event(declared.PoolRefunded(number, entry.escrow))

    def _note_misses(self, number: Id, entry: Pool) -> None:
        """Whoever committed and did not reveal loses the deposit for the seat."""
        for index, seat in self.iter_seats(number):
            if seat.state is SeatState.COMMITTED:
                self._partners.money.burn_held(REASON, seat.who, entry.seat_deposit)
                self._tables.seat[number, index] = replace(seat, state=SeatState.MISSED)
                self._deposit_event(
                    declared.SeatForfeited(number, index, seat.who, entry.seat_deposit)
                )

    def _forfeit_validation(self, number: Id, entry: Pool) -> None:
        """Burns the deposit of an owner who never showed the hidden examples: all earn a point."""
        self._partners.money.burn_held(REASON, entry.owner, entry.validation_deposit)
        self._deposit_event(declared.ValidationForfeited(number, entry.validation_deposit))
        for index, seat in self.iter_seats(number):
            if seat.state is SeatState.REVEALED:
                self._tables.seat[number, index] = replace(seat, points=1)

    def _settle(self, number: Id, judge: Judge) -> None:
        """Pays the total by points and sets the shares aside; burns both where nobody has any."""
        entry = self._tables.pool[number]
        points = {index: seat.points for index, seat in self.iter_seats(number) if seat.points > 0}
        paid = 0
        if points:
            amounts = split_by_points(entry.spec.total, points)
            shares = split_by_points(entry.shares_left, points)
            for index in points:
                paid += self._pay(number, entry, index, amounts[index], shares[index])
        else:
            judge = Judge.NOBODY
            self.burn_shares(number, entry)
            entry = self._tables.pool[number]
        burned = entry.spec.total - paid
        self._partners.money.burn_held(REASON, entry.owner, burned)
        self._tables.pool[number] = replace(
            entry, phase=Phase.SETTLED, ends_at=self._get_now(), judge=judge
        )
        self._deposit_event(declared.PoolSettled(number, judge, paid, burned))

    def _pay(self, number: Id, entry: Pool, index: int, amount: int, shares: int) -> int:
        """Pays a contributor and sets its shares aside; what was paid."""
        seat, money = self._tables.seat[number, index], self._partners.money
        paid = pay_held(self._state, money, REASON, entry.owner, seat.who, amount)
        self._tables.seat[number, index] = replace(seat, paid=paid, shares=shares)
        self._deposit_event(
            declared.ContributorPaid(number, index, seat.who, seat.points, paid, shares)
        )
        return paid
