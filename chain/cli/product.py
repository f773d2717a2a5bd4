"""`soberana job product`: have two matrices multiplied, check the result, and pay for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import trio
import typer

from chain.cli.failure import run_command
from chain.cli.job_options import (
    PRICE_DEFAULT,
    TIMEOUT_DEFAULT,
    PriceOption,
    TimeoutOption,
    parse_price,
)
from chain.cli.options import Signing, expand_options
from chain.cli.output import bar, print_fields, print_json
from chain.cli.session import Session, open_session
from chain.cli.verify import SourceOption, get_number, make_move, open_watcher
from chain.wallet.errors import BadAnswer, NodeSilent
from chain.wallet.fetching import NotServed
from chain.wallet.jobs import read_job, read_outputs
from chain.wallet.model_file import dump_rows_file
from chain.wallet.products import is_product_right, load_matrix, make_product
from chain.wallet.transaction import make_call
from chain.wallet.watching import Watcher
from pallets.market import Product, Terms
from pallets.market.declarations import JobPosted
from pallets.market.types import SlotState
from runtime.frame.ai_types import SlotId, VerifierId
from runtime.primitives import Root
from runtime.programs import MatrixProduct
from runtime.tensor.commitment import STRIP_ROWS, pad_operand
from runtime.tensor.value import Int8Array, Int32Array

app = typer.Typer()

TERMS: Final = Terms(600, 100, 3)
POLL_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Purchase:
    """A product that was asked for."""

    number: int
    program: MatrixProduct
    a: Int8Array
    bt: Int8Array
    """Both padded, the second transposed."""

    parts: dict[int, Int32Array]
    """The results of slots that were found right."""


@app.command()
@expand_options
def product(
    left: Annotated[Path, typer.Argument(metavar="A", help="int8[m, k] (.npy).")],
    right: Annotated[Path, typer.Argument(metavar="B", help="int8[k, n] (.npy).")],
    *,
    signing: Signing,
    save: Annotated[Path, typer.Option("--save", help="Write the product here (.npy).")],
    strips: Annotated[
        int, typer.Option("--strips", min=1, help="32 rows each, in one slot.")
    ] = 128,
    price: PriceOption = PRICE_DEFAULT,
    source: SourceOption = None,
    timeout: TimeoutOption = TIMEOUT_DEFAULT,
) -> None:
    """Have A times B computed by paid providers: a right result is accepted, a wrong one proven."""

    async def run() -> None:
        a, b = load_matrix(left), load_matrix(right)
        program = make_product(a, b, strips)
        async with (
            open_session(signing.settings) as session,
            open_watcher(session, source) as watcher,
        ):
            padded, transposed = pad_operand(a), pad_operand(np.ascontiguousarray(b.T))
            for operand in (padded, transposed):
                session.places.blobs.put_matrix(operand)
            number = await post(session, program, price, signing)
            bought = Purchase(number, program, padded, transposed, {})
            with trio.move_on_after(timeout):
                await settle(session, watcher, bought, signing)
            if len(bought.parts) < program.count_slots():
                raise NodeSilent(str(session.chain.rpc.url), f"the end of job {number}", timeout)
        whole = np.concatenate([bought.parts[slot] for slot in range(program.count_slots())])
        dump_rows_file(whole[: a.shape[0], : b.shape[1]], save)
        shape = f"{a.shape[0]} x {a.shape[1]} x {b.shape[1]}"
        if signing.as_json:
            print_json({"job": number, "slots": len(bought.parts), "product": str(save)})
            return
        print_fields(
            f"job {number}: the product is there",
            {"size": shape, "slots": len(bought.parts), "product": str(save)},
        )

    run_command(run, as_json=signing.as_json)


async def post(session: Session, program: MatrixProduct, price: str, signing: Signing) -> int:
    """Posts the job: its number."""
    pair, market = session.get_key(signing), session.chain.runtime.market
    rule, verifier = parse_price(price), VerifierId.TILE_PROOF
    call = make_call(market.post, Product(program), rule, verifier, TERMS)
    inclusion = await session.send(pair, call, signing, "posting")
    for event in inclusion.events:
        if isinstance(event, JobPosted):
            return event.job
    raise BadAnswer("System.Events", "no job was posted")


async def settle(session: Session, watcher: Watcher, bought: Purchase, signing: Signing) -> None:
    """Until every slot is final: what comes is fetched and checked, then accepted or proven."""
    number = bought.number
    with bar(bought.program.count_slots(), f"job {number}") as progress:
        while True:
            standing = await session.chain.read(lambda runtime: read_job(runtime, number))
            progress.show(standing.final_count, f"job {number}: {len(bought.parts)} slots checked")
            for index, slot in enumerate(standing.slots):
                if slot.state is SlotState.SUBMITTED:
                    await _judge(session, watcher, bought, index, signing)
            if standing.is_finished:
                break
            await trio.sleep(POLL_S)
    for index, root in enumerate(await session.chain.read(lambda r: read_outputs(r, number))):
        if index not in bought.parts:
            result = await watcher.get_result(Root(root), bought.program.get_shape(index))
            if result is None:
                raise NotServed(f"no node serves the result of slot {index}, which was paid for")
            bought.parts[index] = result


async def _judge(
    session: Session, watcher: Watcher, bought: Purchase, index: int, signing: Signing
) -> None:
    """Accepts a result that is right; has another one challenged."""
    at, program = SlotId(bought.number, index), bought.program
    verify = session.chain.runtime.verify
    root = await session.chain.read(lambda runtime: runtime.market.output.get((at.job, at.slot)))
    if root is None:
        return
    first, strips = program.get_strips(index)
    rows = bought.a[first * STRIP_ROWS : (first + strips) * STRIP_ROWS]
    result = await watcher.get_result(Root(root), program.get_shape(index))
    if result is not None and is_product_right(rows, bought.bt, result):
        bought.parts[index] = result
        pair, call = session.get_key(signing), make_call(verify.accept_result, at.job, at.slot)
        await session.send(pair, call, signing, f"accepting slot {index}")
        return
    for move in await watcher.look(await get_number(session), at):
        await make_move(session, move, signing)
