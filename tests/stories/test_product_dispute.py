"""A cheat changes one entry of a product; a watcher with a command line finds and proves it.

Once the forged result is served, once it is not: then its tiles have to be shown on the chain.
"""

import subprocess
import sys
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import trio

from chain.blobs import BlobStore, get_blobs_folder
from chain.cli.demo_node import NodeProcess, start_node
from chain.keystore import KeyPair, get_pair_of_uri
from chain.wallet.chain_reader import ChainReader
from chain.wallet.connect import parse_node_url
from chain.wallet.rpc import RpcTimeouts, open_rpc
from chain.wallet.submit import Inclusion, submit
from chain.wallet.transaction import make_call, sign_call
from pallets.market import Posted, Product, Render, Slot, SlotState, Terms
from pallets.market.declarations import JobPosted
from pallets.verify import Demand
from runtime.claim import compute_claim_roots, compute_commitment
from runtime.crypto.scheme import Scheme
from runtime.frame import Call
from runtime.frame.ai_types import SlotId, VerifierId
from runtime.primitives import UNIT
from runtime.programs import SCENE, Inputs, Raytrace
from runtime.tensor.blob import blob_root
from runtime.tensor.commitment import commit_result
from tests.helpers.cli_stage import Said, run_cli
from tests.helpers.product_jobs import ProductCase
from tests.helpers.programs_vectors import FOUR_BALLS

CASE = ProductCase(128, 160, 128, strips_per_slot=4)
PRICE = 10 * UNIT
WRONG_TILE = 13
AT = SlotId(0, 0)
SLASHED = 2 * PRICE

pytestmark = pytest.mark.slow


@pytest.fixture
def node(tmp_path: Path) -> Generator[NodeProcess]:
    started = trio.run(partial(start_node, tmp_path, "--dev", "--blobs", "--rpc-port", "0"))
    yield started
    started.kill()


def get_pair(name: str) -> KeyPair:
    return get_pair_of_uri(f"//{name}", Scheme.ED25519)


class People:
    """Everybody speaks to the node over RPC, as people do."""

    def __init__(self, node: NodeProcess, base_path: Path) -> None:
        self.url = node.started.rpc
        self.store = BlobStore(get_blobs_folder(base_path))
        self.forged = CASE.forge(0, WRONG_TILE, 777)

    def type(self, *words: str, places: str) -> Said:
        """A command, of somebody with a folder of his own."""
        said = run_cli(*words, "--node", self.url, "--base-path", places)
        assert said.code == 0, said.err
        return said

    def send(self, name: str, make: Callable[[ChainReader], Call]) -> Inclusion:
        """Somebody's call, in a block."""

        async def main() -> Inclusion:
            async with open_rpc(parse_node_url(self.url), RpcTimeouts()) as rpc:
                chain = await ChainReader.connect(rpc)
                signed = await sign_call(chain, get_pair(name), make(chain))
                return await submit(chain, signed, RpcTimeouts())

        return trio.run(main)

    def read_slot(self) -> tuple[Slot, tuple[Demand, ...], dict[str, int]]:
        """The slot, the tiles that are asked for, and what the people have."""

        async def main() -> tuple[Slot, tuple[Demand, ...], dict[str, int]]:
            async with open_rpc(parse_node_url(self.url), RpcTimeouts()) as rpc:
                chain = await ChainReader.connect(rpc)
                return await chain.read(
                    lambda runtime: (
                        runtime.market.slot[0, 0],
                        ()
                        if (0, 0) not in runtime.verify.pending
                        else runtime.verify.pending[0, 0].demands,
                        {
                            name: runtime.system.get_data(get_pair(name).account).total
                            for name in ("Bob", "Eve")
                        },
                    )
                )

        return trio.run(main)

    def post(self) -> None:
        """Dave asks for a product; its operands are in the node's store."""
        for operand in (CASE.a, CASE.b):
            self.store.put_matrix(operand)
        spec, terms = Product(CASE.program), Terms(500, 100, 2)
        included = self.send(
            "Dave",
            lambda chain: make_call(
                chain.runtime.market.post, spec, Posted(PRICE), VerifierId.TILE_PROOF, terms
            ),
        )
        assert [each.job for each in included.events if isinstance(each, JobPosted)] == [0]

    def cheat(self) -> None:
        """Bob takes the slot, and gives the root of a product with one wrong entry."""
        self.submit(AT, 0, bytes(commit_result(self.forged).root))

    def submit(self, at: SlotId, record: int, output: bytes) -> None:
        """Bob takes a slot, and gives an output."""
        lock = (at.job, at.slot, record)
        self.send("Bob", lambda chain: make_call(chain.runtime.market.lock, *lock))

        def make(chain: ChainReader) -> Call:
            roots, who = compute_claim_roots(output, b""), get_pair("Bob").account
            commitment = compute_commitment(chain.genesis_hash, at, who, roots)
            return make_call(chain.runtime.market.submit, at.job, at.slot, commitment, output)

        self.send("Bob", make)

    def answer(self, tile: int) -> None:
        """Bob shows a tile of what he has claimed."""
        opening = CASE.open_tile(0, tile, self.forged)
        self.send(
            "Bob",
            lambda chain: make_call(chain.runtime.verify.answer_tile, 0, 0, tile, opening),
        )


