"""`soberana job compute`: have the rows of a table counted and summed by group."""

from pathlib import Path
from typing import Annotated

import typer

from chain.cli.failure import run_command
from chain.cli.job_options import PRICE_DEFAULT, TIMEOUT_DEFAULT, PriceOption, TimeoutOption
from chain.cli.options import Signing, expand_options
from chain.cli.output import print_json, print_table
from chain.cli.program_job import (
    Order,
    run_program,
)
from chain.cli.session import open_session
from chain.wallet.model_file import load_rows_file
from pallets.market import ComputeToData
from runtime.programs import Statistics
from runtime.programs.statistics import GROUP_ROWS_MIN
from runtime.tensor.blob import blob_root

app = typer.Typer()


@app.command()
@expand_options
def compute(
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help="The table: int8 (.npy).")],
    *,
    signing: Signing,
    group: Annotated[int, typer.Option("--group", min=0, help="The column of groups.")],
    column: Annotated[list[int], typer.Option("--column", min=0, help="A column to sum.")],
    least: Annotated[
        int, typer.Option("--group-rows", min=GROUP_ROWS_MIN, help="Say nothing of fewer rows.")
    ] = GROUP_ROWS_MIN,
    dataset: Annotated[
        int | None, typer.Option("--dataset", min=0, help="The record of the data.")
    ] = None,
    price: PriceOption = PRICE_DEFAULT,
    timeout: TimeoutOption = TIMEOUT_DEFAULT,
) -> None:
    """Have a table counted and summed by group; of small groups nothing is said."""

    async def run() -> None:
        matrix = load_rows_file(rows)
        count, cols = matrix.shape
        values = matrix[:, min(group, cols - 1)]
        bounds = int(values.min()), int(values.max())
        root = blob_root(matrix.tobytes())
        program = Statistics(root, count, cols, group, *bounds, tuple(column), least)
        async with open_session(signing.settings) as session:
            order = Order(ComputeToData(program, dataset), (matrix.tobytes(),), price, timeout)
            number, (output,) = await run_program(session, order, signing)
        sums = program.load_sums(output).tolist()
        lines = [(bounds[0] + at, *line) for at, line in enumerate(sums) if line[0] > 0]
        if signing.as_json:
            print_json({"job": number, "groups": lines})
            return
        titles = ("group", "rows", *(f"sum of {each}" for each in column))
        print_table(f"job {number}: groups of at least {least} rows", titles, lines)

    run_command(run, as_json=signing.as_json)
