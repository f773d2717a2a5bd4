"""`soberana model import`, `rows`, `run`, `fetch`, `collect`: a trained network, here."""

from pathlib import Path
from typing import Annotated

import typer

from chain.blobs import load_stored_model
from chain.cli.failure import guard, run_command
from chain.cli.options import (
    JsonOption,
    Settings,
    expand_options,
)
from chain.cli.output import Json, print_fields, print_json, print_line, waiting
from chain.cli.session import open_session
from chain.models.layers import FloatModel
from chain.models.mlp_file import load_mlp
from chain.models.model_files import SUFFIX, dump_scaled_model, load_scaled_model
from chain.models.onnx_file import load_onnx
from chain.models.onnx_import import import_onnx
from chain.models.quantise import Quantised, quantise, quantise_rows
from chain.models.report import Report, compare
from chain.models.rows_file import load_float_rows, load_labels
from chain.wallet.errors import WalletError
from chain.wallet.fetching import fetch_model
from chain.wallet.jobs import NoSuchRecord
from chain.wallet.model_file import dump_rows_file, load_rows_file
from chain.wallet.publishing import TENSOR_BYTES_MAX
from pallets.market import Product
from pallets.registry.types import Model
from pallets.runtime import Runtime
from runtime.frame.ai_types import ModelInfo
from runtime.primitives import Root
from runtime.tensor import GraphError, encode_graph, run_graph

ModelArgument = Annotated[int, typer.Argument(metavar="ID", min=0, help="The model's number.")]
RowsOption = Annotated[
    Path,
    typer.Option("--calibration", metavar="FILE", help="Typical rows (.npy), to find the scales."),
]


