"""`soberana data order`, `open`, `dispute`, `settle`, `sale`: to buy encrypted data."""

from pathlib import Path
from typing import Annotated

import typer

from chain.cli.failure import WrongUse, run_command
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import bar, print_fields, print_json, print_line
from chain.cli.records import DatasetArgument
from chain.cli.selling import OrderArgument, open_sale_keys
from chain.cli.session import Session, open_session
from chain.wallet.amount import format_amount
from chain.wallet.chain_reader import to_hex
from chain.wallet.errors import BadAnswer
from chain.wallet.sale_keys import SaleKeys
from chain.wallet.sales import (
    BadDelivery,
    OrderView,
    make_order_call,
    open_delivery,
    read_offer,
    read_order,
)
from chain.wallet.sealed_file import (
    Package,
    count_package_chunks,
    ensure_package,
    find_bad_chunk,
    load_package,
    unpack_file,
)
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.runtime import Runtime
from pallets.vault import OrderState
from pallets.vault.declarations import ChunkDisputed, KeyDisputed, Ordered, Released
from runtime.crypto.ss58 import encode_ss58
from runtime.frame import Call

app = typer.Typer()

PackageArgument = Annotated[
    Path, typer.Argument(metavar="PACKAGE", help="The encrypted file that the seller gave out.")
]


@app.command()
@expand_options
def order(
    record: DatasetArgument,
    package: PackageArgument,
    *,
    signing: Signing,
) -> None:
    """Check a package against its record, then put the price on hold and ask for the key."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair, runtime = session.get_key(signing), session.chain.runtime
            offer, sold = await session.chain.read(lambda at: read_offer(at, record))
            keys, loaded = open_sale_keys(session), load(package)
            call = make_order_call(runtime, record, offer, sold, loaded, keys)
            show_ordered(session, await session.send(pair, call, signing, "ordering"))

    run_command(run, as_json=signing.as_json)


def load(path: Path) -> Package:
    """Reads a package, with a bar."""
    what = f"checking {path.name}"
    with bar(count_package_chunks(path), what) as progress:
        return load_package(path, lambda done: progress.show(done, what))


def show_ordered(session: Session, sent: Inclusion) -> None:
    """The order's number, and until when the seller has time."""
    ordered = next((each for each in sent.events if isinstance(each, Ordered)), None)
    if ordered is None:
        raise BadAnswer("System.Events", "nothing was ordered")
    if session.settings.as_json:
        print_json(
            {
                "order": ordered.order,
                "dataset": ordered.record,
                "price": str(ordered.price),
                "until": ordered.until,
                "fee": str(sent.fee),
                "block": to_hex(sent.block_hash),
            }
        )
        return
    print_fields(
        f"order {ordered.order} is placed",
        {
            "seller": session.show(ordered.seller),
            "on hold": format_amount(ordered.price),
            "collateral": f"{format_amount(ordered.bond)} of the seller's",
            "delivery by": f"block #{ordered.until}",
            "next": f"soberana data open {ordered.order} PACKAGE --out FILE",
        },
    )


@app.command("open")
@expand_options
def open_order(
    number: OrderArgument,
    package: PackageArgument,
    *,
    settings: Settings,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the data goes.")],
) -> None:
    """Decrypt what was delivered, checking every chunk; dispute it if anything is wrong."""

    async def run() -> None:
        async with open_session(settings) as session:
            view = await session.chain.read(lambda at: read_order(at, number))
            loaded = load(package)
            ensure_package(loaded, view.sold)
            data_key = open_delivery(view, open_sale_keys(session))
            what = f"decrypting {package.name}"
            with bar(loaded.plain_tree.chunks_count, what) as progress:
                bad = unpack_file(loaded, data_key, out, lambda done: progress.show(done, what))
            if bad is not None:
                raise BadDelivery(
                    f"order {number}: chunk {bad} is not what was listed; have your money back "
                    f"with `soberana data dispute {number} {package}` until block "
                    f"#{view.order.until}"
                )
            root = to_hex(loaded.plain_tree.root)
            if settings.as_json:
                print_json({"order": number, "file": str(out), "root": root})
            else:
                print_line(f"{out}: {loaded.size_bytes:,} bytes, all of them under {root}")

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def dispute(number: OrderArgument, package: PackageArgument, *, signing: Signing) -> None:
    """Find what is wrong with a delivery and show it to the chain: money back, seller slashed.

    A dispute shows the order's secret, and with it the key, to everybody.
    """

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair, keys = session.get_key(signing), open_sale_keys(session)
            view = await session.chain.read(lambda at: read_order(at, number))
            loaded = load(package)
            ensure_package(loaded, view.sold)
            call = make_dispute_call(session.chain.runtime, view, loaded, keys)
            sent = await session.send(pair, call, signing, "disputing")
            show_disputed(session, number, sent)

    run_command(run, as_json=signing.as_json)


