"""The composition root: every resource, channel and service of a node, in one nursery.

Nothing else knows all of them. A service that fails ends the node, and its error reaches the
caller; cancelling ends it in order.
"""

import logging
from collections.abc import Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Final

import trio

from chain.authorship.author import Authoring, author_blocks
from chain.authorship.remote import RemoteMining
from chain.authorship.template import TemplateSource
from chain.authorship.work import TASKS_QUEUED_MAX, TaskProduct, multiply_by_author
from chain.blobs import BlobStore, get_blobs_folder
from chain.blobs.collecting import Collector, collect_incomplete
from chain.blobs.fetcher import Fetcher
from chain.client.client import HEADER, Client
from chain.client.host import CachingHost
from chain.client.importer import (
    Importer,
    ImportRequest,
    compute_final_in_dev,
    import_blocks,
)
from chain.client.signatures import open_signature_process
from chain.client.verifier import Verifier
from chain.clock import WallClock
from chain.config import AuthoringConfig, BlobsConfig, Config, RpcConfig
from chain.db.blocks import BlockRecord
from chain.db.database import Database, open_database
from chain.db.database import Genesis as StoredGenesis
from chain.errors import ConfigError
from chain.keystore import KeyPair
from chain.miner.device import Device
from chain.miner.open import OpenDevice, open_guarded_device, open_thread_device
from chain.miner.statistics import MinerStatistics
from chain.programs.fast import FastPrograms, load_twins, start_in_thread
from chain.provider.access import LocalAccess
from chain.provider.earnings import claim_earnings
from chain.provider.operands import OperandKeeper, keep_operands
from chain.provider.results import ResultKeeper, keep_results
from chain.provider.sender import Sender
from chain.provider.service import Provider, ProviderStatistics, provide
from chain.provider.storage import StorageKeeper, keep_storage
from chain.rpc.blob_routes import BlobRoutes
from chain.rpc.namespaces.blob_methods import ServedBlobs
from chain.rpc.namespaces.system_methods import NodeIdentity
from chain.rpc.namespaces.table import Served, make_methods
from chain.rpc.server import is_unsafe_allowed, json_page, serve_rpc
from chain.txpool.service import PoolService, maintain_pool
from chain.wallet.connect import NodeUrl, parse_node_url
from chain.wallet.errors import BadNodeUrl
from chain.worker import Worker
from genesis.build import build_genesis, make_api
from genesis.errors import SpecError
from genesis.spec import PRESETS, ChainSpec, load_preset, parse_spec

log = logging.getLogger(__name__)

DEVICE_NONCE_BITS: Final = 48
"""Nonces of one device for one header: it will not use them up."""

IMPORTS_QUEUED_MAX: Final = 64
"""Blocks that wait for the one writer; who sends more waits too."""

DATABASE_FOLDER: Final = "database"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys a node works with; None where it does not do that work."""

    author: KeyPair | None = None
    provider: KeyPair | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A running node, for those who start it."""

    client: Client
    pool: PoolService
    miner: MinerStatistics
    provider: ProviderStatistics
    to_import: trio.MemorySendChannel[ImportRequest]
    """Where blocks from elsewhere are handed to the one writer."""

    rpc_address: str
    rpc_port: int


def load_spec(chain: str) -> ChainSpec:
    """The specification of a built-in chain, or of a file; `ConfigError` if there is none."""
    try:
        if chain in PRESETS:
            return load_preset(chain)
        return parse_spec(Path(chain).read_text("utf-8"))
    except OSError as error:
        choices = ", ".join(PRESETS)
        raise ConfigError(
            f"chain: expected {choices} or a readable file, got {chain!r}: {error.strerror}"
        ) from error
    except SpecError as error:
        raise ConfigError(f"chain {chain}: {error}") from error


def parse_sources(config: BlobsConfig) -> tuple[NodeUrl, ...]:
    """The nodes that are asked for files; `ConfigError`."""
    try:
        return tuple(parse_node_url(url) for url in config.sources)
    except BadNodeUrl as error:
        raise ConfigError(f"blobs.sources: {error}") from error


@contextmanager
def open_client(config: Config, spec: ChainSpec) -> Generator[Client]:
    """The chain in the base path, its database locked until the block ends."""
    with open_signature_process() as ahead:
        host = CachingHost(FastPrograms(load_twins, start_in_thread), ahead)
        genesis = build_genesis(spec, host)
        block = BlockRecord(
            0, genesis.hash, genesis.header.parent_hash, HEADER.encode(genesis.header), ()
        )
        path = config.base_path.expanduser() / spec.id / DATABASE_FOLDER
        stored = StoredGenesis(block, genesis.state)
        with open_database(path, stored, archive=config.database.archive) as database:
            yield make_client(database, spec, host)


def make_client(database: Database, spec: ChainSpec, host: CachingHost) -> Client:
    """The chain over an open database."""
    return Client(database, make_api(spec, host))


