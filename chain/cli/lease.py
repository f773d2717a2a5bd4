"""What `soberana store` and `soberana rent` have in common: a lease from start to end."""

from collections.abc import Callable
from typing import Annotated, Final

import typer

from chain.cli.failure import run_command
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import Json, print_fields, print_json
from chain.cli.sending import Outcome, get_event, send_one, show_sent
from chain.cli.session import Session, open_session
from chain.wallet.amount import format_amount, parse_amount
from chain.wallet.chain_reader import to_hex
from chain.wallet.leasing import LeaseStanding, OfferRequest, make_offer_calls, read_lease
from chain.wallet.publishing import batch_calls
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.leases import Machines, Replica
from pallets.leases import declarations as declared
from pallets.leases.types import Subject
from pallets.runtime import Runtime
from runtime.crypto.ss58 import encode_ss58
from runtime.frame import Call

MIN_BLOCKS_DEFAULT: Final = 100

LeaseArgument = Annotated[int, typer.Argument(metavar="LEASE", min=0, help="The lease's number.")]
OfferArgument = Annotated[int, typer.Argument(metavar="OFFER", min=0, help="The offer's number.")]
RecordOption = Annotated[
    int, typer.Option("--record", min=0, help="Your provider record, which names this kind of job.")
]
RateOption = Annotated[
    str, typer.Option("--rate", metavar="AMOUNT", help="For one unit and one block.")
]
LeastOption = Annotated[
    int, typer.Option("--min", min=1, max=100_000, help="Blocks that a tenant pays at least.")
]
NoticeOption = Annotated[
    int, typer.Option("--notice", min=0, max=100_000, help="Blocks that you go on after notice.")
]
BondOption = Annotated[
    str, typer.Option("--bond", metavar="AMOUNT", help="What to add to your bond.")
]
AmountOption = Annotated[
    str, typer.Option("--amount", metavar="AMOUNT", help="What to put in, to pay the lease from.")
]


def post_offer(signing: Signing, request: OfferRequest) -> None:
    """Posts an offer and tells its number."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair, runtime = session.get_key(signing), session.chain.runtime
            calls = batch_calls(runtime, make_offer_calls(runtime, request))
            inclusions = await session.send_all(pair, calls, signing, "offering")
            event = get_event(inclusions[-1], declared.OfferPosted)
            show_sent(
                session,
                f"offer {event.offer} is open",
                {"offer": event.offer, "record": event.record, "capacity": event.capacity},
                {"rate": event.unit_rate},
                inclusions,
            )

    run_command(run, as_json=signing.as_json)


def start_lease(
    signing: Signing,
    offer: int,
    get_subject: Callable[[Session], Subject],
    amount: str,
) -> None:
    """Starts a lease and tells its number."""

    async def run() -> None:
        balance = parse_amount(amount)
        async with open_session(signing.settings) as session:
            pair, subject = session.get_key(signing), get_subject(session)
            call = make_call(session.chain.runtime.leases.start_lease, offer, subject, balance)
            inclusion = await session.send(pair, call, signing, "starting")
            event = get_event(inclusion, declared.LeaseStarted)
            show_sent(
                session,
                f"lease {event.lease} waits for its provider",
                {"lease": event.lease, "provider": encode_ss58(event.provider)},
                {"rate": event.rate, "balance": event.balance},
                (inclusion,),
            )

    run_command(run, as_json=signing.as_json)


def send_call(signing: Signing, make: Callable[[Runtime], Call], said: str) -> None:
    """Sends one call of the pallet and tells that it is done."""

    def tell(sent: Inclusion) -> Outcome:
        closed = [e for e in sent.events if isinstance(e, declared.LeaseClosed)]
        paid = [e.amount for e in sent.events if isinstance(e, declared.LeaseSettled)]
        fields: dict[str, Json] = {"closed": closed[0].reason.name.lower()} if closed else {}
        return Outcome(said, fields, {"paid": sum(paid)} if paid else {})

    send_one(signing, make, said, tell)


# --- the commands of both groups


@expand_options
def status(number: LeaseArgument, *, settings: Settings) -> None:
    """Show how a lease stands."""

    async def run() -> None:
        async with open_session(settings) as session:
            standing = await session.chain.read(lambda runtime: read_lease(runtime, number))
            show_lease(session, standing)

    run_command(run, as_json=settings.as_json)


@expand_options
def top_up(number: LeaseArgument, *, signing: Signing, amount: AmountOption) -> None:
    """Add to a lease's balance."""
    send_call(
        signing,
        lambda runtime: make_call(runtime.leases.top_up, number, parse_amount(amount)),
        f"lease {number} is topped up",
    )


@expand_options
def close(number: LeaseArgument, *, signing: Signing) -> None:
    """End a lease as its tenant: what was served is paid, the rest comes back."""
    send_call(
        signing,
        lambda runtime: make_call(runtime.leases.close_lease, number),
        f"lease {number} is closed",
    )


@expand_options
def reclaim(number: LeaseArgument, *, signing: Signing) -> None:
    """Give notice as the provider; a lease that was not accepted is declined."""
    send_call(
        signing,
        lambda runtime: make_call(runtime.leases.reclaim, number),
        f"notice was given for lease {number}",
    )


def show_lease(session: Session, standing: LeaseStanding) -> None:
    """A lease: both sides, what it is of, what was paid."""
    lease, subject = standing.lease, standing.lease.subject
    match subject:
        case Machines(count):
            what: dict[str, Json] = {"machines": count}
        case Replica(root, size_bytes):
            what = {"root": to_hex(root), "sizeBytes": size_bytes, "misses": lease.misses}
    if session.settings.as_json:
        print_json(
            {
                "lease": standing.number,
                "phase": standing.phase,
                "tenant": encode_ss58(lease.tenant),
                "provider": encode_ss58(lease.provider),
                **what,
                "rate": str(lease.rate),
                "balance": str(lease.balance),
                "paid": str(lease.paid),
                "paidBlocks": lease.paid_blocks,
                "bond": str(lease.bond),
                "acceptedAt": lease.accepted_at,
                "endsAt": lease.ends_at,
                "block": standing.block_number,
            }
        )
        return
    until = "" if lease.accepted_at is None else f", until block #{lease.end}"
    print_fields(
        f"lease {standing.number}: {standing.phase}",
        {
            "tenant": session.show(lease.tenant),
            "provider": session.show(lease.provider),
            **{("size" if name == "sizeBytes" else name): value for name, value in what.items()},
            "rate": f"{format_amount(lease.rate)} for each block",
            "balance": format_amount(lease.balance) + until,
            "paid": f"{format_amount(lease.paid)} for {lease.paid_blocks} blocks",
            "collateral": format_amount(lease.bond),
        },
    )
