"""`soberana --dry-run …`: what any command's transactions would do and cost; nothing is sent."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import Final

import msgspec
import typer

from chain.cli.output import Json, print_fields, print_json, print_line
from chain.wallet.amount import format_amount
from chain.wallet.chain_reader import ChainReader
from chain.wallet.dry_run import DryRunJson, dry_run
from runtime.frame import Call
from runtime.primitives import AccountId

IS_DRY: Final[ContextVar[bool]] = ContextVar("is_dry", default=False)
"""Whether this invocation only asks; the option stands before the command."""

FAILURE: Final = 1
SHOWN_CHARACTERS_MAX: Final = 160
_ROUTINE: Final = ("System", "TransactionPayment")
"""Pallets whose events every transaction has."""


async def show_dry_run(
    chain: ChainReader, account: AccountId, calls: Sequence[Call], *, as_json: bool
) -> None:
    """Tells of each call what it would do now, by itself, and ends the command."""
    answers = [await dry_run(chain, account, call) for call in calls]
    if as_json:
        shown: list[Json] = [msgspec.to_builtins(each) for each in answers]
        print_json({"dryRun": shown})
    else:
        for call, answer in zip(calls, answers, strict=True):
            _show(call, answer)
        if len(calls) > 1:
            print_line(
                "each transaction was tried by itself: those that build on another may fail here"
            )
        print_line("nothing was sent")
    raise typer.Exit(FAILURE if any(each.error is not None for each in answers) else 0)


def _show(call: Call, answer: DryRunJson) -> None:
    error, weight = answer.error, answer.weight
    outcome = "it would succeed"
    if error is not None:
        name = error.name if error.pallet is None else f"{error.pallet}.{error.name}"
        outcome = f"it would fail: {name} ({error.docs})"
    fields: dict[str, object] = {
        "outcome": outcome,
        "fee": format_amount(int(answer.fee)),
        "weight": f"{weight.ref_time / 1e9:.3f} ms, {weight.proof_size} bytes of proof",
    }
    print_fields(f"{call.pallet_name}.{call.spec.name}", fields)
    for event in answer.events:
        if event.pallet not in _ROUTINE:
            details = ", ".join(f"{name} {value}" for name, value in event.fields.items())
            print_line(f"  {event.pallet}.{event.event}: {details[:SHOWN_CHARACTERS_MAX]}")
