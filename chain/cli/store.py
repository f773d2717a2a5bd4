"""`soberana store`: keep files for others, or have them kept, and audited."""

import os
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from chain.blobs import BlobStore
from chain.blobs.collecting import find_pinned_roots
from chain.cli import lease
from chain.cli.failure import guard, run_command
from chain.cli.options import (
    BasePathOption,
    JsonOption,
    Settings,
    Signing,
    expand_options,
)
from chain.cli.output import print_fields, print_json, print_line
from chain.cli.places import find_places
from chain.cli.session import Session, open_session
from chain.cli.transfer import SourceOption, fetch_to, parse_root
from chain.clock import SystemClock
from chain.wallet.amount import parse_amount
from chain.wallet.chain_reader import to_hex
from chain.wallet.errors import WalletError
from chain.wallet.leasing import NotKept, OfferRequest
from chain.wallet.replica import (
    SALT_BYTES,
    decrypt_replica,
    encrypt_replica,
    load_key_file,
    make_key_file,
)
from pallets.leases import Replica, StorageTerms
from runtime.primitives import Root
from runtime.tensor.chunks import count_chunks

app = typer.Typer(no_args_is_help=True)

DAY_S: Final = 86_400

RootArgument = Annotated[str, typer.Argument(metavar="ROOT", help="Its root, 0x and 64 digits.")]


@app.command()
def put(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to keep.")],
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", help="Encrypt it with this key, which is made if missing."),
    ] = None,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a file into the store below the base path, and tell its root.

    With a key every time makes another ciphertext, as several keepers need them.
    """

    def run() -> None:
        store = find_places(base_path).blobs
        root = store.put_file(file) if key_file is None else put_encrypted(store, file, key_file)
        size = store.get_chunked_size(root)
        assert size is not None, "it was just put; qed"
        told, chunks = to_hex(root), count_chunks(size)
        if as_json:
            print_json({"root": told, "sizeBytes": size, "chunks": chunks})
        else:
            print_fields(f"{file} is kept", {"root": told, "size": size, "chunks": chunks})

    guard(run, as_json=as_json)


def put_encrypted(store: BlobStore, file: Path, key_file: Path) -> Root:
    """Puts a ciphertext like no other into the store; its root."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise WalletError(f"{file}: cannot be read: {error.strerror}") from error
    if not content:
        raise WalletError(f"{file}: expected data, got an empty file")
    make_key_file(key_file)
    salt = os.urandom(SALT_BYTES)
    return store.put_chunks(encrypt_replica(load_key_file(key_file), salt, content))


@app.command()
def get(
    root: RootArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="Decrypt it with this key.")
    ] = None,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a kept file out again, checked against its root."""

    def run() -> None:
        content = find_places(base_path).blobs.get_chunked(parse_root(root))
        if key_file is not None:
            content = decrypt_replica(load_key_file(key_file), content)
        try:
            file.write_bytes(content)
        except OSError as error:
            raise WalletError(f"{file}: cannot be written: {error.strerror}") from error
        if as_json:
            print_json({"root": root, "sizeBytes": len(content)})
        else:
            print_line(f"{file}: {len(content):_} bytes")

    guard(run, as_json=as_json)


@app.command()
@expand_options
def fetch(root: RootArgument, source: SourceOption = None, *, settings: Settings) -> None:
    """Fetch a file from nodes that serve it, each part proven, into the store."""

    async def run() -> None:
        wanted, store = parse_root(root), find_places(settings.base_path).blobs
        size = store.get_chunked_size(wanted)
        if size is None:
            size = await fetch_to(
                wanted, source or [settings.node], partial(store.open_partial, wanted)
            )
        if settings.as_json:
            print_json({"root": root, "sizeBytes": size})
        else:
            print_line(f"{size:_} bytes fetched")

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def collect(
    older_than: Annotated[
        int, typer.Option("--older-than", min=0, metavar="DAYS", help="Spare what is younger.")
    ] = 7,
    *,
    settings: Settings,
) -> None:
    """Delete old files that no record, lease or commission names, and what was left of uploads."""

    async def run() -> None:
        async with open_session(settings) as session:
            store, pinned = session.places.blobs, await session.chain.read(find_pinned_roots)
            before_s = SystemClock().now_ms() / 1_000 - older_than * DAY_S
            freed = store.collect_chunks(pinned, before_s) + store.collect_partials(before_s)
        if settings.as_json:
            print_json({"freedBytes": freed})
        else:
            print_line(f"{freed:_} bytes freed")

    run_command(run, as_json=settings.as_json)


@app.command()
@expand_options
def offer(
    *,
    signing: Signing,
    record: lease.RecordOption,
    rate: lease.RateOption = "0.001 SBR",
    capacity: Annotated[
        int, typer.Option("--capacity", min=1, max=2**20, help="How many MiB you keep at a time.")
    ] = 1_024,
    every: Annotated[
        int, typer.Option("--every", min=2, max=33_333, help="Blocks from audit to audit.")
    ] = 100,
    answer: Annotated[
        int, typer.Option("--answer", min=1, max=1_000, help="Blocks to answer an audit in.")
    ] = 20,
    draws: Annotated[
        int, typer.Option("--draws", min=1, max=32, help="Chunks that an audit asks for.")
    ] = 20,
    least: lease.LeastOption = lease.MIN_BLOCKS_DEFAULT,
    notice: lease.NoticeOption = 300,
    bond: lease.BondOption = "0 SBR",
) -> None:
    """Offer to keep files, at a rate for each started MiB and each block."""
    terms = StorageTerms(every, answer, draws)
    request = guard(
        lambda: OfferRequest(
            record, terms, parse_amount(rate), least, notice, capacity, parse_amount(bond)
        ),
        as_json=signing.as_json,
    )
    lease.post_offer(signing, request)


@app.command("lease")
@expand_options
def start(
    offer: lease.OfferArgument,
    root: RootArgument,
    *,
    signing: Signing,
    amount: lease.AmountOption,
    size: Annotated[
        int | None, typer.Option("--size", min=1, help="Its bytes, where it is not in your store.")
    ] = None,
) -> None:
    """Have a file kept under an offer; encrypt it first, each copy with a key of its own."""

    def get_replica(session: Session) -> Replica:
        wanted = parse_root(root)
        found = session.places.blobs.get_chunked_size(wanted) if size is None else size
        if found is None:
            raise NotKept(f"{root} is not in the store: put it there, or give its --size")
        return Replica(wanted, found)

    lease.start_lease(signing, offer, get_replica, amount)


@app.command()
def drop(root: RootArgument, base_path: BasePathOption = None, as_json: JsonOption = False) -> None:
    """Delete a kept file; whoever does so while it is leased loses its collateral."""

    def run() -> None:
        find_places(base_path).blobs.remove_chunks(parse_root(root))
        if as_json:
            print_json({"dropped": root})
        else:
            print_line(f"{root} is no longer kept")

    guard(run, as_json=as_json)


for command in (lease.status, lease.close, lease.reclaim):
    app.command()(command)
app.command("top-up")(lease.top_up)
