"""`soberana gov`, of proposals and the treasury; votes are in `gov_votes`."""

from dataclasses import dataclass
from typing import Annotated

import typer

from chain.cli.calls import parse_call
from chain.cli.failure import WrongUse, run_command
from chain.cli.gov_sending import ProposalArgument, send_one
from chain.cli.gov_view import (
    show_params,
    show_proposal,
    show_proposals,
    show_sent,
    show_spends,
)
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.session import Session, open_session
from chain.wallet.amount import parse_amount
from chain.wallet.errors import WalletError
from chain.wallet.transaction import make_call
from pallets.governance import CANCELLER, PARAMETERS, ROOT, TREASURER
from pallets.governance.declarations import Submitted
from runtime.address import Id
from runtime.frame import Call
from runtime.frame.parameters import Param

app = typer.Typer(no_args_is_help=True)


class NoSuchProposal(WalletError):
    """There is no proposal of this number."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is proposed, by the options that say it."""

    change: str | None
    spend: str | None
    cancel: int | None
    kill: int | None
    raw: str | None

    def ensure_one(self) -> None:
        """Raises `WrongUse` unless just one of them is given."""
        given = (self.change, self.spend, self.cancel, self.kill, self.raw)
        if sum(each is not None for each in given) != 1:
            raise WrongUse("expected one of --set, --spend, --cancel, --kill and --call")

    def find_call(self, session: Session) -> tuple[int, Call]:
        """The call, and the track that is usual for it."""
        runtime = session.chain.runtime
        if self.change is not None:
            return PARAMETERS, make_call(runtime.parameters.set_param, *parse_change(self.change))
        if self.spend is not None:
            name, amount = _split(self.spend, "--spend", "ACCOUNT=AMOUNT")
            to = Id(session.get_account(name))
            return TREASURER, make_call(runtime.treasury.spend, to, parse_amount(amount), 1)
        if self.cancel is not None:
            return CANCELLER, make_call(runtime.governance.cancel, self.cancel)
        if self.kill is not None:
            return CANCELLER, make_call(runtime.governance.kill, self.kill)
        assert self.raw is not None, "one of them is given; qed"
        return ROOT, parse_call(runtime, self.raw)


@app.command()
@expand_options
def propose(
    *,
    signing: Signing,
    change: Annotated[
        str | None, typer.Option("--set", metavar="PARAMETER=NUMBER", help="Change a parameter.")
    ] = None,
    spend: Annotated[
        str | None, typer.Option("--spend", metavar="ACCOUNT=AMOUNT", help="Pay from the treasury.")
    ] = None,
    cancel: Annotated[
        int | None, typer.Option("--cancel", min=0, help="End a proposal; deposits return.")
    ] = None,
    kill: Annotated[
        int | None, typer.Option("--kill", min=0, help="End a proposal; deposits are burned.")
    ] = None,
    raw: Annotated[
        str | None, typer.Option("--call", metavar="HEX", help="Any call, encoded.")
    ] = None,
    track: Annotated[
        int | None, typer.Option("--track", min=0, max=255, help="The track, if not the usual.")
    ] = None,
    pay: Annotated[
        bool, typer.Option("--pay/--no-pay", help="Place the deposit for its decision as well.")
    ] = True,
) -> None:
    """Propose a change of a parameter, a payment, the end of a proposal, or any call."""

    async def run() -> None:
        wanted = Wanted(change, spend, cancel, kill, raw)
        wanted.ensure_one()
        async with open_session(signing.settings) as session:
            pair, governance = session.get_key(signing), session.chain.runtime.governance
            usual, call = wanted.find_call(session)
            proposing = make_call(governance.propose, usual if track is None else track, call)
            first = await session.send(pair, proposing, signing, "proposing")
            submitted = [event for event in first.events if isinstance(event, Submitted)]
            number, fee = submitted[0].proposal, first.fee
            if pay:
                paying = make_call(governance.place_decision_deposit, number)
                fee += (await session.send(pair, paying, signing, "paying its deposit")).fee
            show_sent(session, f"proposal {number} is made", {"proposal": number}, fee)

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def poke(proposal: ProposalArgument, *, signing: Signing) -> None:
    """Do what time has made due for a proposal."""
    send_one(
        signing,
        lambda session: make_call(session.chain.runtime.governance.poke, proposal),
        f"proposal {proposal} is brought up to date",
    )


