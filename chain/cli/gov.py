"""`soberana gov`: propose, vote, delegate, and look at what is decided."""

from collections.abc import Callable
from typing import Annotated

import typer

from chain.cli.failure import WrongUse, guard, run_command
from chain.cli.gov_view import (
    show_params,
    show_proposal,
    show_proposals,
    show_sent,
    show_voting,
)
from chain.cli.options import (
    NODE_DEFAULT,
    BasePathOption,
    DevKeysOption,
    FromOption,
    JsonOption,
    NodeOption,
    PasswordFileOption,
    Settings,
    Signing,
)
from chain.cli.session import Session, open_session
from chain.wallet.amount import parse_amount
from chain.wallet.chain_reader import from_hex
from chain.wallet.errors import WalletError
from chain.wallet.transaction import make_call
from pallets.governance import PARAMETERS, ROOT, TREASURER
from pallets.governance.declarations import Submitted
from pallets.governance.types import Conviction, Side
from pallets.runtime import Runtime
from runtime.address import Id
from runtime.errors import CodecError
from runtime.frame import Call
from runtime.frame.parameters import Param

app = typer.Typer(no_args_is_help=True)

ProposalArgument = Annotated[int, typer.Argument(metavar="PROPOSAL", min=0, help="Its number.")]
AmountOption = Annotated[
    str, typer.Option("--amount", metavar="AMOUNT", help="How much of your balance: 10 SBR.")
]
ConvictionOption = Annotated[
    int,
    typer.Option(
        "--conviction", min=0, max=6, help="0: a tenth of it counts. N: it counts N times."
    ),
]


class NoSuchProposal(WalletError):
    """There is no proposal of this number."""


