"""Licences of models and datasets: offer, buy and resell them. In `soberana model` and `data`."""

from dataclasses import dataclass
from typing import Annotated, TypeVar

import typer

from chain.cli.failure import WrongUse, run_command
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import Json, print_json, print_line, print_table
from chain.cli.records import format_percent, parse_percent
from chain.cli.sending import Outcome, get_event, send_one, show_sent
from chain.cli.session import Session, open_session
from chain.wallet.amount import format_amount, parse_amount
from chain.wallet.jobs import NoSuchRecord
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.rights import declarations as declared
from pallets.rights.types import LicenceTerms, LicenceUse, Offer, Resale
from pallets.runtime import Runtime
from runtime.address import Id
from runtime.crypto.ss58 import encode_ss58
from runtime.frame import Call, Event
from runtime.primitives import AccountId

app = typer.Typer()
EventT = TypeVar("EventT", bound=Event)

RecordArgument = Annotated[int, typer.Argument(metavar="ID", min=0, help="The record's number.")]
OfferArgument = Annotated[int, typer.Argument(metavar="OFFER", min=0, help="The offer's number.")]
PriceOption = Annotated[str, typer.Option("--price", metavar="AMOUNT", help="For one licence.")]


async def send_for_event(
    session: Session, signing: Signing, call: Call, kind: type[EventT], what: str
) -> tuple[EventT, Inclusion]:
    """Sends a call; the event that tells of it."""
    inclusion = await session.send(session.get_key(signing), call, signing, what)
    return get_event(inclusion, kind), inclusion


@app.command()
@expand_options
def offer(
    record: RecordArgument,
    *,
    signing: Signing,
    price: PriceOption,
    use: Annotated[
        str, typer.Option("--use", help="What it allows: run, train or redistribute.")
    ] = "run",
    cap: Annotated[int, typer.Option("--cap", min=1, max=2**32 - 1, help="At most so many.")] = 100,
    until: Annotated[
        int | None, typer.Option("--until", min=1, metavar="BLOCK", help="When licences end.")
    ] = None,
    resale: Annotated[
        str | None,
        typer.Option("--resale", metavar="PERCENT", help="Allow resale, for this part of it."),
    ] = None,
) -> None:
    """Offer licences of your record at a price."""

    async def run() -> None:
        terms = LicenceTerms(
            parse_use(use), until, None if resale is None else parse_percent(resale)
        )
        amount = parse_amount(price)
        async with open_session(signing.settings) as session:
            call = make_call(session.chain.runtime.rights.offer, record, amount, terms, cap)
            event, sent = await send_for_event(session, signing, call, declared.Offered, "offering")
            fields: dict[str, Json] = {"record": record, "offer": event.offer, "cap": cap}
            title = f"offer {event.offer} of record {record} is open"
            show_sent(session, title, fields, {"price": event.price}, (sent,))

    run_command(run, as_json=signing.as_json)


def parse_use(text: str) -> LicenceUse:
    """What a licence allows, by its name."""
    names = {use.name.lower(): use for use in LicenceUse}
    if text not in names:
        raise WrongUse(f"--use: expected one of {', '.join(names)}, got {text!r}")
    return names[text]


@app.command()
@expand_options
def buy(record: RecordArgument, number: OfferArgument, *, signing: Signing) -> None:
    """Buy a licence from the record's owner, and see where the price went."""

    def tell(sent: Inclusion) -> Outcome:
        title = f"a licence of record {record} is yours"
        fields: dict[str, Json] = {"record": record, "offer": number}
        return Outcome(title, fields, get_parts(get_event(sent, declared.Sold)))

    send_one(signing, lambda runtime: make_call(runtime.rights.buy, record, number), "buying", tell)


def get_parts(event: declared.Sold | declared.Resold) -> dict[str, int]:
    """Where a price went."""
    return {
        "price": event.price,
        "seller": event.paid,
        "royalties": event.royalties,
        "treasury": event.treasury,
        "burned": event.burned,
    }


@app.command("close-offer")
@expand_options
def close_offer(record: RecordArgument, number: OfferArgument, *, signing: Signing) -> None:
    """End an offer; its deposits come back once nobody holds a licence."""

    def tell(sent: Inclusion) -> Outcome:
        is_gone = any(isinstance(each, declared.OfferRemoved) for each in sent.events)
        state = "removed" if is_gone else "closed"
        fields: dict[str, Json] = {"record": record, "offer": number, "state": state}
        return Outcome(f"offer {number} is {state}", fields)

    send_one(
        signing,
        lambda runtime: make_call(runtime.rights.close_offer, record, number),
        "closing",
        tell,
    )


@app.command()
@expand_options
def resell(
    record: RecordArgument, number: OfferArgument, *, signing: Signing, price: PriceOption
) -> None:
    """List a licence of yours for sale, or change its price."""

    async def run() -> None:
        amount = parse_amount(price)
        async with open_session(signing.settings) as session:
            call = make_call(session.chain.runtime.rights.resell, record, number, amount)
            event, sent = await send_for_event(session, signing, call, declared.Listed, "listing")
            fields: dict[str, Json] = {"record": record, "offer": number}
            title = f"your licence of record {record} is for sale"
            show_sent(session, title, fields, {"price": event.price}, (sent,))

    run_command(run, as_json=signing.as_json)


