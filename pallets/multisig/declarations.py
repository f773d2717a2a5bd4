"""The values, events and errors of the multisig pallet, as `pallet_multisig` has them."""

from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import U32, Array, MaxLen
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frame.dispatch_error import DispatchResult
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber

SIGNATORIES_DECODED_MAX = 1_024
"""No list decodes with more signatories; `max_signatories` is below it."""

Signatories: TypeAlias = Annotated[tuple[AccountId, ...], MaxLen(SIGNATORIES_DECODED_MAX)]
CallHash: TypeAlias = Annotated[bytes, Array(32)]


@frozen
class Timepoint:
    """When a multisig call was first approved: the block, and the extrinsic in it."""

    SCALE_PATH: ClassVar[str] = "pallet_multisig::Timepoint"

    height: BlockNumber
    index: U32


@frozen
class OpenMultisig:
    """A call that waits for approvals; they are in the order of the accounts."""

    SCALE_PATH: ClassVar[str] = "pallet_multisig::Multisig"

    when: Timepoint
    deposit: Balance
    depositor: AccountId
    approvals: Signatories


@frozen
class NewMultisig(Event, index=0):
    """A new multisig operation has begun."""

    approving: AccountId
    multisig: AccountId
    call_hash: CallHash


@frozen
class MultisigApproval(Event, index=1):
    """A multisig operation has been approved by someone."""

    approving: AccountId
    timepoint: Timepoint
    multisig: AccountId
    call_hash: CallHash


@frozen
class MultisigExecuted(Event, index=2):
    """A multisig operation has been executed; `result` says how it ended."""

    approving: AccountId
    timepoint: Timepoint
    multisig: AccountId
    call_hash: CallHash
    result: DispatchResult


@frozen
class MultisigCancelled(Event, index=3):
    """A multisig operation has been cancelled."""

    cancelling: AccountId
    timepoint: Timepoint
    multisig: AccountId
    call_hash: CallHash


class MinimumThreshold(ModuleError, index=0):
    """Threshold must be 2 or greater."""


class AlreadyApproved(ModuleError, index=1):
    """Call is already approved by this signatory."""


class NoApprovalsNeeded(ModuleError, index=2):
    """Call doesn't need any (more) approvals."""


class TooFewSignatories(ModuleError, index=3):
    """There are too few signatories in the list."""


class TooManySignatories(ModuleError, index=4):
    """There are too many signatories in the list."""


class SignatoriesOutOfOrder(ModuleError, index=5):
    """The signatories were provided out of order; they should be ordered."""


class SenderInSignatories(ModuleError, index=6):
    """The sender was contained in the other signatories; it shouldn't be."""


class NotFound(ModuleError, index=7):
    """Multisig operation not found in storage."""


class NotOwner(ModuleError, index=8):
    """Only the account that originally created the multisig is able to cancel it."""


class NoTimepoint(ModuleError, index=9):
    """No timepoint was given, yet the multisig operation is already underway."""


class WrongTimepoint(ModuleError, index=10):
    """A different timepoint was given to the multisig operation that is underway."""


class UnexpectedTimepoint(ModuleError, index=11):
    """A timepoint was given, yet no multisig operation is underway."""


class MaxWeightTooLow(ModuleError, index=12):
    """The maximum weight information provided was too low."""
