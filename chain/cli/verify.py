"""`soberana verify`: results that wait: look at them, prove them wrong, have them end."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Annotated, Final, TypeAlias

import trio
import typer

from chain.cli.failure import run_command
from chain.cli.job_options import JobArgument
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import Json, print_fields, print_json, print_json_line, print_line
from chain.cli.session import Session, open_session
from chain.wallet.connect import parse_node_url
from chain.wallet.errors import TransactionFailed, WalletError
from chain.wallet.rpc import RpcTimeouts, open_rpc
from chain.wallet.transaction import make_call
from chain.wallet.watching import Move, Watcher
from pallets.runtime import Runtime
from pallets.verify import Claim, ClaimRefuted, Pending, VerdictGiven
from runtime.crypto.ss58 import encode_ss58
from runtime.frame import Call
from runtime.frame.ai_types import Inconclusive, Invalid, SlotId, Valid

app = typer.Typer(no_args_is_help=True)

POLL_S: Final = 0.5

SlotArgument: TypeAlias = Annotated[
    int, typer.Argument(metavar="SLOT", min=0, help="The slot's number, from 0.")
]
SourceOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--source", metavar="URL", help="A node that may serve operands and results. [the node]"
    ),
]


class NoClaim(WalletError):
    """Nobody has submitted a result for a slot."""


@app.command()
@expand_options
def status(job: JobArgument, slot: SlotArgument = 0, *, settings: Settings) -> None:
    """Show the latest claim about a slot, and what it waits for."""
    settings = replace(settings, allow_dev_keys=True)

    async def run() -> None:
        async with open_session(settings) as session:
            at = SlotId(job, slot)
            claim, pending = await session.chain.read(lambda runtime: read_claim(runtime, at))
            show_claim(session, at, claim, pending)

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def challenge(
    job: JobArgument, slot: SlotArgument = 0, *, signing: Signing, source: SourceOption = None
) -> None:
    """Compute a result again, and prove it wrong if it is, or ask for the tile that tells."""

    async def run() -> None:
        async with (
            open_session(signing.settings) as session,
            open_watcher(session, source) as watcher,
        ):
            at = SlotId(job, slot)
            await session.chain.read(lambda runtime: read_claim(runtime, at))
            moves = await watcher.look(await get_number(session), at)
            for move in moves:
                await make_move(session, move, signing)
            if not moves:
                say(session, at, "there is nothing to challenge")

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def watch(
    *,
    signing: Signing,
    source: SourceOption = None,
    blocks: Annotated[
        int | None, typer.Option("--blocks", min=1, help="Stop after so many blocks.")
    ] = None,
) -> None:
    """Compute every result that waits again, and challenge those that are wrong, until Ctrl-C."""

    async def run() -> None:
        async with (
            open_session(signing.settings) as session,
            open_watcher(session, source) as watcher,
        ):
            first = number = await get_number(session)
            while blocks is None or number < first + blocks:
                for move in await watcher.look(number):
                    await make_move(session, move, signing)
                number = await wait_number(session, number)
            if not signing.as_json:
                print_line(f"watched blocks {first} to {number}")

    run_command(run, as_json=signing.as_json)


def _make_simple(name: str, help_text: str) -> None:
    """A command that makes one call about a slot."""

    @app.command(name.partition("_")[0], help=help_text)
    @expand_options
    def simple(job: JobArgument, slot: SlotArgument = 0, *, signing: Signing) -> None:

        async def run() -> None:
            async with open_session(signing.settings) as session:
                at, verify = SlotId(job, slot), session.chain.runtime.verify
                method = {
                    "accept_result": verify.accept_result,
                    "check": verify.check,
                    "poke": verify.poke,
                }[name]
                call = make_call(method, job, slot)
                await make_move(session, Move(at, call, help_text), signing)

        run_command(run, as_json=signing.as_json)


_make_simple("accept_result", "Accept a result of your own job before its time is over.")
_make_simple("check", "Have the pixels drawn again that a block has drawn of a picture.")
_make_simple("poke", "Have the verdict given of a result whose time is over.")


@asynccontextmanager
async def open_watcher(session: Session, sources: Sequence[str] | None) -> AsyncGenerator[Watcher]:
    """A watcher that asks these nodes, or the session's own."""
    async with AsyncExitStack() as stack:
        urls = [parse_node_url(each) for each in sources or ()]
        opened = [await stack.enter_async_context(open_rpc(url, RpcTimeouts())) for url in urls]
        yield Watcher(session.chain, opened or [session.chain.rpc], session.places.blobs)


