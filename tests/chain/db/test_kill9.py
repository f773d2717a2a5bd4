"""`kill -9` while blocks become final: what was reported final is there, and nothing is torn."""

import subprocess
import sys
from functools import partial
from pathlib import Path
from random import Random

from chain.db.blocks import BlockRecord
from chain.db.database import open_database
from tests.helpers.chain_of_blocks import changes_of, make_block, make_genesis
from tests.helpers.kill_server import kill_after, running_server, serve

KILLS = 50
GENESIS = make_genesis()
EXTRINSICS = 40
CHANGES = 60


def next_block(parent: BlockRecord) -> BlockRecord:
    return make_block(parent, extrinsics=EXTRINSICS)


def commit_forever(path: Path) -> None:
    """Makes blocks final, and prints each one's number once it is."""
    with open_database(path, GENESIS) as database:
        block = GENESIS.block
        for _ in range(database.state.finalised.number):
            block = next_block(block)
        while True:
            block = next_block(block)
            database.blocks.insert(block)
            database.blocks.set_head(block.hash)
            database.finalise(block.hash, {block.hash: changes_of(block.number, CHANGES)})
            print(block.number, flush=True)


def kill_committer(server: subprocess.Popen[str], commits: int, random: Random) -> int:
    """The last number printed by a process that is killed some moments after so many commits."""
    lines = kill_after(server, lambda lines: len(lines) >= commits, random, 200_000)
    return int(lines[-1])


class Model:
    """The line of blocks and the state after each, computed as far as asked."""

    def __init__(self) -> None:
        self.blocks = [GENESIS.block]
        self.states = [dict(GENESIS.entries)]

    def extend_to(self, number: int) -> None:
        while len(self.blocks) <= number:
            self.blocks.append(next_block(self.blocks[-1]))
            state = dict(self.states[-1])
            for key, value in changes_of(len(self.states), CHANGES).items():
                state.pop(key, None)
                if value is not None:
                    state[key] = value
            self.states.append(state)


def test_nothing_final_is_lost(tmp_path: Path) -> None:
    random, model, path = Random(9), Model(), tmp_path / "db"
    with running_server("tests.chain.db.test_kill9", path) as server:
        for _ in range(KILLS):
            check(path, model, kill_committer(server, random.randrange(1, 6), random))
    assert len(model.blocks) > KILLS


def check(path: Path, model: Model, reported: int) -> None:
    """Asserts that what was reported final is there, and that nothing is torn."""
    with open_database(path, GENESIS) as database:
        final = database.state.finalised
        assert final.number >= reported
        model.extend_to(final.number)
        assert final.hash == model.blocks[final.number].hash
        assert dict(database.state.entries()) == model.states[final.number]
        for number in range(max(0, final.number - 5), final.number + 1):
            backend = database.state.state_at_finalised(number)
            assert all(
                backend.get(key) == model.states[number].get(key)
                for key in model.states[final.number].keys() | model.states[number].keys()
            )
            block = model.blocks[number]
            assert database.blocks.get_canonical_hash(number) == block.hash
            assert database.blocks.get_body(block.hash) == block.body
        assert database.blocks.head.number >= final.number


if __name__ == "__main__":
    serve(partial(commit_forever, Path(sys.argv[1])))
