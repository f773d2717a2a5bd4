"""`rounds_*` and `pools_*`: what many label and collect."""

from chain.keystore import KeyPair
from pallets.pools import PoolSpec
from pallets.registry.types import KindPrice, Provider
from pallets.rounds import RoundSpec
from runtime.frame.ai_types import JobKind, Role
from runtime.primitives import Hash
from runtime.tensor.blob import blob_root
from tests.helpers.job_stage import MANIFEST
from tests.helpers.node_stage import ALICE, BOB, CHARLIE
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage
from tests.pallets.pools import stage as pools
from tests.pallets.rounds import stage as rounds

UNIT = 10**12
ITEMS = bytes(rounds.ITEMS * rounds.ITEM_BYTES)
ROUND = RoundSpec(
    blob_root(ITEMS), rounds.ITEM_BYTES, rounds.CLASSES, "digits?", 3, 5 * UNIT, 20, Hash(b"g" * 32)
)
POOL = PoolSpec(
    blob_root(pools.BASE),
    pools.COLS,
    pools.CLASSES,
    pools.TRAINING,
    "more of these",
    pools.SEATS,
    pools.SHARD_ROWS,
    5 * UNIT,
    None,
    pools.HIDDEN_ROWS,
    Hash(b"v" * 32),
)


class Sender:
    """Puts calls into blocks."""

    def __init__(self, stage: RpcStage) -> None:
        self.stage = stage
        self.nonces: dict[str, int] = {}

    async def send(self, pair: KeyPair, pallet: str, name: str, *args: object) -> None:
        nonce = self.nonces.get(pair.address, 0)
        self.nonces[pair.address] = nonce + 1
        call = self.stage.wallet.make_call(pallet, name, *args)
        await self.stage.make_block(self.stage.wallet.sign(pair, call, nonce))


def test_rounds_and_their_labellers() -> None:
    async def test(stage: RpcStage) -> None:
        ask, sender = stage.ask, Sender(stage)
        assert await ask("rounds_list") == await ask("rounds_seats", 0) == []
        assert await ask("rounds_get", 0) is await ask("rounds_labels", 0) is None
        await sender.send(ALICE, "Registry", "put_blob", ITEMS)
        await sender.send(ALICE, "Rounds", "post", ROUND, rounds.TERMS)
        body = Provider("https://b.example", (), (KindPrice(JobKind.LABEL, 1),), 1)
        await sender.send(BOB, "Registry", "register", body, MANIFEST, (), 0, 1_000)
        await sender.send(BOB, "Bonds", "bond", Role.LABELLER, 100 * UNIT)
        await sender.send(BOB, "Rounds", "join", 0, 0)
        (found,) = await ask("rounds_list")
        assert found == await ask("rounds_get", 0)
        assert (found["round"], found["owner"], found["phase"]) == (0, ALICE.address, "joining")
        (seat,) = await ask("rounds_seats", 0)
        assert (seat["round"], seat["account"], seat["state"]) == (0, BOB.address, "joined")
        assert await ask("rounds_list", 1) == await ask("rounds_list", 0, 0) == []

    run_rpc_stage(test)


def test_pools_and_their_contributors() -> None:
    async def test(stage: RpcStage) -> None:
        ask, sender = stage.ask, Sender(stage)
        assert await ask("pools_list") == await ask("pools_seats", 0) == []
        assert await ask("pools_get", 0) is None
        await sender.send(ALICE, "Registry", "put_blob", pools.BASE)
        await sender.send(ALICE, "Pools", "open", POOL, pools.TERMS)
        for pair, letter in ((CHARLIE, b"c"), (BOB, b"b")):
            await sender.send(pair, "Pools", "commit", 0, Hash(letter * 32))
        (found,) = await ask("pools_list")
        assert found == await ask("pools_get", 0)
        assert (found["pool"], found["owner"], found["phase"]) == (0, ALICE.address, "committing")
        seats = await ask("pools_seats", 0)
        assert [(each["seat"], each["state"]) for each in seats] == [
            (0, "committed"),
            (1, "committed"),
        ]
        assert seats[1]["commitment"] == hex_of(b"b" * 32)
        assert await ask("pools_list", 1) == []

    run_rpc_stage(test)
