"""`soberana wallet`: balances, transfers, what happened to an account, and names."""

from dataclasses import replace
from typing import Annotated

import typer

from chain.cli.failure import guard, run_command
from chain.cli.options import (
    BasePathOption,
    JsonOption,
    Settings,
    Signing,
    TipOption,
    expand_options,
)
from chain.cli.output import print_fields, print_json, print_line, print_table, waiting
from chain.cli.places import find_places
from chain.cli.session import Session, open_session
from chain.wallet.address_book import dump_address_book, load_address_book
from chain.wallet.amount import format_amount, parse_amount
from chain.wallet.chain_reader import to_hex
from chain.wallet.errors import BadAddress
from chain.wallet.history import AccountEvent, read_history
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.runtime import Runtime
from runtime.account import AccountInfo
from runtime.address import Id
from runtime.crypto.ss58 import Ss58Error, decode_ss58, encode_ss58
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId

app = typer.Typer(no_args_is_help=True)

AccountArgument = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="An address, a known name, or //Alice (dev).")
]


@app.command()
@expand_options
def balance(account: AccountArgument, *, settings: Settings) -> None:
    """Show what an account has: free, held and why, frozen."""
    settings = replace(settings, allow_dev_keys=True)

    async def run() -> None:
        async with open_session(settings) as session:
            who = session.get_account(account)
            info, holds = await session.chain.read(lambda runtime: _read_balance(runtime, who))
            _show_balance(session, who, info, holds)

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def transfer(
    dest: Annotated[str, typer.Argument(metavar="TO", help="Who receives.")],
    amount: Annotated[
        str, typer.Argument(metavar="AMOUNT", help="How much, such as '1.5 SBR' or '250 mSBR'.")
    ],
    *,
    signing: Signing,
    all_may_go: Annotated[
        bool, typer.Option("--allow-death", help="The sender's account may end with this.")
    ] = False,
    tip: TipOption = "0 planck",
) -> None:
    """Send an amount to an account and wait until it is in a block."""
    signing = replace(signing, tip=tip)

    async def run() -> None:
        planck = parse_amount(amount)
        parse_amount(tip)
        async with open_session(signing.settings) as session:
            pair, to = session.get_key(signing), session.get_account(dest)
            balances = session.chain.runtime.balances
            method = balances.transfer_allow_death if all_may_go else balances.transfer_keep_alive
            inclusion = await session.send(
                pair, make_call(method, Id(to), planck), signing, "transfer"
            )
            _show_transfer(session, pair.account, to, planck, inclusion)

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def history(
    account: AccountArgument,
    last: Annotated[
        int, typer.Option("--last", min=1, max=10_000, help="How many blocks to look through.")
    ] = 100,
    *,
    settings: Settings,
) -> None:
    """Show what happened to an account in the latest blocks, newest first."""
    settings = replace(settings, allow_dev_keys=True)

    async def run() -> None:
        async with open_session(settings) as session:
            who = session.get_account(account)
            with waiting("reading blocks") as line:
                events = [
                    event
                    async for event in read_history(
                        session.chain, who, last, lambda n: line.say(f"reading block {n}")
                    )
                ]
            _show_history(session, who, events, last)

    run_command(run, as_json=settings.as_json)


@app.command()
def name(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name to give.")],
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The account's address.")],
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give an account a name in the address book."""

    def run() -> None:
        places = find_places(base_path)
        account = resolve_address(address)
        book = load_address_book(places.address_book).with_entry(name, account)
        dump_address_book(book, places.address_book)
        if as_json:
            print_json({"name": name, "address": encode_ss58(account)})
        else:
            print_line(f"{name} is {encode_ss58(account)}")

    guard(run, as_json=as_json)


@app.command()
def unname(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name to remove.")],
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a name from the address book."""

    def run() -> None:
        places = find_places(base_path)
        book = load_address_book(places.address_book).without_entry(name)
        dump_address_book(book, places.address_book)
        if as_json:
            print_json({"removed": name})
        else:
            print_line(f"{name} is no longer in the address book")

    guard(run, as_json=as_json)


@app.command()
def names(base_path: BasePathOption = None, as_json: JsonOption = False) -> None:
    """List the address book."""

    def run() -> None:
        book = load_address_book(find_places(base_path).address_book)
        rows = [(each, encode_ss58(book.entries[each])) for each in sorted(book.entries)]
        if as_json:
            print_json(dict(rows))
        elif rows:
            print_table("", ("name", "address"), rows)
        else:
            print_line("the address book is empty; soberana wallet name NAME ADDRESS adds to it")

    guard(run, as_json=as_json)


def resolve_address(text: str) -> AccountId:
    """An account by its address alone; `BadAddress`."""
    try:
        return decode_ss58(text)
    except Ss58Error as error:
        raise BadAddress(f"expected an address, got {text!r}: {error}") from None


def _read_balance(
    runtime: Runtime, who: AccountId
) -> tuple[AccountInfo, tuple[tuple[HoldReason, int], ...]]:
    holds = tuple((hold.id, hold.amount) for hold in runtime.balances.holds[who])
    return runtime.system.account[who], holds


def _show_balance(
    session: Session,
    who: AccountId,
    info: AccountInfo,
    holds: tuple[tuple[HoldReason, int], ...],
) -> None:
    data = info.data
    if session.settings.as_json:
        print_json(
            {
                "account": encode_ss58(who),
                "free": str(data.free),
                "held": str(data.reserved),
                "frozen": str(data.frozen),
                "holds": {reason.name.lower(): str(amount) for reason, amount in holds},
                "nonce": info.nonce,
            }
        )
        return
    fields = {"free": format_amount(data.free), "held": format_amount(data.reserved)}
    for reason, amount in holds:
        fields[f"  {reason.name.lower().replace('_', ' ')}"] = format_amount(amount)
    if data.frozen:
        fields["frozen"] = format_amount(data.frozen)
    fields["transactions sent"] = str(info.nonce)
    shown, address = session.show(who), encode_ss58(who)
    print_fields(address if shown == address else f"{shown}  {address}", fields)


def _show_transfer(
    session: Session, source: AccountId, dest: AccountId, planck: int, inclusion: Inclusion
) -> None:
    if session.settings.as_json:
        print_json(
            {
                "from": encode_ss58(source),
                "to": encode_ss58(dest),
                "amount": str(planck),
                "fee": str(inclusion.fee),
                "transaction": to_hex(inclusion.hash),
                "block": to_hex(inclusion.block_hash),
                "number": inclusion.block_number,
                "final": inclusion.is_final,
            }
        )
        return
    state = "final" if inclusion.is_final else "in a block"
    print_fields(
        f"{format_amount(planck)} from {session.show(source)} to {session.show(dest)}: {state}",
        {
            "fee": format_amount(inclusion.fee),
            "block": f"#{inclusion.block_number} {to_hex(inclusion.block_hash)}",
            "transaction": to_hex(inclusion.hash),
        },
    )


def _show_history(session: Session, who: AccountId, events: list[AccountEvent], last: int) -> None:
    if session.settings.as_json:
        print_json(
            [
                {
                    "number": event.block_number,
                    "block": to_hex(event.block_hash),
                    "pallet": event.pallet,
                    "event": event.name,
                    "fields": dict(event.fields),
                }
                for event in events
            ]
        )
        return
    if not events:
        print_line(f"nothing happened to {session.show(who)} in the last {last} blocks")
        return
    rows = [
        (event.block_number, f"{event.pallet}.{event.name}", event.describe(session.names))
        for event in events
    ]
    print_table(session.show(who), ("block", "event", "what"), rows)
