"""A long chain with the calls of many stories, made, and replayed from genesis to the same root.

The replay begins with an empty database on disk and knows the blocks alone; then the node is opened
again, and its state is read whole. Blocks may be given: `python -m tests.bench.bench_replay 10000`.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import trio

from chain.client.typed_state import get_runtime
from chain.db.leveldb import LevelDbStore
from tests.helpers.long_chain import LongChain, open_replay, replay
from tests.helpers.stopwatch import Stopwatch

BLOCKS, SEED, STEP = 500, 4, 1_000


def show(what: str, blocks: int, watch: Stopwatch) -> None:
    """One row."""
    wall_s, processor_s = watch.wall_ns / 1e9, watch.processor_ns / 1e9
    rate = blocks / processor_s
    print(f"{what:34} {wall_s:8.1f} s, {rate:7.1f} blocks a second of processor time", flush=True)


def grow(chain: LongChain, blocks: int) -> None:
    """Makes the chain, and tells how far it is."""
    done = 0
    while done < blocks:
        count, watch = min(STEP, blocks - done), Stopwatch()
        with watch:
            trio.run(chain.grow, count)
        done += count
        show(f"made {done:_} blocks, the last {count:_}", count, watch)


def main() -> int:
    """Makes, replays, compares."""
    blocks = int(sys.argv[1]) if len(sys.argv) > 1 else BLOCKS
    chain = LongChain(SEED)
    grow(chain, blocks)
    best = chain.client.best.value
    print(
        f"{len(chain.blocks):_} blocks, {chain.calls:_} signed calls; root {best.header.state_root}"
    )
    with TemporaryDirectory(prefix="soberana-replay-") as folder:
        store, watch = LevelDbStore(Path(folder)), Stopwatch()
        try:
            client = open_replay(chain, store)
            with watch:
                trio.run(replay, chain, client)
            root = client.best.value.header.state_root
        finally:
            store.close()
        show("replayed from genesis", len(chain.blocks), watch)
        store, watch = LevelDbStore(Path(folder)), Stopwatch()
        try:
            with watch:
                again = open_replay(chain, store)
            get_runtime(again).balances.try_state()
            final = again.finalised.value.hash
        finally:
            store.close()
    is_same = root == best.header.state_root and final == chain.client.finalised.value.hash
    print("the same root" if is_same else f"another root: {root}")
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
