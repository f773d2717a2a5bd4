"""Collection pools: many contribute data, and a hidden validation set says what it is worth.

An owner opens a pool with a total, a base of examples, and a commitment to others that it hides.
Contributors commit to shards, then reveal them; the owner shows the hidden examples, and anybody
has shard after shard tried: what a training learns from base and shard beyond the base alone are
its points. See `lifecycle.py` for what can happen to a pool.
"""

from pallets.pools import declarations as declared
from pallets.pools.commitments import (
    compute_shard_commitment,
    compute_validation_commitment,
    get_pot,
)
from pallets.pools.declarations import PoolError, PoolEvent
from pallets.pools.invariants import ensure_consistent
from pallets.pools.lifecycle import REASON, Lifecycle, Partners, Tables
from pallets.pools.opening import load_blob, plan_pool
from pallets.pools.types import (
    SEATS_MAX,
    Phase,
    Pool,
    PoolParams,
    PoolSpec,
    PoolTerms,
    Salt,
    Seat,
    SeatState,
)
from pallets.weights import pools as weights
from runtime.codec import U8, Compact
from runtime.frame import (
    Constant,
    Event,
    Origin,
    Pallet,
    Pays,
    PostDispatch,
    StorageMap,
    StorageValue,
    call,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.parameters import compute_deposit
from runtime.frame.traits import EventSink
from runtime.frozen import replace
from runtime.primitives import AccountId, Hash, Id, Root
from runtime.state.externalities import Externalities


class Pools(Pallet, events=PoolEvent, errors=PoolError):
    """Pools of data, and the seats of those who contribute to them."""

    params: Constant[PoolParams]
    """Deposits, and how long a pool is kept."""

    seats_max: Constant[U8] = SEATS_MAX
    """The most contributors of one pool."""

    next_pool: StorageValue[Id] = value(default=0)
    """The number of the next pool."""

    pool: StorageMap[Id, Pool] = mapping(twox_64_concat)
    """Every pool that is not closed."""

    seat: StorageMap[tuple[Id, U8], Seat] = mapping(twox_64_concat, twox_64_concat)
    """The contributors of every pool, in the order in which they committed."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        partners: Partners,
        *,
        index: int,
        params: PoolParams,
    ) -> None:
        super().__init__(state, index=index)
        self._system = system
        self._partners = partners
        self.params = params
        self._tables = Tables(self.pool, self.seat)
        self._lifecycle = Lifecycle(
            state,
            self._tables,
            partners,
            get_now=system.get_block_number,
            deposit_event=self._deposit_event,
        )

    # --- the owner's calls

    @call(index=0, weight=weights.OPEN)
    def open(self, origin: Origin, spec: PoolSpec, terms: PoolTerms) -> None:
        """Opens a pool: the total, a deposit for the validation set and one for storage are held.

        The blob of the base stays until the pool is closed. Where shares are granted, the signer's
        record becomes one of shares, all of which wait for the contributors.
        Origin: signed. Events: `PoolOpened`.
        Errors: `BadSpec`, `BadTerms`, `ExamplesMissing`, `BadExamples`, those of issuing shares,
        the ledger's where the money is not there.
        """
        owner = origin.ensure_signed()
        number, now = self.next_pool.get(), self._system.get_block_number()
        records, parameters = self._partners.records, self._partners.parameters
        entry = plan_pool(owner, spec, terms, records, self.params, parameters, now)
        entry = replace(entry, deposit=compute_deposit(parameters, entry.deposit))
        self._partners.money.hold(REASON, owner, entry.escrow + entry.deposit)
        self._partners.records.note_use(spec.base)
        if spec.shares is not None:
            record, supply = spec.shares.record, spec.shares.supply
            self._partners.shares.issue_to(owner, record, supply, get_pot(number))
            entry = replace(entry, shares_left=supply)
        self.next_pool.put(number + 1)
        self.pool[number] = entry
        self._deposit_event(
            declared.PoolOpened(
                number, owner, spec.seats, spec.total, entry.validation_deposit, entry.ends_at
            )
        )

    @call(index=1, weight=weights.SHOW_WORST + weights.TIME_OUT_WORST)
    def show_validation(
        self, origin: Origin, number: Compact[Id], validation: Root, salt: Salt
    ) -> PostDispatch:
        """Shows the hidden examples, a blob in the state: shards can be scored from now on.

        It costs no fee. Origin: signed by the owner. Events: `ValidationShown`, `PhaseBegan`; and
        those of what was due, as for `poke`.
        Errors: `NoSuchPool`, `NotOwner`, `WrongPhase`, `WrongValidation`, `ExamplesMissing`,
        `BadExamples`.
        """
        owner, before = origin.ensure_signed(), self._get_pool(number)
        if before.owner != owner:
            raise declared.NotOwner
        entry = self._advance(number, Phase.VALIDATION)
        spec, genesis = entry.spec, self._partners.identity.get_genesis_hash()
        committed = compute_validation_commitment(genesis, owner, spec.base, validation, salt)
        if committed != spec.validation_commitment:
            raise declared.WrongValidation
        hidden = load_blob(self._partners.records, validation, spec, weights.ROWS_MAX)
        if len(hidden.labels) != spec.validation_rows:
            expected = f"expected {spec.validation_rows} hidden examples"
            raise declared.BadExamples(f"{expected}, got {len(hidden.labels)}")
        base = load_blob(self._partners.records, spec.base, spec, weights.ROWS_MAX)
        self._partners.records.note_use(validation)
        self._lifecycle.begin_scoring(number, validation, base, hidden)
        weight = weights.score(entry.macs, entry.cells, 2, 2 * weights.ROWS_MAX)
        return PostDispatch(weight + weights.time_out(entry.committed), Pays.NO)

    # --- the contributor's calls

    @call(index=2, weight=weights.COMMIT + weights.TIME_OUT_WORST)
    def commit(self, origin: Origin, number: Compact[Id], commitment: Hash) -> PostDispatch:
        """Takes the next seat, bound to a shard that nobody sees; its deposit goes on hold.

        Who commits first has the rows that several give. Origin: signed.
        Events: `Committed`, `PhaseBegan`.
        Errors: `NoSuchPool`, `OwnPool`, `WrongPhase`, `SeatedAlready`, `CommitmentTaken`, the
        ledger's where the deposit is not there.
        """
        who = origin.ensure_signed()
        if self._get_pool(number).owner == who:
            raise declared.OwnPool
        entry = self._advance(number, Phase.COMMITTING)
        for _, seat in self._lifecycle.iter_seats(number):
            if seat.who == who:
                raise declared.SeatedAlready
            if seat.commitment == commitment:
                raise declared.CommitmentTaken
        self._partners.money.hold(REASON, who, entry.seat_deposit)
        index = entry.committed
        self.seat[number, index] = Seat(who, commitment)
        self.pool[number] = replace(entry, committed=index + 1)
        self._deposit_event(declared.Committed(number, index, who, commitment))
        self._lifecycle.go_on(number)
        return PostDispatch(weights.COMMIT)

    @call(index=3, weight=weights.REVEAL + weights.TIME_OUT_WORST)
    def reveal(self, origin: Origin, number: Compact[Id], shard: Root, salt: Salt) -> PostDispatch:
        """Shows the shard that the signer committed to, a blob in the state; it costs no fee.

        Origin: signed. Events: `Revealed`, `PhaseBegan`; and those of what was due, as for `poke`.
        Errors: `NoSuchPool`, `NoSuchSeat`, `WrongPhase`, `RevealedAlready`, `BadReveal`,
        `ExamplesMissing`, `BadExamples`.
        """
        who = origin.ensure_signed()
        index, seat = self._find_seat(number, who)
        entry = self._advance(number, Phase.REVEALING)
        if seat.state is not SeatState.COMMITTED:
            raise declared.RevealedAlready
        genesis = self._partners.identity.get_genesis_hash()
        if compute_shard_commitment(genesis, number, who, shard, salt) != seat.commitment:
            raise declared.BadReveal
        examples = load_blob(self._partners.records, shard, entry.spec, entry.spec.shard_rows)
        self._partners.records.note_use(shard)
        self._partners.money.release(REASON, who, entry.seat_deposit)
        self.seat[number, index] = replace(seat, state=SeatState.REVEALED, shard=shard)
        self.pool[number] = replace(entry, revealed=entry.revealed + 1)
        rows = len(examples.labels)
        self._deposit_event(declared.Revealed(number, index, who, shard, rows))
        self._lifecycle.go_on(number)
        return PostDispatch(weights.REVEAL, Pays.NO)

    @call(index=4, weight=weights.CLAIM)
    def claim_shares(self, origin: Origin, number: Compact[Id]) -> None:
        """Gives the signer the shares that its shard earned; the holding's deposit is the signer's.

        Origin: signed. Events: `SharesClaimed`.
        Errors: `NoSuchPool`, `NoSuchSeat`, `NothingToClaim`, the ledger's where the deposit is not
        there.
        """
        who = origin.ensure_signed()
        index, seat = self._find_seat(number, who)
        entry = self.pool[number]
        if entry.spec.shares is None or seat.shares == 0:
            raise declared.NothingToClaim
        self._partners.shares.give(entry.spec.shares.record, get_pot(number), who, seat.shares)
        self.seat[number, index] = replace(seat, shares=0)
        self.pool[number] = replace(entry, shares_left=entry.shares_left - seat.shares)
        self._deposit_event(declared.SharesClaimed(number, index, who, seat.shares))

    # --- everybody's calls

    @call(index=5, weight=weights.SCORE_WORST + weights.TIME_OUT_WORST)
    def score(self, origin: Origin, number: Compact[Id], index: U8) -> PostDispatch:
        """Has the shard of a seat tried; the last one settles the pool. It costs no fee.

        Origin: signed. Events: `Scored`, `ContributorPaid` for each who earned, `PoolSettled`.
        Errors: `NoSuchPool`, `WrongPhase`, `NoSuchSeat`, `NothingToScore`.
        """
        origin.ensure_signed()
        self._get_pool(number)
        entry = self._advance(number, Phase.SCORING)
        seat = self.seat.get((number, index))
        if seat is None:
            raise declared.NoSuchSeat
        if seat.state is not SeatState.REVEALED:
            raise declared.NothingToScore
        self._lifecycle.score(number, index)
        self._lifecycle.go_on(number)
        rows = 2 * weights.ROWS_MAX + (index + 1) * entry.spec.shard_rows
        weight = weights.score(entry.macs, entry.cells, index + 3, rows)
        if entry.scored + 1 == entry.revealed:
            weight += weights.time_out(entry.committed)
        return PostDispatch(weight, Pays.NO)

    @call(index=6, weight=weights.TIME_OUT_WORST)
    def poke(self, origin: Origin, number: Compact[Id]) -> PostDispatch:
        """Applies to a pool what is due because time has passed.

        Origin: signed. Events: `SeatForfeited`, `PhaseBegan`, `PoolRefunded`,
        `ValidationForfeited`, `ContributorPaid`, `PoolSettled`. Errors: `NoSuchPool`, `NotDue`.
        """
        origin.ensure_signed()
        before = self._get_pool(number)
        after = self._lifecycle.advance(number)
        if after == before:
            raise declared.NotDue
        return PostDispatch(weights.time_out(after.committed))

    @call(index=7, weight=weights.CLOSE)
    def close(self, origin: Origin, number: Compact[Id]) -> None:
        """Removes a pool that is over; its deposit returns to the owner, its blobs are free.

        The owner may once all shares are claimed; anybody may once the pool has been over long
        enough, and then what is not claimed is burned.
        Origin: signed. Events: `PoolClosed`. Errors: `NoSuchPool`, `NotFinished`.
        """
        who, entry = origin.ensure_signed(), self._get_pool(number)
        is_kept = self._system.get_block_number() <= entry.ends_at + self.params.result_blocks
        is_early = is_kept and (who != entry.owner or entry.shares_left > 0)
        if not entry.phase.is_final or is_early:
            raise declared.NotFinished
        burned = self._lifecycle.burn_shares(number, entry)
        shards = [seat.shard for _, seat in self._lifecycle.iter_seats(number)]
        for root in (entry.spec.base, entry.validation, *shards):
            if root is not None:
                self._partners.records.drop_use(root)
        for index in range(entry.committed):
            del self.seat[number, index]
        del self.pool[number]
        self._partners.money.release(REASON, entry.owner, entry.deposit)
        self._deposit_event(declared.PoolClosed(number, entry.deposit, burned))

    def try_state(self) -> None:
        """Holds, counters, points, payments and shares agree with the pools."""
        ensure_consistent(self._tables, self._partners)

    # --- parts of the above

    def _deposit_event(self, event: Event) -> None:
        self._system.deposit_event(self, event)

    def _get_pool(self, number: Id) -> Pool:
        entry = self.pool.get(number)
        if entry is None:
            raise declared.NoSuchPool
        return entry

    def _find_seat(self, number: Id, who: AccountId) -> tuple[int, Seat]:
        self._get_pool(number)
        for index, seat in self._lifecycle.iter_seats(number):
            if seat.who == who:
                return index, seat
        raise declared.NoSuchSeat

    def _advance(self, number: Id, wanted: Phase) -> Pool:
        """The pool with what is due applied; `WrongPhase` unless it then is in this phase."""
        entry = self._lifecycle.advance(number)
        if entry.phase is not wanted:
            raise declared.WrongPhase(f"expected {wanted.name}, the pool is {entry.phase.name}")
        return entry
