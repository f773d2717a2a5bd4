"""`state_*`: values, keys, runtime calls and versions, each at the block that is named."""

from hashlib import blake2b
from typing import Any

import pytest

from runtime.codec import U32, codec_of
from runtime.crypto.hashing import blake2_256
from runtime.primitives import Hash
from runtime.state.proof import BadStateProof, decode_proof, verify_proof
from runtime.version import RuntimeVersion
from tests.helpers.node_stage import ALICE, BOB, CHARLIE
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage

ACCOUNTS = "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"
NUMBER = "0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac"
CODE = "0x3a636f6465"
UNKNOWN = "0x" + "ab" * 32
UNIT = 10**12
VERSION = codec_of(RuntimeVersion)


def test_a_value_its_hash_and_its_size() -> None:
    async def test(stage: RpcStage) -> None:
        for suffix in ("", "At"):
            assert await stage.ask(f"state_getStorage{suffix}", CODE) == "0x0061736d"
            found = await stage.ask(f"state_getStorageHash{suffix}", CODE)
            assert found == hex_of(blake2_256(b"\0asm"))
            assert await stage.ask(f"state_getStorageSize{suffix}", CODE) == 4
        for method in ("state_getStorage", "state_getStorageHash", "state_getStorageSize"):
            assert await stage.ask(method, "0x1234") is None
            assert await stage.ask(method, "") is None
            assert await stage.ask(method, "0x", None) is None

    run_rpc_stage(test)


def test_hex_with_and_without_prefix_is_the_same() -> None:
    async def test(stage: RpcStage) -> None:
        best = hex_of(stage.client.best.value.hash)
        for key in (CODE, CODE[2:], CODE.upper().replace("X", "x")):
            for at in (best, best[2:]):
                assert await stage.ask("state_getStorage", key, at) == "0x0061736d"

    run_rpc_stage(test)


def test_reads_are_of_the_block_that_is_named() -> None:
    async def test(stage: RpcStage) -> None:
        blocks = [hex_of(stage.client.genesis_hash)]
        for nonce in range(3):
            transfer = stage.wallet.transfer(BOB, ALICE.account, UNIT, nonce)
            blocks.append(await stage.make_block(transfer))
        for number, block_hash in enumerate(blocks):
            found = await stage.ask("state_getStorage", NUMBER, block_hash)
            assert int.from_bytes(bytes.fromhex((found or "0x00")[2:]), "little") == number
            data = hex_of(BOB.account)
            for method in ("state_call", "state_callAt"):
                nonce = await stage.ask(method, "AccountNonceApi_account_nonce", data, block_hash)
                assert nonce == hex_of(number.to_bytes(4, "little"))
        newest = await stage.ask("state_call", "AccountNonceApi_account_nonce", data)
        assert newest == "0x03000000"
        for method, params in (
            ("state_getStorage", [NUMBER]),
            ("state_getKeysPaged", [ACCOUNTS, 1, None]),
            ("state_queryStorageAt", [[NUMBER]]),
            ("state_call", ["Core_version", "0x"]),
        ):
            code, message, _ = await stage.refuse(method, *params, UNKNOWN)
            assert (code, message) == (4003, f"Client error: UnknownBlock: {UNKNOWN}")

    run_rpc_stage(test)


def test_a_transaction_is_validated_on_the_block_that_is_named() -> None:
    """Judged on the best block, one that was just included would be out of date."""

    async def test(stage: RpcStage) -> None:
        transfer = stage.wallet.transfer(BOB, ALICE.account, UNIT, 0)
        before = hex_of(stage.client.best.value.hash)
        after = await stage.make_block(transfer)

        async def validate(at: str) -> str:
            data = hex_of(b"\x02" + transfer) + at[2:]
            name = "TaggedTransactionQueue_validate_transaction"
            found: str = await stage.ask("state_call", name, data, at)
            return found

        assert (await validate(before)).startswith("0x00")
        assert await validate(after) == "0x010003"  # Err(Invalid(Stale))

    run_rpc_stage(test)