@app.command()
def propose(
    *,
    key: FromOption,
    change: Annotated[
        str | None,
        typer.Option("--set", metavar="PARAMETER=NUMBER", help="Change a parameter."),
    ] = None,
    spend: Annotated[
        str | None,
        typer.Option("--spend", metavar="ACCOUNT=AMOUNT", help="Pay from the treasury."),
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
    password_file: PasswordFileOption = None,
    dev_keys: DevKeysOption = False,
    node: NodeOption = NODE_DEFAULT,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose a change of a parameter, a payment, or any call."""

    def find_call(session: Session) -> tuple[int, Call]:
        runtime = session.chain.runtime
        if change is not None:
            return PARAMETERS, make_call(runtime.parameters.set_param, *parse_change(change))
        if spend is not None:
            name, amount = _split(spend, "--spend", "ACCOUNT=AMOUNT")
            to = Id(session.get_account(name))
            return TREASURER, make_call(runtime.treasury.spend, to, parse_amount(amount), 1)
        assert raw is not None, "one of the three is given; qed"
        return ROOT, parse_call(runtime, raw)

    async def run() -> None:
        if sum(each is not None for each in (change, spend, raw)) != 1:
            raise WrongUse("expected one of --set, --spend and --call")
        signing = Signing(key, password_file)
        async with open_session(Settings(node, as_json, base_path, dev_keys)) as session:
            pair, governance = session.get_key(signing), session.chain.runtime.governance
            usual, call = find_call(session)
            proposing = make_call(governance.propose, usual if track is None else track, call)
            first = await session.send(pair, proposing, signing, "proposing")
            submitted = [event for event in first.events if isinstance(event, Submitted)]
            number, fee = submitted[0].proposal, first.fee
            if pay:
                paying = make_call(governance.place_decision_deposit, number)
                fee += (await session.send(pair, paying, signing, "paying its deposit")).fee
            show_sent(session, f"proposal {number} is made", {"proposal": number}, fee)

    run_command(run, as_json=as_json)


@app.command()
def vote(
    proposal: ProposalArgument,
    side: Annotated[str, typer.Argument(metavar="aye|nay|abstain")],
    *,
    amount: AmountOption,
    key: FromOption,
    conviction: ConvictionOption = 0,
    password_file: PasswordFileOption = None,
    dev_keys: DevKeysOption = False,
    node: NodeOption = NODE_DEFAULT,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Vote with a part of your balance; a second vote replaces the first."""
    planck = guard(lambda: parse_amount(amount), as_json=as_json)
    chosen = guard(lambda: parse_side(side), as_json=as_json)
    _send(
        Settings(node, as_json, base_path, dev_keys),
        Signing(key, password_file),
        lambda session: make_call(
            session.chain.runtime.governance.vote, proposal, chosen, planck, Conviction(conviction)
        ),
        f"voted {side} on proposal {proposal}",
    )


@app.command()
def delegate(
    to: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Who votes for you.")],
    *,
    amount: AmountOption,
    key: FromOption,
    conviction: ConvictionOption = 0,
    password_file: PasswordFileOption = None,
    dev_keys: DevKeysOption = False,
    node: NodeOption = NODE_DEFAULT,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lend the power of a part of your balance to somebody else."""
    planck = guard(lambda: parse_amount(amount), as_json=as_json)
    _send(
        Settings(node, as_json, base_path, dev_keys),
        Signing(key, password_file),
        lambda session: make_call(
            session.chain.runtime.governance.delegate,
            Id(session.get_account(to)),
            Conviction(conviction),
            planck,
        ),
        f"delegated to {to}",
    )


@app.command()
def undelegate(
    *,
    key: FromOption,
    password_file: PasswordFileOption = None,
    dev_keys: DevKeysOption = False,
    node: NodeOption = NODE_DEFAULT,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take your power back."""
    _send(
        Settings(node, as_json, base_path, dev_keys),
        Signing(key, password_file),
        lambda session: make_call(session.chain.runtime.governance.undelegate),
        "no longer delegated",
    )


@app.command()
def poke(
    proposal: ProposalArgument,
    *,
    key: FromOption,
    password_file: PasswordFileOption = None,
    dev_keys: DevKeysOption = False,
    node: NodeOption = NODE_DEFAULT,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do what time has made due for a proposal."""
    _send(
        Settings(node, as_json, base_path, dev_keys),
        Signing(key, password_file),
        lambda session: make_call(session.chain.runtime.governance.poke, proposal),
        f"proposal {proposal} is brought up to date",
    )


@app.command()
def enact(
    proposal: ProposalArgument,
    *,
    key: FromOption,
    password_file: PasswordFileOption = None,
    dev_keys: DevKeysOption = False,
    node: NodeOption = NODE_DEFAULT,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have an approved proposal's call done."""

    async def run() -> None:
        signing = Signing(key, password_file)
        async with open_session(Settings(node, as_json, base_path, dev_keys)) as session:
            pair, runtime = session.get_key(signing), session.chain.runtime
            raw = await session.chain.read(lambda at: at.governance.proposed_call.get(proposal))
            if raw is None:
                raise NoSuchProposal(f"there is no proposal {proposal}")
            call = make_call(runtime.governance.enact, proposal, runtime.calls.decode(raw))
            inclusion = await session.send(pair, call, signing, "enacting")
            show_sent(session, f"proposal {proposal} is enacted", {}, inclusion.fee)

    run_command(run, as_json=as_json)


@app.command()
def unlock(
    who: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Whose balance.")],
    *,
    key: FromOption,
    password_file: PasswordFileOption = None,
    dev_keys: DevKeysOption = False,
    node: NodeOption = NODE_DEFAULT,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Unlock what no vote or delegation needs any longer."""
    _send(
        Settings(node, as_json, base_path, dev_keys),
        Signing(key, password_file),
        lambda session: make_call(
            session.chain.runtime.governance.unlock, Id(session.get_account(who))
        ),
        f"unlocked what {who} had locked",
    )


@app.command("list")
def list_proposals(
    node: NodeOption = NODE_DEFAULT,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Proposals that are not closed."""

    async def run() -> None:
        async with open_session(Settings(node, as_json, base_path)) as session:
            found = await session.chain.read(
                lambda at: tuple(sorted(at.governance.proposal.items()))
            )
            show_proposals(session, found)

    run_command(run, as_json=as_json)


@app.command()
def show(
    proposal: ProposalArgument,
    node: NodeOption = NODE_DEFAULT,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """A proposal, its call and its votes."""

    async def run() -> None:
        async with open_session(Settings(node, as_json, base_path)) as session:
            entry = await session.chain.read(lambda at: at.governance.proposal.get(proposal))
            if entry is None:
                raise NoSuchProposal(f"there is no proposal {proposal}")
            raw = await session.chain.read(lambda at: at.governance.proposed_call[proposal])
            show_proposal(session, proposal, entry, raw)

    run_command(run, as_json=as_json)


@app.command()
def voting(
    who: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Whose votes.")],
    node: NodeOption = NODE_DEFAULT,
    base_path: BasePathOption = None,
    dev_keys: DevKeysOption = False,
    as_json: JsonOption = False,
) -> None:
    """An account's votes, delegation and locked balance."""

    async def run() -> None:
        async with open_session(Settings(node, as_json, base_path, dev_keys)) as session:
            account = session.get_account(who)
            found = await session.chain.read(lambda at: at.governance.voting[account])
            show_voting(session, account, found)

    run_command(run, as_json=as_json)


@app.command()
def params(
    node: NodeOption = NODE_DEFAULT,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every parameter, and what it may be."""

    async def run() -> None:
        async with open_session(Settings(node, as_json, base_path)) as session:
            values = await session.chain.read(lambda at: at.parameters.get_all())
            show_params(session, values)

    run_command(run, as_json=as_json)


# --- parts of the above


def parse_side(text: str) -> Side:
    """A side by its name."""
    names = {side.name.lower(): side for side in Side}
    if text not in names:
        raise WrongUse(f"expected one of {', '.join(names)}, got {text!r}")
    return names[text]


def parse_change(text: str) -> tuple[Param, int]:
    """A parameter and its new value, from `burn-bps=900`."""
    name, number = _split(text, "--set", "PARAMETER=NUMBER")
    names = {param.name.lower().replace("_", "-"): param for param in Param}
    if name not in names:
        raise WrongUse(f"--set: expected one of {', '.join(names)}, got {name!r}")
    if not number.isdecimal():
        raise WrongUse(f"--set: expected a whole number, got {number!r}")
    return names[name], int(number)


def parse_call(runtime: Runtime, text: str) -> Call:
    """A call from its bytes in hex."""
    try:
        return runtime.calls.decode(from_hex(text, "--call"))
    except (CodecError, WalletError) as error:
        raise WrongUse(f"--call: expected the bytes of a call in hex: {error}") from None


def _split(text: str, option: str, form: str) -> tuple[str, str]:
    name, found, rest = text.partition("=")
    if not found:
        raise WrongUse(f"{option}: expected {form}, got {text!r}")
    return name, rest


def _send(settings: Settings, signing: Signing, make: Callable[[Session], Call], what: str) -> None:
    """One call of the signer's, and what it cost."""

    async def run() -> None:
        async with open_session(settings) as session:
            pair = session.get_key(signing)
            inclusion = await session.send(pair, make(session), signing, "sending")
            show_sent(session, what, {}, inclusion.fee)

    run_command(run, as_json=settings.as_json)
