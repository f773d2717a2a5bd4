"""The bonds pallet: its calls, and the one function of the runtime that slashes.

Other pallets lock, unlock and slash through `Slasher`. What is bonded is on hold in the ledger for
the reason `BOND`, and nothing else is, so `try_state` can compare the two.
"""

from collections import Counter

from pallets.bonds.declarations import (
    BelowMinimum,
    Bonded,
    DutyTaken,
    Locked,
    LockedFunds,
    NoSuchChunk,
    NotBonded,
    NotReady,
    RoleFroze,
    RoleFrozen,
    Slashed,
    TooManyChunks,
    Unbonding,
    Unlocked,
    Withdrawn,
    ZeroAmount,
)
from pallets.bonds.types import CHUNKS_MAX, AllTerms, Bond, Chunk, Duty
from pallets.weights import bonds as weights
from runtime.codec import U32, Compact
from runtime.frame import (
    Constant,
    Origin,
    Pallet,
    StorageMap,
    blake2_128_concat,
    call,
    mapping,
    twox_64_concat,
)
from runtime.frame.ai_types import DutyId, Role, SlashOutcome, SlashSplit
from runtime.frame.parameters import FIXED, Param, Parameters
from runtime.frame.payments import pay_held
from runtime.frame.traits import EventSink, HoldReason, Money
from runtime.frozen import replace
from runtime.primitives import BPS, AccountId, Balance, BlockNumber
from runtime.state.externalities import Externalities

REASON = HoldReason.BOND