def test_keys_come_in_pages_in_order() -> None:
    async def test(stage: RpcStage) -> None:
        every = await stage.ask("state_getKeys", ACCOUNTS)
        assert len(every) == 12
        assert every == sorted(every)
        for method in ("state_getKeysPaged", "state_getKeysPagedAt"):
            first = await stage.ask(method, ACCOUNTS, 5)
            second = await stage.ask(method, ACCOUNTS, 5, first[-1])
            third = await stage.ask(method, ACCOUNTS, 5, second[-1], None)
            assert first + second + third == every
            assert await stage.ask(method, ACCOUNTS, 1000, every[-1]) == []
            assert await stage.ask(method, ACCOUNTS, 1000, ACCOUNTS) == every
            assert await stage.ask(method, every[0], 1000) == every[:1]
            assert await stage.ask(method, every[0], 1000, "0x00") == every[:1]
            assert await stage.ask(method, every[0], 1000, every[0]) == []
            assert await stage.ask(method, ACCOUNTS, 0) == []
            code, message, _ = await stage.refuse(method, ACCOUNTS, 1001)
            assert code == 4002
            assert message == "count exceeds maximum value. value: 1001, max: 1000"
            code, _, _ = await stage.refuse(method, ACCOUNTS, -1)
            assert code == -32602
        pairs = await stage.ask("state_getPairs", ACCOUNTS)
        assert [key for key, _ in pairs] == every
        assert pairs[3][1] == await stage.ask("state_getStorage", every[3])

    run_rpc_stage(test)


def test_several_values_at_once_in_the_order_of_the_keys() -> None:
    async def test(stage: RpcStage) -> None:
        block_hash = await stage.make_block()
        keys = [NUMBER, "0x99", CODE]
        [found] = await stage.ask("state_queryStorageAt", keys, block_hash)
        assert found == {
            "block": block_hash,
            "changes": [[NUMBER, "0x01000000"], ["0x99", None], [CODE, "0x0061736d"]],
        }
        code, message, _ = await stage.refuse("state_queryStorageAt", ["0x00"] * 1001)
        assert (code, "keys: expected at most 1000" in message) == (-32602, True)

    run_rpc_stage(test)


def test_changes_over_a_range_of_blocks() -> None:
    async def test(stage: RpcStage) -> None:
        blocks = [await stage.make_block() for _ in range(4)]
        [one, two, three, _] = blocks
        found = await stage.ask("state_queryStorage", [NUMBER, CODE], one, three)
        assert [each["block"] for each in found] == [one, two, three]
        assert found[0]["changes"] == [[NUMBER, "0x01000000"], [CODE, "0x0061736d"]]
        assert found[1]["changes"] == [[NUMBER, "0x02000000"]]
        assert len(await stage.ask("state_queryStorage", [NUMBER], three)) == 2
        code, message, _ = await stage.refuse("state_queryStorage", [NUMBER], three, one)
        assert (code, "expected a descendant" in message) == (4003, True)

    run_rpc_stage(test)


def test_a_storage_subscription_tells_all_keys_then_the_changed_ones() -> None:
    async def test(stage: RpcStage) -> None:
        account = ACCOUNTS + hex_of(_account_suffix(CHARLIE.account))[2:]
        subscription = await stage.ask("state_subscribeStorage", [NUMBER, account, CODE, "0x99"])
        first = await stage.hear(subscription)
        assert first["block"] == hex_of(stage.client.genesis_hash)
        assert [key for key, _ in first["changes"]] == [NUMBER, account, CODE, "0x99"]
        plain = await stage.make_block()
        second = await stage.hear(subscription)
        assert second == {"block": plain, "changes": [[NUMBER, "0x01000000"]]}
        paid = await stage.make_block(stage.wallet.transfer(BOB, CHARLIE.account, UNIT, 0))
        third = await stage.hear(subscription)
        assert third["block"] == paid
        value = await stage.ask("state_getStorage", account, paid)
        assert third["changes"] == [[NUMBER, "0x02000000"], [account, value]]
        quiet = await stage.ask("state_subscribeStorage", [CODE])
        await stage.hear(quiet)
        await stage.make_block()
        assert await stage.session.hears_nothing(quiet)
        assert await stage.ask("state_unsubscribeStorage", subscription) is True

    run_rpc_stage(test)


def test_a_storage_subscription_without_keys_is_answered() -> None:
    async def test(stage: RpcStage) -> None:
        subscription = await stage.ask("state_subscribeStorage", [])
        await stage.make_block()
        assert await stage.session.hears_nothing(subscription)
        code, _, _ = await stage.refuse("state_subscribeStorage", ["0x00"] * 1001)
        assert code == -32602

    run_rpc_stage(test)


def _account_suffix(account: bytes) -> bytes:
    return blake2b(account, digest_size=16).digest() + account


