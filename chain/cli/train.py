"""`soberana train`: have a model trained on rows with labels, and register what came of it."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from chain.cli.failure import run_command
from chain.cli.model import send_model
from chain.cli.options import (
    NODE_DEFAULT,
    BasePathOption,
    DevKeysOption,
    FromOption,
    JsonOption,
    NodeOption,
    PasswordFileOption,
    Settings,
    Signing,
)
from chain.cli.output import print_fields, print_json
from chain.cli.program_job import (
    PRICE_DEFAULT,
    TIMEOUT_DEFAULT,
    Order,
    PriceOption,
    TimeoutOption,
    run_program,
)
from chain.cli.records import TTL_DEFAULT, get_registered
from chain.cli.session import Session, open_session
from chain.programs.labels_file import load_labels_file
from chain.programs.trained import draw_curve, export_model
from chain.wallet.model_file import ModelFile, dump_model_file, load_rows_file
from chain.wallet.publishing import RecordTerms
from pallets.market import Train
from pallets.registry.types import Parent, Relation
from runtime.primitives import Hash
from runtime.programs import Sgd
from runtime.tensor import check_graph
from runtime.tensor.blob import blob_root

app = typer.Typer()

CURVE_COLUMNS = 48


@app.command()
def train(
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help="int8 in [-63, 63] (.npy).")],
    labels: Annotated[Path, typer.Argument(metavar="LABELS", help="A class a row (.npy).")],
    file: Annotated[Path, typer.Argument(metavar="MODEL", help="Where to write it (.npz).")],
    *,
    key: FromOption,
    hidden: Annotated[
        int, typer.Option("--hidden", min=0, max=256, help="Hidden width; 0 for a linear model.")
    ] = 32,
    steps: Annotated[int, typer.Option("--steps", min=1)] = 512,
    per_slot: Annotated[int, typer.Option("--steps-per-slot", min=1)] = 64,
    batch: Annotated[int, typer.Option("--batch", min=1, max=256)] = 64,
    margin: Annotated[int, typer.Option("--margin", min=0)] = 2_000,
    shift: Annotated[int, typer.Option("--shift", min=0, max=31)] = 7,
    rate: Annotated[int, typer.Option("--rate", min=0, max=16)] = 7,
    hidden_rate: Annotated[int, typer.Option("--hidden-rate", min=0, max=16)] = 4,
    dataset: Annotated[
        int | None, typer.Option("--dataset", min=0, help="The record it learns from.")
    ] = None,
    register: Annotated[
        bool, typer.Option("--register", help="Register the model, trained on the dataset.")
    ] = False,
    parent_bps: Annotated[
        int, typer.Option("--parent-bps", min=0, max=4_000, help="What the dataset earns by it.")
    ] = 0,
    price: PriceOption = PRICE_DEFAULT,
    timeout: TimeoutOption = TIMEOUT_DEFAULT,
    password_file: PasswordFileOption = None,
    dev_keys: DevKeysOption = False,
    node: NodeOption = NODE_DEFAULT,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have a model trained in integers, segment by segment: every node judges each."""
    settings = Settings(node, as_json, base_path, dev_keys)
    signing = Signing(key, password_file)

    async def run() -> None:
        matrix = load_rows_file(rows)
        count, cols = matrix.shape
        classes_of = load_labels_file(labels, count)
        contents = (matrix.tobytes(), classes_of.tobytes())
        roots = blob_root(contents[0]), blob_root(contents[1])
        classes = max(2, int(classes_of.max()) + 1)
        terms = (batch, margin, shift, rate, hidden_rate)
        seed = Hash(secrets.token_bytes(32))
        program = Sgd(*roots, count, cols, hidden, classes, *terms, seed, steps, per_slot)
        async with open_session(settings) as session:
            order = Order(Train(program, dataset), contents, price, timeout)
            number, outputs = await run_program(session, order, signing)
            graph, tensors = export_model(program, outputs[-1])
            dump_model_file(graph, tensors, file)
            record = None
            if register:
                model = ModelFile(check_graph(graph), tensors)
                record = await _register(session, model, dataset, parent_bps, signing)
        misses = [missed for part in outputs for missed in program.load_misses(part)]
        _show(number, misses, program, file, record, as_json=as_json)

    run_command(run, as_json=as_json)


async def _register(
    session: Session, model: ModelFile, dataset: int | None, bps: int, signing: Signing
) -> int:
    """Registers the model with its parent; its number."""
    parents = () if dataset is None else (Parent(dataset, Relation.TRAINED_ON, bps),)
    terms = RecordTerms(0, TTL_DEFAULT, parents)
    inclusions = await send_model(session, model, terms, signing)
    return get_registered(inclusions).record


def _show(
    number: int,
    misses: list[int],
    program: Sgd,
    file: Path,
    record: int | None,
    *,
    as_json: bool,
) -> None:
    if as_json:
        print_json({"job": number, "misses": misses, "file": str(file), "model": record})
        return
    last = misses[-CURVE_COLUMNS:]
    share = 100 * sum(last) / (len(last) * program.batch)
    print_fields(
        f"job {number}: trained in {program.count_slots()} segments",
        {
            "wrong in each batch": draw_curve(misses, program.batch, CURVE_COLUMNS),
            "wrong at the end": f"{share:.1f} %",
            "written to": str(file),
            "registered as": "not registered" if record is None else f"model {record}",
        },
    )
