"""`soberana multisig`: several owners of one account, from a proposal to its end."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from genesis.accounts import get_dev_account
from pallets.multisig import compute_multisig_account
from runtime.crypto.ss58 import encode_ss58
from runtime.frame import Call
from runtime.primitives import Weight
from tests.helpers.chain_stage import get_api, make_call
from tests.helpers.cli_stage import CliStage, open_stage, run_cli

SBR = 10**12
NAMES = ("//Alice", "//Bob", "//Charlie")
OWNERS = tuple(word for name in NAMES for word in ("--signatory", name))
TWO = (*OWNERS, "--threshold", "2")
SHARED = encode_ss58(
    compute_multisig_account(tuple(sorted(get_dev_account(name) for name in NAMES)), 2)
)
OTHERS = tuple(sorted(get_dev_account(name) for name in ("//Alice", "//Bob")))
"""Of whom Charlie's approval tells."""

NOTHING = Weight(0, 0)
DEPOSIT = 1_152 * SBR // 1_000
"""An entry, 88 bytes and 32 for each of two approvals."""


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    """The shared account has 10 SBR."""
    with open_stage(tmp_path / "base") as opened:
        said = opened.run("wallet", "transfer", SHARED, "10 SBR", "--from", "//Alice")
        assert said.code == 0, said.err
        yield opened


def encode_call(stage: CliStage, *arguments: str) -> str:
    """The call of a command in hex."""
    said = run_cli("--as-call", *arguments, "--from", "//Alice", "--node", stage.server.url)
    assert said.code == 0, said.err
    return said.out.strip()


def send(stage: CliStage, amount: str) -> str:
    """A payment to Eve."""
    return encode_call(stage, "wallet", "transfer", "//Eve", amount)


def act(stage: CliStage, who: str, *arguments: str) -> Any:
    """A command that an owner signs; its answer."""
    said = stage.run("multisig", *arguments, *TWO, "--from", who, "--json")
    assert said.code == 0, said.err
    return said.json


def refuse(stage: CliStage, who: str, *arguments: str, code: int = 1) -> str:
    """The same where it is refused; why, and no block comes of it."""
    blocks = len(stage.node.blocks)
    given = () if "--signatory" in arguments else TWO
    said = stage.run("multisig", *arguments, *given, "--from", who)
    assert said.code == code, said.out + said.err
    assert len(stage.node.blocks) == blocks
    return said.err


def get_balance(stage: CliStage, who: str, field: str = "free") -> int:
    return int(stage.run("wallet", "balance", who, "--json").json[field])


def test_the_account_follows_from_its_owners(stage: CliStage) -> None:
    said = stage.run_local("multisig", "address", *TWO)
    assert said.out.strip() == SHARED
    backwards = tuple(word for name in NAMES[::-1] for word in ("--signatory", name))
    shown = stage.run_local("multisig", "address", *backwards, "--threshold", "2", "--json").json
    assert (shown["account"], shown["threshold"]) == (SHARED, 2)
    assert len(shown["signatories"]) == 3
    three = stage.run_local("multisig", "address", *OWNERS, "--threshold", "3")
    assert three.out.strip() != SHARED


