"""Dispatch errors in words: which pallet says what."""

from typing import assert_never

from chain.wallet.errors import TransactionFailed
from runtime import errors
from runtime.frame import Pallet
from runtime.frame.dispatch_error import (
    Arithmetic,
    BadOrigin,
    CannotLookup,
    ConsumerRemaining,
    Corruption,
    DispatchErrorValue,
    Exhausted,
    Module,
    ModuleErrorValue,
    NoProviders,
    Other,
    RootNotAllowed,
    Token,
    TooManyConsumers,
    Transactional,
    Unavailable,
)


def describe_failure(error: DispatchErrorValue, pallets: tuple[Pallet, ...]) -> TransactionFailed:
    """The error by its name and what its declaration says."""
    match error:
        case Module(value):
            return _describe_module_error(value, pallets)
        case Token(kind) | Arithmetic(kind) | Transactional(kind):
            name = _to_title(kind.name)
            declared: type | None = getattr(errors, name, None)
            docs = "" if declared is None else _get_first_line(declared)
            return TransactionFailed(f"{type(error).__name__}.{name}", docs)
        case (
            Other()
            | CannotLookup()
            | BadOrigin()
            | ConsumerRemaining()
            | NoProviders()
            | TooManyConsumers()
            | Exhausted()
            | Corruption()
            | Unavailable()
            | RootNotAllowed()
        ):
            return TransactionFailed(type(error).__name__, _get_first_line(type(error)))
        case _:
            assert_never(error)


def _describe_module_error(
    value: ModuleErrorValue, pallets: tuple[Pallet, ...]
) -> TransactionFailed:
    for pallet in pallets:
        if pallet.index == value.index:
            for kind in pallet.spec.errors:
                if value.error[0] == kind.INDEX:
                    name = f"{pallet.spec.name}.{kind.__name__}"
                    return TransactionFailed(name, _get_first_line(kind))
    return TransactionFailed(f"error {value.error[0]} of pallet {value.index}", "")


def _get_first_line(kind: type) -> str:
    return (kind.__doc__ or "").split("\n", 1)[0].rstrip(".")


def _to_title(name: str) -> str:
    """`FUNDS_UNAVAILABLE` is `FundsUnavailable`."""
    return "".join(word.capitalize() for word in name.split("_"))
