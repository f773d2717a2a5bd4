"""`soberana data offer-sealed`, `withdraw`, `deliver`, `serve-sales`: to sell encrypted data."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, NoReturn

import trio
import typer

from chain.blobs.upload import hash_file
from chain.cli.failure import run_command
from chain.cli.options import Signing, expand_options
from chain.cli.output import bar, print_error, print_fields, print_json, print_json_line, print_line
from chain.cli.records import (
    TTL_DEFAULT,
    DatasetArgument,
    ItemsOption,
    ParentOption,
    RoyaltyOption,
    SchemaOption,
    TtlOption,
    get_registered,
    parse_parents,
    parse_percent,
)
from chain.cli.session import Session, open_session
from chain.keystore import KeyPair
from chain.wallet.amount import format_amount, parse_amount
from chain.wallet.chain_reader import to_hex
from chain.wallet.errors import (
    ConnectionLost,
    NodeSilent,
    NodeUnreachable,
    TransactionFailed,
    TransactionLost,
    TransactionRefused,
)
from chain.wallet.publishing import RecordTerms, batch_calls, make_register_call
from chain.wallet.sale_keys import SaleKeys
from chain.wallet.sales import iter_sales, make_deliver_call, make_sealed_body, read_order
from chain.wallet.sealed_file import Package, count_source_chunks, pack_file
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.registry.declarations import Updated
from pallets.registry.types import Dataset
from pallets.runtime import Runtime
from pallets.vault import OrderState, SaleTerms
from runtime.frame import Call
from runtime.frame.ai_types import RecordVersion, Role
from runtime.primitives import AccountId, Root

app = typer.Typer()

OrderArgument = Annotated[int, typer.Argument(metavar="ORDER", min=0, help="The order's number.")]

POLL_S: Final = 1
RETRY_S: Final = 5
SALES_FOLDER: Final = "sales"


def open_sale_keys(session: Session) -> SaleKeys:
    """Where this person's secrets of sales are."""
    return SaleKeys(session.places.base_path / SALES_FOLDER)


@app.command("offer-sealed")
@expand_options
def offer_sealed(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The data.")],
    *,
    signing: Signing,
    price: Annotated[str, typer.Option("--price", metavar="AMOUNT", help="What a copy costs.")],
    items: ItemsOption = 1,
    schema: SchemaOption = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="PACKAGE", help="The encrypted file. [default: FILE.sealed]"),
    ] = None,
    deliver_blocks: Annotated[
        int, typer.Option("--deliver", min=1, max=100_000, help="Blocks to deliver a key.")
    ] = 100,
    dispute_blocks: Annotated[
        int, typer.Option("--dispute", min=10, max=100_000, help="Blocks for a buyer to dispute.")
    ] = 100,
    bond: Annotated[
        str, typer.Option("--bond", metavar="AMOUNT", help="Collateral to put down with it.")
    ] = "0 SBR",
    record: Annotated[
        int | None, typer.Option("--record", min=0, help="Your dataset whose next version it is.")
    ] = None,
    royalty: RoyaltyOption = "0%",
    parent: ParentOption = None,
    ttl: TtlOption = TTL_DEFAULT,
) -> None:
    """Encrypt a file, register it and offer it; whoever orders gets the key, sealed."""

    async def run() -> None:
        amount, collateral = parse_amount(price), parse_amount(bond)
        terms = RecordTerms(parse_percent(royalty), ttl, parse_parents(parent))
        async with open_session(signing.settings) as session:
            pair, runtime = session.get_key(signing), session.chain.runtime
            target = file.with_name(f"{file.name}.sealed") if out is None else out
            data_key = open_sale_keys(session).make_key()
            package = pack(file, target, data_key)
            root = hash_file(package.path).root
            body = make_sealed_body(package, data_key, items, schema)
            call = make_record_call(runtime, record, body, root, terms)
            first = await session.send(pair, call, signing, "registering")
            version = read_version(first)
            sale = SaleTerms(version.version, amount, deliver_blocks, dispute_blocks)
            calls = make_offer_calls(runtime, version.record, sale, collateral)
            rest = await session.send_all(pair, batch_calls(runtime, calls), signing, "offering")
            fee = sum(each.fee for each in (first, *rest))
            show_offered(session, version.record, sale, package, root, fee)

    run_command(run, as_json=signing.as_json)


def pack(file: Path, target: Path, data_key: bytes) -> Package:
    """Encrypts, with a bar."""
    chunks = count_source_chunks(file)
    with bar(chunks, f"encrypting {file.name}") as progress:
        return pack_file(
            file, target, data_key, lambda done: progress.show(done, f"encrypting {file.name}")
        )


def make_record_call(
    runtime: Runtime, record: int | None, body: Dataset, root: Root, terms: RecordTerms
) -> Call:
    """Registers a dataset, or gives one that is there its next version, which keeps its terms.

    Its manifest is the package, so that a buyer knows what to fetch.
    """
    if record is None:
        return make_register_call(runtime, body, root, terms)
    return make_call(runtime.registry.update, record, body, root)


def read_version(inclusion: Inclusion) -> RecordVersion:
    """The version that such a call made."""
    for event in inclusion.events:
        if isinstance(event, Updated):
            return RecordVersion(event.record, event.version)
    return RecordVersion(get_registered((inclusion,)).record, 1)


