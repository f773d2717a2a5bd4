"""`soberana rent`: let machines by the block, or rent some."""

from typing import Annotated

import typer

from chain.cli import lease
from chain.cli.failure import guard, run_command
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import print_json, print_table
from chain.cli.session import open_session
from chain.wallet.amount import format_amount, parse_amount
from chain.wallet.leasing import OfferRequest, read_offers
from chain.wallet.transaction import make_call
from pallets.leases import Machines, MachineTerms
from runtime.crypto.ss58 import encode_ss58

app = typer.Typer(no_args_is_help=True)


@app.command()
@expand_options
def offer(
    *,
    signing: Signing,
    record: lease.RecordOption,
    rate: lease.RateOption = "0.1 SBR",
    capacity: Annotated[
        int, typer.Option("--capacity", min=1, max=2**20, help="How many machines you have.")
    ] = 1,
    review: Annotated[
        int,
        typer.Option("--review", min=0, max=100_000, help="Blocks in which a tenant may dispute."),
    ] = 50,
    least: lease.LeastOption = lease.MIN_BLOCKS_DEFAULT,
    notice: lease.NoticeOption = 100,
    bond: lease.BondOption = "0 SBR",
) -> None:
    """Offer machines as your provider record describes them, by the block."""
    terms = MachineTerms(review)
    request = guard(
        lambda: OfferRequest(
            record, terms, parse_amount(rate), least, notice, capacity, parse_amount(bond)
        ),
        as_json=signing.as_json,
    )
    lease.post_offer(signing, request)


@app.command()
@expand_options
def offers(*, settings: Settings) -> None:
    """List what can be leased, machines and storage."""

    async def run() -> None:
        async with open_session(settings) as session:
            found = await session.chain.read(read_offers)
            if settings.as_json:
                print_json(
                    [
                        {
                            "offer": number,
                            "kind": each.kind.name.lower(),
                            "owner": encode_ss58(each.owner),
                            "record": each.record,
                            "rate": str(each.unit_rate),
                            "free": each.capacity - each.taken,
                        }
                        for number, each in found
                    ]
                )
                return
            rows = [
                (
                    number,
                    each.kind.name.lower(),
                    session.show(each.owner),
                    format_amount(each.unit_rate),
                    each.capacity - each.taken,
                )
                for number, each in found
            ]
            print_table("", ("offer", "kind", "provider", "a unit and block", "free units"), rows)

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def start(
    offer: lease.OfferArgument,
    *,
    signing: Signing,
    amount: lease.AmountOption,
    count: Annotated[int, typer.Option("--count", min=1, max=2**20, help="How many.")] = 1,
) -> None:
    """Rent machines under an offer; its provider has to accept."""
    lease.start_lease(signing, offer, lambda _: Machines(count), amount)


@app.command()
@expand_options
def accept(number: lease.LeaseArgument, *, signing: Signing) -> None:
    """Take a lease on as its provider: from now on it is paid."""
    lease.send_call(
        signing,
        lambda runtime: make_call(runtime.leases.accept_lease, number),
        f"lease {number} is accepted",
    )


@app.command()
@expand_options
def pay(number: lease.LeaseArgument, *, signing: Signing) -> None:
    """Accept the work until now as the tenant: it is paid at once."""
    lease.send_call(
        signing,
        lambda runtime: make_call(runtime.leases.accept_work, number),
        f"the work of lease {number} is accepted",
    )


@app.command()
@expand_options
def dispute(number: lease.LeaseArgument, *, signing: Signing) -> None:
    """Refuse the work as the tenant: the lease ends, and what it would have paid is burned."""
    lease.send_call(
        signing,
        lambda runtime: make_call(runtime.leases.dispute, number),
        f"lease {number} is disputed",
    )


for command in (lease.status, lease.close, lease.reclaim):
    app.command()(command)
app.command("top-up")(lease.top_up)
