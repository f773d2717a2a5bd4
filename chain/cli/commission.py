"""`soberana commission`: buy what only you can judge, or make it for others."""

from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from chain.blobs import open_partial_file
from chain.cli.failure import run_command
from chain.cli.job_options import JobArgument, PriceOption, parse_price
from chain.cli.model import find_known_blobs
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import Json, print_fields, print_json, print_line, print_table
from chain.cli.program_job import read_file, write_file
from chain.cli.sending import Outcome, get_event, send_one, show_sent
from chain.cli.session import Session, open_session
from chain.cli.transfer import SizeMaxOption, SourceOption, fetch_to
from chain.cli.verify import SlotArgument
from chain.wallet.amount import format_amount
from chain.wallet.chain_reader import to_hex
from chain.wallet.commissions import (
    CommissionStanding,
    read_answer,
    read_brief,
    read_commission,
)
from chain.wallet.errors import WalletError
from chain.wallet.publishing import batch_calls, make_blob_calls
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.market import Commission, Terms
from pallets.market.declarations import JobPosted, Rejected, Settled, SlotLocked, Submitted
from runtime.claim import compute_claim_roots, compute_commitment
from runtime.crypto.ss58 import encode_ss58
from runtime.frame.ai_types import BLOB_BYTES_MAX, SlotId, VerifierId
from runtime.tensor.blob import blob_root

app = typer.Typer(no_args_is_help=True)

PRICE_DEFAULT: Final = "5 SBR"
ANSWER_BYTES_MAX: Final = 2**30
"""A root does not tell how large a stranger's answer is: more has to be asked for."""


@app.command()
@expand_options
def post(
    brief: Annotated[Path, typer.Argument(metavar="BRIEF", help="A file that says what you want.")],
    *,
    signing: Signing,
    price: PriceOption = PRICE_DEFAULT,
    results: Annotated[int, typer.Option("--results", min=1, help="How many answers you buy.")] = 1,
    review: Annotated[
        int,
        typer.Option("--review", min=10, max=100_000, help="Blocks in which you may reject one."),
    ] = 100,
    open_blocks: Annotated[
        int, typer.Option("--open", min=1, max=100_000, help="Blocks to wait for providers.")
    ] = 600,
    work_blocks: Annotated[
        int, typer.Option("--work", min=1, max=100_000, help="Blocks a provider has for one.")
    ] = 200,
) -> None:
    """Ask for files that answer a brief. What you do not reject in time is paid."""

    async def run() -> None:
        content, rule = load_brief(brief), parse_price(price)
        spec, terms = (
            Commission(blob_root(content), results, review),
            Terms(open_blocks, work_blocks, 3),
        )
        async with open_session(signing.settings) as session:
            pair, runtime = session.get_key(signing), session.chain.runtime
            known = await find_known_blobs(session, pair.account, (content,))
            call = make_call(runtime.market.post, spec, rule, VerifierId.BUYER_ACCEPT, terms)
            calls = batch_calls(runtime, [*make_blob_calls(runtime, known, (content,)), call])
            inclusions = await session.send_all(pair, calls, signing, "posting")
            posted = get_event(inclusions[-1], JobPosted)
            if signing.as_json:
                told: dict[str, Json] = {"job": posted.job, "results": results}
                print_json({**told, "escrow": str(posted.escrow), "reviewBlocks": review})
                return
            print_fields(
                f"commission {posted.job} is open",
                {
                    "results": results,
                    "in escrow": format_amount(posted.escrow),
                    "to review each": f"{review} blocks; then it is accepted",
                    "next": f"soberana commission status {posted.job}",
                },
            )

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def status(job: JobArgument, *, settings: Settings) -> None:
    """Show the answers of a commission, and until when each can be rejected."""

    async def run() -> None:
        async with open_session(settings) as session:
            standing = await session.chain.read(lambda runtime: read_commission(runtime, job))
            show_standing(session, job, standing)

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def brief(
    job: JobArgument,
    *,
    settings: Settings,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it here, byte by byte.")
    ] = None,
) -> None:
    """Read what a commission asks for."""

    async def run() -> None:
        async with open_session(settings) as session:
            content = await session.chain.read(lambda runtime: read_brief(runtime, job))
        if out is not None:
            write_file(out, content)
        text = content.decode("utf-8", "backslashreplace")
        if settings.as_json:
            print_json({"job": job, "brief": text, "sizeBytes": len(content)})
        else:
            print_line(text if out is None else f"{out}: {len(content):_} bytes")

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def fetch(
    job: JobArgument,
    slot: SlotArgument = 0,
    *,
    settings: Settings,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where it goes.")],
    source: SourceOption = None,
    size_max: SizeMaxOption = ANSWER_BYTES_MAX,
) -> None:
    """Fetch an answer from whoever serves it, each part proven as it comes."""

    async def run() -> None:
        async with open_session(settings) as session:
            root = await session.chain.read(lambda runtime: read_answer(runtime, job, slot))
        size = await fetch_to(
            root,
            source or [settings.node],
            partial(open_partial_file, out, root),
            size_max=size_max,
        )
        if settings.as_json:
            print_json({"root": to_hex(root), "sizeBytes": size, "file": str(out)})
        else:
            print_line(f"{out}: {size:_} bytes under {to_hex(root)}")

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def accept(job: JobArgument, slot: SlotArgument = 0, *, signing: Signing) -> None:
    """Accept an answer of your own commission: its provider is paid now."""

    def tell(inclusion: Inclusion) -> Outcome:
        paid = get_event(inclusion, Settled).paid
        return Outcome(name_slot(job, slot, "accepted"), {}, {"paid": paid})

    send_one(signing, lambda it: make_call(it.verify.accept_result, job, slot), "accepting", tell)


