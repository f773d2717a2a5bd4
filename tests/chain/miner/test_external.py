"""The external miner against a running node, over its real RPC port."""

import json
from dataclasses import replace

import pytest
import trio

from chain.miner import external
from chain.miner.device import ThreadDevice
from chain.miner.external import (
    ExternalMiner,
    MinerOptions,
    Operands,
    ShapeAnswer,
    WorkAnswer,
    to_search,
)
from chain.miner.search import SeededRun
from chain.miner.statistics import MinerStatistics
from chain.node import Keys, Node
from chain.wallet.connect import NodeUrl, parse_node_url
from chain.wallet.errors import BadAnswer, RpcRefused
from chain.wallet.rpc import RpcTimeouts, open_rpc
from chain.worker import InlineWorker
from consensus.kernels.numpy_backend import NumpyBackend
from consensus.pouw.solve import MatrixWork
from runtime.work_summary import Lane
from tests.helpers.node_stage import BOB, make_config, open_client, run_stage, wait_for_block
from tests.helpers.pouw_stage import make_operand

OPERANDS = Operands(MatrixWork(Lane.PRIVATE, make_operand(64, 128, 1), make_operand(96, 128, 2)))


def make_miner(node: Node, operands: Operands | None = None, first: int = 0) -> ExternalMiner:
    url = parse_node_url(f"ws://127.0.0.1:{node.rpc_port}")
    options = MinerOptions(url, "w", BOB.address, operands, first)
    device = ThreadDevice(NumpyBackend(), InlineWorker())
    return ExternalMiner(options, device, MinerStatistics(trio.current_time), lambda _: None)


@pytest.mark.parametrize("operands", [None, OPERANDS])
def test_it_makes_blocks_for_its_author(operands: Operands | None) -> None:
    async def main() -> None:
        client = open_client()
        with trio.fail_after(60):
            async with run_stage(client) as node, trio.open_nursery() as nursery:
                miner = make_miner(node, operands)
                nursery.start_soon(miner.run)
                async for head in client.best.changes():
                    if head.number >= 3:
                        break
                nursery.cancel_scope.cancel()
        lane = Lane.SEEDED if operands is None else Lane.PRIVATE
        digest = client.get_pre_digest(client.best.value.hash)
        assert digest is not None
        assert digest.author == BOB.account
        assert miner.statistics.lane is lane
        assert miner.counts.block >= 2
        assert miner.counts.refused == 0

    trio.run(main)


def test_a_node_that_comes_back_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "RETRY_S", 0.02)

    async def main() -> None:
        lost = trio.Event()
        client = open_client()
        with trio.fail_after(60):
            async with trio.open_nursery() as nursery:
                async with run_stage(client) as node:
                    miner = make_miner(node)
                    miner.on_event = lambda _: lost.set()
                    nursery.start_soon(miner.run)
                    await wait_for_block(client, 1)
                await lost.wait()
                config = make_config()
                config = replace(config, rpc=replace(config.rpc, port=node.rpc_port))
                number = client.best.value.number
                async with run_stage(client, config=config):
                    await wait_for_block(client, number + 1)
                    nursery.cancel_scope.cancel()

    trio.run(main)


def test_what_the_node_refuses() -> None:
    async def main() -> None:
        client = open_client()
        async with run_stage(client) as node:
            url = parse_node_url(f"http://127.0.0.1:{node.rpc_port}")
            for params, why in (
                (("",), "1 to 64 characters"),
                (("w" * 65,), "1 to 64 characters"),
                (("w",), "this node has no author"),
                (("w", "seeded", None, "5abc"), "author: "),
                (("w", "private", None, BOB.address), "operands: expected those of the private"),
                (("w", "seeded", OPERANDS.describe(), BOB.address), "expected none in the seeded"),
                (("w", "task", {**OPERANDS.describe(), "m": 33}, BOB.address), "multiples of 32"),
                (("w", "private", {**OPERANDS.describe(), "rootA": "0x00"}, BOB.address), "rootA"),
                (("w", "lottery", None, BOB.address), "lane"),
            ):
                with pytest.raises(RpcRefused) as caught:
                    await ask(url, "work_getWork", *params)
                assert caught.value.code == -32602
                assert why in str(caught.value)
            with pytest.raises(RpcRefused, match="Bad share") as caught:
                await ask(url, "work_submitSeal", 5, "w", "0x00")
            assert caught.value.code == 5_002

    trio.run(main)


async def ask(url: NodeUrl, method: str, *params: object) -> object:
    async with open_rpc(url, RpcTimeouts()) as rpc:
        return await rpc.call(object, method, *params)


def test_status_and_workers_are_told() -> None:
    async def main() -> None:
        client = open_client()
        async with run_stage(client, Keys(author=BOB)) as node:
            url = parse_node_url(f"http://127.0.0.1:{node.rpc_port}")
            await ask(url, "work_getWork", "w")
            workers = await ask(url, "work_workers")
            assert isinstance(workers, list)
            assert workers[0]["name"] == "w"
            status = await ask(url, "work_status")
            assert isinstance(status, dict)
            assert {"macsPerS", "bestTicket", "lane", "staleShare"} <= set(status)
            json.dumps(status)

    trio.run(main)


def test_answers_that_are_no_work() -> None:
    shape = ShapeAnswer(64, 96, 128)
    good = WorkAnswer(1, "0x" + "00" * 32, BOB.address, "0x1", "0xff", shape, "0x", 1)
    assert to_search(good, SeededRun(0, 1)).target == 255
    for field, value in (("pre_hash", "0x00"), ("author", "nobody"), ("share_target", "many")):
        parts = {name: getattr(good, name) for name in good.__struct_fields__}
        with pytest.raises(BadAnswer):
            to_search(WorkAnswer(**{**parts, field: value}), SeededRun(0, 1))