def make_offer_calls(
    runtime: Runtime, record: int, terms: SaleTerms, collateral: int
) -> tuple[Call, ...]:
    """The bond, if there is one, and the offer."""
    offer = make_call(runtime.vault.offer, record, terms)
    if not collateral:
        return (offer,)
    return make_call(runtime.bonds.bond, Role.KEEPER, collateral), offer


def show_offered(
    session: Session, record: int, terms: SaleTerms, package: Package, root: Root, fee: int
) -> None:
    """What is for sale, and what to give to buyers."""
    if session.settings.as_json:
        print_json(
            {
                "id": record,
                "price": str(terms.price),
                "package": str(package.path),
                "packageRoot": to_hex(root),
                "plainRoot": to_hex(package.plain_tree.root),
                "cipherRoot": to_hex(package.cipher_tree.root),
                "sizeBytes": package.size_bytes,
                "fee": str(fee),
            }
        )
        return
    print_fields(
        f"dataset {record} is for sale",
        {
            "price": format_amount(terms.price),
            "package": f"{package.path}: public, give it to whoever wants to buy",
            "root": to_hex(package.plain_tree.root),
            "size": f"{package.size_bytes:,} bytes",
            "fees": format_amount(fee),
            "next": f"soberana data upload {package.path}, soberana data serve-sales",
        },
    )


@app.command()
@expand_options
def withdraw(
    record: DatasetArgument,
    *,
    signing: Signing,
) -> None:
    """End the offer of a sealed dataset; orders go on."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            call = make_call(session.chain.runtime.vault.withdraw, record)
            sent = await session.send(session.get_key(signing), call, signing, "withdrawing")
            if signing.as_json:
                print_json({"id": record, "block": to_hex(sent.block_hash)})
            else:
                print_line(f"dataset {record} is not for sale any more")

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def deliver(
    order: OrderArgument,
    *,
    signing: Signing,
) -> None:
    """Deliver the key of what was ordered, sealed to the order's buyer."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair, keys = session.get_key(signing), open_sale_keys(session)
            view = await session.chain.read(lambda runtime: read_order(runtime, order))
            call = make_deliver_call(session.chain.runtime, view, keys)
            sent = await session.send(pair, call, signing, "delivering")
            if signing.as_json:
                print_json({"order": order, "fee": str(sent.fee), "block": to_hex(sent.block_hash)})
            else:
                print_line(f"order {order} is delivered, for a fee of {format_amount(sent.fee)}")

    run_command(run, as_json=signing.as_json)


@app.command("serve-sales")
@expand_options
def serve_sales(
    *,
    signing: Signing,
    once: Annotated[bool, typer.Option("--once", help="Do what is to be done, and stop.")] = False,
) -> None:
    """Deliver every order whose key is here, and collect what is due, until interrupted."""

    async def run() -> None:
        if once:
            async with open_session(signing.settings) as session:
                await serve_round(session, session.get_key(signing), signing)
        else:
            await keep_serving(signing)

    run_command(run, as_json=signing.as_json)


async def keep_serving(signing: Signing, retry_s: float = RETRY_S) -> NoReturn:
    """Serves at every new block for ever; a node that went away is waited for.

    A node that cannot be reached at the beginning is an error.
    """
    is_known = False
    while True:
        try:
            async with open_session(signing.settings) as session:
                pair, head = session.get_key(signing), None
                is_known = True
                while True:
                    if (best := await session.chain.get_head()) != head:
                        head = best
                        await serve_round(session, pair, signing)
                    await trio.sleep(POLL_S)
        except (ConnectionLost, NodeSilent, NodeUnreachable) as error:
            if not is_known:
                raise
            print_error(f"{error}; trying again", as_json=signing.as_json)
            await trio.sleep(retry_s)


async def serve_round(session: Session, pair: KeyPair, signing: Signing) -> None:
    """Sends what is due of this seller's sales, one call after the other."""
    keys = open_sale_keys(session)
    due = await session.chain.read(lambda runtime: find_due(runtime, pair.account, keys))
    for order, call in due:
        what, fee = "delivered" if call.spec.name == "deliver" else "settled", 0
        try:
            fee = (await session.send(pair, call, signing, f"order {order}")).fee
        except TransactionFailed as error:  # somebody was faster, or it is too late
            what = error.name
        except (TransactionRefused, TransactionLost) as error:  # the next round tries again
            what = str(error)
        if session.settings.as_json:
            print_json_line({"order": order, "what": what, "fee": str(fee)})
        else:
            print_line(f"order {order}: {what}")


def find_due(runtime: Runtime, seller: AccountId, keys: SaleKeys) -> Sequence[tuple[int, Call]]:
    """Deliveries of keys that are owed and here, and pokes of orders whose window is over."""
    now = runtime.system.get_block_number()
    found: list[tuple[int, Call]] = []
    for number, order in iter_sales(runtime, seller):
        if order.state is OrderState.DELIVERED and now > order.until:
            found.append((number, make_call(runtime.vault.poke, number)))
        elif order.state is OrderState.ORDERED and now < order.until:
            view = read_order(runtime, number)
            if keys.has_key(view.sold.key_commit):
                found.append((number, make_deliver_call(runtime, view, keys)))
    return found
