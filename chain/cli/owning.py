"""`soberana job`: what the owner of a job does beside posting it: add, end, tidy up, rate."""

from typing import Annotated

import typer

from chain.cli.job_options import JobArgument
from chain.cli.options import Signing, expand_options
from chain.cli.sending import Outcome, get_event, send_one
from chain.wallet.amount import parse_amount
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.market.declarations import Cancelled, Closed, Rated, Refunded, ToppedUp
from pallets.runtime import Runtime
from runtime.frame import Call

app = typer.Typer()

SlotArgument = Annotated[int, typer.Argument(metavar="SLOT", min=0, help="The slot's number.")]


@app.command("top-up")
@expand_options
def top_up(
    number: JobArgument,
    *,
    signing: Signing,
    amount: Annotated[
        str,
        typer.Option("--amount", metavar="AMOUNT", help="How much more each open slot may cost."),
    ],
) -> None:
    """Offer more for every slot of your job that nobody has taken yet."""

    def tell(sent: Inclusion) -> Outcome:
        added = get_event(sent, ToppedUp).amount
        return Outcome(f"job {number} offers more", {"job": number}, {"added": added})

    def make(runtime: Runtime) -> Call:
        return make_call(runtime.market.top_up, number, parse_amount(amount))

    send_one(signing, make, "topping up", tell)


@app.command()
@expand_options
def cancel(number: JobArgument, *, signing: Signing) -> None:
    """Take back the open slots of your job; those in somebody's hands go on."""

    def tell(sent: Inclusion) -> Outcome:
        returned = sum(each.amount for each in sent.events if isinstance(each, Refunded))
        fields = {"job": number, "slots": get_event(sent, Cancelled).slots}
        return Outcome(f"job {number} is cancelled", fields, {"returned": returned})

    send_one(signing, lambda runtime: make_call(runtime.market.cancel, number), "cancelling", tell)


@app.command()
@expand_options
def close(number: JobArgument, *, signing: Signing) -> None:
    """Remove a job that is over, with its results; the deposit returns to its owner."""

    def tell(sent: Inclusion) -> Outcome:
        deposit = get_event(sent, Closed).deposit
        return Outcome(f"job {number} is removed", {"job": number}, {"returned": deposit})

    send_one(signing, lambda runtime: make_call(runtime.market.close, number), "closing", tell)


@app.command()
@expand_options
def rate(
    number: JobArgument,
    slot: SlotArgument,
    score: Annotated[int, typer.Argument(metavar="SCORE", min=0, max=100, help="From 0 to 100.")],
    *,
    signing: Signing,
    tags: Annotated[
        str, typer.Option("--tags", metavar="WORDS", help="A few words, for everybody to read.")
    ] = "",
) -> None:
    """Rate a settled slot of your job, once: it weighs as much as the slot burned."""

    def tell(sent: Inclusion) -> Outcome:
        rated = get_event(sent, Rated)
        fields = {"job": number, "slot": slot, "record": rated.record, "score": rated.score}
        return Outcome(f"slot {slot} of job {number} is rated", fields, {"weight": rated.weight})

    def make(runtime: Runtime) -> Call:
        return make_call(runtime.market.rate, number, slot, score, tags.encode())

    send_one(signing, make, "rating", tell)
