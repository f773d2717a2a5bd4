"""The boundaries between the pallets of AI work: records, bonds, market, verify, work.

    market -> Records, Slasher, OpenClaim, WorkCredit, UnitPrices
    verify -> Records, Submissions        (late verdicts; a verdict at once is returned)
    work   -> Records, Slots
    registry and bonds need none of these

Where two pallets ask each other (market and verify, market and work), the composed runtime hands
each the other by its Protocol; none imports another. The values are in `runtime/frame/ai_types.py`.
Amounts are in planck.
"""

from typing import Protocol

from runtime.claim import ClaimRequest, Submission
from runtime.frame.ai_types import (
    DutyId,
    Inconclusive,
    Invalid,
    JobKind,
    ModelInfo,
    OpenedClaim,
    ProviderInfo,
    Role,
    SealedDataset,
    SlashOutcome,
    SlashSplit,
    SlotId,
    SlotOffer,
    SlotWork,
    Valid,
    VerifierId,
)
from runtime.primitives import AccountId, BlockNumber, Hash, Id, Root


class Records(Protocol):
    """What other pallets ask of the registry."""

    def get_model(self, record: Id, version: int | None = None) -> ModelInfo | None:
        """A version of a model that is still kept, the current one for None."""
        ...

    def get_provider(self, record: Id) -> ProviderInfo | None:
        """A provider's current version."""
        ...

    def get_sealed_dataset(self, record: Id, version: int) -> SealedDataset | None:
        """A version of an encrypted dataset that is still kept; None for anything else."""
        ...

    def get_dataset_version(self, record: Id) -> int | None:
        """The current version of a dataset that is live; None for anything else."""
        ...

    def is_live(self, record: Id) -> bool:
        """Whether a record exists and is neither expired, retired nor frozen."""
        ...

    def get_owner(self, record: Id) -> AccountId | None:
        """Who owns a record."""
        ...

    def get_payee(self, record: Id) -> AccountId | None:
        """Who is paid what a record earns: its owner, or its shares; None for no record."""
        ...

    def get_blob(self, root: Root) -> bytes | None:
        """The bytes of a blob in the state."""
        ...

    def get_royalties(self, record: Id, version: int) -> tuple[tuple[AccountId, int], ...]:
        """Who earns how many basis points of a settlement that used this version.

        Own and ancestors' shares, an entry an account, ordered by account; at most
        `ROYALTY_SHARES_MAX` of them and `ROYALTY_BPS_MAX` together. The order in which parents
        were named does not matter. Empty for a version that is not kept.
        """
        ...

    def note_job(self, record: Id, version: int) -> None:
        """One more job needs this version: it is kept, whatever its owner does.

        The caller has checked that the version exists. Every note is dropped once.
        """
        ...

    def drop_job(self, record: Id, version: int) -> None:
        """One job less needs this version; the last one of a retired record removes it."""
        ...

    def note_use(self, root: Root) -> None:
        """One more job needs this blob, which exists: it cannot be removed."""
        ...

    def drop_use(self, root: Root) -> None:
        """One job less needs this blob."""
        ...


class Slasher(Protocol):
    """The one place where collateral is locked and taken.

    An unknown duty is the caller's defect, not a user's error: `unlock` and `slash` assert.
    """

    def get_bonded(self, who: AccountId, role: Role) -> int:
        """What is bonded and free for new duties; locked and unbonding parts do not count."""
        ...

    def is_frozen(self, who: AccountId, role: Role) -> bool:
        """Whether the role takes no new duties for now."""
        ...

    def lock(self, who: AccountId, role: Role, amount: int, duty: DutyId) -> None:
        """Locks a part of a bond for a duty, which is in nobody's hands yet.

        Errors: `NotBonded`, `RoleFrozen`, `BelowMinimum` (the whole bond is less than the role
        asks), `LockedFunds` (too little is free), `DutyTaken`.
        """
        ...

    def get_locked(self, duty: DutyId) -> int:
        """What is locked for a duty; 0 for an unknown one."""
        ...

    def unlock(self, duty: DutyId) -> None:
        """Ends a duty that was fulfilled: its collateral is free again."""
        ...

    def slash(self, duty: DutyId, split: SlashSplit, amount: int | None = None) -> SlashOutcome:
        """Ends a duty by taking ``amount``, all that is locked for it unless said.

        Taken first from the duty's lock, then from the free part, then from what is unbonding,
        newest first; never from other duties' locks. What remains of the lock is free again.
        """
        ...

    def note_miss(self, duty: DutyId, split: SlashSplit) -> SlashOutcome:
        """Ends a duty that was missed without fraud: the first time in a while only freezes.

        The first miss within the grace window takes nothing and freezes the role; the next slashes.
        """
        ...


