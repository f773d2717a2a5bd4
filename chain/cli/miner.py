"""`soberana miner`: mine for a node from outside, and see what its miners do."""

import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
import trio
import typer

from chain.array_file import BadArrayFile, load_array
from chain.cli.accounts import DEV_CHAINS, resolve_account
from chain.cli.failure import WrongUse, guard, run_command
from chain.cli.options import (
    NODE_DEFAULT,
    JsonOption,
    NodeOption,
    Settings,
    expand_options,
)
from chain.cli.output import Json, print_fields, print_json, print_line, print_table, waiting
from chain.cli.places import find_places
from chain.config import AuthoringConfig, load_config
from chain.errors import NodeError
from chain.miner.benchmark import Measured, measure
from chain.miner.cores import ThreadCores
from chain.miner.external import ExternalMiner, MinerOptions, Operands
from chain.miner.open import open_guarded_device
from chain.miner.statistics import MinerStatistics
from chain.wallet.connect import parse_node_url
from chain.wallet.rpc import RpcTimeouts, open_rpc
from chain.worker import ThreadWorker
from consensus.kernels.backend import BackendUnavailable, ProductBackend
from consensus.kernels.select import select_backend
from consensus.kernels.selftest import BackendFault
from consensus.kernels.shape import OPERAND_MAX
from consensus.pouw.solve import MatrixWork
from runtime.crypto.ss58 import encode_ss58
from runtime.tensor.commitment import Int8Matrix, pad_operand
from runtime.work_summary import Lane

app = typer.Typer(no_args_is_help=True)

SHOW_S: Final = 0.5
BENCH_SIDES: Final = (1_024, 2_048, 4_096)
OPERAND_FILE_BYTES_MAX: Final = 2**32
_UNITS: Final = ("", "k", "M", "G", "T", "P")

BackendOption = Annotated[
    str, typer.Option("--backend", help="What multiplies: auto, numpy, numba, cuda.")
]
WorkerOption = Annotated[
    str | None,
    typer.Option("--worker", metavar="NAME", help="What the node calls you. [this machine]"),
]
ThreadsOption = Annotated[int, typer.Option("--threads", min=1, max=1_024, help="Processor cores.")]


class StatusAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """What `work_status` gives."""

    products: int
    macs: int
    macs_per_s: float
    tickets: int
    best_ticket: str
    lane: str
    stale: int
    stale_share: float
    blocks: dict[str, int]


class WorkerAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """One external miner, as `work_workers` gives it."""

    name: str
    shares: int
    stale: int
    rejected: int
    blocks: int
    macs: str


class NoBackend(NodeError):
    """The backend that was asked for does not work here."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When an external miner stops by itself; None for never."""

    shares: int | None
    seconds: float | None


@app.command()
@expand_options
def run(
    *,
    settings: Settings,
    worker: WorkerOption = None,
    author: Annotated[
        str | None,
        typer.Option("--author", metavar="ACCOUNT", help="Who is paid. [the node's author]"),
    ] = None,
    operands: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            "--operands", metavar="A.npy B.npy", help="Mine a product of your own, int8, A by B."
        ),
    ] = None,
    backend: BackendOption = "auto",
    threads: ThreadsOption = 1,
    shares: Annotated[
        int | None, typer.Option("--shares", min=1, help="Stop after so many shares.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=1, help="Stop after so long.")
    ] = None,
) -> None:
    """Mine for a node from outside, until Ctrl-C; the node counts your shares."""

    async def mine() -> None:
        config = make_config(backend, threads)
        url = parse_node_url(settings.node)
        async with open_rpc(url, RpcTimeouts()) as rpc:
            is_dev = await rpc.call(str, "system_chainType") in DEV_CHAINS
        paid = None
        if author is not None:
            account = resolve_account(
                author, find_places(settings.base_path), is_dev_allowed=is_dev
            )
            paid = encode_ss58(account)
        options = MinerOptions(
            url,
            worker or socket.gethostname()[:64] or "miner",
            paid,
            None if operands is None else load_operands(*operands),
            secrets.randbits(62),
        )
        async with open_guarded_device(config, ThreadWorker()) as device:
            miner = ExternalMiner(options, device, MinerStatistics(trio.current_time), _say)
            try:
                await _mine(miner, Limits(shares, seconds))
            finally:
                _show_end(miner, as_json=settings.as_json)

    run_command(mine, as_json=settings.as_json)


