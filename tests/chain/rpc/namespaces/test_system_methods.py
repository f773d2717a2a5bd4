"""`system_*`, `chainSpec_*`, `payment_*`, `rpc_methods`: the node, its chain, its fees."""

from dataclasses import replace
from typing import Any

import pytest

from chain.config import RpcConfig
from genesis.spec import load_preset
from runtime.crypto.ss58 import encode_ss58
from tests.helpers.node_stage import ALICE, BOB, make_config
from tests.helpers.rpc import call
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage

UNIT = 10**12


def test_what_the_node_says_of_itself() -> None:
    async def test(stage: RpcStage) -> None:
        ask = stage.ask
        assert await ask("system_name") == "soberana"
        assert (await ask("system_version"))[0].isdecimal()
        assert await ask("system_chain") == "Soberana Development"
        assert await ask("system_chainType") == "Development"
        runtime = load_preset("dev").runtime
        properties = {
            "ss58Format": 42,
            "tokenDecimals": 12,
            "tokenSymbol": "SBR",
            "existentialDeposit": str(runtime.existential_deposit),
            "eraBlocks": runtime.era_blocks,
            "votingPeriodBlocks": runtime.voting_period_blocks,
        }
        assert await ask("system_properties") == properties
        health = {"peers": 0, "isSyncing": False, "shouldHavePeers": False}
        assert await ask("system_health") == health
        assert await ask("system_peers") == []
        assert await ask("system_nodeRoles") == ["Full"]
        assert await ask("system_localListenAddresses") == []
        assert await ask("system_localPeerId")
        await stage.make_block()
        sync = {"startingBlock": 0, "currentBlock": 1, "highestBlock": 1}
        assert await ask("system_syncState") == sync
        assert await ask("chainSpec_v1_chainName") == "Soberana Development"
        assert await ask("chainSpec_v1_properties") == properties
        assert await ask("chainSpec_v1_genesisHash") == hex_of(stage.client.genesis_hash)

    run_rpc_stage(test)


NEEDED = """
account_nextIndex author_pendingExtrinsics author_submitAndWatchExtrinsic author_submitExtrinsic
author_unwatchExtrinsic chainHead_v1_body chainHead_v1_call chainHead_v1_continue
chainHead_v1_follow chainHead_v1_header chainHead_v1_stopOperation chainHead_v1_storage
chainHead_v1_unfollow chainHead_v1_unpin chainSpec_v1_chainName chainSpec_v1_genesisHash
chainSpec_v1_properties chain_getBlock chain_getBlockHash chain_getFinalisedHead
chain_getFinalizedHead chain_getHead chain_getHeader chain_getRuntimeVersion
chain_subscribeAllHeads chain_subscribeFinalizedHeads chain_subscribeNewHead
chain_subscribeNewHeads chain_unsubscribeAllHeads chain_unsubscribeFinalizedHeads
chain_unsubscribeNewHead chain_unsubscribeNewHeads payment_queryFeeDetails payment_queryInfo
rpc_methods state_call state_callAt state_getKeys state_getKeysPaged state_getKeysPagedAt
state_getMetadata state_getPairs state_getRuntimeVersion state_getStorage state_getStorageAt
state_getStorageHash state_getStorageSize state_queryStorage state_queryStorageAt
state_subscribeRuntimeVersion state_subscribeStorage state_unsubscribeRuntimeVersion
state_unsubscribeStorage subscribe_newHead system_accountNextIndex system_chain system_chainType
system_health system_localListenAddresses system_localPeerId system_name system_nodeRoles
system_peers system_properties system_syncState system_version transaction_v1_broadcast
transaction_v1_stop unsubscribe_newHead archive_v1_header
"""


def test_every_method_that_clients_choose_from_is_listed() -> None:
    async def test(stage: RpcStage) -> None:
        found = await stage.ask("rpc_methods")
        assert list(found) == ["methods"]
        assert set(NEEDED.split()) <= set(found["methods"])
        code, message, _ = await stage.refuse("system_nothing")
        assert (code, message) == (-32601, "Method not found")

    run_rpc_stage(test)