@app.command()
@expand_options
def enact(proposal: ProposalArgument, *, signing: Signing) -> None:
    """Have an approved proposal's call done."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair, runtime = session.get_key(signing), session.chain.runtime
            raw = await session.chain.read(lambda at: at.governance.proposed_call.get(proposal))
            if raw is None:
                raise NoSuchProposal(f"there is no proposal {proposal}")
            call = make_call(runtime.governance.enact, proposal, runtime.calls.decode(raw))
            inclusion = await session.send(pair, call, signing, "enacting")
            show_sent(session, f"proposal {proposal} is enacted", {}, inclusion.fee)

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def close(proposal: ProposalArgument, *, signing: Signing) -> None:
    """Remove a proposal that is over; its deposits return to who placed them."""
    send_one(
        signing,
        lambda session: make_call(session.chain.runtime.governance.close, proposal),
        f"proposal {proposal} is closed",
    )


@app.command()
@expand_options
def payout(
    spend: Annotated[int, typer.Argument(metavar="SPEND", min=0, help="The promise's number.")],
    *,
    signing: Signing,
) -> None:
    """Have the next part of what the treasury promised paid."""
    send_one(
        signing,
        lambda session: make_call(session.chain.runtime.treasury.payout, spend),
        f"a part of promise {spend} is paid",
    )


@app.command()
@expand_options
def spends(*, settings: Settings) -> None:
    """What the treasury has, and whom it promised what."""

    async def run() -> None:
        async with open_session(settings) as session:
            found = await session.chain.read(lambda at: tuple(sorted(at.treasury.spends.items())))
            balance = await session.chain.read(
                lambda at: at.balances.ledger.get_free(at.treasury.params.account)
            )
            show_spends(session, balance, found)

    run_command(run, as_json=settings.as_json)


@app.command("list")
@expand_options
def list_proposals(*, settings: Settings) -> None:
    """Proposals that are not closed."""

    async def run() -> None:
        async with open_session(settings) as session:
            found = await session.chain.read(
                lambda at: tuple(sorted(at.governance.proposal.items()))
            )
            show_proposals(session, found)

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def show(proposal: ProposalArgument, *, settings: Settings) -> None:
    """A proposal, its call and its votes."""

    async def run() -> None:
        async with open_session(settings) as session:
            entry = await session.chain.read(lambda at: at.governance.proposal.get(proposal))
            if entry is None:
                raise NoSuchProposal(f"there is no proposal {proposal}")
            raw = await session.chain.read(lambda at: at.governance.proposed_call[proposal])
            show_proposal(session, proposal, entry, raw)

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def params(*, settings: Settings) -> None:
    """Every parameter, and what it may be."""

    async def run() -> None:
        async with open_session(settings) as session:
            values = await session.chain.read(lambda at: at.parameters.get_all())
            show_params(session, values)

    run_command(run, as_json=settings.as_json)


# --- parts of the above


def parse_change(text: str) -> tuple[Param, int]:
    """A parameter and its new value, from `burn-bps=900`."""
    name, number = _split(text, "--set", "PARAMETER=NUMBER")
    names = {param.name.lower().replace("_", "-"): param for param in Param}
    if name not in names:
        raise WrongUse(f"--set: expected one of {', '.join(names)}, got {name!r}")
    if not number.isdecimal():
        raise WrongUse(f"--set: expected a whole number, got {number!r}")
    return names[name], int(number)


def _split(text: str, option: str, form: str) -> tuple[str, str]:
    name, found, rest = text.partition("=")
    if not found:
        raise WrongUse(f"{option}: expected {form}, got {text!r}")
    return name, rest
