"""What the owner of any record does with it, and what auditors say of it."""

from typing import Annotated, Final

import typer

from chain.cli.failure import run_command
from chain.cli.licensing import RecordArgument
from chain.cli.options import Signing, expand_options
from chain.cli.output import Json
from chain.cli.sending import Outcome, get_event, send_one, show_sent
from chain.cli.session import open_session
from chain.cli.updating import make_attributes
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.registry.declarations import Attested, Heartbeat, Retired, Revoked, Transferred
from pallets.runtime import Runtime
from runtime.address import Id
from runtime.frame import Call

app = typer.Typer()

SAID_TTL: Final = 10_000


@app.command()
@expand_options
def heartbeat(record: RecordArgument, *, signing: Signing) -> None:
    """Say that your record is still alive, so that it expires later."""

    def tell(sent: Inclusion) -> Outcome:
        expires_at = get_event(sent, Heartbeat).expires_at
        fields: dict[str, Json] = {"record": record, "expires at": f"block #{expires_at}"}
        return Outcome(f"record {record} lives on", fields)

    send_one(signing, lambda runtime: make_call(runtime.registry.heartbeat, record), "saying", tell)


@app.command()
@expand_options
def retire(record: RecordArgument, *, signing: Signing) -> None:
    """End your record: nobody hires it any more, and its deposit returns."""

    def tell(sent: Inclusion) -> Outcome:
        return Outcome(f"record {get_event(sent, Retired).record} is retired", {"record": record})

    send_one(signing, lambda runtime: make_call(runtime.registry.retire, record), "retiring", tell)


@app.command()
@expand_options
def give(
    record: RecordArgument,
    to: Annotated[str, typer.Argument(metavar="TO", help="Who owns it from then on.")],
    *,
    signing: Signing,
) -> None:
    """Give your record to somebody, with its deposit and all that it will earn."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            heir = session.get_account(to)
            call = make_call(session.chain.runtime.registry.transfer, record, Id(heir))
            sent = await session.send(session.get_key(signing), call, signing, "giving")
            title = f"record {record} is {session.show(get_event(sent, Transferred).to)}'s"
            show_sent(session, title, {"record": record}, {}, (sent,))

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def attest(
    record: RecordArgument,
    attribute: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE...", help="What you have seen: gpu=H200.")
    ],
    *,
    signing: Signing,
    ttl: Annotated[int, typer.Option("--ttl", min=1, help="For how many blocks.")] = SAID_TTL,
) -> None:
    """Say something of anybody's record, with your name and at your expense."""

    def make(runtime: Runtime) -> Call:
        return make_call(runtime.registry.attest, record, make_attributes(attribute), ttl)

    def tell(sent: Inclusion) -> Outcome:
        expires_at = get_event(sent, Attested).expires_at
        fields: dict[str, Json] = {"record": record, "until": f"block #{expires_at}"}
        return Outcome(f"it is said of record {record}", fields)

    send_one(signing, make, "attesting", tell)


@app.command()
@expand_options
def revoke(
    record: RecordArgument,
    *,
    signing: Signing,
    auditor: Annotated[
        str | None,
        typer.Option("--auditor", metavar="WHO", help="Whose, where it counts no longer."),
    ] = None,
) -> None:
    """Take back what you said of a record, or clear away what counts no longer."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair = session.get_key(signing)
            who = pair.account if auditor is None else session.get_account(auditor)
            call = make_call(session.chain.runtime.registry.revoke, record, Id(who))
            sent = await session.send(pair, call, signing, "revoking")
            title = f"it is said no longer of record {get_event(sent, Revoked).record}"
            show_sent(session, title, {"record": record}, {}, (sent,))

    run_command(run, as_json=signing.as_json)