def test_a_payment_is_proposed_approved_and_done(stage: CliStage) -> None:
    before = get_balance(stage, "//Eve")
    made = act(stage, "//Alice", "propose", "--call", send(stage, "4 SBR"))
    assert (made["account"], made["approvals"]) == (SHARED, "1 of 2")
    assert get_balance(stage, "//Alice", "held") == DEPOSIT
    (waiting,) = stage.run("multisig", "list", "--json").json
    assert waiting["name"] == "Balances.transfer_keep_alive"
    assert (waiting["hash"], waiting["threshold"]) == (made["hash"], 2)
    assert waiting["approvals"] == [encode_ss58(get_dev_account("//Alice"))]
    assert waiting["deposit"] == str(DEPOSIT)
    shown = stage.run("multisig", "list", SHARED).out
    for part in (made["hash"], "dest //Eve, value 4 SBR", "1 of 2: //Alice", "1.152 SBR"):
        assert part in shown
    why = refuse(stage, "//Alice", "approve", made["hash"])
    assert "who has not approved" in why
    assert "got //Alice" in why
    assert act(stage, "//Bob", "approve", made["hash"])["approvals"] == "2 of 2"
    assert "one that has 2 of 2" in refuse(stage, "//Charlie", "approve", made["hash"])
    assert get_balance(stage, "//Eve") == before, "approving does not run it"
    done = act(stage, "//Bob", "execute", made["hash"])
    assert done["done"] == "Balances.transfer_keep_alive is done"
    assert get_balance(stage, "//Eve") == before + 4 * SBR
    assert get_balance(stage, "//Alice", "held") == 0
    assert "no call waits" in stage.run("multisig", "list").out


def test_the_last_approval_may_execute(stage: CliStage) -> None:
    made = act(stage, "//Charlie", "propose", "--call", send(stage, "1 SBR"))
    assert "with yours" in refuse(stage, "//Charlie", "execute", made["hash"])
    assert act(stage, "//Alice", "execute", made["hash"])["approvals"] == "2 of 2"
    assert stage.run("multisig", "list", "--json").json == []


def test_only_calls_of_one_account_are_listed(stage: CliStage) -> None:
    act(stage, "//Alice", "propose", "--call", send(stage, "1 SBR"))
    three = (*OWNERS, "--threshold", "3")
    raw = send(stage, "2 SBR")
    assert stage.run("multisig", "propose", "--call", raw, *three, "--from", "//Bob").code == 0
    assert len(stage.run("multisig", "list", "--json").json) == 2
    (mine,) = stage.run("multisig", "list", SHARED, "--json").json
    assert mine["account"] == SHARED


def test_who_proposed_may_cancel(stage: CliStage) -> None:
    made = act(stage, "//Alice", "propose", "--call", send(stage, "1 SBR"))
    why = refuse(stage, "//Bob", "cancel", made["hash"])
    assert "expected //Alice, who proposed the call, got //Bob" in why
    assert act(stage, "//Alice", "cancel", made["hash"])["done"] == "no longer proposed"
    assert get_balance(stage, "//Alice", "held") == 0


def test_with_a_threshold_of_one_it_is_done_at_once(stage: CliStage) -> None:
    one = (*OWNERS, "--threshold", "1")
    account = stage.run_local("multisig", "address", *one).out.strip()
    assert stage.run("wallet", "transfer", account, "5 SBR", "--from", "//Alice").code == 0
    before = get_balance(stage, "//Eve")
    said = stage.run("multisig", "propose", "--call", send(stage, "2 SBR"), *one, "--from", "//Bob")
    assert "is done" in said.out, said.err
    assert get_balance(stage, "//Eve") == before + 2 * SBR


def test_a_call_that_fails_says_why_and_is_over(stage: CliStage) -> None:
    made = act(stage, "//Alice", "propose", "--call", send(stage, "500 SBR"))
    said = stage.run("multisig", "execute", made["hash"], *TWO, "--from", "//Bob")
    assert said.code == 1
    assert "Balances.transfer_keep_alive was tried and failed: Token.FundsUnavailable" in said.err
    assert stage.run("multisig", "list", "--json").json == []


def test_a_call_that_was_opened_by_its_hash_has_to_be_given(stage: CliStage) -> None:
    """As wallets open them: the first approval of all is by hash."""
    raw = send(stage, "1 SBR")
    made = act(stage, "//Alice", "propose", "--call", raw)
    act(stage, "//Alice", "cancel", made["hash"])
    open_by_hash(stage, made["hash"])
    (waiting,) = stage.run("multisig", "list", "--json").json
    assert (waiting["name"], waiting["threshold"]) == (None, 2)
    assert "not known" in stage.run("multisig", "list").out
    assert "expected --call" in refuse(stage, "//Bob", "execute", made["hash"], code=2)
    other = ("--call", send(stage, "2 SBR"))
    why = refuse(stage, "//Bob", "execute", made["hash"], *other, code=2)
    assert "expected the call of hash" in why
    assert act(stage, "//Bob", "execute", made["hash"], "--call", raw)["approvals"] == "2 of 2"


