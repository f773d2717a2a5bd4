"""`chainHead_v1_*`: a stream of blocks that stay readable until they are unpinned."""

from collections.abc import Callable
from typing import Any, TypeVar
from unittest.mock import patch

import trio

from chain.rpc.namespaces import chain_head_methods, storage_query
from chain.rpc.subscriptions import Subscriber
from runtime.codec import codec_of
from runtime.crypto.hashing import blake2_256
from runtime.header import Header
from tests.helpers.node_stage import ALICE, BOB, feed_good
from tests.helpers.rpc import call
from tests.helpers.rpc_stage import RpcStage, connect_session, hex_of, run_rpc_stage

ACCOUNTS = "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
CODE = "0x3a636f6465"
UNKNOWN = "0x" + "ab" * 32
NOT_PINNED = -32801
ResultT = TypeVar("ResultT")
HEADER = codec_of(Header)


class Followed:
    """A follow subscription past its first events."""

    def __init__(self, stage: RpcStage, subscription: str, first: list[dict[str, Any]]) -> None:
        self.stage = stage
        self.id = subscription
        self.first = first

    async def hear(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.stage.hear(self.id)
        return found

    async def run(self, method: str, *params: Any) -> list[dict[str, Any]]:
        """Starts an operation; its events, up to its last."""
        started = await self.stage.ask(f"chainHead_v1_{method}", self.id, *params)
        assert started["result"] == "started"
        events: list[dict[str, Any]] = []
        while not events or events[-1]["event"] == "operationStorageItems":
            event = await self.hear()
            if "operationId" in event:  # the blocks go on in between
                assert event.pop("operationId") == started["operationId"]
                events.append(event)
        return events


async def follow(stage: RpcStage, *, with_runtime: bool = False) -> Followed:
    subscription = await stage.ask("chainHead_v1_follow", with_runtime)
    first = [await stage.hear(subscription)]
    while first[-1]["event"] != "bestBlockChanged":
        first.append(await stage.hear(subscription))
    return Followed(stage, subscription, first)


def test_the_stream_begins_with_what_there_is_and_goes_on() -> None:
    async def test(stage: RpcStage) -> None:
        one, two = await stage.make_block(), await stage.make_block()
        followed = await follow(stage)
        assert followed.first == [
            {"event": "initialized", "finalizedBlockHashes": [one]},
            {"event": "newBlock", "blockHash": two, "parentBlockHash": one},
            {"event": "bestBlockChanged", "bestBlockHash": two},
        ]
        three = await stage.make_block()
        assert [await followed.hear() for _ in range(3)] == [
            {"event": "newBlock", "blockHash": three, "parentBlockHash": two},
            {"event": "bestBlockChanged", "bestBlockHash": three},
            {"event": "finalized", "finalizedBlockHashes": [two], "prunedBlockHashes": []},
        ]
        assert await stage.ask("chainHead_v1_unfollow", followed.id) is True
        await stage.make_block()
        assert await stage.session.hears_nothing(followed.id)

    run_rpc_stage(test)


def test_the_runtime_is_told_to_who_asks_for_it() -> None:
    async def test(stage: RpcStage) -> None:
        await stage.make_block()
        followed = await follow(stage, with_runtime=True)
        runtime = followed.first[0]["finalizedBlockRuntime"]
        assert runtime["type"] == "valid"
        spec = runtime["spec"]
        assert list(spec) == [
            "specName",
            "implName",
            "specVersion",
            "implVersion",
            "transactionVersion",
            "apis",
        ]
        assert spec["apis"]["0xdf6acb689907609b"] == 5
        assert followed.first[1]["newRuntime"] is None
        await stage.make_block()
        assert (await followed.hear())["newRuntime"] is None

    run_rpc_stage(test)


def test_forks_are_told_and_pruned() -> None:
    async def test(stage: RpcStage) -> None:
        await stage.make_block()
        followed = await follow(stage)
        base = stage.client.best.value.hash
        await stage.make_block()
        fork = await stage.add(stage.maker.make(base, author=BOB.account))
        await stage.make_block(parent=stage.client.best.value.hash)
        events = [await followed.hear() for _ in range(7)]
        new = [each["blockHash"] for each in events if each["event"] == "newBlock"]
        assert len(new) == 3
        assert fork in new
        pruned = [x for each in events for x in each.get("prunedBlockHashes", [])]
        final = [x for each in events for x in each.get("finalizedBlockHashes", [])]
        assert pruned == [each for each in new[:2] if each not in final]
        [dead] = pruned
        [answer] = await followed.run("call", dead, "Core_version", "0x")
        assert answer == {"event": "operationInaccessible"}
        [answer] = await followed.run("storage", dead, [{"key": CODE, "type": "value"}], None)
        assert answer == {"event": "operationInaccessible"}

    run_rpc_stage(test)


def test_pinned_blocks_can_be_read() -> None:
    async def test(stage: RpcStage) -> None:
        transfer = stage.wallet.transfer(BOB, ALICE.account, 5, 0)
        block = await stage.make_block(transfer)
        followed = await follow(stage)
        header = await stage.ask("chainHead_v1_header", followed.id, block)
        assert hex_of(blake2_256(bytes.fromhex(header[2:]))) == block
        assert HEADER.decode(bytes.fromhex(header[2:])).number == 1
        [body] = await followed.run("body", block)
        assert body["event"] == "operationBodyDone"
        assert body["value"][2] == hex_of(transfer)
        name = "AccountNonceApi_account_nonce"
        [called] = await followed.run("call", block, name, hex_of(BOB.account))
        assert called == {"event": "operationCallDone", "output": "0x01000000"}
        genesis = hex_of(stage.client.genesis_hash)
        [called] = await followed.run("call", genesis, name, hex_of(BOB.account))
        assert called == {"event": "operationCallDone", "output": "0x00000000"}
        [failed] = await followed.run("call", block, "Nothing_here", "")
        assert failed["event"] == "operationError"
        assert "Nothing_here is not found" in failed["error"]

    run_rpc_stage(test)


def test_storage_in_every_form() -> None:
    async def test(stage: RpcStage) -> None:
        block = await stage.make_block()
        followed = await follow(stage)

        async def read(*items: tuple[str, str]) -> list[dict[str, Any]]:
            asked = [{"key": key, "type": kind} for key, kind in items]
            *found, last = await followed.run("storage", block, asked, None)
            assert last == {"event": "operationStorageDone"}
            return [item for event in found for item in event["items"]]

        code_hash = hex_of(blake2_256(b"\0asm"))
        assert await read((CODE, "value"), (CODE, "hash"), ("0x99", "value")) == [
            {"key": CODE, "value": "0x0061736d"},
            {"key": CODE, "hash": code_hash},
        ]
        assert await read(("0x99", "value")) == []
        values = await read((ACCOUNTS, "descendantsValues"))
        hashes = await read((ACCOUNTS, "descendantsHashes"))
        assert [each["key"] for each in values] == await stage.ask("state_getKeys", ACCOUNTS)
        for value, digest in zip(values, hashes, strict=True):
            raw = bytes.fromhex(value["value"][2:])
            assert digest == {"key": value["key"], "hash": hex_of(blake2_256(raw))}
        kind = "closestDescendantMerkleValue"
        [before] = await read((ACCOUNTS, kind))
        assert await read(("0x99", kind)) == []
        same = block
        block = await stage.make_block()
        [unchanged] = await read((ACCOUNTS, kind))
        block = await stage.make_block(stage.wallet.transfer(BOB, ALICE.account, 5, 0))
        [changed] = await read((ACCOUNTS, kind))
        assert block != same
        assert unchanged == before
        assert changed[kind] != before[kind]
        [failed] = await followed.run("storage", block, [{"key": "0x", "type": "odd"}])
        assert failed["event"] == "operationError"
        [failed] = await followed.run("storage", block, [{"key": "0xz", "type": "value"}])
        assert failed["event"] == "operationError"

    run_rpc_stage(test)


def test_more_below_a_key_than_one_answer_holds_is_an_error() -> None:
    async def test(stage: RpcStage) -> None:
        followed = await follow(stage)
        block = hex_of(stage.client.genesis_hash)
        for kind in ("descendantsValues", "descendantsHashes", "closestDescendantMerkleValue"):
            with patch.object(storage_query, "DESCENDANTS_MAX", 12):
                found = await followed.run("storage", block, [{"key": ACCOUNTS, "type": kind}])
                assert found[-1]["event"] == "operationStorageDone"
            with patch.object(storage_query, "DESCENDANTS_MAX", 11):
                [failed] = await followed.run("storage", block, [{"key": ACCOUNTS, "type": kind}])
                assert failed["event"] == "operationError"
                assert "at most 11 entries" in failed["error"]

    run_rpc_stage(test)


def test_items_that_are_left_out_are_counted() -> None:
    async def test(stage: RpcStage) -> None:
        followed = await follow(stage)
        block = hex_of(stage.client.genesis_hash)
        items = [{"key": CODE, "type": "value"}] * (chain_head_methods.ITEMS_MAX + 3)
        started = await stage.ask("chainHead_v1_storage", followed.id, block, items, None)
        assert started["discardedItems"] == 3
        assert len((await followed.hear())["items"]) == chain_head_methods.ITEMS_MAX

    run_rpc_stage(test)


def test_unpinned_and_unknown_blocks_cannot_be_read() -> None:
    async def test(stage: RpcStage) -> None:
        block = await stage.make_block()
        followed = await follow(stage)
        genesis = hex_of(stage.client.genesis_hash)
        assert await stage.ask("chainHead_v1_unpin", followed.id, genesis) is None
        for gone in (genesis, UNKNOWN):
            for method, params in (
                ("header", []),
                ("body", []),
                ("call", ["Core_version", "0x"]),
                ("storage", [[], None]),
            ):
                code, _, _ = await stage.refuse(
                    f"chainHead_v1_{method}", followed.id, gone, *params
                )
                assert code == NOT_PINNED
            assert (await stage.refuse("chainHead_v1_unpin", followed.id, gone))[0] == NOT_PINNED
        code, _, _ = await stage.refuse("chainHead_v1_unpin", followed.id, [block, block])
        assert code == -32804
        assert await stage.ask("chainHead_v1_header", followed.id, block)
        assert (await stage.refuse("chainHead_v1_unpin", followed.id, [block, UNKNOWN]))[0] < 0
        assert await stage.ask("chainHead_v1_header", followed.id, block)
        assert await stage.ask("chainHead_v1_unpin", followed.id, [block]) is None

    run_rpc_stage(test)


def test_a_subscription_that_is_not_there() -> None:
    async def test(stage: RpcStage) -> None:
        block = hex_of(stage.client.genesis_hash)
        assert await stage.ask("chainHead_v1_header", "none", block) is None
        assert await stage.ask("chainHead_v1_body", "none", block) == {"result": "limitReached"}
        found = await stage.ask("chainHead_v1_storage", "none", block, [], None)
        assert found == {"result": "limitReached"}
        assert await stage.ask("chainHead_v1_unpin", "none", block) is None
        assert await stage.ask("chainHead_v1_stopOperation", "none", "1") is None
        assert (await stage.refuse("chainHead_v1_continue", "none", "1"))[0] == -32803
        assert await stage.ask("chainHead_v1_unfollow", "none") is False

    run_rpc_stage(test)


def test_sixteen_operations_and_two_subscriptions_at_once() -> None:
    async def test(stage: RpcStage) -> None:
        block = hex_of(stage.client.genesis_hash)
        first, second = await follow(stage), await follow(stage)
        assert first.id != second.id
        assert (await stage.refuse("chainHead_v1_follow", False))[0] == -32800
        started = [await stage.ask("chainHead_v1_body", first.id, block) for _ in range(16)]
        assert len({each["operationId"] for each in started}) == 16
        heard = [await first.hear() for _ in range(16)]
        assert [each["operationId"] for each in heard] == [each["operationId"] for each in started]
        assert await stage.session.hears_nothing(second.id)
        async with connect_session(stage.node) as other:
            subscription = await other.ask("chainHead_v1_follow", False)
            assert (await other.hear(subscription))["event"] == "initialized"
        assert await stage.ask("chainHead_v1_unfollow", second.id) is True
        await follow(stage)

    run_rpc_stage(test)


def test_who_never_unpins_is_told_to_stop() -> None:
    async def test(stage: RpcStage) -> None:
        with patch.object(chain_head_methods, "PINNED_MAX", 3):
            followed = await follow(stage)
            for _ in range(3):
                await stage.make_block()
            events = [(await followed.hear())["event"]]
            while events[-1] != "stop":
                events.append((await followed.hear())["event"])
            assert events.count("newBlock") == 3

    run_rpc_stage(test)


def test_blocks_that_come_while_it_begins_are_told_once() -> None:
    """Finality that moves between the call and the first event must not be told twice."""

    async def test(stage: RpcStage) -> None:
        await stage.make_block()
        accept = Subscriber.accept
        blocks: list[str] = []

        async def accept_late(subscriber: Subscriber) -> None:
            await accept(subscriber)
            while len(blocks) < 3:
                blocks.append(hex_of((block := stage.maker.make()).header.compute_hash()))
                await feed_good(stage.node, block)

        with patch.object(Subscriber, "accept", accept_late):
            followed = await follow(stage)
        _, two, three = blocks
        assert followed.first == [
            {"event": "initialized", "finalizedBlockHashes": [two]},
            {"event": "newBlock", "blockHash": three, "parentBlockHash": two},
            {"event": "bestBlockChanged", "bestBlockHash": three},
        ]
        assert await stage.session.hears_nothing(followed.id)

    run_rpc_stage(test)


class HeldWorker:
    """Runs nothing while it is held."""

    def __init__(self) -> None:
        self.free = trio.Event()
        self.free.set()

    async def run(self, work: Callable[[], ResultT]) -> ResultT:
        await self.free.wait()
        return work()


def test_a_large_read_keeps_nobody_waiting() -> None:
    """Thousands of entries take long to read: that happens beside the event loop."""
    worker = HeldWorker()

    async def test(stage: RpcStage) -> None:
        followed = await follow(stage)
        block = hex_of(stage.client.genesis_hash)
        items = [{"key": ACCOUNTS, "type": "descendantsValues"}]
        worker.free = trio.Event()
        request = call("chainHead_v1_storage", followed.id, block, items, None, call_id="slow")
        await stage.session.socket.send(request)
        assert await stage.ask("chainHead_v1_header", followed.id, block)
        assert await stage.session.hears_nothing(followed.id)
        worker.free.set()
        event = await followed.hear()
        assert len(event["items"]) == 12

    run_rpc_stage(test, worker=worker)
