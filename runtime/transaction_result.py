"""`Result<ValidTransaction, TransactionValidityError>` as clients decode it."""

from typing import Annotated, TypeAlias

from runtime.codec import U8, Generic, Name, variant
from runtime.errors import InvalidTransaction
from runtime.frozen import frozen
from runtime.validity import ValidTransaction

_PATH = "sp_runtime::transaction_validity"


@variant(0)
@frozen
class Call:
    """The call of the transaction is not expected."""


@variant(1)
@frozen
class Payment:
    """The fees cannot be paid."""


@variant(2)
@frozen
class Future:
    """The transaction is not yet valid."""


@variant(3)
@frozen
class Stale:
    """The transaction is outdated."""


@variant(4)
@frozen
class BadProof:
    """The signature is bad."""


@variant(5)
@frozen
class AncientBirthBlock:
    """The era's birth block is too old."""


@variant(6)
@frozen
class ExhaustsResources:
    """The transaction does not fit into a block."""


@variant(7, unnamed=True)
@frozen
class Custom:
    """A reason of its own."""

    value: U8


@variant(8)
@frozen
class BadMandatory:
    """A mandatory call failed."""


@variant(9)
@frozen
class MandatoryValidation:
    """A mandatory call is never validated."""


@variant(10)
@frozen
class BadSigner:
    """The signing address is invalid."""


InvalidKind: TypeAlias = Annotated[
    Call
    | Payment
    | Future
    | Stale
    | BadProof
    | AncientBirthBlock
    | ExhaustsResources
    | Custom
    | BadMandatory
    | MandatoryValidation
    | BadSigner,
    Name(f"{_PATH}::InvalidTransaction"),
]


@variant(0)
@frozen
class CannotLookup:
    """Some information is not to be had."""


@variant(1)
@frozen
class NoUnsignedValidator:
    """Nothing validates this unsigned call."""


UnknownKind: TypeAlias = Annotated[
    CannotLookup | NoUnsignedValidator, Name(f"{_PATH}::UnknownTransaction")
]


@variant(0, unnamed=True)
@frozen
class Invalid:
    """The transaction is invalid."""

    value: InvalidKind


@variant(1, unnamed=True)
@frozen
class Unknown:
    """It cannot be said whether the transaction is valid."""

    value: UnknownKind


ValidityError: TypeAlias = Annotated[Invalid | Unknown, Name(f"{_PATH}::TransactionValidityError")]


@variant(0, unnamed=True)
@frozen
class Ok:
    """Valid."""

    value: ValidTransaction


@variant(1, unnamed=True)
@frozen
class Err:
    """Not valid."""

    value: ValidityError


TransactionResult: TypeAlias = Annotated[
    Ok | Err, Name("::Result"), Generic(("T", ValidTransaction), ("E", ValidityError))
]

_KINDS: tuple[InvalidKind, ...] = (
    *(Call(), Payment(), Future(), Stale(), BadProof(), AncientBirthBlock(), ExhaustsResources()),
    *(Custom(0), BadMandatory(), MandatoryValidation(), BadSigner()),
)


def to_result(value: ValidTransaction | InvalidTransaction) -> TransactionResult:
    """The outcome of a validation as clients decode it."""
    if isinstance(value, InvalidTransaction):
        return Err(to_validity_error(value))
    return Ok(value)


def to_validity_error(error: InvalidTransaction) -> ValidityError:
    """Why a transaction is not valid, as clients decode it."""
    return Invalid(_KINDS[error.INDEX])
