"""`soberana job recurring`, `renew` and `stop`: jobs that are posted again."""

from dataclasses import replace
from typing import Annotated

import typer

from chain.cli.failure import run_command
from chain.cli.job_view import name_kind
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import Json, print_fields, print_json
from chain.cli.sending import Outcome, send_one
from chain.cli.session import Session, open_session
from chain.wallet.amount import format_amount
from chain.wallet.jobs import read_recurring
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.market.recurring import RecurringEnded, RunPosted, RunSkipped
from pallets.market.specs import get_kind
from pallets.market.types import Recurring
from runtime.crypto.ss58 import encode_ss58

app = typer.Typer()

NumberArgument = Annotated[
    int, typer.Argument(metavar="NUMBER", min=0, help="The recurring job's number.")
]


@app.command()
@expand_options
def recurring(number: NumberArgument, *, settings: Settings) -> None:
    """Show a recurring job: when it is posted next, and what is on hold for it."""
    settings = replace(settings, allow_dev_keys=True)

    async def run() -> None:
        async with open_session(settings) as session:
            entry = await session.chain.read(lambda runtime: read_recurring(runtime, number))
            _show(session, number, entry)

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def renew(number: NumberArgument, *, signing: Signing) -> None:
    """Have the run of a recurring job posted that is due; it costs no fee."""

    def tell(sent: Inclusion) -> Outcome:
        jobs = [e.job for e in sent.events if isinstance(e, RunPosted)]
        skipped = [e.returned for e in sent.events if isinstance(e, RunSkipped)]
        title = f"job {jobs[0]} is open" if jobs else "the run could not be posted"
        fields: dict[str, Json] = {"recurring": number, "job": jobs[0] if jobs else None}
        return Outcome(title, fields, {"returned": sum(skipped)})

    send_one(signing, lambda runtime: make_call(runtime.market.renew, number), "renewing", tell)


@app.command()
@expand_options
def stop(number: NumberArgument, *, signing: Signing) -> None:
    """End a recurring job; what is on hold for its other runs returns."""

    def tell(sent: Inclusion) -> Outcome:
        returned = [e.returned for e in sent.events if isinstance(e, RecurringEnded)]
        title, amounts = f"recurring job {number} has ended", {"returned": sum(returned)}
        return Outcome(title, {"recurring": number}, amounts)

    send_one(signing, lambda runtime: make_call(runtime.market.stop, number), "stopping", tell)


def _show(session: Session, number: int, entry: Recurring) -> None:
    kind = get_kind(entry.spec)
    if session.settings.as_json:
        print_json(
            {
                "recurring": number,
                "owner": encode_ss58(entry.owner),
                "kind": kind.name.lower(),
                "every": entry.every_blocks,
                "runsLeft": entry.runs_left,
                "nextAt": entry.next_at,
                "reserve": str(entry.reserve),
            }
        )
        return
    print_fields(
        f"recurring job {number}",
        {
            "owner": session.show(entry.owner),
            "kind": name_kind(kind),
            "runs": f"{entry.runs_left} more, every {entry.every_blocks} blocks",
            "next": f"block #{entry.next_at}",
            "on hold": format_amount(entry.reserve),
        },
    )
