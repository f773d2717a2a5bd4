"""`soberana provider run`: one command for the owner of a machine: it takes jobs and does them."""

import logging
import os
import secrets
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import trio
import typer

from chain.blas import use_one_blas_thread
from chain.blobs.fetcher import Fetcher
from chain.cli.failure import WrongUse, run_command
from chain.cli.job_kinds import COMPUTED, parse_kinds
from chain.cli.miner import BackendOption, ThreadsOption, WorkerOption, make_config, show_speed
from chain.cli.options import (
    NODE_DEFAULT,
    BasePathOption,
    DevKeysOption,
    FromOption,
    JsonOption,
    NodeOption,
    PasswordFileOption,
    Signing,
)
from chain.cli.output import Json, Waiting, print_json_line, print_line, waiting
from chain.cli.session import open_session
from chain.client.host import CachingHost
from chain.config import AuthoringConfig, load_config
from chain.log import configure_logging
from chain.miner.open import open_guarded_device
from chain.miner.statistics import MinerStatistics
from chain.programs.fast import FastPrograms, load_twins, start_in_thread
from chain.provider.daemon import DaemonOptions, ProviderDaemon
from chain.provider.plan import Choice
from chain.wallet.amount import parse_amount
from chain.wallet.connect import NodeUrl, parse_node_url
from chain.worker import ThreadWorker

log = logging.getLogger(__name__)

SHOW_S: Final = 0.5

SecondsOption: TypeAlias = Annotated[
    float | None, typer.Option("--seconds", min=1, help="Stop by itself after so long.")
]
ProgramOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--commissions",
        metavar="PROGRAM",
        help="Take commissions, and have PROGRAM BRIEF ANSWER write each answer. [none taken]",
    ),
]
RentOption: TypeAlias = Annotated[
    bool, typer.Option("--rent", help="Accept leases of your machines under your offers.")
]
LogLevelOption: TypeAlias = Annotated[
    str, typer.Option("--log-level", help="debug, info, warning or error.")
]


@dataclass(frozen=True, slots=True)
class Start:
    """All that a daemon is started with."""

    signing: Signing
    options: DaemonOptions
    device: AuthoringConfig
    sources: tuple[NodeUrl, ...]
    """Nodes that may serve the bytes of leases."""

    log_level: str
    seconds: float | None
    """How long until it stops by itself."""


def run(
    *,
    key: FromOption,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="infer, train, render, compute_to_data, eval, product, commission. "
            "[all of your record]",
        ),
    ] = None,
    max_parallel: Annotated[
        int | None, typer.Option("--max-parallel", min=1, help="Slots at a time. [your record's]")
    ] = None,
    min_price: Annotated[
        str, typer.Option("--min-price", metavar="AMOUNT", help="Take no slot for less.")
    ] = "0 SBR",
    mine: Annotated[
        bool, typer.Option("--mine", help="Mine while nobody pays, if the node gives templates.")
    ] = False,
    rent: RentOption = False,
    commissions: ProgramOption = None,
    worker: WorkerOption = None,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="URL", help="A node that serves bytes, beside --node."),
    ] = None,
    backend: BackendOption = "auto",
    threads: ThreadsOption = 1,
    seconds: SecondsOption = None,
    log_level: LogLevelOption = "info",
    node: NodeOption = NODE_DEFAULT,
    password_file: PasswordFileOption = None,
    dev_keys: DevKeysOption = False,
    base_path: BasePathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Do jobs for a node, near or far, until Ctrl-C; then finish what is locked."""

    async def start() -> None:
        kinds = None if kind is None else frozenset(parse_kinds(kind, COMPUTED))
        options = DaemonOptions(
            parse_node_url(node),
            worker or socket.gethostname()[:64] or "provider",
            Choice(kinds, max_parallel, parse_amount(min_price), find_program(commissions)),
            mine,
            secrets.randbits(62),
            rent,
        )
        signing = Signing(key, False, password_file, dev_keys, node, base_path, as_json)
        device = make_config(backend, threads)
        level = load_config(None, {}, {"log.level": log_level}).log.level
        sources = tuple(parse_node_url(each) for each in (node, *(source or ())))
        with use_one_blas_thread():
            await _run(Start(signing, options, device, sources, level, seconds))

    run_command(start, as_json=as_json)


def find_program(path: Path | None) -> Path | None:
    """A program that can be run; `WrongUse`."""
    if path is not None and not (path.is_file() and os.access(path, os.X_OK)):
        raise WrongUse(f"--commissions: expected a program that can be run, got {path}")
    return None if path is None else path.resolve()


async def _run(start: Start) -> None:
    """Unlocks the key, opens the device, provides."""
    worker, as_json = ThreadWorker(), start.signing.as_json
    async with open_session(start.signing.settings) as session:
        pair, store = session.get_key(start.signing), session.places.blobs
    with waiting("starting the device; the first start compiles its kernels") as line:
        configure_logging(start.log_level)  # now: lines go above the one that waits
        async with open_guarded_device(start.device, worker) as device:
            mining = MinerStatistics(trio.current_time)
            fetcher = Fetcher(store, worker, start.sources)
            host = CachingHost(FastPrograms(load_twins, start_in_thread))
            daemon = ProviderDaemon(
                start.options, pair, device, store, fetcher, worker, mining, host=host
            )
            if as_json:
                print_json_line({"account": pair.address, "device": device.name})
            await _provide(daemon, line, start.seconds)
    if as_json:
        print_json_line(_count(daemon))
    else:
        print_line(f"stopped: {_describe(daemon)}")


async def _provide(daemon: ProviderDaemon, line: Waiting, seconds: float | None) -> None:
    async with trio.open_nursery() as nursery:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            if seconds is not None:
                nursery.start_soon(_stop_after, daemon, seconds)
            nursery.start_soon(_stop_at_signal, signals, daemon, nursery.cancel_scope)
            nursery.start_soon(_show, daemon, line)
            await daemon.run()
            nursery.cancel_scope.cancel()


async def _stop_at_signal(
    signals: AsyncIterator[int], daemon: ProviderDaemon, scope: trio.CancelScope
) -> None:
    async for _ in signals:
        if daemon.stopping.is_set():
            log.warning("stopping at once", extra={"locked": daemon.providing.held})
            scope.cancel()
            return
        log.info(
            "stopping when what is locked is done; once more stops at once",
            extra={"locked": daemon.providing.held},
        )
        daemon.stop()


async def _stop_after(daemon: ProviderDaemon, seconds: float) -> None:
    await trio.sleep(seconds)
    daemon.stop()


async def _show(daemon: ProviderDaemon, line: Waiting) -> None:
    while True:
        line.say(_describe(daemon))
        await trio.sleep(SHOW_S)


def _describe(daemon: ProviderDaemon) -> str:
    providing, keeping = daemon.providing, daemon.keeping
    place = "connecting" if daemon.tips is None else f"block #{daemon.tips.value.number}"
    return (
        f"{place}: {providing.held} slots locked, {providing.submitted} submitted, "
        f"{providing.products} products, {providing.sealed} of them blocks, "
        f"{keeping.answered} audits, {show_speed(daemon.mining.macs_per_s)}"
    )


def _count(daemon: ProviderDaemon) -> dict[str, Json]:
    providing, keeping = daemon.providing, daemon.keeping
    return {
        "stopped": True,
        "locked": providing.locked,
        "submitted": providing.submitted,
        "held": providing.held,
        "products": providing.products,
        "sealed": providing.sealed,
        "leasesAccepted": keeping.accepted,
        "auditsAnswered": keeping.answered,
    }
