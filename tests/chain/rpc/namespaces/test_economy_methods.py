"""`registry_*`, `market_*`, `work_*`: the AI economy as explorers read it."""

from collections import Counter
from typing import Any

from chain.client.typed_state import get_runtime
from chain.keystore import KeyPair
from pallets.market import Bids, Infer, Posted, Recurrence, Terms
from pallets.registry.types import Dataset, KindPrice, Parent, Provider, Relation
from runtime.frame.ai_types import JobKind, Role, SlotId, VerifierId
from runtime.primitives import Root
from runtime.tensor.blob import blob_root
from tests.helpers.market_stage import make_classifier, make_inputs
from tests.helpers.node_stage import ALICE, BOB, CHARLIE
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage
from tests.helpers.slot_work import commit_result, run_slot

UNIT = 10**12
MANIFEST = Root(b"m" * 32)
DATASET, MODEL, PROVIDER, JOB = 0, 1, 2, 0
PRICE = 2 * UNIT
INPUTS = make_inputs(3)
UNKNOWN = "0x" + "ab" * 32


class Economy:
    """A dataset, a model made of it, a provider, and a job of three slots, one of them settled."""

    def __init__(self, stage: RpcStage) -> None:
        self.stage = stage
        self._nonces: Counter[str] = Counter()

    def sign(self, pair: KeyPair, pallet: str, name: str, *args: object) -> bytes:
        call = self.stage.wallet.make_call(pallet, name, *args)
        nonce = self._nonces[pair.address]
        self._nonces[pair.address] += 1
        return self.stage.wallet.sign(pair, call, nonce)

    async def register(self) -> None:
        weights = make_classifier()
        root = Root(b"d" * 32)
        dataset = Dataset(root, None, None, 10, 1_024, 4_096, root, None)
        parents = (Parent(DATASET, Relation.TRAINED_ON, 500),)
        provider = Provider("https://p.example", (), (KindPrice(JobKind.INFER, 1),), 8)
        terms = (1_000, 1_000)
        await self.stage.make_block(
            self.sign(CHARLIE, "Registry", "register", dataset, MANIFEST, (), 0, 1_000)
        )
        await self.stage.make_block(
            *(self.sign(ALICE, "Registry", "put_blob", blob) for blob in weights.blobs),
            self.sign(ALICE, "Registry", "register", weights.body, MANIFEST, parents, *terms),
            self.sign(ALICE, "Registry", "put_blob", INPUTS),
        )
        await self.stage.make_block(
            self.sign(BOB, "Registry", "register", provider, MANIFEST, (), 0, 1_000),
            self.sign(BOB, "Bonds", "bond", Role.PROVIDER, 1_000 * UNIT),
        )

    async def post(self) -> None:
        spec = Infer(MODEL, None, blob_root(INPUTS), 3, 1, 1)
        price, terms = Posted(PRICE), Terms(100, 100, 3)
        await self.stage.make_block(
            self.sign(ALICE, "Market", "post", spec, price, VerifierId.REPLAY, terms)
        )

    async def settle(self) -> bytes:
        """Locks and fills the first slot; the output."""
        await self.stage.make_block(self.sign(BOB, "Market", "lock", JOB, 0, PROVIDER))
        client = self.stage.client
        runtime = get_runtime(client)
        job = runtime.market.job[JOB]
        payload = run_slot(runtime.registry.records, job, 0)
        commitment = commit_result(client.genesis_hash, SlotId(JOB, 0), job, BOB.account, payload)
        submit = self.sign(BOB, "Market", "submit", JOB, 0, commitment, payload)
        await self.stage.make_block(submit)
        return payload


