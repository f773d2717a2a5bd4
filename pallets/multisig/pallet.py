"""Calls that several accounts make together. Calls, events and errors: `pallet_multisig`."""

from bisect import insort
from collections import Counter
from itertools import pairwise

from pallets.multisig.declarations import (
    SIGNATORIES_DECODED_MAX,
    AlreadyApproved,
    CallHash,
    MaxWeightTooLow,
    MinimumThreshold,
    MultisigApproval,
    MultisigCancelled,
    MultisigExecuted,
    NewMultisig,
    NoApprovalsNeeded,
    NotFound,
    NoTimepoint,
    NotOwner,
    OpenMultisig,
    SenderInSignatories,
    Signatories,
    SignatoriesOutOfOrder,
    Timepoint,
    TooFewSignatories,
    TooManySignatories,
    UnexpectedTimepoint,
    WrongTimepoint,
)
from pallets.weights import multisig as weights
from runtime.codec import U16, U32, codec_of
from runtime.crypto.hashing import blake2_256
from runtime.frame import (
    Call,
    Constant,
    Origin,
    Pallet,
    PostDispatch,
    RuntimeCall,
    StorageMap,
    blake2_128_concat,
    call,
    mapping,
    twox_64_concat,
)
from runtime.frame.inner_calls import InnerCalls
from runtime.frame.traits import ExtrinsicPlace, HoldReason, Money
from runtime.frozen import replace
from runtime.primitives import AccountId, Balance, Weight
from runtime.state.externalities import Externalities

REASON = HoldReason.MULTISIG_DEPOSIT
ENTROPY = b"modlpy/utilisuba"
SIGNATORIES, THRESHOLD = codec_of(Signatories), codec_of(U16)


def compute_multisig_account(signatories: tuple[AccountId, ...], threshold: int) -> AccountId:
    """The account of these signatories, in their order, of whom so many must agree."""
    return AccountId(
        blake2_256(ENTROPY + SIGNATORIES.encode(signatories) + THRESHOLD.encode(threshold))
    )


def _compute_single_weight(other_signatories: Signatories, call: Call) -> Weight:
    return weights.as_multi_threshold_1(len(other_signatories)) + call.get_dispatch_info().weight


def _compute_call_weight(
    threshold: int,
    other_signatories: Signatories,
    maybe_timepoint: Timepoint | None,
    call: Call,
    max_weight: Weight,
) -> Weight:
    """To read and hash a call costs less than to run it, and is paid at every approval."""
    del threshold, maybe_timepoint
    read = call.get_dispatch_info().weight
    return weights.as_multi(len(other_signatories)) + read + max_weight


def _compute_hash_weight(
    threshold: int,
    other_signatories: Signatories,
    maybe_timepoint: Timepoint | None,
    call_hash: bytes,
    max_weight: Weight,
) -> Weight:
    del threshold, maybe_timepoint, call_hash, max_weight
    return weights.as_multi(len(other_signatories))


def _compute_cancel_weight(
    threshold: int, other_signatories: Signatories, timepoint: Timepoint, call_hash: bytes
) -> Weight:
    del threshold, timepoint, call_hash
    return weights.cancel_as_multi(len(other_signatories))


