"""`soberana gov`, of one's own votes: vote, delegate, take them back, unlock."""

from typing import Annotated

import typer

from chain.cli.failure import WrongUse, guard, run_command
from chain.cli.gov_sending import ProposalArgument, send_one
from chain.cli.gov_view import show_voting
from chain.cli.options import (
    NODE_DEFAULT,
    BasePathOption,
    DevKeysOption,
    JsonOption,
    NodeOption,
    Settings,
    Signing,
    expand_options,
)
from chain.cli.session import open_session
from chain.wallet.amount import parse_amount
from chain.wallet.transaction import make_call
from pallets.governance.types import Conviction, Side
from runtime.address import Id

app = typer.Typer(no_args_is_help=True)

AmountOption = Annotated[
    str, typer.Option("--amount", metavar="AMOUNT", help="How much of your balance: 10 SBR.")
]
ConvictionOption = Annotated[
    int,
    typer.Option(
        "--conviction", min=0, max=6, help="0: a tenth of it counts. N: it counts N times."
    ),
]


@app.command()
@expand_options
def vote(
    proposal: ProposalArgument,
    side: Annotated[str, typer.Argument(metavar="aye|nay|abstain")],
    *,
    signing: Signing,
    amount: AmountOption,
    conviction: ConvictionOption = 0,
) -> None:
    """Vote with a part of your balance; a second vote replaces the first."""
    planck = guard(lambda: parse_amount(amount), as_json=signing.as_json)
    chosen = guard(lambda: parse_side(side), as_json=signing.as_json)
    send_one(
        signing,
        lambda session: make_call(
            session.chain.runtime.governance.vote, proposal, chosen, planck, Conviction(conviction)
        ),
        f"voted {side} on proposal {proposal}",
    )


@app.command("remove-vote")
@expand_options
def remove_vote(proposal: ProposalArgument, *, signing: Signing) -> None:
    """Take a vote back; what a decided one has locked stays locked as long as it would have."""
    send_one(
        signing,
        lambda session: make_call(session.chain.runtime.governance.remove_vote, proposal),
        f"no longer voting on proposal {proposal}",
    )


@app.command()
@expand_options
def delegate(
    to: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Who votes for you.")],
    *,
    signing: Signing,
    amount: AmountOption,
    conviction: ConvictionOption = 0,
) -> None:
    """Lend the power of a part of your balance to somebody else."""
    planck = guard(lambda: parse_amount(amount), as_json=signing.as_json)
    send_one(
        signing,
        lambda session: make_call(
            session.chain.runtime.governance.delegate,
            Id(session.get_account(to)),
            Conviction(conviction),
            planck,
        ),
        f"delegated to {to}",
    )


@app.command()
@expand_options
def undelegate(*, signing: Signing) -> None:
    """Take your power back."""
    send_one(
        signing,
        lambda session: make_call(session.chain.runtime.governance.undelegate),
        "no longer delegated",
    )


@app.command()
@expand_options
def unlock(
    who: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Whose balance.")],
    *,
    signing: Signing,
) -> None:
    """Unlock what no vote or delegation needs any longer."""
    send_one(
        signing,
        lambda session: make_call(
            session.chain.runtime.governance.unlock, Id(session.get_account(who))
        ),
        f"unlocked what {who} had locked",
    )


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
        async with open_session(Settings(node, base_path, as_json, dev_keys)) as session:
            account = session.get_account(who)
            found = await session.chain.read(lambda at: at.governance.voting[account])
            show_voting(session, account, found)

    run_command(run, as_json=as_json)


def parse_side(text: str) -> Side:
    """A side by its name."""
    names = {side.name.lower(): side for side in Side}
    if text not in names:
        raise WrongUse(f"expected one of {', '.join(names)}, got {text!r}")
    return names[text]
