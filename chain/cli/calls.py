"""Calls inside calls: how commands are given them in hex, find them on chain and show them."""

from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Annotated, Final, TypeAlias, cast, get_args

import typer

from chain.cli.failure import WrongUse
from chain.cli.output import print_json, print_line
from chain.rpc.namespaces.runtime_json import to_json
from chain.wallet.amount import format_amount
from chain.wallet.chain_reader import from_hex, to_hex
from chain.wallet.dispatch_failure import describe_failure
from chain.wallet.errors import WalletError
from chain.wallet.transaction import make_call
from pallets.runtime import Runtime
from runtime.address import Id
from runtime.codec import Name
from runtime.crypto.hashing import blake2_256
from runtime.errors import CodecError
from runtime.frame import Call
from runtime.frame.dispatch_error import DispatchResult, Err
from runtime.primitives import AccountId, Hash

AS_CALL: Final[ContextVar[bool]] = ContextVar("as_call", default=False)
"""Whether this invocation only prints its call; the option stands before the command."""

CallOption = Annotated[
    str, typer.Option("--call", metavar="HEX", help="The call, as `soberana --as-call …` says it.")
]
CallHashArgument = Annotated[
    str, typer.Argument(metavar="HASH", help="The hash of the call that is meant.")
]
ShowAccount: TypeAlias = Callable[[AccountId], str]
SHOWN_BYTES_MAX: Final = 64
_BALANCE: Final = Name("Balance")


class InnerCallFailed(WalletError):
    """The transaction did its part, but the call inside it failed."""


def parse_call(runtime: Runtime, text: str) -> Call:
    """A call from its bytes in hex."""
    try:
        return runtime.calls.decode(from_hex(text, "--call"))
    except (CodecError, WalletError) as error:
        raise WrongUse(f"--call: expected the bytes of a call in hex: {error}") from None


def parse_call_hash(text: str) -> Hash:
    """The hash of a call."""
    try:
        return Hash(bytes.fromhex(text.removeprefix("0x")))
    except ValueError:
        raise WrongUse(
            f"expected a call's hash, {Hash.LENGTH} bytes in hex, got {text!r}"
        ) from None


def compute_call_hash(runtime: Runtime, call: Call) -> Hash:
    """By which the chain knows a call that it does not keep."""
    return Hash(blake2_256(runtime.calls.encode(call)))


def show_as_call(runtime: Runtime, calls: Sequence[Call], *, as_json: bool) -> None:
    """Prints what a command would send, several calls as one batch, and ends the command."""
    call = calls[0] if len(calls) == 1 else make_call(runtime.utility.batch_all, tuple(calls))
    raw = to_hex(runtime.calls.encode(call))
    if as_json:
        hashed = to_hex(compute_call_hash(runtime, call))
        print_json({"name": name_call(call), "call": raw, "hash": hashed})
    else:
        print_line(raw)
    raise typer.Exit


def iter_calls(call: Call) -> Iterator[Call]:
    """A call and all that it has inside."""
    yield call
    for value in call.args:
        inside = cast("tuple[object, ...]", value if isinstance(value, tuple) else (value,))
        for each in inside:
            if isinstance(each, Call):
                yield from iter_calls(each)


def name_call(call: Call) -> str:
    """`Balances.burn`."""
    return f"{call.pallet_name}.{call.spec.name}"


def describe_call(call: Call, show: ShowAccount) -> str:
    """A call with its arguments, in one line."""
    given = zip(call.spec.params, call.args, strict=True)
    shown = (f"{name} {_describe(value, hint, show)}" for (name, hint), value in given)
    return f"{name_call(call)}({', '.join(shown)})"


def ensure_done(runtime: Runtime, call: Call, result: DispatchResult) -> None:
    """`InnerCallFailed` where a call inside a transaction failed."""
    if isinstance(result, Err):
        why = describe_failure(result.error, runtime.pallets)
        docs = f" ({why.docs})" if why.docs else ""
        raise InnerCallFailed(f"{name_call(call)} was tried and failed: {why.name}{docs}")


def _describe(value: object, hint: object, show: ShowAccount) -> str:
    match value:
        case Call():
            return describe_call(value, show)
        case AccountId() | Id(AccountId()):
            return show(value.account if isinstance(value, Id) else value)
        case tuple():
            items = cast("tuple[object, ...]", value)
            return f"[{', '.join(_describe(each, None, show) for each in items)}]"
        case bytes() if len(value) > SHOWN_BYTES_MAX:
            return f"{to_hex(value[:SHOWN_BYTES_MAX])}... ({len(value)} bytes)"
        case int() if _BALANCE in get_args(hint):
            return format_amount(value)
        case _:
            return str(to_json(value))
