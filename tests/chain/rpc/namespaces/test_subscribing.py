"""Every subscription: its id comes first, and each of its names ends it."""

from typing import Any

import pytest
import trio

from tests.helpers.node_stage import ALICE, BOB
from tests.helpers.rpc import call, parse_responses, post, read_to_end
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage

HEADS = ("chain_unsubscribeNewHeads", "chain_unsubscribeNewHead", "unsubscribe_newHead")
FINAL = ("chain_unsubscribeFinalizedHeads", "chain_unsubscribeFinalisedHeads")
VERSION = ("state_unsubscribeRuntimeVersion", "chain_unsubscribeRuntimeVersion")
SUBSCRIPTIONS: list[tuple[str, str, tuple[str, ...], list[Any]]] = [
    ("chain_subscribeNewHeads", "chain_newHead", HEADS, []),
    ("chain_subscribeNewHead", "chain_newHead", HEADS, []),
    ("subscribe_newHead", "chain_newHead", HEADS, []),
    ("chain_subscribeAllHeads", "chain_allHead", ("chain_unsubscribeAllHeads",), []),
    ("chain_subscribeFinalizedHeads", "chain_finalizedHead", FINAL, []),
    ("chain_subscribeFinalisedHeads", "chain_finalizedHead", FINAL, []),
    ("state_subscribeStorage", "state_storage", ("state_unsubscribeStorage",), [["3a636f6465"]]),
    ("state_subscribeRuntimeVersion", "state_runtimeVersion", VERSION, []),
    ("chain_subscribeRuntimeVersion", "state_runtimeVersion", VERSION, []),
    ("author_submitAndWatchExtrinsic", "author_extrinsicUpdate", ("author_unwatchExtrinsic",), []),
    ("chainHead_v1_follow", "chainHead_v1_followEvent", ("chainHead_v1_unfollow",), [True]),
]


@pytest.mark.parametrize("method,notification,endings,params", SUBSCRIPTIONS)
def test_the_id_comes_first_and_every_name_ends_it(
    method: str, notification: str, endings: tuple[str, ...], params: list[Any]
) -> None:
    async def test(stage: RpcStage) -> None:
        socket = stage.session.socket
        for number, ending in enumerate(endings):
            transfer = hex_of(stage.wallet.transfer(BOB, ALICE.account, 5, number))
            given = [transfer] if method.startswith("author") else params
            await socket.send(call(method, *given, call_id="KP87"))
            answer = await socket.receive()
            assert answer["id"] == "KP87"
            subscription = answer["result"]
            assert isinstance(subscription, str)
            first = await socket.receive()
            assert (first["jsonrpc"], first["method"]) == ("2.0", notification)
            assert first["params"]["subscription"] == subscription
            for _, _, others, _ in SUBSCRIPTIONS:
                if others != endings:
                    assert await stage.ask(others[0], subscription) is False
            assert await stage.ask(ending, subscription) is True
            assert await stage.ask(ending, subscription) is False

    run_rpc_stage(test)


def test_subscriptions_need_a_websocket() -> None:
    async def test(stage: RpcStage) -> None:
        for method, _, _, params in SUBSCRIPTIONS:
            stream = await trio.open_tcp_stream(stage.node.rpc_address, stage.node.rpc_port)
            async with stream:
                await stream.send_all(post(call(method, *params)))
                await stream.send_eof()
                [response] = parse_responses(await read_to_end(stream))
            assert response.json["error"]["code"] in (-32601, -32602)

    run_rpc_stage(test)