class OpenClaim(Protocol):
    """What the market asks of verify."""

    def open_claim(self, request: ClaimRequest) -> OpenedClaim:
        """Opens a claim; verifiers of one block judge at once. Errors: `UnknownVerifier` …."""
        ...

    def is_supported(self, verifier: VerifierId, kind: JobKind) -> bool:
        """Whether a job of this kind may name this verifier."""
        ...

    def is_judgeable(self, verifier: VerifierId, macs: int, cells: int) -> bool:
        """Whether a claim of so many MACs and so many other integers fits in a block."""
        ...

    def get_bond_factor_bps(self, verifier: VerifierId) -> int:
        """Collateral that a slot's lock needs, in basis points of its price (5,000 = half)."""
        ...

    def is_immediate(self, verifier: VerifierId) -> bool:
        """Whether the verdict is known in the block that opens a claim."""
        ...

    def is_pending(self, slot: SlotId) -> bool:
        """Whether a claim about the slot waits for its verdict."""
        ...

    def conclude(self, slot: SlotId) -> bool:
        """Gives the verdict of a pending claim whose time has passed; False where none is due."""
        ...

    def drop_claims(self, job: Id) -> None:
        """Forgets the claims of a job that is over and leaves the state."""
        ...


class Submissions(Protocol):
    """What verify asks and tells the market of claims that are not judged at once."""

    def get_submission(self, slot: SlotId) -> Submission:
        """The result of a slot whose claim is pending."""
        ...

    def on_verdict(
        self,
        claim: Id,
        slot: SlotId,
        verdict: Valid | Invalid | Inconclusive,
        challenger: AccountId | None = None,
    ) -> int:
        """Settles, slashes or refunds; called exactly once for each pending claim.

        Returns what the challenger who brought the verdict about was paid.
        """
        ...


class Slots(Protocol):
    """What work asks of the market."""

    def get_slot_work(self, slot: SlotId) -> SlotWork | None:
        """A slot's work; None for a slot that does not exist, or whose job is no matrix product."""
        ...


class WorkCredit(Protocol):
    """What the market tells work."""

    def note_settled(self, slot: SlotId, provider: AccountId, burned: int) -> int:
        """A slot was settled and burned so much of its price; returns the bonus paid for it.

        The bonus goes to whoever mined with the slot's rows, capped by a fraction below one of
        what was burned, 0 where the slot's rows mined nothing.
        """
        ...

    def note_failed(self, slot: SlotId) -> None:
        """What was mined with a slot's rows for an invalid claim earns nothing."""
        ...

    def note_closed(self, slot: SlotId) -> None:
        """A slot will never be settled; what was noted of it is forgotten."""
        ...


class UnitPrices(Protocol):
    """What the market asks of work about prices."""

    def get_unit_price(self, kind: JobKind, model: Id | None) -> int:
        """The going price of one unit, in planck: a million MACs, or other integers.

        A model has a price of its own; jobs without one have their kind's.
        """
        ...

    def get_going_price(self, offer: SlotOffer, number: BlockNumber) -> int:
        """What a slot would cost that were locked in a block next, at most its `price_max`."""
        ...

    def note_taken(self, offer: SlotOffer) -> int:
        """A slot is locked at the going price, which this returns and which follows from it."""
        ...


class BlockWork(Protocol):
    """What work asks about the block being executed."""

    def get_work_macs(self) -> int:
        """The multiply-accumulates that its target makes a block cost, 0 where it names none."""
        ...


class ChainIdentity(Protocol):
    """What a commitment names, so that it is worth nothing on another chain."""

    def get_genesis_hash(self) -> Hash:
        """The hash of block zero."""
        ...


class BlockHashes(Protocol):
    """What is drawn at random comes from: recent blocks of this chain."""

    def get_genesis_hash(self) -> Hash:
        """The hash of block zero."""
        ...

    def get_block_hash(self, number: BlockNumber) -> Hash | None:
        """The hash of a recent block below the one being executed; None of any other."""
        ...