def open_by_hash(stage: CliStage, call_hash: str) -> None:
    """Charlie's approval, by a deputy: the call stands inside another one."""
    raw_hash = bytes.fromhex(call_hash[2:])
    send_as_charlie(
        stage, make_call("Multisig", "approve_as_multi", 2, OTHERS, None, raw_hash, NOTHING)
    )


def send_as_charlie(stage: CliStage, call: Call) -> None:
    """Any call, by a deputy of Charlie's."""
    raw = "0x" + get_api().calls.encode(call).hex()
    said = stage.run("proxy", "add", "//Dave", "--type", "any", "--from", "//Charlie")
    assert said.code == 0, said.err
    said = stage.run("proxy", "call", "//Charlie", "--call", raw, "--from", "//Dave")
    assert said.code == 0, said.err


def test_proposals_of_one_transaction_are_told_apart(stage: CliStage) -> None:
    raws = [send(stage, f"{amount} SBR") for amount in (1, 2)]
    inner = [get_api().calls.decode(bytes.fromhex(raw[2:])) for raw in raws]
    opening = [make_call("Multisig", "as_multi", 2, OTHERS, None, each, NOTHING) for each in inner]
    send_as_charlie(stage, make_call("Utility", "batch_all", tuple(opening)))
    listed = stage.run("multisig", "list", "--json").json
    assert {each["call"] for each in listed} == set(raws)
    act(stage, "//Bob", "execute", listed[0]["hash"])
    (left,) = stage.run("multisig", "list", "--json").json
    assert left == listed[1]


def test_what_makes_no_sense_is_refused(stage: CliStage) -> None:
    raw, unknown = send(stage, "1 SBR"), "0x" + "ab" * 32
    act(stage, "//Alice", "propose", "--call", raw)
    assert "does not wait already" in refuse(stage, "//Bob", "propose", "--call", raw)
    assert "waits for approvals" in refuse(stage, "//Bob", "approve", unknown)
    assert "waits for approvals" in refuse(stage, "//Bob", "execute", unknown)
    assert "waits for approvals" in refuse(stage, "//Bob", "cancel", unknown)
    alone, twice = ("--signatory", "//Alice"), ("--signatory", "//Alice") * 2
    for words, why in (
        (("approve", "0xabcd"), "a call's hash, 32 bytes in hex, got '0xabcd'"),
        (("propose", "--call", "0xffff"), "bytes of a call"),
        (("propose", "--call", raw, *alone, "--threshold", "1"), "2 to 100 owners, got 1"),
        (("propose", "--call", raw, *twice, "--threshold", "1"), "once, got //Alice, //Alice"),
        (("propose", "--call", raw, *OWNERS, "--threshold", "4"), "at most the 3 owners, got 4"),
    ):
        assert why in refuse(stage, "//Alice", *words, code=2)
    stranger = refuse(stage, "//Eve", "propose", "--call", raw, code=2)
    assert "one of the signatories" in stranger
    assert "got //Eve" in stranger


def test_dry_run_approves_nothing(stage: CliStage) -> None:
    made = act(stage, "//Alice", "propose", "--call", send(stage, "1 SBR"))
    words = ("multisig", "execute", made["hash"], *TWO, "--from", "//Bob")
    said = run_cli("--dry-run", *words, "--node", stage.server.url)
    assert "Multisig.MultisigExecuted" in said.out, said.err
    assert "nothing was sent" in said.out
    assert len(stage.run("multisig", "list", "--json").json) == 1
