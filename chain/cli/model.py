"""`soberana model`: register a model with its tensors, show one, make a sample."""

from pathlib import Path
from typing import Annotated

import typer

from chain.blobs import store_tensor
from chain.cli import model_import
from chain.cli.failure import guard, run_command
from chain.cli.options import (
    JsonOption,
    Settings,
    Signing,
    expand_options,
)
from chain.cli.output import print_json, print_line, waiting
from chain.cli.records import (
    TTL_DEFAULT,
    ParentOption,
    RoyaltyOption,
    TtlOption,
    get_registered,
    parse_parents,
    parse_percent,
    read_record,
    show_record,
    show_registered,
)
from chain.cli.session import Session, open_session
from chain.keystore import KeyPair
from chain.models.model_files import load_any_model
from chain.training import compute_accuracy, load_digits, train_digits
from chain.wallet.model_file import ModelFile, dump_model_file, dump_rows_file
from chain.wallet.publishing import (
    RecordTerms,
    batch_calls,
    find_paid_blobs,
    fits_on_chain,
    get_model_blobs,
    make_blob_calls,
    make_model_body,
    make_register_call,
)
from chain.wallet.submit import Inclusion
from pallets.registry.types import Model
from runtime.frame import Call
from runtime.frame.ai_types import RecordKind
from runtime.primitives import AccountId, Root
from runtime.tensor.blob import blob_root
from runtime.tensor.graph import encode_graph

app = typer.Typer(no_args_is_help=True)
app.command("import")(model_import.import_network)
app.command("rows")(model_import.convert_rows)
app.command("run")(model_import.run_model)
app.command("fetch")(model_import.fetch)
app.command("collect")(model_import.collect)


@app.command()
@expand_options
def register(
    file: Annotated[Path, typer.Argument(help="A model file (.safetensors or .npz).")],
    *,
    signing: Signing,
    royalty: RoyaltyOption = "0%",
    parent: ParentOption = None,
    ttl: TtlOption = TTL_DEFAULT,
) -> None:
    """Register a model: with its tensors on chain, to be hired, or in files if they are large."""

    async def run() -> None:
        model = load_any_model(file)
        terms = RecordTerms(parse_percent(royalty), ttl, parse_parents(parent))
        async with open_session(signing.settings) as session:
            inclusions = await send_model(session, model, terms, signing)
            where = "on chain" if fits_on_chain(model) else "in files below the base path"
            extra = {"macsPerRow": f"{model.checked.macs:_}", "tensors": where}
            show_registered(session, get_registered(inclusions), inclusions, extra)

    run_command(run, as_json=signing.as_json)


async def send_model(
    session: Session, model: ModelFile, terms: RecordTerms, signing: Signing
) -> tuple[Inclusion, ...]:
    """Stores the tensors that are not stored yet, then registers."""
    call = make_register_call(
        session.chain.runtime, make_model_body(model), get_manifest(model), terms
    )
    pair = session.get_key(signing)
    return await send_with_tensors(session, pair, model, call, signing, "registering")


async def send_with_tensors(
    session: Session, pair: KeyPair, model: ModelFile, call: Call, signing: Signing, doing: str
) -> tuple[Inclusion, ...]:
    """Stores the tensors that are not stored yet, then sends the call that needs them.

    On chain they count as stored if the signer pays for them.
    """
    runtime = session.chain.runtime
    contents = get_model_blobs(model) if fits_on_chain(model) else ()
    if not contents:
        store = session.places.blobs
        for spec, tensor in zip(model.checked.graph.tensors, model.tensors, strict=True):
            store_tensor(store, tensor, spec.dtype)
    known = await find_known_blobs(session, pair.account, contents)
    calls = [*make_blob_calls(runtime, known, contents), call]
    return await session.send_all(pair, batch_calls(runtime, calls), signing, doing)


def get_manifest(model: ModelFile) -> Root:
    """The root of a model's graph."""
    return blob_root(encode_graph(model.checked.graph))


async def find_known_blobs(
    session: Session, payer: AccountId, contents: tuple[bytes, ...]
) -> frozenset[Root]:
    """Those of the contents that the account pays for already."""
    roots = [blob_root(content) for content in contents]
    return await session.chain.read(lambda runtime: find_paid_blobs(runtime, payer, roots))


@app.command()
@expand_options
def show(
    number: model_import.ModelArgument,
    *,
    settings: Settings,
) -> None:
    """Show a model: its owner, tensors, parents, and who earns what of its settlements."""

    async def run() -> None:
        async with open_session(settings) as session:
            view = await session.chain.read(
                lambda runtime: read_record(runtime, number, RecordKind.MODEL)
            )
            body = view.version.body
            assert isinstance(body, Model), "a record's body is of its kind; qed"
            tensors = ", ".join(
                f"{each.name} {each.dtype.name.lower()}[{each.rows}, {each.cols}]"
                for each in body.tensors
            )
            extra: dict[str, str | int] = {
                "graphBytes": len(body.graph),
                "macsPerRow": body.macs_per_row,
                "tensors": tensors,
                "availability": body.avail.name.lower(),
            }
            show_record(session, view, extra)

    run_command(run, as_json=settings.as_json)


@app.command()
def sample(
    file: Annotated[Path, typer.Argument(help="Where to write the model (.npz).")],
    rows: Annotated[
        Path | None, typer.Option("--rows", help="Write the held-out images too (.npy).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train the sample model, a classifier of handwritten digits, and write its file."""

    def run() -> None:
        digits = load_digits()
        with waiting("training a 64-32-10 classifier of digits"):
            graph, tensors = train_digits(digits.train_images, digits.train_labels)
        accuracy = compute_accuracy(graph, tensors, digits.test_images, digits.test_labels)
        dump_model_file(graph, tensors, file)
        if rows is not None:
            dump_rows_file(digits.test_images, rows)
        if as_json:
            print_json({"file": str(file), "accuracy": round(accuracy, 4)})
        else:
            print_line(f"{file}: {accuracy:.1%} of {len(digits.test_labels)} held-out images right")

    guard(run, as_json=as_json)
