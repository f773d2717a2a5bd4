"""What the commands of `soberana gov` share: a proposal by its number, and one call sent."""

from collections.abc import Callable
from typing import Annotated

import typer

from chain.cli.failure import run_command
from chain.cli.gov_view import show_sent
from chain.cli.options import Signing
from chain.cli.session import Session, open_session
from runtime.frame import Call

ProposalArgument = Annotated[int, typer.Argument(metavar="PROPOSAL", min=0, help="Its number.")]


def send_one(signing: Signing, make: Callable[[Session], Call], what: str) -> None:
    """One call of the signer's, and what it cost."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair = session.get_key(signing)
            inclusion = await session.send(pair, make(session), signing, "sending")
            show_sent(session, what, {}, inclusion.fee)

    run_command(run, as_json=signing.as_json)
