"""`soberana eval`: have a model held against rows with labels."""

from typing import Annotated

import numpy as np
import typer

from chain.cli.failure import run_command
from chain.cli.job_options import (
    PRICE_DEFAULT,
    TIMEOUT_DEFAULT,
    ModelArgument,
    PriceOption,
    RowsPerSlotOption,
    TimeoutOption,
)
from chain.cli.options import Signing, expand_options
from chain.cli.output import print_fields, print_json, print_table
from chain.cli.program_job import (
    LabelledRowsArgument,
    LabelsArgument,
    Order,
    run_program,
)
from chain.cli.session import open_session
from chain.programs.labels_file import load_labels_file
from chain.wallet.model_file import load_rows_file
from pallets.market import Evaluate
from runtime.programs import Evaluation, Metric
from runtime.tensor.blob import blob_root

app = typer.Typer()


@app.command("eval")
@expand_options
def evaluate(
    model: ModelArgument,
    rows: LabelledRowsArgument,
    labels: LabelsArgument,
    *,
    signing: Signing,
    classes: Annotated[int, typer.Option("--classes", min=1, max=64)] = 10,
    per_slot: RowsPerSlotOption = 256,
    price: PriceOption = PRICE_DEFAULT,
    timeout: TimeoutOption = TIMEOUT_DEFAULT,
) -> None:
    """Have a model's answers counted by label, by paid providers: every node judges the counts."""

    async def run() -> None:
        matrix = load_rows_file(rows)
        contents = (matrix.tobytes(), load_labels_file(labels, len(matrix)).tobytes())
        roots = blob_root(contents[0]), blob_root(contents[1])
        program = Evaluation(*roots, len(matrix), per_slot, classes, Metric.CONFUSION)
        async with open_session(signing.settings) as session:
            order = Order(Evaluate(program, model, None), contents, price, timeout)
            number, outputs = await run_program(session, order, signing)
        counts = sum((program.load_counts(part) for part in outputs), np.zeros((), np.int64))
        right = int(np.trace(counts))
        if signing.as_json:
            print_json(
                {"job": number, "right": right, "rows": len(matrix), "counts": counts.tolist()}
            )
            return
        share = f"{100 * right / len(matrix):.1f} %"
        print_fields(
            f"job {number}: model {model} on {len(matrix)} rows",
            {"right": f"{right} of {len(matrix)}", "accuracy": share},
        )
        lines = [(label, *map(int, counts[label])) for label in range(classes)]
        print_table("answers by label", ("label", *map(str, range(classes))), lines)

    run_command(run, as_json=signing.as_json)