def test_records_with_their_versions() -> None:
    async def test(stage: RpcStage) -> None:
        assert await stage.ask("registry_getRecord", 0) is None
        await Economy(stage).register()
        found = await stage.ask("registry_getRecord", DATASET)
        assert list(found)[:3] == ["id", "kind", "owner"]
        assert (found["id"], found["kind"], found["owner"]) == (0, "dataset", CHARLIE.address)
        assert found["state"] == "active"
        assert found["expiresAt"] > 1_000
        assert found["deposit"].isdecimal()
        current = found["current"]
        assert current["body"]["type"] == "dataset"
        assert current["body"]["plainRoot"] == hex_of(b"d" * 32)
        assert current["manifestRoot"] == hex_of(MANIFEST)
        model = await stage.ask("registry_getRecord", MODEL)
        assert model["current"]["parents"] == [
            {"record": DATASET, "relation": "trainedOn", "bps": 500}
        ]
        provider = await stage.ask("registry_getRecord", PROVIDER)
        assert provider["current"]["body"]["prices"] == [{"kind": "infer", "unitPrice": "1"}]
        for unknown in (3, 2**64 - 1, "0xffffffffffffffff"):
            assert await stage.ask("registry_getRecord", unknown) is None
        for wrong in (-1, 2**64, "0x10000000000000000"):
            code, message, data = await stage.refuse("registry_getRecord", wrong)
            assert (code, message) == (-32602, "Invalid params")
            assert data.startswith("record: expected a whole number from 0 to 18446744073709551615")

    run_rpc_stage(test)


def test_lists_blobs_and_provenance() -> None:
    async def test(stage: RpcStage) -> None:
        await Economy(stage).register()
        for kind, number in (("dataset", DATASET), ("model", MODEL), ("provider", PROVIDER)):
            found = await stage.ask("registry_list", kind)
            assert [each["id"] for each in found] == [number]
            assert await stage.ask("registry_list", kind, number + 1) == []
            assert await stage.ask("registry_list", kind, 0, 0) == []
        code, message, data = await stage.refuse("registry_list", "planet")
        assert (code, message) == (-32602, "Invalid params")
        assert data == "kind: expected one of model, dataset, provider, got 'planet'"
        found = await stage.ask("registry_getBlob", hex_of(blob_root(INPUTS)))
        assert found == hex_of(INPUTS)
        assert await stage.ask("registry_getBlob", UNKNOWN) is None
        graph = await stage.ask("registry_provenance", MODEL)
        assert [each["id"] for each in graph["nodes"]] == [MODEL, DATASET]
        assert graph["edges"] == [
            {"child": MODEL, "record": DATASET, "relation": "trainedOn", "bps": 500}
        ]
        assert await stage.ask("registry_provenance", 9) == {"nodes": [], "edges": []}

    run_rpc_stage(test)


def test_a_job_from_open_slots_to_a_settled_one() -> None:
    async def test(stage: RpcStage) -> None:
        economy = Economy(stage)
        await economy.register()
        assert await stage.ask("market_getJob", JOB) is None
        assert await stage.ask("market_openSlots") == []
        await economy.post()
        job = await stage.ask("market_getJob", JOB)
        assert (job["id"], job["owner"], job["spec"]["model"]) == (JOB, ALICE.address, MODEL)
        assert job["source"] == {"record": MODEL, "version": 1}
        assert (job["kind"], job["verifier"]) == ("infer", "replay")
        assert job["price"] == {"type": "posted", "price": str(PRICE)}
        assert job["escrow"] == str(3 * PRICE)
        opened = await stage.ask("market_openSlots")
        key = {"job": JOB, "isLate": False}
        expected = [{**key, "slot": slot} for slot in range(3)]
        assert sorted(opened, key=lambda each: int(each["slot"])) == expected
        assert await stage.ask("market_openSlots", 1, 1) == opened[1:2]
        output = await economy.settle()
        slots = await stage.ask("market_getSlots", JOB)
        assert [each["slot"] for each in slots] == [0, 1, 2]
        assert [each["state"] for each in slots] == ["settled", "open", "open"]
        assert slots[0]["provider"] == BOB.address
        assert await stage.ask("market_getOutput", JOB, 0) == hex_of(output)
        assert await stage.ask("market_getOutput", JOB, 1) is None
        stats = await stage.ask("market_getStats", PROVIDER)
        assert (stats["settled"], stats["failed"], stats["value"]) == (1, 0, str(PRICE))
        assert len(await stage.ask("market_openSlots")) == 2
        assert await stage.ask("market_getSlots", 99) == []
        assert (await stage.ask("market_getStats", 99))["settled"] == 0

    run_rpc_stage(test)


