"""`soberana node`: run one until it is told to stop, or print what it would run with."""

import logging
import os
import signal
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import trio
import typer

from chain.blas import use_one_blas_thread
from chain.cli.accounts import DEV_CHAINS, resolve_key
from chain.cli.failure import guard
from chain.cli.options import NODE_DEFAULT, PasswordFileOption
from chain.cli.output import Json, print_json_line, print_line, print_panel
from chain.cli.places import Places
from chain.client.block import Head
from chain.clock import SystemClock
from chain.collector import collect_rarely
from chain.config import Config, dump_config, load_config
from chain.errors import ConfigError, NodeError
from chain.keystore import KeyPair
from chain.log import configure_logging
from chain.node import Keys, Node, load_spec, run_node
from chain.worker import ThreadWorker

app = typer.Typer(no_args_is_help=True)
log = logging.getLogger(__name__)

DEV_AUTHOR: Final = "//Alice"

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Settings in TOML.")
]
DevOption = Annotated[
    bool, typer.Option("--dev", help="A development chain of its own that makes blocks at once.")
]
ChainOption = Annotated[
    str | None, typer.Option("--chain", help="dev, local, or a chain specification's file.")
]
BasePath = Annotated[
    Path | None,
    typer.Option("--base-path", metavar="FOLDER", help="Where the database and keys are."),
]
PortOption = Annotated[
    int | None, typer.Option("--rpc-port", metavar="PORT", help="0 takes any free port.")
]
AddressOption = Annotated[
    str | None, typer.Option("--rpc-address", help="What the RPC server listens on.")
]
AuthorOption = Annotated[
    str | None, typer.Option("--author", metavar="KEY", help="Make blocks, paid to this key.")
]
ProviderOption = Annotated[
    str | None, typer.Option("--provider", metavar="KEY", help="Run AI jobs under this key.")
]
ArchiveOption = Annotated[
    bool | None, typer.Option("--archive/--no-archive", help="Keep the state of every block.")
]
BackendOption = Annotated[
    str | None, typer.Option("--backend", help="What multiplies: auto, numpy, numba, cuda.")
]
BlobsOption = Annotated[
    bool | None, typer.Option("--blobs/--no-blobs", help="Serve files to whoever knows their root.")
]
BlobSourceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--blob-source", metavar="URL", help="A node to ask for the files of leases; repeatable."
    ),
]
LogLevelOption = Annotated[
    str | None, typer.Option("--log-level", help="debug, info, warning or error.")
]
LogStyleOption = Annotated[str | None, typer.Option("--log-style", help="text or json.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print a line of JSON when it runs and when it has stopped.")
]


@dataclass(frozen=True, slots=True)
class Launch:
    """A node that is about to run."""

    config: Config
    keys: Keys
    as_json: bool