@app.command()
def bench(
    *,
    backend: BackendOption = "auto",
    threads: ThreadsOption = os.cpu_count() or 1,
    side: Annotated[
        list[int] | None,
        typer.Option("--side", min=64, max=16_384, help="m = n = k of a product, again for more."),
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=100)] = 5,
    as_json: JsonOption = False,
) -> None:
    """Measure what this machine mines, and what the proof costs beside the bare product."""

    def run_bench() -> None:
        config = make_config(backend, threads)
        chosen = open_backend(config)
        measured: list[Measured] = []
        for each in side or BENCH_SIDES:
            if each % 64:
                raise WrongUse(f"--side: expected a multiple of 64, got {each}")
        for each in side or BENCH_SIDES:
            with waiting(f"{chosen.name}: {each} x {each} x {each}"):
                measured.append(measure(chosen, each, rounds))
        _show_bench(chosen.name, threads, measured, as_json=as_json)

    guard(run_bench, as_json=as_json)


@app.command()
def status(
    node: NodeOption = NODE_DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """Show what a node's own miner does, and the external ones that work for it."""

    async def show() -> None:
        async with open_rpc(parse_node_url(node), RpcTimeouts()) as rpc:
            own = await rpc.call(StatusAnswer, "work_status")
            workers = await rpc.call(list[WorkerAnswer], "work_workers")
        if as_json:
            plain: dict[str, Json] = {
                "miner": msgspec.to_builtins(own),
                "workers": msgspec.to_builtins(workers),
            }
            print_json(plain)
            return
        print_fields(
            "the node's own miner",
            {
                "speed": show_speed(own.macs_per_s),
                "lane": own.lane,
                "products": f"{own.products:_}",
                "MACs": f"{own.macs:_}",
                "tickets": f"{own.tickets:_}",
                "best ticket": own.best_ticket,
                "stale": f"{own.stale_share:.1%} of the searches",
                "blocks": ", ".join(f"{count} {lane}" for lane, count in own.blocks.items()),
            },
        )
        columns = ("worker", "shares", "stale", "rejected", "blocks", "MACs")
        rows = [
            (each.name, each.shares, each.stale, each.rejected, each.blocks, f"{int(each.macs):_}")
            for each in workers
        ]
        if rows:
            print_table("external miners", columns, rows)
        else:
            print_line("no external miners")

    run_command(show, as_json=as_json)


def make_config(backend: str, threads: int) -> AuthoringConfig:
    """The settings of a device. Errors: ConfigError."""
    flags: dict[str, object] = {"authoring.backend": backend, "authoring.threads": threads}
    return load_config(None, {}, flags).authoring


def open_backend(config: AuthoringConfig) -> ProductBackend:
    """The backend of the settings in this process. Errors: NoBackend."""
    try:
        return select_backend(config.backend, ThreadCores(config.threads), _say)
    except (BackendFault, BackendUnavailable) as error:
        raise NoBackend(str(error)) from error


def _show_bench(name: str, threads: int, measured: Sequence[Measured], *, as_json: bool) -> None:
    if as_json:
        rows: list[Json] = [
            {
                "side": each.side,
                "plainMs": each.plain_ms,
                "isPlainExact": each.is_plain_exact,
                "seededMs": each.seeded_ms,
                "taskMs": each.task_ms,
                "verifyMs": each.verify_ms,
            }
            for each in measured
        ]
        print_json({"backend": name, "threads": threads, "products": rows})
        return
    plain = "int8" if all(each.is_plain_exact for each in measured) else "float32"
    columns = ("m = n = k", f"bare, {plain}", "mined", "with result", "one seal checked")
    print_table(
        f"{name}, {threads} threads: speed, and time as a multiple of the bare product's",
        columns,
        [
            (
                each.side,
                show_speed(each.macs / each.plain_ms * 1_000),
                _show_priced(each, each.seeded_ms),
                _show_priced(each, each.task_ms),
                f"{each.verify_ms:.2f} ms",
            )
            for each in measured
        ],
    )


def _show_priced(measured: Measured, took_ms: float) -> str:
    speed = show_speed(measured.macs / took_ms * 1_000)
    return f"{speed}, {took_ms / measured.plain_ms:.2f}x"


def load_operands(path_a: Path, path_b: Path) -> Operands:
    """A product of the miner's own from two .npy files. Errors: WrongUse."""
    a, b = _load(path_a), _load(path_b)
    if a.shape[1] != b.shape[0]:
        raise WrongUse(f"expected A's columns to be B's rows, got {a.shape} and {b.shape}")
    return Operands(MatrixWork(Lane.PRIVATE, pad_operand(a), pad_operand(b.T)))


def _load(path: Path) -> Int8Matrix:
    try:
        loaded = load_array(path, OPERAND_FILE_BYTES_MAX)
    except BadArrayFile as error:
        raise WrongUse(f"{path}: expected int8[rows, cols] (.npy); {error}") from None
    if loaded.dtype != np.int8 or loaded.ndim != 2 or not loaded.size:
        raise WrongUse(f"{path}: expected int8[rows, cols], got {loaded.dtype}{loaded.shape}")
    matrix = np.ascontiguousarray(loaded, np.int8)
    least, most = int(matrix.min()), int(matrix.max())
    if least < -OPERAND_MAX or most > OPERAND_MAX:
        raise WrongUse(f"{path}: expected values in [-63, 63], got [{least}, {most}]")
    return matrix


def show_speed(macs_per_s: float) -> str:
    """`3.21 GMAC/s`."""
    value, unit = macs_per_s, 0
    while value >= 1_000 and unit < len(_UNITS) - 1:
        value, unit = value / 1_000, unit + 1
    return f"{value:.3g} {_UNITS[unit]}MAC/s"


def _say(text: str) -> None:
    typer.echo(text, err=True)


async def _mine(miner: ExternalMiner, limits: Limits) -> None:
    failed: list[NodeError] = []
    with waiting("connecting") as line, trio.move_on_after(limits.seconds or float("inf")):
        async with trio.open_nursery() as nursery:

            async def work() -> None:
                try:
                    await miner.run()
                except NodeError as error:
                    failed.append(error)
                    nursery.cancel_scope.cancel()

            nursery.start_soon(work)
            while limits.shares is None or miner.counts.share < limits.shares:
                line.say(_describe(miner))
                await trio.sleep(SHOW_S)
            nursery.cancel_scope.cancel()
    if failed:
        raise failed[0]


def _describe(miner: ExternalMiner) -> str:
    counts, statistics = miner.counts, miner.statistics
    return (
        f"{show_speed(statistics.macs_per_s)} on {miner.device.name}: "
        f"{statistics.products:_} products, {counts.share} shares, {counts.block} blocks, "
        f"{counts.stale} stale, {counts.refused} refused"
    )


def _show_end(miner: ExternalMiner, *, as_json: bool) -> None:
    counts, statistics = miner.counts, miner.statistics
    if as_json:
        print_json(
            {
                "worker": miner.options.worker,
                "device": miner.device.name,
                "products": statistics.products,
                "macs": str(statistics.macs),
                "tickets": statistics.tickets,
                "shares": counts.share,
                "blocks": counts.block,
                "stale": counts.stale,
                "refused": counts.refused,
            }
        )
    else:
        print_line(_describe(miner))