def import_network(
    network: Annotated[
        Path, typer.Argument(help="A network: .onnx, or .npz with a perceptron's arrays.")
    ],
    model: Annotated[Path, typer.Argument(help="Where to write the model (.safetensors).")],
    *,
    calibration: RowsOption,
    rows: Annotated[
        Path | None,
        typer.Option(
            "--rows", metavar="FILE", help="Other rows (.npy), to compare before and after."
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", metavar="FILE", help="Their classes (.npy), for the accuracy."),
    ] = None,
    per_channel: Annotated[
        bool, typer.Option("--per-channel", help="One scale for each column of the weights.")
    ] = False,
    output: Annotated[
        str | None,
        typer.Option("--output", metavar="NAME", help="Which output, if not the network's first."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Quantise a trained network to integers and write it as a model file."""

    def run() -> None:
        if model.suffix != SUFFIX:
            raise WalletError(f"{model}: expected a file that ends in {SUFFIX}")
        known = load_float_rows(calibration)
        compared = known if rows is None else load_float_rows(rows)
        classes = None if labels is None else load_labels(labels, len(compared))
        with waiting("quantising"):
            source = _load_network(network, output)
            quantised = quantise(source, known, per_channel=per_channel)
            report = compare(source, quantised, compared, classes)
        dump_scaled_model(quantised, model)
        facts = _describe(quantised, report)
        if as_json:
            print_json({"file": str(model), **facts})
        else:
            print_fields(f"{model} is written", facts)

    guard(run, as_json=as_json)


def _load_network(path: Path, output: str | None) -> FloatModel:
    if path.suffix == ".npz":
        return load_mlp(path)
    return import_onnx(load_onnx(path), output)


def _describe(quantised: Quantised, report: Report) -> dict[str, Json]:
    largest = max((tensor.nbytes for tensor in quantised.tensors), default=0)
    facts: dict[str, Json] = {
        "macsPerRow": quantised.checked.macs,
        "graphBytes": len(encode_graph(quantised.checked.graph)),
        "tensorBytes": sum(tensor.nbytes for tensor in quantised.tensors),
        "fitsOnChain": largest <= TENSOR_BYTES_MAX,
        "inputScale": quantised.input_scale,
        "rowsCompared": report.rows,
        "cosine": round(report.cosine, 5),
        "sameAnswer": round(report.agreement, 4),
    }
    if report.before is not None and report.after is not None:
        facts |= {
            "accuracyBefore": round(report.before, 4),
            "accuracyAfter": round(report.after, 4),
        }
    return facts


def convert_rows(
    model: Annotated[Path, typer.Argument(help="A model file (.safetensors).")],
    rows: Annotated[Path, typer.Argument(help="Rows of numbers (.npy), as the network took them.")],
    converted: Annotated[Path, typer.Argument(help="Where to write the int8 rows (.npy).")],
    as_json: JsonOption = False,
) -> None:
    """Bring rows to the integers that a model takes, for a job."""

    def run() -> None:
        found, numbers = load_scaled_model(model), load_float_rows(rows)
        cols = found.model.checked.graph.input.cols
        if numbers.shape[1] != cols:
            raise WalletError(f"{rows}: expected rows of {cols} numbers, got {numbers.shape[1]}")
        dump_rows_file(quantise_rows(numbers, found.input_scale), converted)
        if as_json:
            print_json({"file": str(converted), "rows": len(numbers), "cols": cols})
        else:
            print_line(f"{converted}: {len(numbers)} rows of {cols}")

    guard(run, as_json=as_json)


@expand_options
def run_model(
    number: ModelArgument,
    rows: Annotated[Path, typer.Argument(help="Rows of int8 numbers (.npy).")],
    output: Annotated[Path, typer.Argument(help="Where to write the output (.npy).")],
    *,
    settings: Settings,
) -> None:
    """Run a registered model here, its tensors from the chain or from files below the base path."""

    async def run() -> None:
        inputs = load_rows_file(rows)
        async with open_session(settings) as session:
            store = session.places.blobs
            loaded = await session.chain.read(
                lambda runtime: load_stored_model(
                    _find_model(runtime, number), runtime.registry.records, store
                )
            )
        try:
            answer = run_graph(loaded.checked.graph, loaded.tensors, inputs)
        except GraphError as error:
            raise WalletError(f"{rows}: {error}") from error
        dump_rows_file(answer, output)
        shape = f"{answer.dtype}[{answer.shape[0]}, {answer.shape[1]}]"
        if settings.as_json:
            print_json({"file": str(output), "output": shape})
        else:
            print_line(f"{output}: {shape}")

    run_command(run, as_json=settings.as_json)


@expand_options
def fetch(
    number: ModelArgument,
    *,
    settings: Settings,
) -> None:
    """Fetch a model's large tensors from a node that serves them, each strip proven."""

    async def run() -> None:
        async with open_session(settings) as session:
            model = await session.chain.read(lambda runtime: _find_model(runtime, number))
            with waiting("fetching"):
                count = await fetch_model(session.chain.rpc, model, session.places.blobs)
        if settings.as_json:
            print_json({"id": number, "fetched": count})
        else:
            print_line(f"{count} tensors of model {number} fetched")

    run_command(run, as_json=settings.as_json)


def _find_model(runtime: Runtime, number: int) -> ModelInfo:
    found = runtime.registry.records.get_model(number)
    if found is None:
        raise NoSuchRecord(f"expected the number of a model, got {number}")
    return found


@expand_options
def collect(*, settings: Settings) -> None:
    """Delete files of tensors below the base path that neither a model nor a product names."""

    async def run() -> None:
        async with open_session(settings) as session:
            needed = await session.chain.read(_find_roots)
            freed = session.places.blobs.collect(needed)
        if settings.as_json:
            print_json({"freedBytes": freed})
        else:
            print_line(f"{freed:_} bytes freed")

    run_command(run, as_json=settings.as_json)


def _find_roots(runtime: Runtime) -> frozenset[Root]:
    """What the registry and the market still name.

    The tensors of every version of a model, and operands and results of the products in jobs.
    """
    bodies = (version.body for _, version in runtime.registry.version.items())
    found = {tensor.root for body in bodies if isinstance(body, Model) for tensor in body.tensors}
    for number, job in runtime.market.job.items():
        if isinstance(job.spec, Product):
            found |= {job.spec.program.a, job.spec.program.b}
            found |= {Root(output) for _, output in runtime.market.output.items(number)}
    return frozenset(found)
