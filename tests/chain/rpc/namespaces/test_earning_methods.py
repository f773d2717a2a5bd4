"""`work_*` about money: rewards, benchmarks and going prices over RPC."""

from chain.client.typed_state import get_runtime
from pallets.work.emission import EMISSION, compute_cap
from pallets.work.prices import UNIT_PRICE_START
from runtime.primitives import UNIT
from tests.helpers.node_stage import ALICE, BOB, make_spec
from tests.helpers.rpc_stage import RpcStage, run_rpc_stage

LENGTH = make_spec().runtime.era_blocks


def test_what_blocks_earn_and_who_claims_it() -> None:
    async def test(stage: RpcStage) -> None:
        assert await stage.ask("work_rewards", ALICE.address) == []
        for _ in range(LENGTH):
            await stage.make_block()
        blocks = LENGTH - 1  # the genesis block has no author
        earned = {
            "era": 0,
            "reward": str(blocks * UNIT * 9 // 10),
            "tithe": str(blocks * UNIT // 10),
        }
        assert await stage.ask("work_rewards", ALICE.address) == [earned]
        assert await stage.ask("work_rewards", BOB.address) == []
        before = await stage.ask("work_emission")
        assert before == {
            "era": 1,
            "blockReward": str(UNIT),
            "minted": "0",
            "scheduled": str((LENGTH + 1) * UNIT),
            "cap": str(compute_cap(EMISSION)),
            "halvingBlocks": EMISSION.halving_blocks,
        }
        call = stage.wallet.make_call("Work", "claim_era", 0, ALICE.account)
        await stage.make_block(stage.wallet.sign(BOB, call, 0))
        assert await stage.ask("work_rewards", ALICE.address) == []
        after = await stage.ask("work_emission")
        assert after["minted"] == str(blocks * UNIT)
        era = await stage.ask("work_era", 0)
        assert (era["claimed"], era["reward"]) == (str(blocks * UNIT), earned["reward"])

    run_rpc_stage(test)


def test_benchmarks_are_what_blocks_proved() -> None:
    async def test(stage: RpcStage) -> None:
        nobody = {"macsPerBlock": "0", "peak": "0", "provenMacs": "0", "lastBlock": None}
        assert await stage.ask("work_benchmarks") == []
        assert await stage.ask("work_benchmark", BOB.address) == {"account": BOB.address, **nobody}
        for _ in range(3):
            await stage.make_block()
        (shown,) = await stage.ask("work_benchmarks")
        rate = get_runtime(stage.client).work.rate[ALICE.account]
        assert shown == await stage.ask("work_benchmark", ALICE.address)
        assert shown["account"] == ALICE.address
        assert shown["provenMacs"] == str(rate.proven_macs)
        assert 0 < int(shown["macsPerBlock"]) <= int(shown["peak"]) < rate.proven_macs
        assert shown["lastBlock"] == 3
        assert await stage.ask("work_benchmarks", 1) == []
        assert await stage.ask("work_benchmarks", 0, 0) == []

    run_rpc_stage(test)


def test_prices_of_a_model_and_of_a_kind() -> None:
    async def test(stage: RpcStage) -> None:
        shown = await stage.ask("work_price", "infer", 7)
        assert shown == {
            "kind": "infer",
            "model": 7,
            "unit": str(UNIT_PRICE_START),
            "usedBps": 5_000,
            "takenAt": None,
        }
        assert (await stage.ask("work_price", "compute_to_data"))["model"] is None

    run_rpc_stage(test)


def test_what_is_no_account_and_no_kind_is_refused() -> None:
    async def test(stage: RpcStage) -> None:
        for method in ("work_rewards", "work_benchmark"):
            code, message, _ = await stage.refuse(method, "nobody")
            assert (code, "account" in message or "Invalid" in message) == (-32602, True)
        code, _, data = await stage.refuse("work_price", "gold")
        assert code == -32602
        assert "infer" in str(data)

    run_rpc_stage(test)
