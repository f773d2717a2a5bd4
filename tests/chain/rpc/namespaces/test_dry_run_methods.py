"""`system_dryRun*`: the effects of what is not sent, and that nothing comes of asking."""

from chain.client.typed_state import get_runtime
from runtime.address import Id
from runtime.codec import codec_of
from runtime.era import Era
from runtime.frame.dispatch_error import DispatchErrorValue, Module, Token
from runtime.transaction_result import Future, Invalid, ValidityError
from tests.helpers.node_stage import ALICE, BOB
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage

DISPATCH_ERROR, VALIDITY_ERROR = codec_of(DispatchErrorValue), codec_of(ValidityError)


def encode_transfer(stage: RpcStage, amount: int) -> str:
    call = stage.wallet.make_call("Balances", "transfer_keep_alive", Id(BOB.account), amount)
    return hex_of(stage.client.api.calls.encode(call))


def test_a_call_that_would_succeed_costs_what_it_would_cost() -> None:
    async def test(stage: RpcStage) -> None:
        root = stage.client.best.value.header.state_root
        done = await stage.ask("system_dryRunCall", ALICE.address, encode_transfer(stage, 7))
        assert done["error"] is None
        assert done["class"] == "normal"
        events = {(each["pallet"], each["event"]): each["fields"] for each in done["events"]}
        moved = events["Balances", "Transfer"]
        assert (moved["from"], moved["to"]) == (ALICE.address, BOB.address)
        assert moved["amount"] == "7"
        assert ("System", "ExtrinsicSuccess") in events
        assert stage.client.best.value.header.state_root == root
        assert get_runtime(stage.client).system.get_nonce(ALICE.account) == 0

        before = get_runtime(stage.client).balances.ledger.get_free(ALICE.account)
        call = stage.wallet.make_call("Balances", "transfer_keep_alive", Id(BOB.account), 7)
        era = Era.mortal(64, stage.client.best.value.number)
        await stage.make_block(stage.wallet.sign(ALICE, call, 0, era=era))
        after = get_runtime(stage.client).balances.ledger.get_free(ALICE.account)
        assert int(done["fee"]) == before - after - 7
        weight = done["weight"]
        assert weight["refTime"] > 0
        assert weight["proofSize"] >= 0

    run_rpc_stage(test)


def test_what_a_call_does_not_use_is_not_paid_for() -> None:
    """A batch ends at its first failure, and the weight of the rest comes back."""

    async def test(stage: RpcStage) -> None:
        good, bad = (
            stage.wallet.make_call("Balances", "transfer_keep_alive", Id(BOB.account), amount)
            for amount in (7, 10**30)
        )
        batch = stage.wallet.make_call("Utility", "batch", (good, bad, *(good,) * 20))
        raw = hex_of(stage.client.api.calls.encode(batch))
        done = await stage.ask("system_dryRunCall", ALICE.address, raw)
        assert "BatchInterrupted" in [each["event"] for each in done["events"]]
        ledger = get_runtime(stage.client).balances.ledger
        before = ledger.get_free(ALICE.account)
        era = Era.mortal(64, stage.client.best.value.number)
        await stage.make_block(stage.wallet.sign(ALICE, batch, 0, era=era))
        after = get_runtime(stage.client).balances.ledger.get_free(ALICE.account)
        assert int(done["fee"]) == before - after - 7

    run_rpc_stage(test)


def test_a_call_that_would_fail_says_why() -> None:
    async def test(stage: RpcStage) -> None:
        done = await stage.ask("system_dryRunCall", ALICE.address, encode_transfer(stage, 10**30))
        assert done["error"]["name"] == "FundsUnavailable"
        call = stage.wallet.make_call("Market", "lock", 99, 0, 0)
        raw = hex_of(stage.client.api.calls.encode(call))
        done = await stage.ask("system_dryRunCall", ALICE.address, raw)
        assert (done["error"]["pallet"], done["error"]["name"]) == ("Market", "NoSuchJob")
        assert done["error"]["docs"]
        names = [each["event"] for each in done["events"]]
        assert "ExtrinsicFailed" in names
        assert int(done["fee"]) > 0

    run_rpc_stage(test)


def test_a_signed_transaction_gives_what_substrate_gives() -> None:
    async def test(stage: RpcStage) -> None:
        good = stage.wallet.transfer(ALICE, BOB.account, 7, 0)
        for method in ("system_dryRun", "system_dryRunAt"):
            assert await stage.ask(method, hex_of(good)) == "0x0000"
        too_much = stage.wallet.transfer(ALICE, BOB.account, 10**30, 0)
        answer = bytes.fromhex((await stage.ask("system_dryRun", hex_of(too_much)))[2:])
        assert answer[:2] == b"\x00\x01"
        assert isinstance(DISPATCH_ERROR.decode(answer[2:]), Token)
        call = stage.wallet.make_call("Market", "lock", 99, 0, 0)
        answer = await stage.ask("system_dryRun", hex_of(stage.wallet.sign(ALICE, call, 0)))
        assert isinstance(DISPATCH_ERROR.decode(bytes.fromhex(answer[6:])), Module)
        early = stage.wallet.transfer(ALICE, BOB.account, 7, 5)
        answer = bytes.fromhex((await stage.ask("system_dryRun", hex_of(early)))[2:])
        assert answer[:1] == b"\x01"
        assert VALIDITY_ERROR.decode(answer[1:]) == Invalid(Future())
        assert get_runtime(stage.client).system.get_nonce(ALICE.account) == 0

    run_rpc_stage(test)


def test_what_is_no_call() -> None:
    async def test(stage: RpcStage) -> None:
        call = encode_transfer(stage, 7)
        for params, expected in (
            (("nobody", call), "account: "),
            ((ALICE.address, "0xff"), "call: "),
            ((ALICE.address, call + "00"), "call: "),
        ):
            code, message, _ = await stage.refuse("system_dryRunCall", *params)
            assert code == -32602
            assert message.startswith(f"Invalid params: {expected}")
        code, _, _ = await stage.refuse("system_dryRun", "0xff")
        assert code == 1002
        code, _, _ = await stage.refuse("system_dryRunCall", ALICE.address, call, "0x" + "ab" * 32)
        assert code == 4003
        poor = "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM"
        code, message, data = await stage.refuse("system_dryRunCall", poor, call)
        assert (code, message) == (1010, "Invalid Transaction")
        assert "pay" in data

    run_rpc_stage(test)