async def get_number(session: Session) -> int:
    """The best block's."""
    header = await session.chain.get_header(await session.chain.get_head())
    return header.number


async def wait_number(session: Session, known: int) -> int:
    """The number of a later best block."""
    number = known
    while number == known:
        await trio.sleep(POLL_S)
        number = await get_number(session)
    return number


async def make_move(session: Session, move: Move, signing: Signing) -> None:
    """Sends a call, and says what came of it; somebody else may have been quicker."""
    pair, call = session.get_key(signing), move.call
    try:
        inclusion = await session.send(pair, call, signing, call.spec.name)
    except TransactionFailed as error:
        if call.spec.name in ("accept_result", "check", "poke"):
            raise
        say(session, move.at, f"{move.why}, but: {error}")
        return
    said = [text for event in inclusion.events if (text := describe(event)) is not None]
    say(session, move.at, "; ".join([move.why, *said]), call)


def describe(event: object) -> str | None:
    """What an event says of a claim, in words."""
    match event:
        case VerdictGiven(verdict=verdict):
            return f"the verdict is {name_verdict(verdict)}"
        case ClaimRefuted(reward=reward):
            return f"the challenger was paid {reward} planck"
        case _:
            return None


def say(session: Session, at: SlotId, text: str, call: Call | None = None) -> None:
    """One line about a slot, at once."""
    if session.settings.as_json:
        line: dict[str, Json] = {"job": at.job, "slot": at.slot, "what": text}
        print_json_line(line | {"call": None if call is None else call.spec.name})
        return
    print_line(f"job {at.job}, slot {at.slot}: {text}")


def read_claim(runtime: Runtime, at: SlotId) -> tuple[Claim, Pending | None]:
    """The latest claim about a slot; `NoClaim`."""
    claim = runtime.verify.claim.get((at.job, at.slot))
    if claim is None:
        raise NoClaim(f"expected a slot with a result, got slot {at.slot} of job {at.job}")
    return claim, runtime.verify.pending.get((at.job, at.slot))


def show_claim(session: Session, at: SlotId, claim: Claim, pending: Pending | None) -> None:
    """A claim, and what it waits for."""
    demands = () if pending is None else pending.demands
    until = None if pending is None else pending.until
    if session.settings.as_json:
        print_json(
            {
                "job": at.job,
                "slot": at.slot,
                "claim": claim.id,
                "verifier": claim.verifier.name.lower(),
                "claimant": encode_ss58(claim.claimant),
                "verdict": None if claim.verdict is None else name_verdict(claim.verdict),
                "until": until,
                "demands": [{"tile": each.tile, "due": each.due} for each in demands],
            }
        )
        return
    waits = "" if until is None else f"waits until block {until}"
    verdict = waits if claim.verdict is None else name_verdict(claim.verdict)
    fields: dict[str, object] = {
        "by": session.show(claim.claimant),
        "checked by": claim.verifier.name.lower().replace("_", " "),
        "verdict": verdict,
    }
    for each in demands:
        fields[f"tile {each.tile}"] = f"to be shown by block {each.due}"
    print_fields(f"claim {claim.id}: job {at.job}, slot {at.slot}", fields)


def name_verdict(verdict: Valid | Invalid | Inconclusive) -> str:
    """A verdict in words."""
    match verdict:
        case Valid():
            return "valid"
        case Invalid(reason=reason):
            return f"invalid: {reason.name.lower().replace('_', ' ')}"
        case Inconclusive():
            return "inconclusive"
