"""Labelling rounds: many people label the same items, and hidden gold says whom to believe.

A requester posts items, a pool, and a commitment to the labels of a few of them. Labellers take
seats with a bond, commit to their answers, then reveal them; the requester reveals the gold, and
the chain weighs the labellers by it, stores the weighted majority's labels and splits the pool. See
`lifecycle.py` for what can happen to a round.
"""

from pallets.rounds import declarations as declared
from pallets.rounds.commitments import (
    compute_answer_commitment,
    compute_duty,
    compute_gold_commitment,
)
from pallets.rounds.declarations import RoundError, RoundEvent
from pallets.rounds.invariants import ensure_consistent
from pallets.rounds.labels import BadLabels, unpack_labels
from pallets.rounds.lifecycle import REASON, Lifecycle, Partners, Tables
from pallets.rounds.posting import plan_round
from pallets.rounds.types import (
    ITEMS_MAX,
    SEATS_MAX,
    Gold,
    PackedLabels,
    Phase,
    Round,
    RoundParams,
    RoundSpec,
    RoundTerms,
    Salt,
    Seat,
    SeatState,
)
from pallets.weights import rounds as weights
from runtime.codec import U8, U32, Compact
from runtime.frame import (
    Constant,
    Event,
    Origin,
    Pallet,
    Pays,
    PostDispatch,
    StorageMap,
    StorageValue,
    blake2_128_concat,
    call,
    mapping,
    twox_64_concat,
    value,
)
from runtime.frame.ai_types import JobKind, Role
from runtime.frame.traits import EventSink
from runtime.frozen import replace
from runtime.primitives import AccountId, Hash, Id, Weight
from runtime.state.externalities import Externalities


def _reveal_weight(number: Id, answers: bytes, salt: bytes) -> Weight:
    del number, salt
    return weights.reveal(len(answers)) + weights.TIME_OUT_WORST


