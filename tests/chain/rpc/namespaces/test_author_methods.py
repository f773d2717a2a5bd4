"""`author_*`: submitting, every refusal with its code and text, and watching to the end."""

from collections.abc import Callable
from typing import Any

import pytest

from chain.config import Config, PoolConfig
from runtime.crypto.hashing import blake2_256
from runtime.era import Era
from runtime.extrinsic import encode_bare
from tests.helpers.node_stage import ALICE, BOB, CHARLIE, make_config
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage

UNIT = 10**12
SUBMIT = "author_submitExtrinsic"
WATCH = "author_submitAndWatchExtrinsic"


def test_a_transaction_is_known_by_the_hash_of_the_whole_extrinsic() -> None:
    async def test(stage: RpcStage) -> None:
        one = stage.wallet.transfer(BOB, ALICE.account, UNIT, 0)
        two = stage.wallet.transfer(BOB, ALICE.account, UNIT, 1)
        assert await stage.ask(SUBMIT, hex_of(one)) == hex_of(blake2_256(one))
        assert await stage.ask(SUBMIT, two.hex()) == hex_of(blake2_256(two))
        assert await stage.ask("author_pendingExtrinsics") == [hex_of(one), hex_of(two)]
        await stage.make_block(one)
        assert await stage.ask("author_pendingExtrinsics") == [hex_of(two)]

    run_rpc_stage(test)


Make = Callable[[RpcStage], bytes]
REMARK = ("System", "remark", b"")


def make_stale(stage: RpcStage) -> bytes:
    return stage.wallet.transfer(BOB, ALICE.account, UNIT, 0)


def make_forged(stage: RpcStage) -> bytes:
    raw = bytearray(stage.wallet.transfer(CHARLIE, ALICE.account, UNIT, 0))
    raw[-1] ^= 1
    return bytes(raw)


def make_of_another_chain(stage: RpcStage) -> bytes:
    call = stage.wallet.make_call(*REMARK)
    return stage.wallet.sign(CHARLIE, call, 0, genesis_hash=stage.client.best.value.hash)


def make_of_another_version(stage: RpcStage) -> bytes:
    return stage.wallet.sign(CHARLIE, stage.wallet.make_call(*REMARK), 0, spec_version=99)


def make_ancient(stage: RpcStage) -> bytes:
    era = Era(period=64, phase=32)  # begins with a block that nobody has
    return stage.wallet.sign(CHARLIE, stage.wallet.make_call(*REMARK), 0, era=era)


def make_unpayable(stage: RpcStage) -> bytes:
    call = stage.wallet.make_call(*REMARK)
    return stage.wallet.sign(CHARLIE, call, 0, tip=2_000_000 * UNIT)


def make_inherent(stage: RpcStage) -> bytes:
    call = stage.client.api.make_call("Timestamp", "set", 1)
    return encode_bare(stage.client.api.calls.encode(call))


@pytest.mark.parametrize(
    "make,text",
    [
        (make_stale, "Transaction is outdated"),
        (make_forged, "Transaction has a bad signature"),
        (make_of_another_chain, "Transaction has a bad signature"),
        (make_of_another_version, "Transaction has a bad signature"),
        (make_ancient, "Transaction has an ancient birth block"),
        (
            make_unpayable,
            "Inability to pay some fees (e.g. account balance too low)",
        ),
        (make_inherent, "Transaction call is not expected"),
    ],
)
def test_an_invalid_transaction_is_1010_with_the_reason(make: Make, text: str) -> None:
    async def test(stage: RpcStage) -> None:
        for nonce in range(6):
            await stage.make_block(stage.wallet.transfer(BOB, ALICE.account, UNIT, nonce))
        raw = hex_of(make(stage))
        assert await stage.refuse(WATCH, raw) == (1010, "Invalid Transaction", text)
        code, message, _ = await stage.refuse(SUBMIT, raw)
        assert (code, message) == (1012, "Transaction is temporarily banned")
        assert await stage.ask("author_pendingExtrinsics") == []

    run_rpc_stage(test)