def make_dispute_call(runtime: Runtime, view: OrderView, package: Package, keys: SaleKeys) -> Call:
    """The dispute that will be won; `WrongUse` where nothing is wrong: it would only cost."""
    secret = keys.get_secret(view.order.once_pk)
    try:
        data_key = open_delivery(view, keys)
    except BadDelivery:
        return make_call(runtime.vault.dispute_key, view.number, secret)
    bad = find_bad_chunk(package, data_key)
    if bad is None:
        raise WrongUse(f"order {view.number}: the key is right, and so is every chunk")
    return make_call(runtime.vault.dispute_chunk, view.number, secret, package.prove(bad))


def show_disputed(session: Session, number: int, sent: Inclusion) -> None:
    """What the runtime found."""
    disputed = [each for each in sent.events if isinstance(each, KeyDisputed | ChunkDisputed)]
    fault = disputed[0].fault if disputed else None
    if fault is None:
        raise BadAnswer("System.Events", "the dispute found no fault")
    name = fault.name.lower().replace("_", " ")
    if session.settings.as_json:
        print_json({"order": number, "fault": name, "fee": str(sent.fee)})
    else:
        print_line(f"order {number}: {name}; your money is back, and the seller is slashed")


@app.command()
@expand_options
def settle(number: OrderArgument, *, signing: Signing) -> None:
    """End an order whose time is over: refund it, pay for it, or take back the deposit."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair, vault = session.get_key(signing), session.chain.runtime.vault
            view = await session.chain.read(lambda at: read_order(at, number))
            is_over = view.order.state is OrderState.SETTLED
            call = make_call(vault.close if is_over else vault.poke, number)
            sent = await session.send(pair, call, signing, "settling")
            is_paid = any(isinstance(each, Released) for each in sent.events)
            what = "closed" if is_over else "paid" if is_paid else "refunded"
            if signing.as_json:
                print_json({"order": number, "what": what, "fee": str(sent.fee)})
            else:
                print_line(f"order {number} is {what}")

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def sale(number: OrderArgument, *, settings: Settings) -> None:
    """Show how an order stands."""

    async def run() -> None:
        async with open_session(settings) as session:
            view = await session.chain.read(lambda at: read_order(at, number))
            show_order(session, view)

    run_command(run, as_json=settings.as_json)


def show_order(session: Session, view: OrderView) -> None:
    """An order for people or programs."""
    entry, state = view.order, view.order.state.name.lower()
    if session.settings.as_json:
        print_json(
            {
                "order": view.number,
                "dataset": entry.record,
                "version": entry.terms.version,
                "state": state,
                "buyer": encode_ss58(entry.buyer),
                "seller": encode_ss58(entry.seller),
                "price": str(entry.terms.price),
                "escrow": str(entry.escrow),
                "bond": str(entry.bond),
                "until": entry.until,
                "due": view.is_due,
                "box": None if entry.sealed_box is None else to_hex(entry.sealed_box),
            }
        )
        return
    print_fields(
        f"order {view.number}: {state}",
        {
            "dataset": f"{entry.record}, version {entry.terms.version}",
            "buyer": session.show(entry.buyer),
            "seller": session.show(entry.seller),
            "price": format_amount(entry.terms.price),
            "on hold": format_amount(entry.escrow),
            "collateral": format_amount(entry.bond),
            "until": f"block #{entry.until}{', which is over' if view.is_due else ''}",
        },
    )