def test_unsafe_methods_can_be_denied() -> None:
    async def test(stage: RpcStage) -> None:
        for method, params in (
            ("system_peers", []),
            ("state_getPairs", ["0x"]),
            ("state_getKeys", ["0x"]),
            ("state_queryStorage", [[], hex_of(stage.client.genesis_hash)]),
        ):
            code, message, _ = await stage.refuse(method, *params)
            assert (code, message) == (-32601, "RPC call is unsafe to be called externally")

    config = replace(make_config(), rpc=RpcConfig(port=0, methods="safe"))
    run_rpc_stage(test, config=config)


@pytest.mark.parametrize("prefix", [0, 2, 42, 63, 64, 4242, 16_383])
def test_an_address_may_have_any_prefix(prefix: int) -> None:
    async def test(stage: RpcStage) -> None:
        await stage.make_block(stage.wallet.transfer(BOB, ALICE.account, UNIT, 0))
        address = encode_ss58(BOB.account, prefix)
        assert await stage.ask("system_accountNextIndex", address) == 1
        for wrong in (address[:-1], address + "1", "", "0x00", "é"):
            code, message, _ = await stage.refuse("system_accountNextIndex", wrong)
            assert code == -32602
            assert message.startswith("Invalid params")

    run_rpc_stage(test)


def test_the_fee_that_is_asked_for_is_the_fee_that_is_paid() -> None:
    async def test(stage: RpcStage) -> None:
        transfer = stage.wallet.transfer(BOB, ALICE.account, UNIT, 0)
        info = await stage.ask("payment_queryInfo", hex_of(transfer))
        assert list(info) == ["weight", "class", "partialFee"]
        assert list(info["weight"]) == ["ref_time", "proof_size"]
        assert info["class"] == "normal"
        details = (await stage.ask("payment_queryFeeDetails", hex_of(transfer)))["inclusionFee"]
        assert list(details) == ["baseFee", "lenFee", "adjustedWeightFee"]
        assert sum(map(int, details.values())) == int(info["partialFee"])

        def get_free() -> int:
            runtime: Any = stage.client.api.make_runtime(
                stage.client.state_at(stage.client.best.value.hash)
            )
            free: int = runtime.system.account[BOB.account].data.free
            return free

        before = get_free()
        await stage.make_block(transfer)
        assert before - get_free() == UNIT + int(info["partialFee"])
        for method in ("payment_queryInfo", "payment_queryFeeDetails"):
            code, message, _ = await stage.refuse(method, "0x04")
            assert (code, message.startswith("Verification Error")) == (1002, True)

    run_rpc_stage(test)


def test_ids_and_parameters_in_every_form() -> None:
    """Strings as ids, `null` or nothing or an object as parameters."""

    async def test(stage: RpcStage) -> None:
        socket = stage.session.socket
        for call_id in (0, -1, "KP87", "", 2**60, 1.5, None):
            await socket.send(call("system_name", call_id=call_id))
            assert await socket.receive() == {
                "jsonrpc": "2.0",
                "id": call_id,
                "result": "soberana",
            }
        for params in ("", ',"params":null', ',"params":[]', ',"params":{}'):
            await socket.send(f'{{"jsonrpc":"2.0","id":1,"method":"system_name"{params}}}')
            assert (await socket.receive())["result"] == "soberana"
        named = '"params":{"hash":null,"number":"0x0"}'
        await socket.send(f'{{"jsonrpc":"2.0","id":1,"method":"chain_getBlockHash",{named}}}')
        assert (await socket.receive())["error"]["code"] == -32602
        named = named.replace('"hash":null,', "")
        await socket.send(f'{{"jsonrpc":"2.0","id":1,"method":"chain_getBlockHash",{named}}}')
        assert (await socket.receive())["result"] == hex_of(stage.client.genesis_hash)

    run_rpc_stage(test)