@app.command("cancel-resale")
@expand_options
def cancel_resale(
    record: RecordArgument,
    number: OfferArgument,
    *,
    signing: Signing,
    seller: Annotated[
        str | None, typer.Option("--seller", help="Whose listing; yours unless said.")
    ] = None,
) -> None:
    """End a listing; another's only if nothing is left to sell."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            named = signing.key if seller is None else seller
            holder = Id(session.get_account(named))
            rights = session.chain.runtime.rights
            call = make_call(rights.cancel_resale, record, number, holder)
            _, sent = await send_for_event(session, signing, call, declared.Unlisted, "ending")
            fields: dict[str, Json] = {"record": record, "offer": number}
            show_sent(session, "the licence is no longer for sale", fields, {}, (sent,))

    run_command(run, as_json=signing.as_json)


@app.command("buy-resold")
@expand_options
def buy_resold(
    record: RecordArgument,
    number: OfferArgument,
    seller: Annotated[str, typer.Argument(metavar="SELLER", help="Who sells it.")],
    *,
    signing: Signing,
    price: PriceOption,
) -> None:
    """Buy a listed licence from its holder, at the price that was listed."""

    async def run() -> None:
        amount = parse_amount(price)
        async with open_session(signing.settings) as session:
            holder = Id(session.get_account(seller))
            rights = session.chain.runtime.rights
            call = make_call(rights.buy_resold, record, number, holder, amount)
            event, sent = await send_for_event(session, signing, call, declared.Resold, "buying")
            fields: dict[str, Json] = {"record": record, "offer": number}
            title = f"a licence of record {record} is yours"
            show_sent(session, title, fields, get_parts(event), (sent,))

    run_command(run, as_json=signing.as_json)


@dataclass(frozen=True, slots=True)
class LicenceView:
    """A record's offers and what is resold of them, and how many of each an account holds."""

    offers: tuple[tuple[int, Offer, int], ...]
    resales: tuple[tuple[int, AccountId, Resale], ...]


def read_licences(runtime: Runtime, record: int, who: AccountId | None) -> LicenceView:
    """The licences of a record; `NoSuchRecord`."""
    if runtime.registry.record.get(record) is None:
        raise NoSuchRecord(f"expected the number of a record, got {record}")
    found = sorted((key[1], entry) for key, entry in runtime.rights.offer_.items(record))
    book = runtime.assets.book
    offers = tuple(
        (number, entry, 0 if who is None else book.get_free(entry.asset, who))
        for number, entry in found
    )
    resales = tuple((key[1], key[2], each) for key, each in runtime.rights.resale.items(record))
    return LicenceView(offers, resales)


@app.command()
@expand_options
def licences(
    record: RecordArgument,
    account: Annotated[
        str | None, typer.Option("--account", help="Count the licences of this account.")
    ] = None,
    *,
    settings: Settings,
) -> None:
    """Show a record's offers, what is resold, and how many licences an account holds."""

    async def run() -> None:
        async with open_session(settings) as session:
            who = None if account is None else session.get_account(account)
            view = await session.chain.read(lambda runtime: read_licences(runtime, record, who))
            show_licences(session, record, view)

    run_command(run, as_json=settings.as_json)


def show_licences(session: Session, record: int, view: LicenceView) -> None:
    """Offers and resales as tables."""
    if session.settings.as_json:
        offers: list[Json] = [
            {
                "offer": number,
                "price": str(entry.price),
                "use": entry.terms.use.name.lower(),
                "expiresAt": entry.terms.expires_at,
                "resaleBps": entry.terms.resale_bps,
                "sold": entry.sold,
                "cap": entry.cap,
                "isOpen": entry.is_open,
                "held": held,
            }
            for number, entry, held in view.offers
        ]
        resales: list[Json] = [
            {"offer": number, "seller": encode_ss58(seller), "price": str(each.price)}
            for number, seller, each in view.resales
        ]
        print_json({"record": record, "offers": offers, "resales": resales})
        return
    if not view.offers:
        print_line(f"nobody offers licences of record {record}")
        return
    rows = [
        (
            number,
            format_amount(entry.price),
            entry.terms.use.name.lower(),
            "for ever" if entry.terms.expires_at is None else f"#{entry.terms.expires_at}",
            "no" if entry.terms.resale_bps is None else format_percent(entry.terms.resale_bps),
            f"{entry.sold} of {entry.cap}" + ("" if entry.is_open else ", closed"),
            held,
        )
        for number, entry, held in view.offers
    ]
    columns = ("offer", "price", "use", "until", "resale", "sold", "held")
    print_table(f"licences of record {record}", columns, rows)
    if view.resales:
        listed = [
            (n, session.show(who), format_amount(each.price)) for n, who, each in view.resales
        ]
        print_table("", ("offer", "resold by", "price"), listed)
