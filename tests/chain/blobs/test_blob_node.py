"""A node serves files beside its RPC, takes uploads, fetches from peers and audits them."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from chain.blobs import BlobStore, get_blobs_folder
from chain.blobs.collecting import EVERY_MS, Collector, collect_incomplete
from chain.blobs.fetcher import QUEUED_MAX, Fetcher, FetchState, QueueFull
from chain.blobs.source import Source
from chain.blobs.upload import hash_file, upload_file
from chain.config import BlobsConfig, Config
from chain.errors import ConfigError
from chain.node import parse_sources
from chain.wallet.connect import NodeUrl, parse_node_url
from chain.watch import Watch
from chain.worker import InlineWorker
from runtime.primitives import Root
from runtime.tensor.chunk_ranges import ChunkRange
from runtime.tensor.chunks import commit_chunks
from tests.helpers.blob_server import serve_blobs
from tests.helpers.clock import ManualClock
from tests.helpers.node_stage import make_config
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage

CONTENT = bytes(range(239)) * 30
ROOT = commit_chunks(CONTENT).root


def make_serving(folder: Path, **blobs: Any) -> Config:
    quiet = make_config()
    return replace(
        quiet,
        base_path=folder,
        rpc=replace(quiet.rpc, blobs=True),
        blobs=replace(quiet.blobs, **blobs),
    )


def get_url(stage: RpcStage) -> NodeUrl:
    return parse_node_url(f"http://{stage.node.rpc_address}:{stage.node.rpc_port}")


async def wait_for_fetch(stage: RpcStage) -> Any:
    while (fetch := await stage.ask("blob_fetchState", hex_of(ROOT)))["state"] in (
        "waiting",
        "fetching",
    ):
        await trio.lowlevel.checkpoint()
    return fetch


def test_what_is_uploaded_is_served(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(CONTENT)

    async def play(stage: RpcStage) -> None:
        url = get_url(stage)
        local = hash_file(file)
        assert await upload_file(local, url, InlineWorker(), lambda done: None) == len(CONTENT)
        source = Source(url)
        found = await source.get_proven(ROOT, ChunkRange(len(CONTENT), 2, 3))
        assert found.data == CONTENT[2_048:5_120]
        await source.close()

    run_rpc_stage(play, config=make_serving(tmp_path))
    assert BlobStore(get_blobs_folder(tmp_path)).get_chunked(ROOT) == CONTENT


def test_the_quota_is_the_operators(tmp_path: Path) -> None:
    async def play(stage: RpcStage) -> None:
        local = hash_file(tmp_path / "file")
        with pytest.raises(Exception, match="507 expected room"):
            await upload_file(local, get_url(stage), InlineWorker(), lambda done: None)

    (tmp_path / "file").write_bytes(CONTENT)
    run_rpc_stage(play, config=make_serving(tmp_path, quota_bytes=5_000))


def test_a_node_fetches_from_a_peer_and_audits_it(tmp_path: Path) -> None:
    peer = BlobStore(tmp_path / "peer")
    peer.put_chunks(CONTENT)
    with serve_blobs(peer) as url:

        async def play(stage: RpcStage) -> None:
            assert await stage.ask("blob_fetchState", hex_of(ROOT)) is None
            asked = await stage.ask("blob_fetch", hex_of(ROOT), ["http://127.0.0.1:1", url])
            assert asked["state"] in ("waiting", "fetching", "stored")
            told = await wait_for_fetch(stage)
            assert (told["state"], told["done"], told["why"]) == ("stored", str(len(CONTENT)), None)
            again = await stage.ask("blob_fetch", hex_of(ROOT), [url])
            assert again["state"] == "stored"
            audit = await stage.ask("blob_audit", hex_of(ROOT), url, 5)
            assert (audit["passed"], audit["size"], len(audit["drawn"])) == (True, "7170", 5)
            missing = await stage.ask("blob_audit", "0x" + "ab" * 32, url)
            assert (missing["passed"], "404" in missing["why"]) == (False, True)
            code, _, why = await stage.refuse("blob_fetch", hex_of(ROOT), ["ftp://x"])
            assert (code, "it begins with none of" in why) == (-32602, True)

        run_rpc_stage(play, config=make_serving(tmp_path / "mine"))
    assert BlobStore(get_blobs_folder(tmp_path / "mine")).get_chunked(ROOT) == CONTENT


def test_a_fetch_that_fails_says_why(tmp_path: Path) -> None:
    async def play(stage: RpcStage) -> None:
        await stage.ask("blob_fetch", hex_of(ROOT), ["http://127.0.0.1:1"])
        told = await wait_for_fetch(stage)
        assert (told["state"], "no node answers" in told["why"]) == ("failed", True)

    run_rpc_stage(play, config=make_serving(tmp_path))


def test_strangers_neither_fetch_nor_upload(tmp_path: Path) -> None:
    config = make_serving(tmp_path)
    config = replace(config, rpc=replace(config.rpc, methods="safe"))
    (tmp_path / "file").write_bytes(CONTENT)

    async def play(stage: RpcStage) -> None:
        for method in ("blob_fetch", "blob_fetchState", "blob_audit"):
            code, message, _ = await stage.refuse(method, hex_of(ROOT), [])
            assert (code, "unsafe" in message) == (-32601, True)
        local = hash_file(tmp_path / "file")
        with pytest.raises(Exception, match="403"):
            await upload_file(local, get_url(stage), InlineWorker(), lambda done: None)

    run_rpc_stage(play, config=config)


def test_a_queue_has_an_end_and_a_memory(tmp_path: Path) -> None:
    fetcher = Fetcher(BlobStore(tmp_path), InlineWorker(), ())
    roots = [Root(number.to_bytes(32, "little")) for number in range(QUEUED_MAX + 1)]
    first = fetcher.request(roots[0])
    assert fetcher.request(roots[0]) is first
    for root in roots[1:-1]:
        fetcher.request(root)
    with pytest.raises(QueueFull):
        fetcher.request(roots[-1])
    assert fetcher.get(roots[-1]) is None

    async def main() -> None:
        async with trio.open_nursery() as services:
            services.start_soon(fetcher.run)
            while fetcher.finished.value < QUEUED_MAX:
                await fetcher.finished.wait_after(fetcher.finished.seen.version)
            services.cancel_scope.cancel()

    trio.run(main)
    assert first.state is FetchState.FAILED
    assert "no source was named" in first.why
    assert fetcher.request(roots[0]) is not first


def test_leftovers_are_deleted_once_an_hour(tmp_path: Path) -> None:
    store, news = BlobStore(tmp_path), Watch(0)
    with store.open_partial(ROOT, len(CONTENT)) as growing:
        growing.append(b"x")
    [path] = tmp_path.glob("*/*")
    os.utime(path, (1_000, 1_000))
    clock = ManualClock(1_099_000)

    async def main() -> None:
        async def tell(passed_ms: int) -> bool:
            clock.advance(passed_ms)
            news.set(0)
            await wait_all_tasks_blocked()
            return store.get_partial_bytes(ROOT, len(CONTENT)) is not None

        async with trio.open_nursery() as services:
            collector = Collector(store, InlineWorker(), clock, incomplete_s=100)
            services.start_soon(collect_incomplete, collector, news.changes())
            assert await tell(0)
            assert await tell(2_000)  # it has just looked
            assert not await tell(EVERY_MS)
            services.cancel_scope.cancel()

    trio.run(main)


def test_sources_are_urls() -> None:
    with pytest.raises(ConfigError, match=r"blobs\.sources: expected the URL of a node"):
        parse_sources(BlobsConfig(sources=("nowhere",)))
    assert parse_sources(BlobsConfig(sources=("ws://a:1", "http://b")))[0].port == 1
