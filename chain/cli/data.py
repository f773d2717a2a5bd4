"""`soberana data`: publish a dataset's identity, show one."""

from pathlib import Path
from typing import Annotated

import typer

from chain.blobs.upload import hash_file
from chain.cli.failure import run_command
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.records import (
    TTL_DEFAULT,
    ItemsOption,
    ParentOption,
    RoyaltyOption,
    SchemaOption,
    TtlOption,
    get_registered,
    parse_parents,
    parse_percent,
    read_record,
    show_record,
    show_registered,
)
from chain.cli.session import open_session
from chain.wallet.chain_reader import to_hex
from chain.wallet.publishing import RecordTerms, make_open_dataset, make_register_call
from pallets.registry.types import Dataset
from runtime.frame.ai_types import RecordKind

app = typer.Typer(no_args_is_help=True)


@app.command()
@expand_options
def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The data; it stays where it is.")],
    *,
    signing: Signing,
    items: ItemsOption,
    schema: SchemaOption = "",
    royalty: RoyaltyOption = "0%",
    parent: ParentOption = None,
    ttl: TtlOption = TTL_DEFAULT,
) -> None:
    """Publish a dataset by its root, so that models trained on it pay royalties.

    `soberana data upload` brings it to a node, from which anybody fetches it by that root.
    """

    async def run() -> None:
        local = hash_file(file)
        body = make_open_dataset(local.root, local.size_bytes, items, schema)
        terms = RecordTerms(parse_percent(royalty), ttl, parse_parents(parent))
        async with open_session(signing.settings) as session:
            pair, runtime = session.get_key(signing), session.chain.runtime
            call = make_register_call(runtime, body, body.plain_root, terms)
            inclusions = await session.send_all(pair, (call,), signing, "publishing")
            root = to_hex(body.plain_root)
            show_registered(session, get_registered(inclusions), inclusions, {"root": root})

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def show(
    number: Annotated[int, typer.Argument(metavar="ID", min=0, help="The dataset's number.")],
    *,
    settings: Settings,
) -> None:
    """Show a dataset: its owner, root, size and parents."""

    async def run() -> None:
        async with open_session(settings) as session:
            view = await session.chain.read(
                lambda runtime: read_record(runtime, number, RecordKind.DATASET)
            )
            body = view.version.body
            assert isinstance(body, Dataset), "a record's body is of its kind; qed"
            extra: dict[str, str | int] = {
                "root": to_hex(body.plain_root),
                "items": body.items,
                "sizeBytes": body.size_bytes,
                "schemaHash": to_hex(body.schema_hash),
                "access": "open" if body.cipher_root is None else "encrypted",
            }
            show_record(session, view, extra)

    run_command(run, as_json=settings.as_json)