class Rounds(Pallet, events=RoundEvent, errors=RoundError):
    """Rounds of labelling, their seats, answers and labels."""

    params: Constant[RoundParams]
    """Bonds and deposits."""

    seats_max: Constant[U8] = SEATS_MAX
    """The most labellers of one round."""

    items_max: Constant[U32] = ITEMS_MAX
    """The most items of one round."""

    next_round: StorageValue[Id] = value(default=0)
    """The number of the next round."""

    round: StorageMap[Id, Round] = mapping(twox_64_concat)
    """Every round that is not closed."""

    seat: StorageMap[tuple[Id, AccountId], Seat] = mapping(twox_64_concat, blake2_128_concat)
    """The labellers of every round."""

    answers: StorageMap[tuple[Id, AccountId], PackedLabels] = mapping(
        twox_64_concat, blake2_128_concat
    )
    """What each of them answered, once revealed."""

    labels: StorageMap[Id, PackedLabels] = mapping(twox_64_concat)
    """The labels of every settled round."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        partners: Partners,
        *,
        index: int,
        params: RoundParams,
    ) -> None:
        super().__init__(state, index=index)
        self._system = system
        self._partners = partners
        self.params = params
        self._tables = Tables(self.round, self.seat, self.answers, self.labels)
        self._lifecycle = Lifecycle(
            state,
            self._tables,
            partners,
            get_now=system.get_block_number,
            deposit_event=self._deposit_event,
        )

    # --- the requester's calls

    @call(index=0, weight=weights.POST)
    def post(self, origin: Origin, spec: RoundSpec, terms: RoundTerms) -> None:
        """Posts a round: the pool, a deposit for the gold and one for storage go on hold.

        The blob of the items stays until the round is closed.
        Origin: signed. Events: `RoundPosted`.
        Errors: `BadSpec`, `BadTerms`, `ItemsMissing`, `WrongItemSize`, the ledger's where the
        money is not there.
        """
        owner = origin.ensure_signed()
        number, now = self.next_round.get(), self._system.get_block_number()
        partners = self._partners
        entry = plan_round(
            owner, spec, terms, partners.records, partners.parameters, self.params, now
        )
        self._partners.money.hold(REASON, owner, entry.escrow + entry.deposit)
        self._partners.records.note_use(spec.items)
        self.next_round.put(number + 1)
        self.round[number] = entry
        self._deposit_event(
            declared.RoundPosted(
                number,
                owner,
                entry.items,
                spec.seats,
                spec.pool,
                entry.gold_deposit,
                entry.ends_at,
            )
        )

    @call(
        index=1,
        weight=weights.settle(SEATS_MAX, ITEMS_MAX, weights.CLASSES_MAX) + weights.TIME_OUT_WORST,
    )
    def reveal_gold(
        self, origin: Origin, number: Compact[Id], gold: Gold, salt: Salt
    ) -> PostDispatch:
        """Shows the gold: labellers are weighed by it and paid, and the labels are there.

        It costs no fee. Origin: signed by the owner. Events: `GoldRevealed`, `LabellerPaid` for
        each who revealed, `RoundSettled`.
        Errors: `NoSuchRound`, `NotOwner`, `WrongPhase`, `BadGold`, `WrongGold`.
        """
        owner, before = origin.ensure_signed(), self._get_round(number)
        if before.owner != owner:
            raise declared.NotOwner
        entry = self._advance(number, Phase.GOLD)
        items, spec = [each.item for each in gold], entry.spec
        is_ordered = items == sorted(set(items)) and all(item < entry.items for item in items)
        is_known = all(each.label < spec.classes for each in gold)
        if len(gold) != spec.gold_items or not is_ordered or not is_known:
            raise declared.BadGold
        genesis = self._partners.identity.get_genesis_hash()
        if compute_gold_commitment(genesis, owner, spec.items, gold, salt) != spec.gold_commitment:
            raise declared.WrongGold
        self._lifecycle.settle(number, gold)
        weight = weights.POKE + weights.settle(entry.revealed, entry.items, spec.classes)
        if before.phase is not Phase.GOLD:
            weight += weights.time_out(entry.joined, 0, 0)
        return PostDispatch(weight, Pays.NO)

    # --- the labeller's calls

    @call(index=2, weight=weights.JOIN + weights.TIME_OUT_WORST)
    def join(self, origin: Origin, number: Compact[Id], record: Compact[Id]) -> PostDispatch:
        """Takes a seat with collateral; the round begins with the last one.

        ``record`` is the number of the signer's provider record, which takes labelling.
        Origin: signed. Events: `SeatTaken`, `PhaseBegan`.
        Errors: `NoSuchRound`, `OwnRound`, `WrongPhase`, `SeatedAlready`, `RequirementUnmet`, and
        those of bonds.
        """
        who = origin.ensure_signed()
        if self._get_round(number).owner == who:
            raise declared.OwnRound
        entry = self._advance(number, Phase.JOINING)
        if (number, who) in self.seat:
            raise declared.SeatedAlready
        found = self._partners.records.get_provider(record)
        if found is None or found.owner != who:
            raise declared.RequirementUnmet
        if not found.is_hireable or JobKind.LABEL not in found.kinds:
            raise declared.RequirementUnmet
        duty = compute_duty(number, who)
        self._partners.slasher.lock(who, Role.LABELLER, entry.seat_bond, duty)
        self.seat[number, who] = Seat(record)
        self.round[number] = replace(entry, joined=entry.joined + 1)
        self._deposit_event(declared.SeatTaken(number, who, record, entry.seat_bond))
        self._lifecycle.go_on(number)
        return PostDispatch(weights.JOIN)

    @call(index=3, weight=weights.COMMIT + weights.TIME_OUT_WORST)
    def commit(self, origin: Origin, number: Compact[Id], commitment: Hash) -> PostDispatch:
        """Binds the signer to answers without showing them; it costs no fee.

        Origin: signed. Events: `Committed`, `PhaseBegan`.
        Errors: `NoSuchRound`, `NotSeated`, `WrongPhase`, `CommittedAlready`, `CommitmentTaken`.
        """
        who = origin.ensure_signed()
        self._get_seat(number, who)
        entry = self._advance(number, Phase.COMMITTING)
        if self._get_seat(number, who).state is not SeatState.JOINED:
            raise declared.CommittedAlready
        if any(seat.commitment == commitment for _, seat in self.seat.items(number)):
            raise declared.CommitmentTaken
        seat = self.seat[number, who]
        self.seat[number, who] = replace(seat, state=SeatState.COMMITTED, commitment=commitment)
        self.round[number] = replace(entry, committed=entry.committed + 1)
        self._deposit_event(declared.Committed(number, who, commitment))
        self._lifecycle.go_on(number)
        return PostDispatch(weights.COMMIT, Pays.NO)

    @call(index=4, weight=_reveal_weight)
    def reveal(
        self, origin: Origin, number: Compact[Id], answers: PackedLabels, salt: Salt
    ) -> PostDispatch:
        """Shows the answers that the signer committed to; it costs no fee.

        Origin: signed. Events: `Revealed`, `PhaseBegan`; and those of what was due, as for `poke`.
        Errors: `NoSuchRound`, `NotSeated`, `WrongPhase`, `NotCommitted`, `BadReveal`, `BadAnswers`.
        """
        who = origin.ensure_signed()
        before = self._get_round(number)
        self._get_seat(number, who)
        entry = self._advance(number, Phase.REVEALING)
        seat = self._get_seat(number, who)
        if seat.state is not SeatState.COMMITTED:
            raise declared.NotCommitted
        genesis = self._partners.identity.get_genesis_hash()
        if compute_answer_commitment(genesis, number, who, answers, salt) != seat.commitment:
            raise declared.BadReveal
        try:
            unpack_labels(answers, entry.items, entry.spec.classes)
        except BadLabels as error:
            raise declared.BadAnswers(str(error)) from error
        self.answers[number, who] = answers
        self.seat[number, who] = replace(seat, state=SeatState.REVEALED)
        self.round[number] = replace(entry, revealed=entry.revealed + 1)
        self._deposit_event(declared.Revealed(number, who))
        self._lifecycle.go_on(number)
        weight = weights.reveal(len(answers))
        if before.phase is not Phase.REVEALING:
            weight += weights.time_out(entry.joined, 0, 0)
        return PostDispatch(weight, Pays.NO)

    # --- everybody's calls

    @call(index=5, weight=weights.POKE + weights.TIME_OUT_WORST)
    def poke(self, origin: Origin, number: Compact[Id]) -> PostDispatch:
        """Applies to a round what is due because time has passed.

        Origin: signed. Events: `DutyMissed`, `PhaseBegan`, `RoundRefunded`, `GoldForfeited`,
        `LabellerPaid`, `RoundSettled`. Errors: `NoSuchRound`, `NotDue`.
        """
        origin.ensure_signed()
        before = self._get_round(number)
        after = self._lifecycle.advance(number)
        if after == before:
            raise declared.NotDue
        items = after.items if after.phase is Phase.SETTLED else 0
        due = weights.time_out(after.joined, items, after.spec.classes)
        return PostDispatch(weights.POKE + due)

    @call(index=6, weight=weights.CLOSE)
    def close(self, origin: Origin, number: Compact[Id]) -> None:
        """Removes a round that is over, with answers and labels; its deposit returns to the owner.

        The owner may when it likes; anybody may once the labels have been there long enough.
        Origin: signed. Events: `RoundClosed`. Errors: `NoSuchRound`, `NotFinished`.
        """
        who, entry = origin.ensure_signed(), self._get_round(number)
        is_kept = self._system.get_block_number() <= entry.ends_at + self.params.result_blocks
        if not entry.phase.is_final or (is_kept and who != entry.owner):
            raise declared.NotFinished
        for _, labeller in list(self.seat.keys(number)):
            del self.seat[number, labeller]
            del self.answers[number, labeller]
        del self.labels[number]
        del self.round[number]
        self._partners.records.drop_use(entry.spec.items)
        self._partners.money.release(REASON, entry.owner, entry.deposit)
        self._deposit_event(declared.RoundClosed(number, entry.deposit))

    def try_state(self) -> None:
        """Holds, bonds, counters, answers and payments agree with the rounds."""
        ensure_consistent(self._tables, self._partners)

    # --- parts of the above

    def _deposit_event(self, event: Event) -> None:
        self._system.deposit_event(self, event)

    def _get_round(self, number: Id) -> Round:
        entry = self.round.get(number)
        if entry is None:
            raise declared.NoSuchRound
        return entry

    def _get_seat(self, number: Id, who: AccountId) -> Seat:
        self._get_round(number)
        seat = self.seat.get((number, who))
        if seat is None:
            raise declared.NotSeated
        return seat

    def _advance(self, number: Id, wanted: Phase) -> Round:
        """The round with what is due applied; `WrongPhase` unless it then is in this phase."""
        entry = self._lifecycle.advance(number)
        if entry.phase is not wanted:
            raise declared.WrongPhase(f"expected {wanted.name}, the round is {entry.phase.name}")
        return entry
