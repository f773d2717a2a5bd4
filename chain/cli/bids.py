"""`soberana job bids`, `bid`, `unbid` and `accept`: slots that go to whom the owner likes."""

import re
from dataclasses import replace
from typing import Annotated, Final

import trio
import typer

from chain.cli.failure import WrongUse, run_command
from chain.cli.job import POLL_S
from chain.cli.job_options import JobArgument
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import Json, print_json, print_table
from chain.cli.sending import Outcome, send_one, show_sent
from chain.cli.session import Session, open_session
from chain.wallet.amount import format_amount, parse_amount
from chain.wallet.jobs import BidStanding, read_bids
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.market.bids import BidPlaced, BidReturned, Pick
from pallets.market.declarations import SlotLocked
from runtime.crypto.ss58 import encode_ss58

app = typer.Typer()

_PICK: Final = re.compile(r"(\d{1,9})=(.+)")


@app.command()
@expand_options
def bids(
    number: JobArgument,
    wait: Annotated[
        float, typer.Option("--wait", min=0, help="Wait so many seconds for the first one.")
    ] = 0,
    *,
    settings: Settings,
) -> None:
    """List what providers ask for a slot of a job, the least first."""
    settings = replace(settings, allow_dev_keys=True)

    async def run() -> None:
        async with open_session(settings) as session:
            found = await session.chain.read(lambda runtime: read_bids(runtime, number))
            with trio.move_on_after(wait):
                while not found and wait > 0:
                    await trio.sleep(POLL_S)
                    found = await session.chain.read(lambda runtime: read_bids(runtime, number))
            _show_bids(session, number, found)

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def bid(
    number: JobArgument,
    *,
    signing: Signing,
    price: Annotated[str, typer.Option("--price", metavar="AMOUNT", help="For each slot.")],
    record: Annotated[int, typer.Option("--record", min=0, help="Your provider record.")],
) -> None:
    """Ask a price for any slot of a job; a small deposit is held until you take it back."""

    async def run() -> None:
        amount = parse_amount(price)
        async with open_session(signing.settings) as session:
            call = make_call(session.chain.runtime.market.bid, number, amount, record)
            inclusion = await session.send(session.get_key(signing), call, signing, "bidding")
            placed = [e.price for e in inclusion.events if isinstance(e, BidPlaced)]
            title, fields = f"a bid for job {number} is placed", {"job": number, "record": record}
            show_sent(session, title, {**fields}, {"price": sum(placed)}, (inclusion,))

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def unbid(number: JobArgument, *, signing: Signing) -> None:
    """Take your bid for a job back, with its deposit."""

    def tell(sent: Inclusion) -> Outcome:
        returned = sum(e.deposit for e in sent.events if isinstance(e, BidReturned))
        title = f"the bid for job {number} is gone"
        return Outcome(title, {"job": number}, {"returned": returned})

    send_one(signing, lambda runtime: make_call(runtime.market.unbid, number), "taking back", tell)


@app.command()
@expand_options
def accept(
    number: JobArgument,
    picks: Annotated[
        list[str], typer.Argument(metavar="SLOT=PROVIDER", help="Whose bid each slot goes to.")
    ],
    *,
    signing: Signing,
) -> None:
    """Give slots of your job to bidders, at the prices they asked: all of them or none."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            chosen = tuple(_parse_pick(session, text) for text in picks)
            call = make_call(session.chain.runtime.market.accept, number, chosen)
            inclusion = await session.send(session.get_key(signing), call, signing, "accepting")
            locked = [e for e in inclusion.events if isinstance(e, SlotLocked)]
            fields: dict[str, Json] = {"job": number, "slots": len(locked)}
            amounts = {"prices": sum(e.price for e in locked)}
            title = f"{len(locked)} slots of job {number} are given away"
            show_sent(session, title, fields, amounts, (inclusion,))

    run_command(run, as_json=signing.as_json)


def _parse_pick(session: Session, text: str) -> Pick:
    found = _PICK.fullmatch(text)
    if found is None:
        raise WrongUse(f"expected SLOT=PROVIDER, such as 0=//Charlie, got {text!r}")
    return Pick(int(found[1]), session.get_account(found[2]))


def _show_bids(session: Session, number: int, found: tuple[BidStanding, ...]) -> None:
    if session.settings.as_json:
        print_json(
            {
                "job": number,
                "bids": [
                    {
                        "provider": encode_ss58(each.provider),
                        "record": each.bid.record,
                        "price": str(each.bid.price),
                        "settled": each.stats.settled,
                        "failed": each.stats.failed,
                    }
                    for each in found
                ],
            }
        )
        return
    rows = [
        (
            session.show(each.provider),
            each.bid.record,
            format_amount(each.bid.price),
            f"{each.stats.settled} settled, {each.stats.failed} failed",
        )
        for each in found
    ]
    print_table(
        f"{len(found)} bids for job {number}", ("provider", "record", "asks", "so far"), rows
    )