class Multisig(
    Pallet,
    events=NewMultisig | MultisigApproval | MultisigExecuted | MultisigCancelled,
    errors=MinimumThreshold
    | AlreadyApproved
    | NoApprovalsNeeded
    | TooFewSignatories
    | TooManySignatories
    | SignatoriesOutOfOrder
    | SenderInSignatories
    | NotFound
    | NotOwner
    | NoTimepoint
    | WrongTimepoint
    | UnexpectedTimepoint
    | MaxWeightTooLow,
):
    """Accounts that several others own together, of whom a number must agree on each call."""

    deposit_base: Constant[Balance]
    """What is held for an open operation."""

    deposit_factor: Constant[Balance]
    """What is held besides for each approval that it needs."""

    max_signatories: Constant[U32]
    """The most signatories of one multisig."""

    multisigs: StorageMap[tuple[AccountId, CallHash], OpenMultisig] = mapping(
        twox_64_concat, blake2_128_concat
    )
    """The open operations, by account and call."""

    def __init__(
        self,
        state: Externalities,
        system: ExtrinsicPlace,
        money: Money,
        calls: InnerCalls,
        *,
        index: int,
        deposit_base: int,
        deposit_factor: int,
        max_signatories: int,
    ) -> None:
        super().__init__(state, index=index)
        assert max_signatories < SIGNATORIES_DECODED_MAX, "the limit can be reached; qed"
        self.deposit_base = deposit_base
        self.deposit_factor = deposit_factor
        self.max_signatories = max_signatories
        self._system = system
        self._money = money
        self._calls = calls

    @call(index=0, weight=_compute_single_weight)
    def as_multi_threshold_1(
        self, origin: Origin, other_signatories: Signatories, call: RuntimeCall
    ) -> PostDispatch:
        """Dispatches a call from a multisig account whose every signatory may act alone.

        Origin: signed. Events: none.
        Errors: `TooFewSignatories`, `TooManySignatories`, `SignatoriesOutOfOrder`,
        `SenderInSignatories`, and any error of the call.
        """
        who = origin.ensure_signed()
        account = self._ensure_account(who, other_signatories, 1)
        attempt = self._calls.attempt(call, origin.act_as(account))
        if attempt.error is not None:
            raise attempt.error
        return PostDispatch(weights.as_multi_threshold_1(len(other_signatories)) + attempt.weight)

    @call(index=1, weight=_compute_call_weight)
    def as_multi(
        self,
        origin: Origin,
        threshold: U16,
        other_signatories: Signatories,
        maybe_timepoint: Timepoint | None,
        call: RuntimeCall,
        max_weight: Weight,
    ) -> PostDispatch:
        """Approves a call, and dispatches it from the multisig account once enough have.

        The first approval opens the operation, its deposit is held on who gave it, and there is
        no timepoint yet; every later one names where the first is. The approval of a call that
        then fails counts nevertheless: the event has its error.
        Origin: signed. Events: `NewMultisig`, `MultisigApproval`, `MultisigExecuted`.
        Errors: `MinimumThreshold`, `TooFewSignatories`, `TooManySignatories`,
        `SignatoriesOutOfOrder`, `SenderInSignatories`, `NoTimepoint`, `WrongTimepoint`,
        `UnexpectedTimepoint`, `AlreadyApproved`, `MaxWeightTooLow`, the ledger's where too little
        is free for the deposit.
        """
        who = origin.ensure_signed()
        account = self._ensure_multi_account(who, other_signatories, threshold)
        call_hash = blake2_256(self._calls.encode(call))
        info = call.get_dispatch_info()
        spent = weights.as_multi(len(other_signatories)) + info.weight
        opened = self._get_open(account, call_hash, maybe_timepoint)
        if opened is None:
            self._open(who, account, call_hash, threshold)
            return PostDispatch(spent)
        if len(opened.approvals) + (who not in opened.approvals) < threshold:
            self._approve(who, account, call_hash, opened)
            return PostDispatch(spent)
        if not info.weight.is_within(max_weight):
            raise MaxWeightTooLow
        self._close(account, call_hash, opened)  # before the call, which may need what was held
        attempt = self._calls.attempt(call, origin.act_as(account))
        event = MultisigExecuted(who, opened.when, account, call_hash, attempt.result)
        self._system.deposit_event(self, event)
        return PostDispatch(spent + attempt.weight)

    @call(index=2, weight=_compute_hash_weight)
    def approve_as_multi(
        self,
        origin: Origin,
        threshold: U16,
        other_signatories: Signatories,
        maybe_timepoint: Timepoint | None,
        call_hash: CallHash,
        max_weight: Weight,
    ) -> None:
        """Approves a call by its hash; whoever approves last sends the call by `as_multi`.

        Origin: signed. Events: `NewMultisig`, `MultisigApproval`.
        Errors: those of `as_multi`, and `NoApprovalsNeeded` where only the call is missing.
        """
        del max_weight  # a hash is never executed
        who = origin.ensure_signed()
        account = self._ensure_multi_account(who, other_signatories, threshold)
        opened = self._get_open(account, call_hash, maybe_timepoint)
        if opened is None:
            self._open(who, account, call_hash, threshold)
            return
        if who not in opened.approvals and len(opened.approvals) >= threshold:
            raise NoApprovalsNeeded
        self._approve(who, account, call_hash, opened)

    @call(index=3, weight=_compute_cancel_weight)
    def cancel_as_multi(
        self,
        origin: Origin,
        threshold: U16,
        other_signatories: Signatories,
        timepoint: Timepoint,
        call_hash: CallHash,
    ) -> None:
        """Cancels an operation that waits for approvals; its deposit comes back.

        Origin: signed, by who opened it. Events: `MultisigCancelled`.
        Errors: `MinimumThreshold`, `TooFewSignatories`, `TooManySignatories`,
        `SignatoriesOutOfOrder`, `SenderInSignatories`, `NotFound`, `WrongTimepoint`, `NotOwner`.
        """
        who = origin.ensure_signed()
        account = self._ensure_multi_account(who, other_signatories, threshold)
        opened = self.multisigs.get((account, call_hash))
        if opened is None:
            raise NotFound
        if opened.when != timepoint:
            raise WrongTimepoint
        if opened.depositor != who:
            raise NotOwner
        self._close(account, call_hash, opened)
        event = MultisigCancelled(who, timepoint, account, call_hash)
        self._system.deposit_event(self, event)

    def try_state(self) -> None:
        """Deposits equal the ledger's holds; approvals are in order, the depositor's first."""
        held: Counter[AccountId] = Counter()
        for (account, _), opened in self.multisigs.items():
            held[opened.depositor] += opened.deposit
            approvals = opened.approvals
            assert approvals, f"{account}: open without an approval"
            assert all(a < b for a, b in pairwise(approvals)), f"{account}: out of order"
        for who, amount in held.items():
            on_hold = self._money.get_held(REASON, who)
            assert amount == on_hold, f"{who}: {amount} deposited, {on_hold} on hold"

    # --- parts of the above

    def _ensure_account(
        self, who: AccountId, others: tuple[AccountId, ...], threshold: int
    ) -> AccountId:
        """The account of the sender and the others, who are sorted and without the sender."""
        if not others:
            raise TooFewSignatories
        if len(others) >= self.max_signatories:
            raise TooManySignatories
        if any(before >= after for before, after in pairwise(others)):
            raise SignatoriesOutOfOrder
        if who in others:
            raise SenderInSignatories
        signatories = list(others)
        insort(signatories, who)
        return compute_multisig_account(tuple(signatories), threshold)

    def _ensure_multi_account(
        self, who: AccountId, others: tuple[AccountId, ...], threshold: int
    ) -> AccountId:
        if threshold < 2:
            raise MinimumThreshold
        return self._ensure_account(who, others, threshold)

    def _get_open(
        self, account: AccountId, call_hash: bytes, timepoint: Timepoint | None
    ) -> OpenMultisig | None:
        """The operation, which the timepoint must name; None where none is open or named."""
        opened = self.multisigs.get((account, call_hash))
        if opened is None:
            if timepoint is not None:
                raise UnexpectedTimepoint
            return None
        if timepoint is None:
            raise NoTimepoint
        if timepoint != opened.when:
            raise WrongTimepoint
        return opened

    def _open(self, who: AccountId, account: AccountId, call_hash: bytes, threshold: int) -> None:
        deposit = self.deposit_base + threshold * self.deposit_factor
        self._money.hold(REASON, who, deposit)
        when = Timepoint(self._system.get_block_number(), self._system.get_extrinsic_index())
        self.multisigs[account, call_hash] = OpenMultisig(when, deposit, who, (who,))
        self._system.deposit_event(self, NewMultisig(who, account, call_hash))

    def _approve(
        self, who: AccountId, account: AccountId, call_hash: bytes, opened: OpenMultisig
    ) -> None:
        if who in opened.approvals:
            raise AlreadyApproved
        approvals = list(opened.approvals)
        insort(approvals, who)
        self.multisigs[account, call_hash] = replace(opened, approvals=tuple(approvals))
        self._system.deposit_event(self, MultisigApproval(who, opened.when, account, call_hash))

    def _close(self, account: AccountId, call_hash: bytes, opened: OpenMultisig) -> None:
        del self.multisigs[account, call_hash]
        self._money.release(REASON, opened.depositor, opened.deposit)