async def run_node(
    config: Config,
    keys: Keys,
    *,
    worker: Worker,
    clock: WallClock,
    task_status: trio.TaskStatus[Node] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Runs until cancelled; a service that fails ends the node with its error."""
    spec = load_spec(config.chain)
    with open_client(config, spec) as client:
        await run_services(
            client,
            spec,
            config,
            keys,
            worker=worker,
            clock=clock,
            open_device=open_guarded_device,
            task_status=task_status,
        )


async def run_services(
    client: Client,
    spec: ChainSpec,
    config: Config,
    keys: Keys,
    *,
    worker: Worker,
    clock: WallClock,
    open_device: OpenDevice = open_thread_device,
    task_status: trio.TaskStatus[Node] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Every service of a node over an open chain."""
    verifier = Verifier(client.api, spec.consensus)
    importer = Importer(client, verifier, worker, clock, compute_final_in_dev(client))
    await worker.run(importer.replay_stored)
    pool = PoolService(client, clock, config.pool)
    miner, providing = MinerStatistics(trio.current_time), ProviderStatistics()
    to_import, imports = trio.open_memory_channel[ImportRequest](IMPORTS_QUEUED_MAX)
    to_mine, tasks = trio.open_memory_channel[TaskProduct](TASKS_QUEUED_MAX)
    with client.events.subscribe() as events:
        async with trio.open_nursery() as services:
            services.start_soon(import_blocks, importer, imports)
            services.start_soon(maintain_pool, pool, events)
            blobs = _start_blobs(services, config, client, worker, clock)
            author = keys.provider or keys.author
            source = TemplateSource(client, pool, worker, clock, spec.consensus)
            if author is not None:
                authoring = Authoring(
                    source, to_import, tasks, author.account, spec.is_instant, miner
                )
                for number in range(config.authoring.devices):
                    opening = open_device(config.authoring, worker, number)
                    services.start_soon(_author, authoring, opening, number)
                services.start_soon(_claim, config.authoring, Sender(client, pool, author))
            if keys.provider is not None:
                access = LocalAccess(client, Sender(client, pool, keys.provider))
                multiply = partial(multiply_by_author, to_mine)
                provider = Provider(access, multiply, worker, providing, store=blobs.store)
                _start_provider(services, provider, blobs)
            served = Served(
                client,
                pool,
                spec,
                make_identity(client, is_authority=author is not None),
                miner,
                providing,
                RemoteMining(source, to_import),
                worker,
                None if author is None else author.account,
                blobs if config.rpc.blobs else None,
            )
            methods = make_methods(served, unsafe_allowed=is_unsafe_allowed(config.rpc))
            pages = {"/health": json_page(lambda: {"best": client.best.value.number})}
            routes = make_blob_routes(config.rpc, blobs.store, worker)
            rpc_service = partial(serve_rpc, config.rpc, methods, worker, pages, routes)
            address, port = await services.start(rpc_service)
            task_status.started(Node(client, pool, miner, providing, to_import, address, port))


def _start_provider(services: trio.Nursery, provider: Provider, blobs: ServedBlobs) -> None:
    """Work for pay, and what goes with it: bytes that are kept, results that are shown."""
    access, store, worker = provider.access, blobs.store, provider.worker
    keeper = StorageKeeper(access, store, worker, fetcher=blobs.fetcher)
    services.start_soon(provide, provider)
    services.start_soon(keep_storage, keeper)
    services.start_soon(keep_results, ResultKeeper(access, store, worker))
    services.start_soon(keep_operands, OperandKeeper(access, store, blobs.fetcher.sources))


def _start_blobs(
    services: trio.Nursery, config: Config, client: Client, worker: Worker, clock: WallClock
) -> ServedBlobs:
    """The store below the base path, what fetches into it and what deletes leftovers."""
    store = BlobStore(get_blobs_folder(config.base_path), config.blobs.quota_bytes)
    fetcher = Fetcher(store, worker, parse_sources(config.blobs))
    collector = Collector(store, worker, clock, config.blobs.incomplete_s)
    services.start_soon(fetcher.run)
    services.start_soon(collect_incomplete, collector, client.best.changes())
    return ServedBlobs(store, fetcher)


def make_blob_routes(config: RpcConfig, store: BlobStore, worker: Worker) -> BlobRoutes | None:
    """What serves files over HTTP, where the operator wants that."""
    if not config.blobs:
        return None
    return BlobRoutes(
        store,
        worker,
        uploads_allowed=is_unsafe_allowed(config),
    )


async def _author(
    authoring: Authoring, opening: AbstractAsyncContextManager[Device], number: int
) -> None:
    """The author's service on one device, from its start to the end."""
    async with opening as device:
        await author_blocks(authoring, device, first_nonce=number << DEVICE_NONCE_BITS)


async def _claim(config: AuthoringConfig, sender: Sender) -> None:
    """The service that claims what the author's blocks earn, unless the operator does it."""
    if config.claims:
        await claim_earnings(LocalAccess(sender.client, sender))


def make_identity(client: Client, *, is_authority: bool) -> NodeIdentity:
    """What the node tells clients of itself; without a network its name is the chain's."""
    return NodeIdentity(
        "soberana", version("soberana"), f"dev-{client.genesis_hash.hex()[:16]}", is_authority
    )