@app.command()
def run(
    *,
    dev: DevOption = False,
    chain: ChainOption = None,
    config_file: ConfigOption = None,
    base_path: BasePath = None,
    rpc_port: PortOption = None,
    rpc_address: AddressOption = None,
    author: AuthorOption = None,
    provider: ProviderOption = None,
    archive: ArchiveOption = None,
    backend: BackendOption = None,
    blobs: BlobsOption = None,
    blob_source: BlobSourceOption = None,
    log_level: LogLevelOption = None,
    log_style: LogStyleOption = None,
    password_file: PasswordFileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a node until Ctrl-C."""
    flags: dict[str, object] = {
        "chain": chain,
        "base_path": base_path,
        "rpc.port": rpc_port,
        "rpc.address": rpc_address,
        "authoring.author": author,
        "provider.account": provider,
        "database.archive": archive,
        "authoring.backend": backend,
        "rpc.blobs": blobs,
        "blobs.sources": blob_source or None,
        "log.level": log_level,
        "log.style": log_style,
    }

    def start() -> None:
        config = make_config(config_file, flags, is_dev=dev)
        configure_logging(config.log.level, config.log.style)
        keys = find_keys(config, password_file)
        run_until_stopped(Launch(config, keys, as_json))

    guard(start, as_json=as_json)


@app.command()
def config(
    *,
    dev: DevOption = False,
    chain: ChainOption = None,
    config_file: ConfigOption = None,
    base_path: BasePath = None,
) -> None:
    """Print every setting as `node run` would use it, as a file for --config."""

    def show() -> None:
        flags: dict[str, object] = {"chain": chain, "base_path": base_path}
        typer.echo(dump_config(make_config(config_file, flags, is_dev=dev)), nl=False)

    guard(show)


def make_config(file: Path | None, flags: Mapping[str, object], *, is_dev: bool) -> Config:
    """The settings of a run; naming a key also switches on what it is for. `ConfigError`."""
    given = {name: value for name, value in flags.items() if value is not None}
    if is_dev and given.get("chain", "dev") != "dev":
        raise ConfigError(f"expected --dev or --chain, got --dev and --chain {given['chain']}")
    if is_dev:
        given.setdefault("chain", "dev")
        given.setdefault("authoring.author", DEV_AUTHOR)
    for switch, name in (
        ("authoring.enabled", "authoring.author"),
        ("provider.enabled", "provider.account"),
    ):
        if given.get(name):
            given[switch] = True
    return load_config(file, os.environ, given)


def find_keys(config: Config, password_file: Path | None) -> Keys:
    """The keys that the settings name, unlocked; `ConfigError` where one is missing."""
    places = Places(config.base_path.expanduser())
    is_dev = load_spec(config.chain).chain_type in DEV_CHAINS

    def find(setting: str, name: str, *, is_enabled: bool) -> KeyPair | None:
        if not is_enabled:
            return None
        if not name:
            raise ConfigError(f"{setting}: expected the name of a key, got nothing")
        return resolve_key(name, places, password_file, is_dev_allowed=is_dev)

    authoring, provider = config.authoring, config.provider
    return Keys(
        find("authoring.author", authoring.author, is_enabled=authoring.enabled),
        find("provider.account", provider.account, is_enabled=provider.enabled),
    )


def run_until_stopped(launch: Launch) -> None:
    """Runs the node until a signal; its own errors come out of the groups they are in."""
    try:
        with use_one_blas_thread():
            trio.run(_run, launch)
    except BaseExceptionGroup as group:
        interrupts, rest = group.split(KeyboardInterrupt)
        if rest is None and interrupts is not None:
            raise KeyboardInterrupt from group
        expected, unexpected = group.split(NodeError)
        if expected is None or unexpected is not None:
            raise
        raise _get_first(expected) from group


def _get_first(group: BaseExceptionGroup[NodeError]) -> NodeError:
    first = group.exceptions[0]
    return _get_first(first) if isinstance(first, BaseExceptionGroup) else first


async def _run(launch: Launch) -> None:
    started: list[Node] = []
    async with trio.open_nursery() as nursery:

        async def serve(*, task_status: trio.TaskStatus[Node]) -> None:
            await run_node(
                launch.config,
                launch.keys,
                worker=ThreadWorker(),
                clock=SystemClock(),
                task_status=task_status,
            )

        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            nursery.start_soon(_stop_at_signal, signals, nursery.cancel_scope)
            started.append(await nursery.start(serve))
            announce(launch, started[0])
            with collect_rarely():  # now that it holds the state
                await trio.sleep_forever()
    for node in started:
        _say_stopped(launch, node.client.best.value)


async def _stop_at_signal(signals: AsyncIterator[int], scope: trio.CancelScope) -> None:
    async for number in signals:
        log.info("stopping", extra={"signal": signal.Signals(number).name})
        scope.cancel()
        return


def _say_stopped(launch: Launch, head: Head) -> None:
    if launch.as_json:
        print_json_line({"stopped": True, **_describe_head(head)})
    else:
        print_line(f"stopped at block #{head.number} 0x{head.hash.hex()}")


def _describe_head(head: Head) -> dict[str, Json]:
    return {
        "number": head.number,
        "head": f"0x{head.hash.hex()}",
        "stateRoot": f"0x{head.header.state_root.hex()}",
    }


def announce(launch: Launch, node: Node) -> None:
    """Says that the node runs, and where."""
    head = node.client.best.value
    address = f"[{node.rpc_address}]" if ":" in node.rpc_address else node.rpc_address
    url = f"ws://{address}:{node.rpc_port}"
    author = launch.keys.provider or launch.keys.author
    if launch.as_json:
        print_json_line(
            {
                "rpc": url,
                "chain": launch.config.chain,
                "genesis": f"0x{node.client.genesis_hash.hex()}",
                "author": None if author is None else author.address,
                **_describe_head(head),
            }
        )
        return
    lines = [
        f"chain     {launch.config.chain}, at block #{head.number}",
        f"RPC       {url} (also http://)",
        f"folder    {launch.config.base_path.expanduser()}",
        f"author    {'nobody' if author is None else author.address}",
    ]
    if launch.keys.provider is not None:
        lines.append(f"provider  {launch.keys.provider.address}")
    print_panel("soberana", lines)
    print_line(f"Ctrl-C stops it; `{make_question(url)}` asks it how it is")


def make_question(url: str) -> str:
    """The command that asks a node where it is."""
    command = "soberana chain head"
    return command if url == NODE_DEFAULT else f"{command} --node {url}"