class Bonds(
    Pallet,
    events=Bonded | Unbonding | Withdrawn | Locked | Unlocked | Slashed | RoleFroze,
    errors=BelowMinimum
    | LockedFunds
    | NotReady
    | TooManyChunks
    | RoleFrozen
    | NotBonded
    | NoSuchChunk
    | DutyTaken
    | ZeroAmount,
):
    """Collateral for duties, by account and role."""

    role_terms: Constant[AllTerms]
    """What each role asks, by its number."""

    grace_blocks: Constant[BlockNumber]
    """A second miss within so many blocks is slashed."""

    freeze_blocks: Constant[BlockNumber]
    """How long a first miss freezes a role."""

    # The underscore keeps it apart from the call; on the wire it is `Bond`.
    bond_: StorageMap[tuple[AccountId, Role], Bond] = mapping(
        blake2_128_concat, twox_64_concat, default=Bond()
    )
    """Everybody's collateral, by account and role."""

    duty: StorageMap[DutyId, Duty] = mapping(blake2_128_concat)
    """Who answers for each duty, and with how much."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        money: Money,
        *,
        index: int,
        role_terms: AllTerms,
        grace_blocks: BlockNumber,
        freeze_blocks: BlockNumber,
        parameters: Parameters = FIXED,
    ) -> None:
        super().__init__(state, index=index)
        self.system = system
        self.money = money
        self.role_terms = role_terms
        self.grace_blocks = grace_blocks
        self.freeze_blocks = freeze_blocks
        self._parameters = parameters

    # --- calls

    @call(index=0, weight=weights.BOND)
    def bond(self, origin: Origin, role: Role, amount: Compact[Balance]) -> None:
        """Adds free balance to the signer's bond in a role.

        Origin: signed. Events: `Bonded`.
        Errors: `ZeroAmount`, `BelowMinimum`, the ledger's where too little is free.
        """
        who = origin.ensure_signed()
        _ensure_amount(amount)
        bond = self.bond_[who, role]
        bond = replace(bond, active=bond.active + amount)
        self._ensure_minimum(bond, role)
        self.money.hold(REASON, who, amount)
        self.bond_[who, role] = bond
        self.system.deposit_event(self, Bonded(who, role, amount))

    @call(index=1, weight=weights.UNBOND)
    def unbond(self, origin: Origin, role: Role, amount: Compact[Balance]) -> None:
        """Starts taking free collateral out: it is released after the role's unbonding time.

        What remains is nothing or at least the role's minimum.
        Origin: signed. Events: `Unbonding`.
        Errors: `ZeroAmount`, `NotBonded`, `RoleFrozen`, `LockedFunds`, `BelowMinimum`,
        `TooManyChunks`.
        """
        who = origin.ensure_signed()
        _ensure_amount(amount)
        bond = self._get_bond(who, role)
        self._ensure_thawed(bond)
        if amount > bond.active:
            raise LockedFunds
        bond = replace(bond, active=bond.active - amount)
        if bond.active + bond.locked > 0:
            self._ensure_minimum(bond, role)
        unbonding_blocks = self._parameters.get_param(
            Param.UNBONDING_BLOCKS, self.role_terms[role].unbonding_blocks
        )
        release_at = self._get_now() + unbonding_blocks
        chunks = _append_chunk(bond.unbonding, Chunk(amount, release_at))
        self.bond_[who, role] = replace(bond, unbonding=chunks)
        self.system.deposit_event(self, Unbonding(who, role, amount, release_at))

    @call(index=2, weight=weights.CANCEL_UNBOND)
    def cancel_unbond(self, origin: Origin, role: Role, chunk: Compact[U32]) -> None:
        """Takes one unbonding part, by its number from 0, back into the bond.

        Origin: signed. Events: `Bonded`. Errors: `NotBonded`, `NoSuchChunk`, `BelowMinimum`.
        """
        who = origin.ensure_signed()
        bond = self._get_bond(who, role)
        if chunk >= len(bond.unbonding):
            raise NoSuchChunk
        amount = bond.unbonding[chunk].amount
        rest = bond.unbonding[:chunk] + bond.unbonding[chunk + 1 :]
        bond = replace(bond, active=bond.active + amount, unbonding=rest)
        self._ensure_minimum(bond, role)
        self.bond_[who, role] = bond
        self.system.deposit_event(self, Bonded(who, role, amount))

    @call(index=3, weight=weights.WITHDRAW)
    def withdraw(self, origin: Origin, role: Role) -> None:
        """Makes all that has finished unbonding free balance.

        Origin: signed. Events: `Withdrawn`. Errors: `NotBonded`, `NotReady`.
        """
        who = origin.ensure_signed()
        bond = self._get_bond(who, role)
        now = self._get_now()
        amount = sum(chunk.amount for chunk in bond.unbonding if chunk.release_at <= now)
        if amount == 0:
            raise NotReady
        rest = tuple(chunk for chunk in bond.unbonding if chunk.release_at > now)
        self.money.release(REASON, who, amount)
        self._put_bond(who, role, replace(bond, unbonding=rest))
        self.system.deposit_event(self, Withdrawn(who, role, amount))

    # --- Slasher

    def get_bonded(self, who: AccountId, role: Role) -> int:
        """What is bonded and free for new duties."""
        return self.bond_[who, role].active

    def is_frozen(self, who: AccountId, role: Role) -> bool:
        """Whether the role takes no new duties for now."""
        return self._get_now() < self.bond_[who, role].frozen_until

    def lock(self, who: AccountId, role: Role, amount: int, duty: DutyId) -> None:
        """Locks a part of a bond for a duty.

        Errors: `NotBonded`, `RoleFrozen`, `BelowMinimum`, `LockedFunds`, `DutyTaken`.
        """
        bond = self._get_bond(who, role)
        self._ensure_thawed(bond)
        self._ensure_minimum(bond, role)
        if amount > bond.active:
            raise LockedFunds
        if duty in self.duty:
            raise DutyTaken
        self.duty[duty] = Duty(who, role, amount)
        self.bond_[who, role] = bond.lock(amount)
        self.system.deposit_event(self, Locked(who, role, amount, duty))

    def get_locked(self, duty: DutyId) -> int:
        """What is locked for a duty; 0 for an unknown one."""
        entry = self.duty.get(duty)
        return 0 if entry is None else entry.amount

    def unlock(self, duty: DutyId) -> None:
        """Ends a duty that was fulfilled."""
        entry = self._take_duty(duty)
        self._put_bond(entry.who, entry.role, self._free_lock(entry))
        self.system.deposit_event(self, Unlocked(entry.who, entry.role, entry.amount, duty))

    def slash(self, duty: DutyId, split: SlashSplit, amount: int | None = None) -> SlashOutcome:
        """Ends a duty by taking ``amount``, all that is locked for it unless said.

        From the duty's lock, then the free part, then what is unbonding, newest first.
        """
        entry = self._take_duty(duty)
        bond = self._free_lock(entry)
        wanted = entry.amount if amount is None else amount
        from_active = min(wanted, bond.active)  # the duty's lock is free again, and counted here
        chunks = _cut_newest(bond.unbonding, wanted - from_active)
        rest = replace(bond, active=bond.active - from_active, unbonding=chunks)
        outcome = self._pay_out(entry.who, bond.total - rest.total, split)
        self._put_bond(entry.who, entry.role, rest)
        self.system.deposit_event(
            self,
            Slashed(
                entry.who,
                entry.role,
                duty,
                outcome.slashed,
                outcome.burned,
                split.injured,
                outcome.injured,
                split.reporter,
                outcome.reporter,
            ),
        )
        return outcome

    def note_miss(self, duty: DutyId, split: SlashSplit) -> SlashOutcome:
        """Ends a missed duty: freezes the role, or slashes on a second miss within the grace."""
        entry = self.duty.get(duty)
        assert entry is not None, f"{duty}: a duty is missed once, after it was locked; qed"
        now, before = self._get_now(), self.bond_[entry.who, entry.role]
        if before.missed_at is not None and now - before.missed_at <= self._get_grace_blocks():
            return self.slash(duty, split)
        self.unlock(duty)
        bond = self.bond_[entry.who, entry.role]
        until = now + self._parameters.get_param(Param.FREEZE_BLOCKS, self.freeze_blocks)
        self.bond_[entry.who, entry.role] = replace(bond, frozen_until=until, missed_at=now)
        self.system.deposit_event(self, RoleFroze(entry.who, entry.role, duty, until))
        return SlashOutcome()

    def try_state(self) -> None:
        """Bonds equal the ledger's holds, locks equal duties, none is below zero or left empty."""
        held: Counter[AccountId] = Counter()
        locked: Counter[tuple[AccountId, Role]] = Counter()
        for duty, entry in self.duty.items():
            bonded = (entry.who, entry.role) in self.bond_
            assert bonded or entry.amount == 0, f"{duty}: nobody answers for it"
            locked[entry.who, entry.role] += entry.amount
        for (who, role), bond in self.bond_.items():
            held[who] += bond.total
            assert bond.locked == locked.pop((who, role), 0), f"{who} {role}: locks are not duties"
            assert bond.total > 0 or bond.missed_at is not None, f"{who} {role}: an empty bond"
            assert all(chunk.amount > 0 for chunk in bond.unbonding), f"{who} {role}: empty chunk"
        assert not any(locked.values()), f"duties without a bond: {locked}"
        for who, amount in held.items():
            on_hold = self.money.get_held(REASON, who)
            assert amount == on_hold, f"{who}: {amount} bonded, {on_hold} on hold"

    # --- parts of the above

    def _get_now(self) -> BlockNumber:
        return self.system.get_block_number()

    def _get_grace_blocks(self) -> int:
        return self._parameters.get_param(Param.GRACE_BLOCKS, self.grace_blocks)

    def _get_bond(self, who: AccountId, role: Role) -> Bond:
        bond = self.bond_.get((who, role))
        if bond is None:
            raise NotBonded
        return bond

    def _put_bond(self, who: AccountId, role: Role, bond: Bond) -> None:
        """Stores a bond, or removes one that is over: a miss in the grace is remembered."""
        now = self._get_now()
        over = bond.missed_at is None or now - bond.missed_at > self._get_grace_blocks()
        if bond.total == 0 and over and bond.frozen_until <= now:
            del self.bond_[who, role]
        else:
            self.bond_[who, role] = bond

    def _ensure_minimum(self, bond: Bond, role: Role) -> None:
        bond_min = self.role_terms[role].bond_min
        if bond.active + bond.locked < self._parameters.get_param(Param.ROLE_BOND_MIN, bond_min):
            raise BelowMinimum

    def _ensure_thawed(self, bond: Bond) -> None:
        if self._get_now() < bond.frozen_until:
            raise RoleFrozen

    def _take_duty(self, duty: DutyId) -> Duty:
        entry = self.duty.get(duty)
        assert entry is not None, f"{duty}: a duty ends once, after it was locked; qed"
        del self.duty[duty]
        return entry

    def _free_lock(self, entry: Duty) -> Bond:
        """The bond with a duty's lock back in its free part; not stored."""
        return self.bond_[entry.who, entry.role].lock(-entry.amount)

    def _pay_out(self, who: AccountId, slashed: int, split: SlashSplit) -> SlashOutcome:
        """Hands out what was slashed: shares round down, the rest is burned."""
        injured = self._pay_share(who, split.injured, slashed * split.injured_bps // BPS)
        reporter = self._pay_share(who, split.reporter, slashed * split.reporter_bps // BPS)
        burned = slashed - injured - reporter
        self.money.burn_held(REASON, who, burned)
        return SlashOutcome(slashed, burned, injured, reporter)

    def _pay_share(self, who: AccountId, payee: AccountId | None, amount: int) -> int:
        """What was paid: nothing where there is no payee, or it cannot receive so little."""
        if payee is None or amount == 0:
            return 0
        return pay_held(self.state, self.money, REASON, who, payee, amount)


def _ensure_amount(amount: int) -> None:
    if amount == 0:
        raise ZeroAmount


def _append_chunk(chunks: tuple[Chunk, ...], chunk: Chunk) -> tuple[Chunk, ...]:
    """The chunks with one more; those of one block are one."""
    if chunks and chunks[-1].release_at == chunk.release_at:
        return (*chunks[:-1], replace(chunk, amount=chunks[-1].amount + chunk.amount))
    if len(chunks) == CHUNKS_MAX:
        raise TooManyChunks
    return (*chunks, chunk)


def _cut_newest(chunks: tuple[Chunk, ...], amount: int) -> tuple[Chunk, ...]:
    """What remains of the chunks when an amount is taken, or all of them, from the newest on."""
    rest = list(chunks)
    while amount > 0 and rest:
        newest = rest.pop()
        if newest.amount > amount:
            rest.append(replace(newest, amount=newest.amount - amount))
        amount -= newest.amount
    return tuple(rest)
