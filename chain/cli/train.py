"""`soberana train`: have a model trained on rows with labels, and register what came of it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from chain.cli.failure import run_command
from chain.cli.job_options import PRICE_DEFAULT, TIMEOUT_DEFAULT, PriceOption, TimeoutOption
from chain.cli.model import send_model
from chain.cli.options import Signing, expand_options
from chain.cli.output import print_fields, print_json, print_line
from chain.cli.program_job import (
    LabelledRowsArgument,
    LabelsArgument,
    Order,
    run_program,
    write_file,
)
from chain.cli.records import TTL_DEFAULT, get_registered
from chain.cli.session import Session, open_session
from chain.png import dump_png
from chain.programs.curve import Curve, draw_line, draw_lines, draw_picture
from chain.programs.labels_file import load_labels_file
from chain.programs.trained import export_model
from chain.wallet.jobs import JobStanding
from chain.wallet.model_file import ModelFile, dump_model_file, load_rows_file
from chain.wallet.publishing import RecordTerms
from pallets.market import Train
from pallets.market.types import SlotState
from pallets.registry.types import Parent, Relation
from runtime.primitives import Hash
from runtime.programs import Sgd
from runtime.tensor import check_graph
from runtime.tensor.blob import blob_root

app = typer.Typer()

CURVE_COLUMNS, CURVE_ROWS = 48, 8

DatasetOption: TypeAlias = Annotated[
    int | None, typer.Option("--dataset", min=0, help="The record it learns from.")
]
ParentBpsOption: TypeAlias = Annotated[
    int, typer.Option("--parent-bps", min=0, max=4_000, help="What the dataset earns by it.")
]
CurveOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--curve", metavar="PNG", help="Draw how it goes, after each segment."),
]


@app.command()
@expand_options
def train(
    rows: LabelledRowsArgument,
    labels: LabelsArgument,
    file: Annotated[Path, typer.Argument(metavar="MODEL", help="Where to write it (.npz).")],
    *,
    signing: Signing,
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
    dataset: DatasetOption = None,
    register: Annotated[
        bool, typer.Option("--register", help="Register the model, trained on the dataset.")
    ] = False,
    parent_bps: ParentBpsOption = 0,
    curve: CurveOption = None,
    price: PriceOption = PRICE_DEFAULT,
    timeout: TimeoutOption = TIMEOUT_DEFAULT,
) -> None:
    """Have a model trained in integers, segment by segment: every node judges each."""

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
        async with open_session(signing.settings) as session:
            order = Order(Train(program, dataset), contents, price, timeout)
            view = _View(session, program, curve)
            view.show(())  # before anything is paid: the picture can be written
            number, outputs = await run_program(session, order, signing, view.describe)
            view.show(outputs)
            graph, tensors = export_model(program, outputs[-1])
            dump_model_file(graph, tensors, file)
            record = None
            if register:
                model = ModelFile(check_graph(graph), tensors)
                record = await _register(session, model, dataset, parent_bps, signing)
        _show(number, view.curve, file, record, as_json=signing.as_json)

    run_command(run, as_json=signing.as_json)


async def _register(
    session: Session, model: ModelFile, dataset: int | None, bps: int, signing: Signing
) -> int:
    """Registers the model with its parent; its number."""
    parents = () if dataset is None else (Parent(dataset, Relation.TRAINED_ON, bps),)
    terms = RecordTerms(0, TTL_DEFAULT, parents)
    inclusions = await send_model(session, model, terms, signing)
    return get_registered(inclusions).record


@dataclass(slots=True)
class _View:
    """How a training goes: the segments that are there, and what was drawn of them."""

    session: Session
    program: Sgd
    picture: Path | None
    outputs: list[bytes] = field(default_factory=list[bytes])

    @property
    def curve(self) -> Curve:
        """What part of each batch was told wrong until now."""
        program = self.program
        misses = (missed for part in self.outputs for missed in program.load_misses(part))
        return Curve(tuple(misses), program.batch, program.steps, program.steps_per_slot)

    async def describe(self, standing: JobStanding) -> str:
        """Takes in new segments; the curve as one line."""
        count = standing.count(SlotState.SETTLED)
        if count > len(self.outputs):
            known = range(len(self.outputs), count)
            parts = await self.session.chain.read(
                lambda runtime: [runtime.market.output[standing.number, slot] for slot in known]
            )
            self.show([*self.outputs, *parts])
        line = draw_line(self.curve, CURVE_COLUMNS)
        return f"job {standing.number}: {line}" if line else f"job {standing.number}: waiting"

    def show(self, outputs: Sequence[bytes]) -> None:
        """These segments are there: the picture is drawn again. `WalletError`."""
        self.outputs = list(outputs)
        if self.picture is not None:
            write_file(self.picture, dump_png(draw_picture(self.curve)))


def _show(number: int, curve: Curve, file: Path, record: int | None, *, as_json: bool) -> None:
    if as_json:
        misses = list(curve.misses)
        print_json({"job": number, "misses": misses, "file": str(file), "model": record})
        return
    for line in draw_lines(curve, CURVE_COLUMNS, CURVE_ROWS):
        print_line(line)
    print_fields(
        f"job {number}: trained in {-(-curve.steps // curve.segment_steps)} segments",
        {
            "wrong in each batch": draw_line(curve, CURVE_COLUMNS),
            "wrong at the end": f"{100 * curve.get_last():.1f} %",
            "written to": str(file),
            "registered as": "not registered" if record is None else f"model {record}",
        },
    )
