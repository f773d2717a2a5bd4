"""`soberana token show` and `list`: what tokens there are, and who has them."""

from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Final

import typer

from chain.cli.failure import run_command
from chain.cli.options import Settings, expand_options
from chain.cli.output import Json, print_fields, print_json, print_line, print_table
from chain.cli.session import Session, open_session
from chain.wallet.amount import format_amount, format_units
from chain.wallet.chain_reader import to_hex
from chain.wallet.errors import WalletError
from pallets.assets.types import AccountOwner, Approval, Asset, Holding
from pallets.runtime import Runtime
from runtime.crypto.hashing import blake2_256
from runtime.crypto.ss58 import encode_ss58
from runtime.primitives import AccountId, Hash

app = typer.Typer()

READ_MAX: Final = 1_000
"""Assets, holdings or approvals that one command reads."""

TokenArgument = Annotated[int, typer.Argument(metavar="TOKEN", min=0, help="The token's number.")]
AboutOption = Annotated[
    str | None,
    typer.Option("--about", metavar="TEXT", help="Its name and what else is said of it, in words."),
]


class NoSuchToken(WalletError):
    """There is no asset of this number."""


@dataclass(frozen=True, slots=True)
class TokenView:
    """An asset, and who has how much of it and may spend it."""

    asset: Asset
    is_expired: bool
    holdings: tuple[tuple[AccountId, Holding], ...]
    approvals: tuple[tuple[AccountId, AccountId, Approval], ...]
    """Owner, spender, and how much."""


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One of many assets, and what an account has of it."""

    number: int
    asset: Asset
    holding: Holding | None


def compute_meta_hash(about: str) -> Hash:
    """What a token says of itself, as the chain keeps it."""
    return Hash(blake2_256(about.encode()))


def read_token(runtime: Runtime, number: int) -> Asset:
    """An asset; `NoSuchToken`."""
    asset = runtime.assets.asset.get(number)
    if asset is None:
        raise NoSuchToken(f"expected the number of a token, got {number}")
    return asset


def read_view(runtime: Runtime, number: int) -> TokenView:
    """An asset with its holders, the largest first, as far as they are read; `NoSuchToken`."""
    assets, asset = runtime.assets, read_token(runtime, number)
    holdings = [
        (who, holding) for (_, who), holding in islice(assets.holding.items(number), READ_MAX)
    ]
    approvals = [
        (owner, spender, each)
        for (_, owner, spender), each in islice(assets.approval.items(number), READ_MAX)
    ]
    holdings.sort(key=lambda each: each[1].total, reverse=True)
    return TokenView(asset, assets.book.is_expired(asset), tuple(holdings), tuple(approvals))


def read_lines(runtime: Runtime, who: AccountId | None) -> list[TokenLine]:
    """All assets as far as they are read; of an account, those it has or decides about."""
    found: list[TokenLine] = []
    for number, asset in islice(runtime.assets.asset.items(), READ_MAX):
        holding = None if who is None else runtime.assets.holding.get((number, who))
        if who is None or holding is not None or asset.owner == AccountOwner(who):
            found.append(TokenLine(number, asset, holding))
    return sorted(found, key=lambda each: each.number)


@app.command()
@expand_options
def show(token: TokenArgument, *, settings: Settings, about: AboutOption = None) -> None:
    """Show a token: its rules, who has how much of it, and whether it is what somebody says."""

    async def run() -> None:
        async with open_session(settings) as session:
            view = await session.chain.read(lambda runtime: read_view(runtime, token))
            if settings.as_json:
                print_json(_to_json(token, view, about))
            else:
                _show(session, token, view, about)

    run_command(run, as_json=settings.as_json)


@app.command("list")
@expand_options
def list_tokens(
    who: Annotated[
        str | None, typer.Argument(metavar="WHO", help="Only what somebody has or decides about.")
    ] = None,
    *,
    settings: Settings,
) -> None:
    """List tokens, licences and shares, and what somebody has of each."""

    async def run() -> None:
        async with open_session(settings) as session:
            account = None if who is None else session.get_account(who)
            lines = await session.chain.read(lambda runtime: read_lines(runtime, account))
            if settings.as_json:
                print_json([_to_json_line(each) for each in lines])
            elif lines:
                _list(session, lines, account)
            else:
                print_line("there are no tokens" if who is None else f"{who} has no tokens")

    run_command(run, as_json=settings.as_json)


def _show(session: Session, number: int, view: TokenView, about: str | None) -> None:
    asset = view.asset
    ends = "never" if asset.expires_at is None else f"block #{asset.expires_at}"
    fields: dict[str, object] = {
        "kind": asset.kind.name.lower(),
        "minted by": _show_owner(session, asset),
        "there are": format_units(asset.supply, asset.decimals),
        "decimals": asset.decimals,
        "least to hold": format_units(asset.min_balance, asset.decimals),
        "moves": "from hand to hand" if asset.is_transferable else "no",
        "ends": f"{ends} (over)" if view.is_expired else ends,
        "deposit": format_amount(asset.deposit),
        "hash of what it is": to_hex(asset.meta_hash),
    }
    if about is not None:
        fields["it is"] = about if _is_said(asset, about) else "not what you say"
    print_fields(f"token {number}", fields)
    if view.holdings:
        rows = [
            (
                session.show(who),
                format_units(each.total, asset.decimals),
                format_units(each.held, asset.decimals),
                "frozen" if each.is_frozen else "",
            )
            for who, each in view.holdings
        ]
        print_table("", ("holder", "has", "on hold", ""), rows)
    if view.approvals:
        spending = [
            (session.show(owner), session.show(spender), format_units(each.amount, asset.decimals))
            for owner, spender, each in view.approvals
        ]
        print_table("", ("of", "may be spent by", "at most"), spending)


def _list(session: Session, lines: list[TokenLine], account: AccountId | None) -> None:
    columns = ["token", "kind", "minted by", "there are"]
    if account is not None:
        columns.append(f"{session.show(account)} has")
    rows = [
        (
            each.number,
            each.asset.kind.name.lower(),
            _show_owner(session, each.asset),
            format_units(each.asset.supply, each.asset.decimals),
            format_units(_get_total(each.holding), each.asset.decimals),
        )[: len(columns)]
        for each in lines
    ]
    print_table("", columns, rows)


def _show_owner(session: Session, asset: Asset) -> str:
    owner = asset.owner
    if isinstance(owner, AccountOwner):
        return session.show(owner.who)
    return f"the rules of {owner.keeper.name.lower()}"


def _get_total(holding: Holding | None) -> int:
    return 0 if holding is None else holding.total


def _is_said(asset: Asset, about: str) -> bool:
    return asset.meta_hash == compute_meta_hash(about)


def _to_json_line(line: TokenLine) -> dict[str, Json]:
    return {**_describe(line.number, line.asset), "has": str(_get_total(line.holding))}


def _describe(number: int, asset: Asset) -> dict[str, Json]:
    owner = asset.owner
    return {
        "id": number,
        "kind": asset.kind.name.lower(),
        "owner": encode_ss58(owner.who) if isinstance(owner, AccountOwner) else None,
        "supply": str(asset.supply),
        "decimals": asset.decimals,
    }


def _to_json(number: int, view: TokenView, about: str | None) -> Json:
    asset = view.asset
    holdings: list[Json] = [
        {
            "account": encode_ss58(who),
            "amount": str(each.total),
            "held": str(each.held),
            "isFrozen": each.is_frozen,
        }
        for who, each in view.holdings
    ]
    approvals: list[Json] = [
        {
            "owner": encode_ss58(owner),
            "spender": encode_ss58(spender),
            "amount": str(each.amount),
        }
        for owner, spender, each in view.approvals
    ]
    return {
        **_describe(number, asset),
        "minBalance": str(asset.min_balance),
        "isTransferable": asset.is_transferable,
        "expiresAt": asset.expires_at,
        "isExpired": view.is_expired,
        "deposit": str(asset.deposit),
        "metaHash": to_hex(asset.meta_hash),
        "isWhatYouSay": None if about is None else _is_said(asset, about),
        "holdings": holdings,
        "approvals": approvals,
    }
