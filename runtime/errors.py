"""Every error the runtime raises on purpose.

    CodecError                     bytes or values that do not fit their type
    DispatchError                  a dispatched call failed; its transaction is rolled back
    ├─ BadOrigin                   the origin may not make this call
    ├─ RootNotAllowed              the call is not for root
    ├─ CannotLookup                an address that names no account
    ├─ ConsumerRemaining, NoProviders, TooManyConsumers
    ├─ TokenError                  FundsUnavailable … one class a variant
    ├─ ArithmeticError_            Underflow, Overflow, DivisionByZero
    ├─ Exhausted                   a limit of the runtime is reached
    └─ ModuleError                 a pallet's own error; every pallet declares its subclasses
    InvalidTransaction             the extrinsic may not enter a block
    └─ Call, Payment, Future, Stale, BadProof, AncientBirthBlock, ExhaustsResources,
       BadMandatory, MandatoryValidation, BadSigner
    InvalidBlock                   the block breaks a rule; nothing of it is kept
    CorruptState                   the state holds what this runtime never stored

Anything else that leaves the runtime is a defect of the program, not of its input.
"""

from typing import ClassVar, Self


class CodecError(ValueError):
    """Bytes that do not decode, or a value outside its type's range."""


class CorruptState(AssertionError):
    """The state holds what this runtime never stored."""


class DispatchError(Exception):
    """A dispatched call failed; `DISPATCH_INDEX` is its variant in `sp_runtime::DispatchError`."""

    DISPATCH_INDEX: ClassVar[int] = 0

    def get_alone(self) -> Self:
        """The error without the frames it came through, to be kept.

        They know the block's whole state, and who keeps an error is mostly one of them.
        """
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)


class BadOrigin(DispatchError):
    """The origin may not make this call."""

    DISPATCH_INDEX: ClassVar[int] = 2


class CannotLookup(DispatchError):
    """The address names no account."""

    DISPATCH_INDEX: ClassVar[int] = 1


class ConsumerRemaining(DispatchError):
    """The account is still in use and cannot be removed."""

    DISPATCH_INDEX: ClassVar[int] = 4


class NoProviders(DispatchError):
    """The account does not exist, so nothing can depend on it."""

    DISPATCH_INDEX: ClassVar[int] = 5


class TooManyConsumers(DispatchError):
    """Too many things depend on the account."""

    DISPATCH_INDEX: ClassVar[int] = 6


class Exhausted(DispatchError):
    """A limit of the runtime is reached, for example the depth of nested calls."""

    DISPATCH_INDEX: ClassVar[int] = 10


class RootNotAllowed(DispatchError):
    """The call is not meant for root."""

    DISPATCH_INDEX: ClassVar[int] = 13


class ModuleError(DispatchError):
    """A pallet's error: `class NoSuchJob(ModuleError, index=3)`; the docstring is its message."""

    DISPATCH_INDEX: ClassVar[int] = 3
    INDEX: ClassVar[int] = -1

    def __init_subclass__(cls, *, index: int) -> None:
        super().__init_subclass__()
        if not 0 <= index <= 255:
            raise TypeError(f"{cls.__name__}: an error's index is 0..255, not {index}")
        cls.INDEX = index  # pyright: ignore[reportConstantRedefinition] - set once


class TokenError(DispatchError):
    """The ledger refuses; `INDEX` is the variant in `sp_runtime::TokenError`."""

    DISPATCH_INDEX: ClassVar[int] = 7
    INDEX: ClassVar[int] = -1


class FundsUnavailable(TokenError):
    """Funds are unavailable."""

    INDEX: ClassVar[int] = 0


class OnlyProvider(TokenError):
    """Some part of the balance gives the only provider reference to the account."""

    INDEX: ClassVar[int] = 1


class BelowMinimum(TokenError):
    """Account cannot exist with the funds that would be given."""

    INDEX: ClassVar[int] = 2


class CannotCreate(TokenError):
    """Account cannot be created."""

    INDEX: ClassVar[int] = 3


class Frozen(TokenError):
    """Funds exist but are frozen."""

    INDEX: ClassVar[int] = 5


class CannotCreateHold(TokenError):
    """Account cannot be created for recording amount on hold."""

    INDEX: ClassVar[int] = 7


class NotExpendable(TokenError):
    """Withdrawal would cause unwanted loss of account."""

    INDEX: ClassVar[int] = 8


class ArithmeticError_(DispatchError):  # noqa: N801 - Python owns the plain name
    """Arithmetic left its type; `INDEX` is the variant in `sp_arithmetic::ArithmeticError`."""

    DISPATCH_INDEX: ClassVar[int] = 8
    INDEX: ClassVar[int] = -1


class Underflow(ArithmeticError_):
    """Underflow."""

    INDEX: ClassVar[int] = 0


class Overflow(ArithmeticError_):
    """Overflow."""

    INDEX: ClassVar[int] = 1


class DivisionByZero(ArithmeticError_):
    """Division by zero."""

    INDEX: ClassVar[int] = 2


class InvalidTransaction(Exception):
    """The extrinsic may not enter a block; `INDEX` is its variant, the docstring what wallets show.

    Source: `sp_runtime::transaction_validity::InvalidTransaction`.
    """

    INDEX: ClassVar[int] = -1

    @property
    def reason(self) -> str:
        """What wallets show: the first line of the class's docstring."""
        return (type(self).__doc__ or "").split("\n", 1)[0].rstrip(".")


class BadCall(InvalidTransaction):
    """Transaction call is not expected."""

    INDEX: ClassVar[int] = 0


class Payment(InvalidTransaction):
    """Inability to pay some fees (e.g. account balance too low)."""

    INDEX: ClassVar[int] = 1


class Future(InvalidTransaction):
    """Transaction will be valid in the future."""

    INDEX: ClassVar[int] = 2


class Stale(InvalidTransaction):
    """Transaction is outdated."""

    INDEX: ClassVar[int] = 3


class BadProof(InvalidTransaction):
    """Transaction has a bad signature."""

    INDEX: ClassVar[int] = 4


class AncientBirthBlock(InvalidTransaction):
    """Transaction has an ancient birth block."""

    INDEX: ClassVar[int] = 5


class ExhaustsResources(InvalidTransaction):
    """Transaction would exhaust the block limits."""

    INDEX: ClassVar[int] = 6


class BadMandatory(InvalidTransaction):
    """A call was labelled as mandatory, but resulted in an error."""

    INDEX: ClassVar[int] = 8


class MandatoryValidation(InvalidTransaction):
    """Transaction dispatch is mandatory; transactions must not be validated."""

    INDEX: ClassVar[int] = 9


class BadSigner(InvalidTransaction):
    """Invalid signing address."""

    INDEX: ClassVar[int] = 10


class InvalidBlock(Exception):
    """The block breaks a rule named in the message; nothing of it is kept."""