def test_bids_and_jobs_that_come_again() -> None:
    async def test(stage: RpcStage) -> None:
        economy = Economy(stage)
        await economy.register()
        spec = Infer(MODEL, None, blob_root(INPUTS), 3, 1, 1)
        asked = (spec, Bids(PRICE), VerifierId.REPLAY, Terms(100, 100, 3), Recurrence(5, 3))
        assert await stage.ask("market_getBids", JOB) == []
        assert await stage.ask("market_getRecurring", 0) is None
        await stage.make_block(economy.sign(ALICE, "Market", "recur", *asked))
        await stage.make_block(economy.sign(BOB, "Market", "bid", JOB, PRICE - 1, PROVIDER))
        (bid,) = await stage.ask("market_getBids", JOB)
        assert (bid["provider"], bid["record"]) == (BOB.address, PROVIDER)
        assert bid["price"] == str(PRICE - 1)
        again = await stage.ask("market_getRecurring", 0)
        assert (again["id"], again["owner"], again["runsLeft"]) == (0, ALICE.address, 2)
        assert again["price"] == {"type": "bids", "max": str(PRICE)}
        for method in ("market_getBids", "market_getRecurring"):
            code, message, _ = await stage.refuse(method, -1)
            assert (code, message) == (-32602, "Invalid params")

    run_rpc_stage(test)


def test_what_blocks_were_useful_for() -> None:
    async def test(stage: RpcStage) -> None:
        genesis = hex_of(stage.client.genesis_hash)
        assert await stage.ask("work_block", genesis) is None
        assert await stage.ask("work_block", UNKNOWN) is None
        one = await stage.make_block()
        block = await stage.ask("work_block")
        assert (block["number"], block["hash"], block["lane"]) == (1, one, "seeded")
        assert block["author"] == ALICE.address
        assert block["totalMacs"] == block["difficulty"]
        assert block["usefulMacs"] == "0"
        assert int(block["target"], 16) > 0
        assert int(block["score"]) >= int(block["difficulty"]) > 0
        second = await stage.ask("work_block", await stage.make_block())
        assert await stage.ask("work_block", one) == block
        era = await stage.ask("work_era")
        assert era == await stage.ask("work_era", 0)
        assert int(era["totalMacs"]) == int(block["totalMacs"]) + int(second["totalMacs"])
        assert await stage.ask("work_usefulRatio") == {
            "usefulMacs": "0",
            "totalMacs": era["totalMacs"],
            "usefulBps": 0,
        }
        for method in ("work_era", "work_usefulRatio"):
            assert await stage.ask(method, 99) is None
        status = await stage.ask("work_status")
        assert status["blocks"] == {"seeded": 0, "task": 0, "private": 0}
        assert status["slotsLocked"] == 0

    run_rpc_stage(test)


def test_the_work_of_a_block_on_a_fork_is_its_own() -> None:
    async def test(stage: RpcStage) -> None:
        base = await stage.make_block()
        parent = stage.client.best.value.hash
        canonical = await stage.make_block()
        fork = await stage.add(stage.maker.make(parent, author=BOB.account))
        shown: list[Any] = [await stage.ask("work_block", each) for each in (canonical, fork)]
        assert [each["author"] for each in shown] == [ALICE.address, BOB.address]
        assert {each["lane"] for each in shown} == {"seeded"}
        assert base

    run_rpc_stage(test)
