"""`transaction_v1_*` and `archive_v1_*`: broadcasting without a status, and any block."""

from runtime.crypto.hashing import blake2_256
from tests.helpers.node_stage import ALICE, BOB
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage

UNKNOWN = "0x" + "ab" * 32
UNIT = 10**12


def test_a_broadcast_reaches_the_pool_until_it_is_stopped() -> None:
    async def test(stage: RpcStage) -> None:
        transfer = stage.wallet.transfer(BOB, ALICE.account, UNIT, 0)
        operation = await stage.ask("transaction_v1_broadcast", hex_of(transfer))
        assert isinstance(operation, str)
        assert await stage.ask("author_pendingExtrinsics") == [hex_of(transfer)]
        again = await stage.ask("transaction_v1_broadcast", hex_of(transfer))
        assert again != operation
        assert await stage.ask("transaction_v1_stop", operation) is None
        assert await stage.ask("author_pendingExtrinsics") == [hex_of(transfer)]
        for gone in (operation, "nothing"):
            code, message, _ = await stage.refuse("transaction_v1_stop", gone)
            assert (code, message) == (-32602, f"Invalid params: no broadcast {gone!r}")

    run_rpc_stage(test)


def test_a_bad_broadcast_is_ignored_without_a_word() -> None:
    async def test(stage: RpcStage) -> None:
        forged = bytearray(stage.wallet.transfer(BOB, ALICE.account, UNIT, 0))
        forged[-1] ^= 1
        for raw in (bytes(forged), b"", b"\xff" * 9):
            assert isinstance(await stage.ask("transaction_v1_broadcast", hex_of(raw)), str)
        assert await stage.ask("author_pendingExtrinsics") == []

    run_rpc_stage(test)


def test_the_archive_reads_any_block() -> None:
    async def test(stage: RpcStage) -> None:
        transfer = stage.wallet.transfer(BOB, ALICE.account, UNIT, 0)
        genesis, one = hex_of(stage.client.genesis_hash), await stage.make_block(transfer)
        two = await stage.make_block()
        assert await stage.ask("archive_v1_genesisHash") == genesis
        assert await stage.ask("archive_v1_finalizedHeight") == 1
        assert await stage.ask("archive_v1_hashByHeight", 1) == [one]
        assert await stage.ask("archive_v1_hashByHeight", 2) == [two]
        assert await stage.ask("archive_v1_hashByHeight", 3) == []
        header = await stage.ask("archive_v1_header", one)
        assert hex_of(blake2_256(bytes.fromhex(header[2:]))) == one
        best = await stage.ask("archive_v1_header", two)
        assert await stage.ask("archive_v1_header", None) == best
        assert await stage.ask("archive_v1_header", UNKNOWN) is None
        assert (await stage.ask("archive_v1_body", one))[2] == hex_of(transfer)
        assert await stage.ask("archive_v1_body", UNKNOWN) is None

    run_rpc_stage(test)


def test_the_archive_calls_the_runtime_on_the_named_block() -> None:
    async def test(stage: RpcStage) -> None:
        genesis = hex_of(stage.client.genesis_hash)
        one = await stage.make_block(stage.wallet.transfer(BOB, ALICE.account, UNIT, 0))
        await stage.make_block()
        name, data = "AccountNonceApi_account_nonce", hex_of(BOB.account)
        for block_hash, nonce in ((genesis, "0x00000000"), (one, "0x01000000")):
            found = await stage.ask("archive_v1_call", block_hash, name, data)
            assert found == {"success": True, "value": nonce}
        failed = await stage.ask("archive_v1_call", one, "Nothing_here", "0x")
        assert failed["success"] is False
        assert "Nothing_here is not found" in failed["error"]
        assert await stage.ask("archive_v1_call", UNKNOWN, name, data) is None

    run_rpc_stage(test)
