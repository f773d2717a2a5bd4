"""`soberana token`: make a token, mint and send it, let others spend it, and end it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from chain.cli import token_view
from chain.cli.failure import run_command
from chain.cli.options import Signing, expand_options
from chain.cli.sending import Outcome, get_event, send_one, show_sent
from chain.cli.session import Session, open_session
from chain.cli.token_view import AboutOption, TokenArgument, compute_meta_hash, read_token
from chain.wallet.amount import parse_units
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.assets.declarations import Created
from pallets.assets.types import Asset
from pallets.balances.events import Held, Released
from pallets.runtime import Runtime
from runtime.address import Id
from runtime.frame import Call

app = typer.Typer(no_args_is_help=True)
app.add_typer(token_view.app)

AmountArgument = Annotated[
    str, typer.Argument(metavar="AMOUNT", help="How much, with as many decimals as the token has.")
]
WhoArgument = Annotated[str, typer.Argument(metavar="WHO", help="Whose holding.")]
ToArgument = Annotated[str, typer.Argument(metavar="TO", help="Who gets them.")]


@dataclass(frozen=True, slots=True)
class Step:
    """A call about a token, and what is true once it has succeeded."""

    call: Call
    doing: str
    title: str


def send_step(signing: Signing, token: int, make: Callable[[Session, Asset], Step]) -> None:
    """A command about a token that is there, whose decimals say what an amount means."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            asset = await session.chain.read(lambda runtime: read_token(runtime, token))
            step = make(session, asset)
            sent = await session.send(session.get_key(signing), step.call, signing, step.doing)
            show_sent(session, step.title, {"token": token}, get_deposits(sent), (sent,))

    run_command(run, as_json=signing.as_json)


def get_deposits(sent: Inclusion) -> dict[str, int]:
    """What was put on hold for new entries, and what came back of those that are gone."""
    held = sum(each.amount for each in sent.events if isinstance(each, Held))
    released = sum(each.amount for each in sent.events if isinstance(each, Released))
    amounts = {"deposit": held, "returned": released}
    return {name: amount for name, amount in amounts.items() if amount}


@app.command()
@expand_options
def create(
    *,
    signing: Signing,
    about: AboutOption = None,
    decimals: Annotated[
        int, typer.Option("--decimals", min=0, max=38, help="How many its amounts may have.")
    ] = 0,
    least: Annotated[
        str | None,
        typer.Option("--min", metavar="AMOUNT", help="What anybody has to hold. [the least unit]"),
    ] = None,
    bound: Annotated[
        bool, typer.Option("--bound", help="It stays with whom it is minted for.")
    ] = False,
    until: Annotated[
        int | None,
        typer.Option("--until", min=1, metavar="BLOCK", help="When it ends. [never]"),
    ] = None,
) -> None:
    """Make a token of your own, of which there is nothing yet; only you mint it."""

    def make(runtime: Runtime) -> Call:
        smallest = 1 if least is None else parse_units(least, decimals)
        said = compute_meta_hash(about or "")
        return make_call(runtime.assets.create, decimals, smallest, not bound, until, said)

    def tell(sent: Inclusion) -> Outcome:
        number = get_event(sent, Created).asset
        return Outcome(f"token {number} is yours", {"token": number}, get_deposits(sent))

    send_one(signing, make, "creating", tell)


@app.command()
@expand_options
def mint(token: TokenArgument, to: ToArgument, amount: AmountArgument, *, signing: Signing) -> None:
    """Make new units of your token, in anybody's hands."""

    def make(session: Session, asset: Asset) -> Step:
        dest, units = session.get_account(to), parse_units(amount, asset.decimals)
        call = make_call(session.chain.runtime.assets.mint, token, Id(dest), units)
        return Step(call, "minting", f"{session.show(dest)} has {amount} more of token {token}")

    send_step(signing, token, make)


@app.command()
@expand_options
def send(token: TokenArgument, to: ToArgument, amount: AmountArgument, *, signing: Signing) -> None:
    """Send units that you have to somebody."""

    def make(session: Session, asset: Asset) -> Step:
        dest, units = session.get_account(to), parse_units(amount, asset.decimals)
        call = make_call(session.chain.runtime.assets.transfer, token, Id(dest), units)
        return Step(call, "sending", f"{session.show(dest)} has {amount} more of token {token}")

    send_step(signing, token, make)


