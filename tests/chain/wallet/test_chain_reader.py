"""A chain read from afar: what its specification decides comes from its node."""

from pathlib import Path

import pytest
import trio

from chain.wallet.chain_reader import ChainReader
from chain.wallet.connect import parse_node_url
from chain.wallet.errors import BadAnswer
from chain.wallet.rpc import RpcTimeouts, open_rpc
from pallets.runtime import Runtime
from runtime.state.backend import DictBackend
from tests.helpers.cli_stage import open_stage
from tests.helpers.fake_node import PROPERTIES


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