@app.command()
@expand_options
def reject(job: JobArgument, slot: SlotArgument = 0, *, signing: Signing) -> None:
    """Reject an answer: its price is burned, and as much of what its provider has locked.

    Nothing comes back: it costs what accepting does, so that nobody has anything from a lie.
    """

    def tell(inclusion: Inclusion) -> Outcome:
        event = get_event(inclusion, Rejected)
        amounts = {"burned": event.price, "collateral": event.collateral}
        return Outcome(name_slot(job, slot, "rejected"), {}, amounts)

    send_one(signing, lambda it: make_call(it.verify.reject_result, job, slot), "rejecting", tell)


@app.command()
@expand_options
def take(
    job: JobArgument,
    slot: SlotArgument = 0,
    *,
    signing: Signing,
    record: Annotated[
        int, typer.Option("--record", min=0, help="Your provider record, which names commissions.")
    ],
) -> None:
    """Take a slot of a commission, to answer it yourself before its deadline."""

    def tell(inclusion: Inclusion) -> Outcome:
        locked = get_event(inclusion, SlotLocked)
        amounts = {"price": locked.price, "collateral": locked.bond}
        return Outcome(name_slot(job, slot, "yours"), {"deadline": locked.deadline}, amounts)

    send_one(signing, lambda it: make_call(it.market.lock, job, slot, record), "taking", tell)


@app.command()
@expand_options
def deliver(
    job: JobArgument,
    slot: SlotArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The answer.")],
    *,
    signing: Signing,
) -> None:
    """Deliver a file: it goes into the store below the base path, its root into the chain."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            root, pair = session.places.blobs.put_file(file), session.get_key(signing)
            at, genesis = SlotId(job, slot), session.chain.genesis_hash
            roots = compute_claim_roots(bytes(root), b"")
            commitment = compute_commitment(genesis, at, pair.account, roots)
            submit = session.chain.runtime.market.submit
            call = make_call(submit, job, slot, commitment, bytes(root))
            inclusion = await session.send(pair, call, signing, "delivering")
            claim = get_event(inclusion, Submitted).claim
            fields: dict[str, Json] = {"claim": claim, "root": to_hex(root)}
            show_sent(session, name_slot(job, slot, "delivered"), fields, {}, (inclusion,))

    run_command(run, as_json=signing.as_json)


def load_brief(path: Path) -> bytes:
    """A brief from a file; `WalletError` unless it fits the state."""
    content = read_file(path)
    if not 1 <= len(content) <= BLOB_BYTES_MAX:
        raise WalletError(f"{path}: expected 1 to {BLOB_BYTES_MAX} bytes, got {len(content)}")
    return content


def name_slot(job: int, slot: int, what: str) -> str:
    """What has become of a slot."""
    return f"commission {job}, slot {slot}: {what}"


def show_standing(session: Session, number: int, standing: CommissionStanding) -> None:
    """A commission, answer by answer."""
    answers = standing.answers
    if session.settings.as_json:
        slots: list[Json] = [
            {
                "slot": index,
                "state": each.slot.state.name.lower(),
                "provider": None if each.slot.provider is None else encode_ss58(each.slot.provider),
                "price": str(each.slot.price),
                "root": None if each.root is None else to_hex(each.root),
                "rejectUntil": each.until,
            }
            for index, each in enumerate(answers)
        ]
        print_json({"job": number, "block": standing.block_number, "slots": slots})
        return
    rows = [
        (
            index,
            each.slot.state.name.lower(),
            "" if each.slot.provider is None else session.show(each.slot.provider),
            format_amount(each.slot.price) if each.slot.price else "",
            "" if each.until is None else f"reject until #{each.until}",
            "" if each.root is None else to_hex(each.root)[:18] + "…",
        )
        for index, each in enumerate(answers)
    ]
    title = f"commission {number} at block #{standing.block_number}"
    print_table(title, ("slot", "state", "provider", "price", "review", "answer"), rows)