def test_the_runtime_version_in_its_two_forms() -> None:
    async def test(stage: RpcStage) -> None:
        found = await stage.ask("state_getRuntimeVersion")
        assert list(found) == [
            "specName",
            "implName",
            "authoringVersion",
            "specVersion",
            "implVersion",
            "apis",
            "transactionVersion",
            "systemVersion",
            "stateVersion",
        ]
        assert ["0xdf6acb689907609b", 5] in found["apis"]
        assert await stage.ask("chain_getRuntimeVersion", None) == found
        raw = await stage.ask("state_call", "Core_version", "0x")
        assert VERSION.encode(stage.client.api.version) == bytes.fromhex(raw[2:])
        for method in ("state_subscribeRuntimeVersion", "chain_subscribeRuntimeVersion"):
            subscription = await stage.ask(method)
            assert await stage.hear(subscription) == found
            await stage.make_block()
            assert await stage.session.hears_nothing(subscription)
            assert await stage.ask("state_unsubscribeRuntimeVersion", subscription) is True

    run_rpc_stage(test)


def test_metadata_in_every_version() -> None:
    async def test(stage: RpcStage) -> None:
        plain = await stage.ask("state_getMetadata")
        assert plain.startswith("0x6d6574610e")
        opaque = await stage.ask("state_call", "Metadata_metadata", "")
        assert opaque.endswith(plain[2:])
        assert len(opaque) > len(plain)
        versions = await stage.ask("state_call", "Metadata_metadata_versions", "0x")
        assert versions == "0x0c0e0000000f00000010000000"
        for version in (14, 15, 16):
            data = hex_of(codec_of(U32).encode(version))
            name = "Metadata_metadata_at_version"
            found = await stage.ask("state_call", name, data)
            assert found.startswith("0x01")
            assert f"6d657461{version:02x}" in found[:30]
        assert await stage.ask("state_call", name, "0x0d000000") == "0x00"

    run_rpc_stage(test)


def test_what_a_runtime_call_refuses() -> None:
    async def test(stage: RpcStage) -> None:
        code, message, _ = await stage.refuse("state_call", "Nothing_here", "0x")
        expected = (
            "Client error: Execution failed: Other: Exported method Nothing_here is not found"
        )
        assert (code, message) == (4003, expected)
        bad: list[Any] = ["0x00", hex_of(bytes(33))]
        for data in bad:
            code, message, _ = await stage.refuse(
                "state_call", "AccountNonceApi_account_nonce", data
            )
            assert code == 4003
            assert message.startswith("Client error: Execution failed: AccountNonceApi")

    run_rpc_stage(test)


def test_values_and_absences_are_proven_against_the_state_root() -> None:
    """Every bit of a proof counts, and another key's proof is none."""

    async def test(stage: RpcStage) -> None:
        block = await stage.make_block(stage.wallet.transfer(BOB, ALICE.account, UNIT, 0))
        root = stage.client.best.value.header.state_root
        keys = [CODE, NUMBER, "0x1234"]
        answer = await stage.ask("state_getReadProof", keys, block)
        assert answer["at"] == block == hex_of(stage.client.best.value.hash)
        assert await stage.ask("state_getReadProof", keys) == answer
        for key, text in zip(keys, answer["proof"], strict=True):
            raw, value_hash = bytes.fromhex(key[2:]), await stage.ask("state_getStorageHash", key)
            proof = decode_proof(bytes.fromhex(text[2:]))
            found = verify_proof(root, raw, proof)
            assert (None if found is None else hex_of(found)) == value_hash
            other = bytes([*root[:-1], root[-1] ^ 1])
            with pytest.raises(BadStateProof):
                verify_proof(Hash(other), raw, proof)
        with pytest.raises(BadStateProof):
            verify_proof(root, b"another key", decode_proof(bytes.fromhex(answer["proof"][0][2:])))

    run_rpc_stage(test)


def test_proofs_of_older_states_are_refused() -> None:
    async def test(stage: RpcStage) -> None:
        for nonce in range(3):
            await stage.make_block(stage.wallet.transfer(BOB, ALICE.account, UNIT, nonce))
        genesis = hex_of(stage.client.genesis_hash)
        code, message, _ = await stage.refuse("state_getReadProof", [CODE], genesis)
        assert (code, message) == (
            4003,
            "Client error: proofs are made from the last final block on, #2",
        )
        too_many = [CODE] * 1_001
        code, message, _ = await stage.refuse("state_getReadProof", too_many)
        assert (code, message) == (
            -32602,
            "Invalid params: keys: expected at most 1000, got 1001",
        )
        assert (await stage.refuse("state_getReadProof", [CODE], UNKNOWN))[0] == 4003

    run_rpc_stage(test)
