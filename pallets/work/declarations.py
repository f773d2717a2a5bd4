"""The events and errors of the work pallet."""

from typing import TypeAlias

from runtime.codec import U8, U32, U64, U128
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frame.ai_types import JobKind
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, Bps, Id
from runtime.work_summary import Lane


@frozen
class WorkNoted(Event, index=0):
    """A block's work was noted; useful is what somebody paid for, at most the total."""

    author: AccountId | None
    lane: Lane
    total_macs: U128
    useful_macs: U128


@frozen
class UsefulCredited(Event, index=1):
    """A slot's product mined this block; its author earns a bonus when the slot settles."""

    job: Id
    slot: U32
    layer: U8
    author: AccountId
    macs: U64


@frozen
class BonusPaid(Event, index=2):
    """A bonus was minted for a slot that settled and had mined."""

    job: Id
    slot: U32
    author: AccountId
    amount: Balance


@frozen
class EraClosed(Event, index=3):
    """An era is over; these are its sums, and what authors and the treasury may claim of it."""

    era: U32
    total_macs: U128
    useful_macs: U128
    burned: Balance
    bonus: Balance
    reward: Balance
    tithe: Balance


@frozen
class EraClaimed(Event, index=4):
    """An author's part of an era was minted, and the treasury's beside it."""

    era: U32
    author: AccountId
    amount: Balance
    tithe: Balance


@frozen
class PriceMoved(Event, index=5):
    """The going price of a unit is another, in planck; with the utilisation that moved it."""

    kind: JobKind
    model: Id | None
    before: Balance
    after: Balance
    used_bps: Bps


WorkEvent: TypeAlias = WorkNoted | UsefulCredited | BonusPaid | EraClosed | EraClaimed | PriceMoved


class AlreadyCredited(ModuleError, index=0):
    """The slot's product has mined a block before."""


class TensorMismatch(ModuleError, index=1):
    """Operand B is not the tensor of the slot's model at this layer."""


class ShapeMismatch(ModuleError, index=2):
    """The shapes are not those of the stacked rows and the tensor, padded."""


class RefNotOpen(ModuleError, index=3):
    """The slot does not exist, or the block's author is not at work on it."""


class OperandMismatch(ModuleError, index=4):
    """Operand A is not the stacked rows of the slots."""


class BadSummary(ModuleError, index=5):
    """A block of the Task lane names rows, any other names none."""


class AlreadyNoted(ModuleError, index=6):
    """The block's work has been noted."""


class ReplayTooLarge(ModuleError, index=7):
    """The rows take more work to compute, or are more, than one block may ask for."""


class EraNotClosed(ModuleError, index=8):
    """The era is not over."""


class EraForgotten(ModuleError, index=9):
    """The era was over so long ago that what nobody claimed of it will not be minted."""


class NothingToClaim(ModuleError, index=10):
    """The account made no block of the era, or its part was claimed, or is less than a planck."""


class StaleModel(ModuleError, index=11):
    """The model was retired, or has expired, too long ago for its products to count."""


WorkError: TypeAlias = (
    AlreadyCredited
    | TensorMismatch
    | ShapeMismatch
    | RefNotOpen
    | OperandMismatch
    | BadSummary
    | AlreadyNoted
    | ReplayTooLarge
    | EraNotClosed
    | EraForgotten
    | NothingToClaim
    | StaleModel
)