@pytest.mark.parametrize("raw", ["0x", "", "0x04", "0x00", "0x0c840000", "0x" + "ff" * 100])
def test_what_does_not_decode_is_1002(raw: str) -> None:
    async def test(stage: RpcStage) -> None:
        for method in (SUBMIT, WATCH):
            code, message, _ = await stage.refuse(method, raw)
            assert code == 1002
            assert message.startswith("Verification Error: ")

    run_rpc_stage(test)


def test_a_ban_ends() -> None:
    async def test(stage: RpcStage) -> None:
        raw = hex_of(make_forged(stage))
        assert (await stage.refuse(SUBMIT, raw))[0] == 1010
        assert (await stage.refuse(SUBMIT, raw))[0] == 1012
        stage.clock.advance(PoolConfig().banned_s * 1_000)
        assert (await stage.refuse(SUBMIT, raw))[0] == 1010

    run_rpc_stage(test)


def test_the_same_again_is_1013_and_a_weaker_rival_1014() -> None:
    async def test(stage: RpcStage) -> None:
        first = stage.wallet.transfer(BOB, ALICE.account, UNIT, 0, tip=UNIT)
        rival = stage.wallet.transfer(BOB, ALICE.account, UNIT, 0, tip=UNIT + 1)
        assert await stage.ask(SUBMIT, hex_of(first))
        code, message, _ = await stage.refuse(SUBMIT, hex_of(first))
        assert (code, message) == (1013, "Transaction Already Imported")
        code, message, _ = await stage.refuse(SUBMIT, hex_of(rival))
        assert code == 1014
        assert message.startswith("Priority is too low: (")

    run_rpc_stage(test)


def small_pool() -> Config:
    limits = PoolConfig(ready_per_account_max=2, future_per_account_max=1)
    return make_config(limits)


def test_beyond_the_sender_s_share_is_1016() -> None:
    async def test(stage: RpcStage) -> None:
        for nonce in range(2):
            await stage.ask(SUBMIT, hex_of(stage.wallet.transfer(BOB, ALICE.account, 1, nonce)))
        third = stage.wallet.transfer(BOB, ALICE.account, 1, 2)
        code, message, _ = await stage.refuse(SUBMIT, hex_of(third))
        assert (code, message) == (1016, "Immediately Dropped")

    run_rpc_stage(test, config=small_pool())


def watch(stage: RpcStage, raw: bytes) -> Any:
    return stage.ask(WATCH, hex_of(raw))


def test_a_watched_transaction_is_told_to_its_end() -> None:
    async def test(stage: RpcStage) -> None:
        later = stage.wallet.transfer(BOB, ALICE.account, UNIT, 1)
        sooner = stage.wallet.transfer(BOB, ALICE.account, UNIT, 0)
        waiting = await watch(stage, later)
        assert await stage.hear(waiting) == "future"
        ready = await watch(stage, sooner)
        assert await stage.hear(ready) == "ready"
        assert await stage.hear(waiting) == "ready"
        first = await stage.make_block(sooner)
        assert await stage.hear(ready) == {"inBlock": first}
        second = await stage.make_block(later)
        assert await stage.hear(waiting) == {"inBlock": second}
        assert await stage.hear(ready) == {"finalized": first}
        await stage.make_block()
        assert await stage.hear(waiting) == {"finalized": second}
        for subscription in (ready, waiting):
            assert await stage.ask("author_unwatchExtrinsic", subscription) is False

    run_rpc_stage(test)


def test_one_that_lost_its_place_is_told_who_took_it() -> None:
    async def test(stage: RpcStage) -> None:
        old = stage.wallet.transfer(BOB, ALICE.account, UNIT, 0)
        new = stage.wallet.transfer(BOB, ALICE.account, UNIT, 0, tip=UNIT)
        watched = await watch(stage, old)
        assert await stage.hear(watched) == "ready"
        await stage.ask(SUBMIT, hex_of(new))
        assert await stage.hear(watched) == {"usurped": hex_of(blake2_256(new))}

    run_rpc_stage(test)


