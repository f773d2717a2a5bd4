"""A chain read from afar: what its specification decides comes from its node."""

from pathlib import Path

import pytest
import trio

from chain.wallet.chain_reader import KEYS_PAGE, ChainReader
from chain.wallet.connect import parse_node_url
from chain.wallet.errors import BadAnswer
from chain.wallet.rpc import RpcTimeouts, open_rpc
from pallets.runtime import Runtime
from runtime.state.backend import DictBackend
from tests.helpers.cli_stage import open_stage
from tests.helpers.fake_node import PROPERTIES, FakeNode
from tests.helpers.rpc_server import Method, Refusal, serve


def read_decided(runtime: Runtime) -> tuple[object, ...]:
    """What another specification would have otherwise."""
    return (
        runtime.work.get_era_index(),
        runtime.governance.terms,
        runtime.balances.existential_deposit,
    )


async def read(url: str) -> tuple[object, ...]:
    async with open_rpc(parse_node_url(url), RpcTimeouts()) as rpc:
        chain = await ChainReader.connect(rpc)
        return await chain.read(read_decided)


def test_a_reading_is_of_the_chain_as_it_was_specified(tmp_path: Path) -> None:
    with open_stage(tmp_path) as stage:
        for _ in range(3):
            stage.node.make_block()
        runtime = stage.node.api.make_runtime(DictBackend(stage.node.best.state))
        assert isinstance(runtime, Runtime)
        assert trio.run(read, stage.server.url) == read_decided(runtime)


@pytest.mark.parametrize("wrong", [{"eraBlocks": 0}, {"existentialDeposit": "-1"}])
def test_a_node_whose_chain_cannot_be(tmp_path: Path, wrong: dict[str, object]) -> None:
    with (
        open_stage(tmp_path, system_properties=lambda: PROPERTIES | wrong) as stage,
        pytest.raises(BadAnswer, match="system_properties"),
    ):
        trio.run(read, stage.server.url)


def count_calls(node: FakeNode, calls: list[str]) -> dict[str, Method]:
    """The node's methods for a state, which tell of each call."""

    def tell(name: str) -> Method:
        method = node.get_methods()[name]

        def told(*args: object) -> object:
            calls.append(name)
            return method(*args)

        return told

    names = ("state_getStorage", "state_getKeysPaged", "state_queryStorageAt")
    return {name: tell(name) for name in names}


def test_a_map_is_gone_through_by_the_page() -> None:
    node, calls = FakeNode(), list[str]()
    for number in range(3):
        node.make_block()
        node.best.state.update(make_jobs(number))
    with serve({**node.get_methods(), **count_calls(node, calls)}) as server:

        async def main() -> list[tuple[int, int]]:
            async with open_rpc(parse_node_url(server.url), RpcTimeouts()) as rpc:
                chain = await ChainReader.connect(rpc)
                return await chain.read(lambda runtime: sorted(runtime.market.busy.items()))

        assert trio.run(main) == [(number, number + 1) for number in range(200)]
    assert calls.count("state_getStorage") == 0
    assert len(calls) <= 2 * (200 // KEYS_PAGE + 2)


def make_jobs(last: int) -> dict[bytes, bytes]:
    """Two hundred entries of a map; those that only other blocks have do not matter."""
    state = DictBackend({})
    runtime = FakeNode().api.make_runtime(state)
    assert isinstance(runtime, Runtime)
    for number in range(200 if last == 2 else 10):
        runtime.market.busy[number] = number + 1
    return {key: value for key, value in runtime.state.changes().items() if value is not None}


def test_values_that_are_too_many_for_one_answer_come_one_by_one() -> None:
    node = FakeNode()
    node.best.state.update(make_jobs(0))
    with serve({**node.get_methods(), "state_queryStorageAt": refuse}) as server:

        async def main() -> list[tuple[int, int]]:
            async with open_rpc(parse_node_url(server.url), RpcTimeouts()) as rpc:
                chain = await ChainReader.connect(rpc)
                return await chain.read(lambda runtime: sorted(runtime.market.busy.items()))

        assert trio.run(main) == [(number, number + 1) for number in range(10)]


def refuse(*_: object) -> object:
    raise Refusal(-32008, "Response is too big")


@pytest.mark.parametrize(
    "answer",
    [[], [{"block": "0x", "changes": []}], [{"block": "0x", "changes": [["0x00", "0x00"]] * 10}]],
)
def test_values_of_other_keys_are_refused(answer: list[object]) -> None:
    node = FakeNode()
    node.best.state.update(make_jobs(0))
    methods = {**node.get_methods(), "state_queryStorageAt": lambda *_: answer}
    with serve(methods) as server:

        async def main() -> None:
            async with open_rpc(parse_node_url(server.url), RpcTimeouts()) as rpc:
                chain = await ChainReader.connect(rpc)
                await chain.read(lambda runtime: sorted(runtime.market.busy.items()))

        with pytest.raises(BadAnswer, match="other keys than were asked for"):
            trio.run(main)