@app.command()
@expand_options
def burn(token: TokenArgument, amount: AmountArgument, *, signing: Signing) -> None:
    """Destroy units that you have, frozen or ended as they may be."""

    def make(session: Session, asset: Asset) -> Step:
        units = parse_units(amount, asset.decimals)
        call = make_call(session.chain.runtime.assets.burn, token, units)
        return Step(call, "burning", f"{amount} of token {token} are no more")

    send_step(signing, token, make)


@app.command()
@expand_options
def approve(
    token: TokenArgument,
    spender: Annotated[str, typer.Argument(metavar="SPENDER", help="Who may spend them.")],
    amount: AmountArgument,
    *,
    signing: Signing,
) -> None:
    """Let somebody spend so much of yours, whatever it was before; 0 ends it."""

    def make(session: Session, asset: Asset) -> Step:
        dest, units = session.get_account(spender), parse_units(amount, asset.decimals)
        call = make_call(session.chain.runtime.assets.approve, token, Id(dest), units)
        title = f"{session.show(dest)} may spend {amount} of your token {token}"
        return Step(call, "approving", title)

    send_step(signing, token, make)


@app.command()
@expand_options
def spend(
    token: TokenArgument,
    owner: Annotated[str, typer.Argument(metavar="OWNER", help="Who let you spend them.")],
    to: ToArgument,
    amount: AmountArgument,
    *,
    signing: Signing,
) -> None:
    """Send units of somebody who approved it."""

    def make(session: Session, asset: Asset) -> Step:
        source, dest = session.get_account(owner), session.get_account(to)
        units = parse_units(amount, asset.decimals)
        spending = session.chain.runtime.assets.transfer_from
        call = make_call(spending, token, Id(source), Id(dest), units)
        title = f"{session.show(dest)} has {amount} of {session.show(source)}'s token {token}"
        return Step(call, "spending", title)

    send_step(signing, token, make)


@app.command()
@expand_options
def freeze(token: TokenArgument, who: WhoArgument, *, signing: Signing) -> None:
    """Stop somebody's holding of your token from moving."""
    _set_frozen(signing, token, who, is_frozen=True)


@app.command()
@expand_options
def thaw(token: TokenArgument, who: WhoArgument, *, signing: Signing) -> None:
    """Let somebody's holding of your token move again."""
    _set_frozen(signing, token, who, is_frozen=False)


def _set_frozen(signing: Signing, token: int, who: str, *, is_frozen: bool) -> None:
    def make(session: Session, asset: Asset) -> Step:
        del asset
        holder = session.get_account(who)
        call = make_call(session.chain.runtime.assets.freeze, token, Id(holder), is_frozen)
        state = "is frozen" if is_frozen else "moves again"
        title = f"{session.show(holder)}'s holding of token {token} {state}"
        return Step(call, "freezing" if is_frozen else "thawing", title)

    send_step(signing, token, make)


@app.command()
@expand_options
def give(
    token: TokenArgument,
    to: Annotated[str, typer.Argument(metavar="TO", help="Who decides about it from then on.")],
    *,
    signing: Signing,
) -> None:
    """Give your token to somebody, with its deposit: the right to mint, no units."""

    def make(session: Session, asset: Asset) -> Step:
        del asset
        dest = session.get_account(to)
        call = make_call(session.chain.runtime.assets.set_owner, token, Id(dest))
        return Step(call, "giving", f"token {token} is {session.show(dest)}'s")

    send_step(signing, token, make)


@app.command()
@expand_options
def destroy(token: TokenArgument, *, signing: Signing) -> None:
    """End your token, of which nobody has any; its deposit returns."""

    def make(session: Session, asset: Asset) -> Step:
        del asset
        call = make_call(session.chain.runtime.assets.destroy, token)
        return Step(call, "ending", f"token {token} is no more")

    send_step(signing, token, make)


@app.command()
@expand_options
def clear(token: TokenArgument, who: WhoArgument, *, signing: Signing) -> None:
    """Clear away somebody's holding of a token that has ended; its deposit returns."""

    def make(session: Session, asset: Asset) -> Step:
        del asset
        holder = session.get_account(who)
        call = make_call(session.chain.runtime.assets.poke, token, Id(holder))
        return Step(call, "clearing", f"{session.show(holder)} has nothing more of token {token}")

    send_step(signing, token, make)