def test_one_whose_nonce_was_used_in_a_block_is_told_invalid() -> None:
    async def test(stage: RpcStage) -> None:
        watched = await watch(stage, stage.wallet.transfer(BOB, ALICE.account, UNIT, 0))
        assert await stage.hear(watched) == "ready"
        await stage.make_block(stage.wallet.transfer(BOB, ALICE.account, 2 * UNIT, 0))
        assert await stage.hear(watched) == "invalid"

    run_rpc_stage(test)


def test_one_that_expires_is_told_invalid() -> None:
    async def test(stage: RpcStage) -> None:
        await stage.make_block()
        call = stage.wallet.make_call(*REMARK)
        mortal = stage.wallet.sign(BOB, call, 1, era=Era(period=4, phase=1))
        watched = await watch(stage, mortal)
        assert await stage.hear(watched) == "future"
        for _ in range(4):
            await stage.make_block()
        assert await stage.hear(watched) == "invalid"

    run_rpc_stage(test)


def test_one_whose_block_is_left_is_told_so_and_waits_again() -> None:
    async def test(stage: RpcStage) -> None:
        await stage.make_block()
        base = stage.client.best.value.hash
        transfer = stage.wallet.transfer(BOB, ALICE.account, UNIT, 0)
        watched = await watch(stage, transfer)
        assert await stage.hear(watched) == "ready"
        left = await stage.make_block(transfer)
        assert await stage.hear(watched) == {"inBlock": left}
        rival = stage.maker.make(base, author=CHARLIE.account)
        await stage.add(rival)
        await stage.make_block(parent=rival.header.compute_hash())
        assert await stage.hear(watched) == {"retracted": left}
        assert await stage.hear(watched) == "ready"
        joined = await stage.make_block(transfer)
        assert await stage.hear(watched) == {"inBlock": joined}
        await stage.make_block()
        assert await stage.hear(watched) == {"finalized": joined}

    run_rpc_stage(test)


def test_one_that_the_other_fork_makes_invalid_is_told_so() -> None:
    async def test(stage: RpcStage) -> None:
        await stage.make_block()
        base = stage.client.best.value.hash
        transfer = stage.wallet.transfer(BOB, ALICE.account, UNIT, 0)
        watched = await watch(stage, transfer)
        left = await stage.make_block(transfer)
        other = stage.wallet.transfer(BOB, ALICE.account, 2 * UNIT, 0)
        rival = stage.maker.make(base, [other], author=CHARLIE.account)
        await stage.add(rival)
        await stage.make_block(parent=rival.header.compute_hash())
        heard = [await stage.hear(watched) for _ in range(4)]
        assert heard == ["ready", {"inBlock": left}, {"retracted": left}, "invalid"]

    run_rpc_stage(test)


def test_who_stops_watching_hears_no_more() -> None:
    async def test(stage: RpcStage) -> None:
        transfer = stage.wallet.transfer(BOB, ALICE.account, UNIT, 0)
        watched = await watch(stage, transfer)
        assert await stage.hear(watched) == "ready"
        assert await stage.ask("author_unwatchExtrinsic", watched) is True
        await stage.make_block(transfer)
        assert await stage.session.hears_nothing(watched)

    run_rpc_stage(test)


def test_the_next_nonce_counts_what_waits_here() -> None:
    async def test(stage: RpcStage) -> None:
        address = BOB.address
        for method in ("system_accountNextIndex", "account_nextIndex"):
            assert await stage.ask(method, address) == 0
        for nonce in (0, 1, 3):
            await stage.ask(SUBMIT, hex_of(stage.wallet.transfer(BOB, ALICE.account, 1, nonce)))
        assert await stage.ask("system_accountNextIndex", address) == 2

    run_rpc_stage(test)
