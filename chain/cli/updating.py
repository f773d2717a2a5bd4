"""`soberana model update`, `data update` and `provider update`: a record's next version."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from chain.blobs.upload import hash_file
from chain.cli.failure import run_command
from chain.cli.job_kinds import KindOption, parse_kinds
from chain.cli.licensing import RecordArgument
from chain.cli.model import get_manifest, send_with_tensors
from chain.cli.options import Signing, expand_options
from chain.cli.provider import parse_attributes
from chain.cli.records import ItemsOption, RecordView, SchemaOption, read_record
from chain.cli.sending import get_event, show_sent
from chain.cli.session import Session, open_session
from chain.keystore import KeyPair
from chain.models.model_files import load_any_model
from chain.wallet.amount import parse_amount
from chain.wallet.errors import WalletError
from chain.wallet.publishing import make_model_body, make_open_dataset
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.registry.declarations import Updated
from pallets.registry.types import Attribute, Dataset, KindPrice, Provider
from runtime.codec import encode
from runtime.frame.ai_types import RecordKind
from runtime.tensor.blob import blob_root

models, datasets, providers = typer.Typer(), typer.Typer(), typer.Typer()


class NotChangeable(WalletError):
    """The record cannot have a new version, or not of this signer or kind."""


@models.command("update")
@expand_options
def update_model(
    record: RecordArgument,
    file: Annotated[Path, typer.Argument(help="A model file (.safetensors or .npz).")],
    *,
    signing: Signing,
) -> None:
    """Give your model a new version; jobs that are open keep the one that they asked for."""

    async def run() -> None:
        model = load_any_model(file)
        async with open_session(signing.settings) as session:
            pair, update = session.get_key(signing), session.chain.runtime.registry.update
            await read_own(session, pair, record, RecordKind.MODEL)
            call = make_call(update, record, make_model_body(model), get_manifest(model))
            sent = await send_with_tensors(session, pair, model, call, signing, "sending")
            show_updated(session, sent)

    run_command(run, as_json=signing.as_json)


@datasets.command("update")
@expand_options
def update_dataset(
    record: RecordArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The data; it stays where it is.")],
    *,
    signing: Signing,
    items: ItemsOption,
    schema: SchemaOption = "",
) -> None:
    """Give your dataset a new version, by its root."""

    async def run() -> None:
        local = hash_file(file)
        body = make_open_dataset(local.root, local.size_bytes, items, schema)
        async with open_session(signing.settings) as session:
            pair, update = session.get_key(signing), session.chain.runtime.registry.update
            view = await read_own(session, pair, record, RecordKind.DATASET)
            ensure_open(view)
            call = make_call(update, record, body, body.plain_root)
            sent = await session.send(pair, call, signing, "sending")
            show_updated(session, (sent,))

    run_command(run, as_json=signing.as_json)


@providers.command("update")
@expand_options
def update_provider(
    record: RecordArgument,
    *,
    signing: Signing,
    price: Annotated[
        str | None, typer.Option("--price", metavar="AMOUNT", help="The least for a slot.")
    ] = None,
    parallel: Annotated[
        int | None, typer.Option("--parallel", min=1, max=1_024, help="Slots at a time.")
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", help="Where you can be reached.")
    ] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option("--attribute", metavar="NAME=VALUE", help="What you have: gpu=H200."),
    ] = None,
    kind: KindOption = None,
) -> None:
    """Change what your record as a provider says; what is not named stays."""

    def change(body: Provider) -> Provider:
        kinds = [each.kind for each in body.prices] if kind is None else parse_kinds(kind)
        asked = {each.kind: each.unit_price for each in body.prices}
        least = max(asked.values()) if price is None else parse_amount(price)
        prices = tuple(
            KindPrice(each, asked.get(each, least) if price is None else least) for each in kinds
        )
        says = body.attributes if attribute is None else make_attributes(attribute)
        return Provider(
            body.endpoint if endpoint is None else endpoint,
            says,
            prices,
            body.max_parallel if parallel is None else parallel,
        )

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair, update = session.get_key(signing), session.chain.runtime.registry.update
            view = await read_own(session, pair, record, RecordKind.PROVIDER)
            assert isinstance(view.version.body, Provider), "a body is of its record's kind; qed"
            body = change(view.version.body)
            call = make_call(update, record, body, blob_root(encode(body)))
            sent = await session.send(pair, call, signing, "sending")
            show_updated(session, (sent,))

    run_command(run, as_json=signing.as_json)


async def read_own(session: Session, pair: KeyPair, record: int, kind: RecordKind) -> RecordView:
    """What is to be changed, before anything is paid for; `NoSuchRecord`, `NotChangeable`."""
    view = await session.chain.read(lambda runtime: read_record(runtime, record, kind))
    owner = view.record.owner
    if owner != pair.account:
        mine, theirs = session.show(pair.account), session.show(owner)
        raise NotChangeable(f"expected a record of {mine}, got {record}, which is {theirs}'s")
    if view.standing != "active":
        raise NotChangeable(f"expected a record that is active, got {record}: {view.standing}")
    return view


def ensure_open(view: RecordView) -> None:
    """`NotChangeable` for an encrypted dataset: its next version needs a key, and a package."""
    body = view.version.body
    assert isinstance(body, Dataset), "a body is of its record's kind; qed"
    if body.cipher_root is not None:
        raise NotChangeable(
            f"expected a dataset in the open, got {view.number}, which is encrypted; "
            f"`soberana data offer-sealed FILE --record {view.number}` makes its next version"
        )


def make_attributes(texts: list[str]) -> tuple[Attribute, ...]:
    """Attributes in the order of their names."""
    return tuple(Attribute(*each) for each in sorted(parse_attributes(texts).items()))


def show_updated(session: Session, inclusions: Sequence[Inclusion]) -> None:
    """Tells the number of the new version, and what it cost."""
    event = get_event(inclusions[-1], Updated)
    title = f"record {event.record} has version {event.version}"
    fields = {"record": event.record, "version": event.version}
    show_sent(session, title, fields, {}, tuple(inclusions))
