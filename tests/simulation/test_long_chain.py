"""A chain of hundreds of blocks replays from genesis to the same root, in memory and on disk.

`make replay` does the same with ten thousand.
"""

from pathlib import Path

import pytest
import trio

from chain.client.typed_state import get_runtime
from chain.db.leveldb import LevelDbStore
from chain.db.memory import MemoryStore
from tests.helpers.long_chain import LongChain, open_replay, replay

BLOCKS = 120


def test_a_long_chain_replays_to_the_same_root(tmp_path: Path) -> None:
    chain, other = LongChain(seed=4), LongChain(seed=4)
    trio.run(chain.grow, BLOCKS)
    trio.run(other.grow, BLOCKS)
    assert other.client.best.value.hash == chain.client.best.value.hash, "a seed tells all"
    best = chain.client.best.value
    assert best.number == len(chain.blocks) > BLOCKS
    store = LevelDbStore(tmp_path / "db")
    try:
        client = open_replay(chain, store)
        trio.run(replay, chain, client)
        assert client.best.value.header.state_root == best.header.state_root
    finally:
        store.close()
    store = LevelDbStore(tmp_path / "db")
    try:
        again = open_replay(chain, store)
        assert again.finalised.value.hash == chain.client.finalised.value.hash
        get_runtime(again).balances.try_state()
    finally:
        store.close()


def test_stories_succeed_and_fail() -> None:
    chain = LongChain(seed=5)
    trio.run(chain.grow, BLOCKS)
    runtime = get_runtime(chain.client)
    assert chain.calls > BLOCKS
    assert runtime.market.next_job.get() > 5
    assert dict(runtime.market.stats.items())
    assert runtime.governance.next_proposal.get() > 0


def test_another_block_leads_elsewhere() -> None:
    chain = LongChain(seed=6)
    trio.run(chain.grow, 5)
    chain.blocks.pop(3)
    client = open_replay(chain, MemoryStore())
    with pytest.raises(AssertionError, match="UnknownParent"):
        trio.run(replay, chain, client)
