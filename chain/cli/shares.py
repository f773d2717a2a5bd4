"""Shares in what models and datasets earn. In `soberana model` and `data`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from chain.cli.failure import run_command
from chain.cli.licensing import RecordArgument
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import Json, print_fields, print_json, print_table
from chain.cli.sending import Outcome, send_one, show_sent
from chain.cli.session import Session, open_session
from chain.wallet.amount import format_amount
from chain.wallet.jobs import NoSuchRecord
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.rights import declarations as declared
from pallets.rights.types import get_purse
from pallets.runtime import Runtime
from runtime.address import Id
from runtime.crypto.ss58 import encode_ss58
from runtime.frame import Call
from runtime.primitives import AccountId

app = typer.Typer()

AmountArgument = Annotated[
    int, typer.Argument(metavar="SHARES", min=1, max=2**64 - 1, help="How many shares.")
]


@dataclass(frozen=True, slots=True)
class SharesView:
    """A record's shares and what they wait to be paid."""

    asset: int
    supply: int
    staked: int
    purse: int
    stakes: tuple[tuple[AccountId, int, int], ...]
    """Who has how many shares staked, and how much to claim."""


def read_shares(runtime: Runtime, record: int) -> SharesView:
    """The shares of a record; `NoSuchRecord` where there are none."""
    rights = runtime.rights
    pool = rights.pool.get(record)
    if pool is None:
        raise NoSuchRecord(f"expected a record with shares, got {record}")
    stakes = sorted(
        (who, stake.amount, rights.revenue.get_claimable(record, who))
        for (_, who), stake in rights.stake.items(record)
    )
    purse = runtime.balances.ledger.get_free(get_purse(record)) - pool.endowment
    supply = runtime.assets.book.get_supply(pool.asset)
    return SharesView(pool.asset, supply, pool.staked, purse, tuple(stakes))


@app.command()
@expand_options
def shares(record: RecordArgument, *, settings: Settings) -> None:
    """Show a record's shares: how many, who staked them, what they have earned."""

    async def run() -> None:
        async with open_session(settings) as session:
            view = await session.chain.read(lambda runtime: read_shares(runtime, record))
            show_shares(session, record, view)

    run_command(run, as_json=settings.as_json)


def show_shares(session: Session, record: int, view: SharesView) -> None:
    """The shares of a record, and a line for each stake."""
    if session.settings.as_json:
        stakes: list[Json] = [
            {"account": encode_ss58(who), "staked": amount, "claimable": str(owed)}
            for who, amount, owed in view.stakes
        ]
        print_json(
            {
                "record": record,
                "asset": view.asset,
                "supply": str(view.supply),
                "staked": view.staked,
                "purse": str(view.purse),
                "stakes": stakes,
            }
        )
        return
    fields = {
        "asset": view.asset,
        "shares": f"{view.supply:_}",
        "staked": f"{view.staked:_}",
        "in the purse": format_amount(view.purse),
    }
    print_fields(f"shares of record {record}", fields)
    rows = [
        (session.show(who), f"{amount:_}", format_amount(owed)) for who, amount, owed in view.stakes
    ]
    if rows:
        print_table("", ("staked by", "shares", "to claim"), rows)


def send_call(
    signing: Signing,
    record: int,
    make: Callable[[Runtime], Call],
    said: str,
) -> None:
    """Sends one call about shares, and tells what was paid on the way."""

    def tell(sent: Inclusion) -> Outcome:
        claimed = sum(e.amount for e in sent.events if isinstance(e, declared.RevenueClaimed))
        rest = sum(e.amount for e in sent.events if isinstance(e, declared.SharesRedeemed))
        return Outcome(said, {"record": record, "done": said}, {"paid": claimed + rest})

    send_one(signing, make, said, tell)


@app.command("issue-shares")
@expand_options
def issue_shares(record: RecordArgument, supply: AmountArgument, *, signing: Signing) -> None:
    """Make shares of your record: whoever stakes them divides what it earns."""
    send_call(
        signing,
        record,
        lambda runtime: make_call(runtime.rights.issue_shares, record, supply),
        f"record {record} has {supply:_} shares, all of them yours",
    )


@app.command("give-shares")
@expand_options
def give_shares(
    record: RecordArgument,
    to: Annotated[str, typer.Argument(metavar="TO", help="Who gets them.")],
    amount: AmountArgument,
    *,
    signing: Signing,
) -> None:
    """Give shares that are not staked to somebody."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            dest = session.get_account(to)
            view = await session.chain.read(lambda runtime: read_shares(runtime, record))
            transfer = session.chain.runtime.assets.transfer
            call = make_call(transfer, view.asset, Id(dest), amount)
            sent = await session.send(session.get_key(signing), call, signing, "giving")
            said = f"{session.show(dest)} has {amount:_} more shares of record {record}"
            show_sent(session, said, {"record": record, "shares": amount}, {}, (sent,))

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def stake(record: RecordArgument, amount: AmountArgument, *, signing: Signing) -> None:
    """Stake shares of yours: they earn from now on."""
    send_call(
        signing,
        record,
        lambda runtime: make_call(runtime.rights.stake_shares, record, amount),
        f"{amount:_} shares of record {record} are staked",
    )


@app.command()
@expand_options
def unstake(record: RecordArgument, amount: AmountArgument, *, signing: Signing) -> None:
    """Free staked shares; what they earned is paid."""
    send_call(
        signing,
        record,
        lambda runtime: make_call(runtime.rights.unstake_shares, record, amount),
        f"{amount:_} shares of record {record} are free",
    )


@app.command()
@expand_options
def claim(record: RecordArgument, *, signing: Signing) -> None:
    """Be paid what your staked shares have earned."""
    send_call(
        signing,
        record,
        lambda runtime: make_call(runtime.rights.claim_revenue, record),
        f"revenue of record {record} is paid",
    )


@app.command("redeem-shares")
@expand_options
def redeem_shares(record: RecordArgument, *, signing: Signing) -> None:
    """End the shares of a record, all of which you hold; its owner is paid again."""
    send_call(
        signing,
        record,
        lambda runtime: make_call(runtime.rights.redeem_shares, record),
        f"record {record} has no shares any more",
    )
