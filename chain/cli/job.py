"""`soberana job`: have a model run over rows, and watch it until the results are there."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import trio
import typer

from chain.cli.failure import run_command
from chain.cli.job_options import (
    PRICE_DEFAULT,
    RUNS_DEFAULT,
    TIMEOUT_DEFAULT,
    EveryOption,
    JobArgument,
    ModelArgument,
    PriceOption,
    ReplicasOption,
    RowsPerSlotOption,
    RunsOption,
    TimeoutOption,
    make_recurrence,
    parse_price,
    parse_verifier,
)
from chain.cli.job_view import describe_source, name_kind, show_job, show_source
from chain.cli.model import find_known_blobs
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import bar, print_fields, print_json, print_line
from chain.cli.session import Session, open_session
from chain.wallet.amount import format_amount
from chain.wallet.chain_reader import to_hex
from chain.wallet.errors import BadAnswer, NodeSilent
from chain.wallet.jobs import JobStanding, read_job, read_output
from chain.wallet.model_file import dump_rows_file, load_rows_file
from chain.wallet.publishing import JobRequest, batch_calls, make_blob_calls, make_post_call
from chain.wallet.submit import Inclusion
from pallets.market.declarations import JobPosted
from pallets.market.recurring import RecurringStarted
from pallets.market.types import SlotState, Terms

app = typer.Typer(no_args_is_help=True)

POLL_S: Final = 1

Describe: TypeAlias = Callable[[JobStanding], Awaitable[str]]
"""What is to be shown of a look at a job, in words."""


@app.command()
@expand_options
def post(
    model: ModelArgument,
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help="The rows to run: int8 (.npy).")],
    *,
    signing: Signing,
    price: PriceOption = PRICE_DEFAULT,
    rows_per_slot: RowsPerSlotOption = 50,
    verifier: Annotated[
        str, typer.Option("--verifier", help="How results are checked: replay or freivalds.")
    ] = "replay",
    open_blocks: Annotated[
        int, typer.Option("--open", min=1, max=100_000, help="Blocks to wait for providers.")
    ] = 600,
    work_blocks: Annotated[
        int, typer.Option("--work", min=1, max=100_000, help="Blocks a provider has for a slot.")
    ] = 100,
    attempts: Annotated[
        int, typer.Option("--attempts", min=1, max=8, help="How often a slot may fail.")
    ] = 3,
    replicas: ReplicasOption = 1,
    every: EveryOption = None,
    runs: RunsOption = RUNS_DEFAULT,
    watch_it: Annotated[bool, typer.Option("--watch", help="Then watch it.")] = False,
    save: Annotated[
        Path | None, typer.Option("--save", help="With --watch: write the results here (.npy).")
    ] = None,
) -> None:
    """Post rows for a model to run on, in slots; the highest price is held until then."""

    async def run() -> None:
        request = JobRequest(
            model,
            load_rows_file(rows),
            rows_per_slot,
            parse_price(price),
            parse_verifier(verifier),
            Terms(open_blocks, work_blocks, attempts),
            replicas,
            make_recurrence(every, runs),
        )
        async with open_session(signing.settings) as session:
            posted, inclusions = await send_job(session, request, signing)
            if watch_it:
                await _watch(session, posted.job, save)
            else:
                _show_posted(session, posted, inclusions)

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def watch(
    number: JobArgument,
    save: Annotated[
        Path | None, typer.Option("--save", help="Write the results here (.npy).")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Show how it stands, do not wait.")] = False,
    timeout: TimeoutOption = TIMEOUT_DEFAULT,
    *,
    settings: Settings,
) -> None:
    """Watch a job until every slot is settled or refunded."""
    settings = replace(settings, allow_dev_keys=True)

    async def run() -> None:
        async with open_session(settings) as session:
            if once:
                standing = await session.chain.read(lambda runtime: read_job(runtime, number))
                show_job(session, standing)
            else:
                await _watch(session, number, save, timeout)

    run_command(run, as_json=settings.as_json)


async def send_job(
    session: Session, request: JobRequest, signing: Signing
) -> tuple[JobPosted, tuple[Inclusion, ...]]:
    """Stores the rows if the signer does not pay for them yet, then posts the job."""
    pair, runtime = session.get_key(signing), session.chain.runtime
    contents = (request.rows.tobytes(),)
    known = await find_known_blobs(session, pair.account, contents)
    calls = [*make_blob_calls(runtime, known, contents), make_post_call(runtime, request)]
    inclusions = await session.send_all(pair, batch_calls(runtime, calls), signing, "posting")
    for event in inclusions[-1].events:
        if isinstance(event, JobPosted):
            return event, inclusions
    raise BadAnswer("System.Events", "no job was posted")


async def wait_finished(
    session: Session, number: int, timeout_s: float, describe: Describe | None = None
) -> JobStanding:
    """The job once every slot is final, looked at once a second; `NodeSilent` after the time.

    ``describe`` says in words what is to be shown of each look.
    """
    standing = await session.chain.read(lambda runtime: read_job(runtime, number))
    with bar(standing.job.slots, f"job {number}") as progress:
        with trio.move_on_after(timeout_s):
            while not standing.is_finished:
                shown = (
                    _describe_progress(standing) if describe is None else await describe(standing)
                )
                progress.show(standing.final_count, shown)
                await trio.sleep(POLL_S)
                standing = await session.chain.read(lambda runtime: read_job(runtime, number))
            return standing
    raise NodeSilent(str(session.chain.rpc.url), f"the end of job {number}", timeout_s)


async def _watch(
    session: Session, number: int, save: Path | None, timeout_s: float = 3_600
) -> None:
    standing = await wait_finished(session, number, timeout_s)
    if save is not None:
        output = await session.chain.read(lambda runtime: read_output(runtime, number))
        dump_rows_file(output, save)
    show_job(session, standing)
    if save is not None and not session.settings.as_json:
        print_line(f"the results are in {save}")


def _describe_progress(standing: JobStanding) -> str:
    waiting, working = standing.count(SlotState.OPEN), standing.count(SlotState.LOCKED)
    return f"job {standing.number}: {waiting} slots open, {working} at work"


def _show_posted(session: Session, posted: JobPosted, inclusions: tuple[Inclusion, ...]) -> None:
    fee = sum(inclusion.fee for inclusion in inclusions)
    again = [e for each in inclusions for e in each.events if isinstance(e, RecurringStarted)]
    if session.settings.as_json:
        print_json(
            {
                "job": posted.job,
                "kind": posted.kind.name.lower(),
                **describe_source(posted.source),
                "slots": posted.slots,
                "escrow": str(posted.escrow),
                "recurring": again[0].recurring if again else None,
                "fee": str(fee),
                "block": to_hex(inclusions[-1].block_hash),
            }
        )
        return
    print_fields(
        f"job {posted.job} is open",
        {
            "kind": name_kind(posted.kind),
            "source": show_source(posted.source),
            "slots": posted.slots,
            "in escrow": format_amount(posted.escrow),
            **{
                f"recurring job {each.recurring}": f"{format_amount(each.reserve)} for "
                f"{each.runs - 1} more runs"
                for each in again
            },
            "fees": format_amount(fee),
            "next": f"soberana job watch {posted.job}",
        },
    )