@pytest.fixture
def people(node: NodeProcess, tmp_path: Path) -> People:
    found = People(node, tmp_path / "chain")
    register = ["provider", "register", "--kind", "product", "--from", "//Bob", "--bond"]
    found.type(*register, "200 SBR", places=str(tmp_path / "bob"))
    found.post()
    found.cheat()
    return found


def test_a_provider_elsewhere_fetches_multiplies_and_is_paid(
    node: NodeProcess, tmp_path: Path
) -> None:
    """Operands come from the buyer's node, the result from one that serves what he keeps."""
    url, home = node.started.rpc, tmp_path / "charlie"
    home.mkdir()
    places = str(home / "chain")
    register = ["provider", "register", "--kind", "product", "--from", "//Charlie", "--bond"]
    said = run_cli(*register, "200 SBR", "--node", url, "--base-path", places)
    assert said.code == 0, said.err
    rng = np.random.default_rng(3)
    a, b = rng.integers(-63, 64, (70, 90), np.int8), rng.integers(-63, 64, (90, 40), np.int8)
    files = [str(tmp_path / f"{name}.npy") for name in "abc"]
    np.save(files[0], a)
    np.save(files[1], b)
    serving = trio.run(partial(start_node, home, "--dev", "--blobs", "--rpc-port", "0"))
    command = [sys.executable, "-m", "chain.cli.main", "provider", "run", "--from", "//Charlie"]
    command += ["--kind", "product", "--node", url, "--base-path", places, "--backend", "numpy"]
    with (tmp_path / "provider.log").open("wb") as log:
        provider = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        said = run_cli(
            *("job", "product", *files[:2], "--save", files[2], "--strips", "2"),
            *("--price", "3 SBR", "--from", "//Dave", "--timeout", "60"),
            *("--source", serving.started.rpc, "--node", url),
            *("--base-path", str(tmp_path / "chain")),
        )
    finally:
        provider.terminate()
        provider.wait(30)
        serving.kill()
    assert said.code == 0, said.err + (tmp_path / "provider.log").read_text()
    assert (np.load(files[2]) == a.astype(np.int64) @ b.astype(np.int64)).all()


def test_one_wrong_pixel_of_a_sampled_picture_is_proven(people: People, tmp_path: Path) -> None:
    scene = SCENE.encode(FOUR_BALLS)
    picture = Raytrace(blob_root(scene), 12, 12, 12)
    people.type(
        *["provider", "register", "--kind", "render", "--from", "//Bob"], places=str(tmp_path)
    )
    people.send("Dave", lambda chain: make_call(chain.runtime.registry.put_blob, scene))
    spec, terms, verifier = Render(picture), Terms(500, 100, 2), VerifierId.SPOT_CHECK
    people.send(
        "Dave",
        lambda chain: make_call(chain.runtime.market.post, spec, Posted(PRICE), verifier, terms),
    )
    tile = bytearray(picture.run(0, Inputs((scene,))))
    tile[3 * 50 + 2] ^= 1
    people.submit(SlotId(1, 0), 1, bytes(tile))
    words = ["verify", "watch", "--from", "//Eve", "--blocks", "1"]
    said = people.type(*words, places=str(tmp_path / "eve"))
    assert "job 1, slot 0: pixel 50 is wrong; the verdict is invalid: wrong output" in said.out
    status = people.type("verify", "status", "1", "--json", places=str(tmp_path))
    assert status.json["verdict"] == "invalid: wrong output"


def test_a_forged_result_that_is_served_is_proven_at_once(people: People, tmp_path: Path) -> None:
    people.store.put_result(people.forged)
    _, _, before = people.read_slot()
    said = people.type(
        *["verify", "watch", "--from", "//Eve", "--blocks", "1"], places=str(tmp_path / "eve")
    )
    assert f"tile {WRONG_TILE} is wrong; the verdict is invalid: wrong output" in said.out
    slot, _, after = people.read_slot()
    assert (slot.state, slot.failures) == (SlotState.OPEN, 1)
    assert after["Bob"] == before["Bob"] - SLASHED
    assert after["Eve"] == before["Eve"] + SLASHED * 4 // 10  # who is right pays no fee


def test_a_result_that_is_kept_back_is_found_tile_by_tile(people: People, tmp_path: Path) -> None:
    """Each look is a command of its own: all that a watcher knows, it reads from the chain."""
    asked: list[int] = []
    for _ in range(CASE.program.get_path_length(0) + 2):
        said = people.type(
            *["verify", "challenge", "0", "0", "--from", "//Eve"], places=str(tmp_path / "eve")
        )
        slot, demands, _ = people.read_slot()
        if slot.state is not SlotState.SUBMITTED:
            break
        (demand,) = demands
        asked.append(demand.tile)
        people.answer(demand.tile)
    assert f"tile {WRONG_TILE} is wrong" in said.out
    assert asked[0] == 0
    assert asked[-1] == WRONG_TILE
    assert 1 < len(asked) <= CASE.program.get_path_length(0) + 1
    assert people.read_slot()[0].failures == 1
