"""Dispatch errors as events carry them: `sp_runtime::DispatchError`."""

from collections.abc import Callable
from enum import IntEnum, nonmember
from typing import Annotated, ClassVar, TypeAlias

from runtime import errors
from runtime.codec import U8, Array, Generic, Name, variant
from runtime.errors import DispatchError, ModuleError
from runtime.frozen import frozen


class TokenErrorKind(IntEnum):
    """The variants of `sp_runtime::TokenError`."""

    SCALE_PATH = nonmember("sp_runtime::TokenError")

    FUNDS_UNAVAILABLE = 0
    ONLY_PROVIDER = 1
    BELOW_MINIMUM = 2
    CANNOT_CREATE = 3
    UNKNOWN_ASSET = 4
    FROZEN = 5
    UNSUPPORTED = 6
    CANNOT_CREATE_HOLD = 7
    NOT_EXPENDABLE = 8
    BLOCKED = 9


class ArithmeticErrorKind(IntEnum):
    """The variants of `sp_arithmetic::ArithmeticError`."""

    SCALE_PATH = nonmember("sp_arithmetic::ArithmeticError")

    UNDERFLOW = 0
    OVERFLOW = 1
    DIVISION_BY_ZERO = 2


class TransactionalErrorKind(IntEnum):
    """The variants of `sp_runtime::TransactionalError`."""

    SCALE_PATH = nonmember("sp_runtime::TransactionalError")

    LIMIT_REACHED = 0
    NO_LAYER = 1


@frozen
class ModuleErrorValue:
    """The pallet's index, and the error's index in the first of four bytes."""

    SCALE_PATH: ClassVar[str] = "sp_runtime::ModuleError"

    index: U8
    error: Annotated[bytes, Array(4)]


@variant(0)
@frozen
class Other:
    """Some error occurred."""


@variant(1)
@frozen
class CannotLookup:
    """Failed to look up some data."""


@variant(2)
@frozen
class BadOrigin:
    """A bad origin."""


@variant(3, unnamed=True)
@frozen
class Module:
    """A pallet's own error."""

    error: ModuleErrorValue


@variant(4)
@frozen
class ConsumerRemaining:
    """At least one consumer remains, so the account cannot be destroyed."""


@variant(5)
@frozen
class NoProviders:
    """There are no providers, so the account cannot be created."""


@variant(6)
@frozen
class TooManyConsumers:
    """There are too many consumers, so the account cannot be created."""


@variant(7, unnamed=True)
@frozen
class Token:
    """An error to do with tokens."""

    kind: TokenErrorKind


@variant(8, unnamed=True)
@frozen
class Arithmetic:
    """An arithmetic error."""

    kind: ArithmeticErrorKind


@variant(9, unnamed=True)
@frozen
class Transactional:
    """The number of transactional layers has been reached, or there is none."""

    kind: TransactionalErrorKind


@variant(10)
@frozen
class Exhausted:
    """Resources exhausted, such as attempts to read or write too much state."""


@variant(11)
@frozen
class Corruption:
    """The state is corrupt."""


@variant(12)
@frozen
class Unavailable:
    """Some resource is unavailable."""


@variant(13)
@frozen
class RootNotAllowed:
    """Root origin is not allowed."""


DispatchErrorValue: TypeAlias = Annotated[
    Other
    | CannotLookup
    | BadOrigin
    | Module
    | ConsumerRemaining
    | NoProviders
    | TooManyConsumers
    | Token
    | Arithmetic
    | Transactional
    | Exhausted
    | Corruption
    | Unavailable
    | RootNotAllowed,
    Name("sp_runtime::DispatchError"),
]


@variant(0, unnamed=True)
@frozen
class Ok:
    """The call did what it was to do."""

    nothing: tuple[()] = ()


@variant(1, unnamed=True)
@frozen
class Err:
    """The call failed, and left nothing behind."""

    error: DispatchErrorValue


DispatchResult: TypeAlias = Annotated[
    Ok | Err, Name("::Result"), Generic(("T", tuple[()]), ("E", DispatchErrorValue))
]
"""`Result<(), DispatchError>`: how a call inside a call ended."""

PLAIN: dict[type[DispatchError], DispatchErrorValue] = {
    errors.CannotLookup: CannotLookup(),
    errors.BadOrigin: BadOrigin(),
    errors.ConsumerRemaining: ConsumerRemaining(),
    errors.NoProviders: NoProviders(),
    errors.TooManyConsumers: TooManyConsumers(),
    errors.Exhausted: Exhausted(),
    errors.RootNotAllowed: RootNotAllowed(),
}


def to_value(
    error: DispatchError,
    get_module_index: Callable[[ModuleError], int],
) -> DispatchErrorValue:
    """The error as an event's field; the callable knows which pallet declares a module error."""
    match error:
        case ModuleError():
            code = error.INDEX.to_bytes(4, "little")
            return Module(ModuleErrorValue(get_module_index(error), code))
        case errors.TokenError():
            return Token(TokenErrorKind(error.INDEX))
        case errors.ArithmeticError_():
            return Arithmetic(ArithmeticErrorKind(error.INDEX))
        case _:
            return PLAIN.get(type(error), Other())
