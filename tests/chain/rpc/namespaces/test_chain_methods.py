"""`chain_*`: headers, blocks, hashes and the streams of heads."""

import pytest

from runtime.codec import codec_of
from runtime.crypto.hashing import blake2_256
from runtime.header import Header
from tests.helpers.node_stage import ALICE, BOB
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage

HEADER = codec_of(Header)
UNKNOWN = "0x" + "ab" * 32


def test_a_header_is_the_block_s_and_hashes_to_it() -> None:
    async def test(stage: RpcStage) -> None:
        first = await stage.make_block()
        second = await stage.make_block()
        header = await stage.ask("chain_getHeader", second)
        assert list(header) == ["parentHash", "number", "stateRoot", "extrinsicsRoot", "digest"]
        assert header["parentHash"] == first
        assert header["number"] == "0x2"
        assert list(header["digest"]) == ["logs"]
        assert len(header["digest"]["logs"]) == 2
        raw = bytes.fromhex(
            header["parentHash"][2:]
            + "08"  # the number, compact
            + header["stateRoot"][2:]
            + header["extrinsicsRoot"][2:]
            + "08"  # two digest items
            + "".join(log[2:] for log in header["digest"]["logs"])
        )
        assert hex_of(blake2_256(raw)) == second
        assert await stage.ask("chain_getHeader") == header
        assert await stage.ask("chain_getHeader", None) == header
        assert await stage.ask("chain_getHeader", UNKNOWN) is None

    run_rpc_stage(test)


def test_a_block_holds_its_extrinsics_with_their_length() -> None:
    async def test(stage: RpcStage) -> None:
        transfer = stage.wallet.transfer(BOB, ALICE.account, 5, 0)
        block_hash = await stage.make_block(transfer)
        found = await stage.ask("chain_getBlock", block_hash)
        assert found["justifications"] is None
        assert found["block"]["header"] == await stage.ask("chain_getHeader", block_hash)
        extrinsics = found["block"]["extrinsics"]
        assert extrinsics[2] == hex_of(transfer)
        for each in extrinsics:
            assert (len(each) - 2) // 2 > 4
        assert await stage.ask("chain_getBlock") == found
        genesis = await stage.ask("chain_getBlock", hex_of(stage.client.genesis_hash))
        assert genesis["block"]["extrinsics"] == []
        assert await stage.ask("chain_getBlock", UNKNOWN) is None

    run_rpc_stage(test)


def test_hashes_by_number_in_every_form() -> None:
    async def test(stage: RpcStage) -> None:
        genesis = hex_of(stage.client.genesis_hash)
        one = await stage.make_block()
        two = await stage.make_block()
        for method in ("chain_getBlockHash", "chain_getHead"):
            assert await stage.ask(method) == two
            assert await stage.ask(method, None) == two
            assert await stage.ask(method, 0) == genesis
            assert await stage.ask(method, "0x1") == one
            assert await stage.ask(method, [0, "0x1", 2, 3]) == [genesis, one, two, None]
            assert await stage.ask(method, []) == []
            assert await stage.ask(method, 3) is None
            assert await stage.ask(method, 2**32) is None
            assert await stage.ask(method, 2**64) is None
            assert await stage.ask(method, -1) is None
        for method in ("chain_getFinalizedHead", "chain_getFinalisedHead"):
            assert await stage.ask(method) == one

    run_rpc_stage(test)


@pytest.mark.parametrize(
    "params", [["0x12"], [UNKNOWN + "00"], [5], ["nonsense"], [True], [[UNKNOWN]], [UNKNOWN, 1]]
)
def test_a_bad_block_hash_is_refused(params: list[object]) -> None:
    async def test(stage: RpcStage) -> None:
        code, message, _ = await stage.refuse("chain_getHeader", *params)
        assert code == -32602
        assert message.startswith("Invalid params")

    run_rpc_stage(test)


def test_more_hashes_than_one_answer_may_hold_are_refused() -> None:
    async def test(stage: RpcStage) -> None:
        assert len(await stage.ask("chain_getBlockHash", [0] * 1000)) == 1000
        code, message, _ = await stage.refuse("chain_getBlockHash", [0] * 1001)
        assert code == -32602
        assert message == "Invalid params: number: expected at most 1000, got 1001"

    run_rpc_stage(test)


def test_new_heads_begin_with_the_best_and_follow_it() -> None:
    async def test(stage: RpcStage) -> None:
        await stage.make_block()
        for method in ("chain_subscribeNewHeads", "chain_subscribeNewHead", "subscribe_newHead"):
            subscription = await stage.ask(method)
            first = await stage.hear(subscription)
            assert first == await stage.ask("chain_getHeader")
            block_hash = await stage.make_block()
            assert await stage.hear(subscription) == await stage.ask("chain_getHeader", block_hash)
            assert await stage.ask("chain_unsubscribeNewHeads", subscription) is True
            assert await stage.ask("chain_unsubscribeNewHeads", subscription) is False
            await stage.make_block()
            assert await stage.session.hears_nothing(subscription)

    run_rpc_stage(test)


def test_all_heads_tell_of_forks_that_new_heads_leave_out() -> None:
    async def test(stage: RpcStage) -> None:
        base = await stage.make_block()
        everything = await stage.ask("chain_subscribeAllHeads")
        best_only = await stage.ask("chain_subscribeNewHeads")
        for subscription in (everything, best_only):
            assert (await stage.hear(subscription))["number"] == "0x1"
        parent = stage.client.best.value.hash
        await stage.make_block()
        await stage.add(stage.maker.make(parent, author=BOB.account))
        heads = [await stage.hear(everything) for _ in range(2)]
        assert [each["number"] for each in heads] == ["0x2", "0x2"]
        assert {each["parentHash"] for each in heads} == {base}
        assert await stage.hear(best_only) == await stage.ask("chain_getHeader")
        assert await stage.session.hears_nothing(best_only)

    run_rpc_stage(test)


def test_final_heads_skip_none() -> None:
    async def test(stage: RpcStage) -> None:
        for method in ("chain_subscribeFinalizedHeads", "chain_subscribeFinalisedHeads"):
            subscription = await stage.ask(method)
            begin = stage.client.finalised.value.number
            for _ in range(20):
                await stage.make_block()
            heard = [int((await stage.hear(subscription))["number"], 16) for _ in range(20)]
            assert heard == list(range(begin, begin + 20))

    run_rpc_stage(test)
