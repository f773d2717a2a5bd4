"""`soberana proxy`: deputies, what they may do, and calls that are announced before."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from genesis.accounts import get_dev_account
from runtime.crypto.ss58 import encode_ss58
from tests.helpers.cli_stage import CliStage, open_stage, run_cli

SBR = 10**12
DELAY = 3


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    """Alice's deputies are Bob for anything, and Charlie, who announces it before."""
    with open_stage(tmp_path / "base") as opened:
        act(opened, "//Alice", "add", "//Bob", "--type", "any")
        act(opened, "//Alice", "add", "//Charlie", "--type", "any", "--delay", str(DELAY))
        yield opened


def act(stage: CliStage, who: str, *arguments: str) -> Any:
    """A command that signs; its answer."""
    said = stage.run("proxy", *arguments, "--from", who, "--json")
    assert said.code == 0, said.err
    return said.json


def refuse(stage: CliStage, who: str, *arguments: str, code: int = 1) -> str:
    """The same where it is refused; why."""
    said = stage.run("proxy", *arguments, "--from", who)
    assert said.code == code, said.out + said.err
    return said.err


def pay(stage: CliStage, amount: str) -> str:
    """A payment to Eve in hex."""
    words = ("wallet", "transfer", "//Eve", amount, "--from", "//Dave")
    said = run_cli("--as-call", *words, "--node", stage.server.url)
    assert said.code == 0, said.err
    return said.out.strip()


def get_balance(stage: CliStage, who: str, field: str = "free") -> int:
    return int(stage.run("wallet", "balance", who, "--json").json[field])


def list_all(stage: CliStage, *account: str) -> Any:
    return stage.run("proxy", "list", *account, "--json").json


def test_deputies_are_listed(stage: CliStage) -> None:
    act(stage, "//Eve", "add", "//Dave", "--type", "non-transfer")
    alice, bob = (encode_ss58(get_dev_account(name)) for name in ("//Alice", "//Bob"))
    (only,) = list_all(stage, "//Bob")["proxies"]
    assert only == {"account": alice, "deputy": bob, "type": "any", "delay": 0}
    assert len(list_all(stage, "//Alice")["proxies"]) == 2
    assert len(list_all(stage)["proxies"]) == 3
    shown = stage.run("proxy", "list").out
    for part in ("//Alice", "//Bob", "non-transfer", "//Eve"):
        assert part in shown
    assert "announced" not in shown


def test_a_deputy_pays_from_the_account(stage: CliStage) -> None:
    eve, alice, bob = (get_balance(stage, who) for who in ("//Eve", "//Alice", "//Bob"))
    done = act(stage, "//Bob", "call", "//Alice", "--call", pay(stage, "4 SBR"))
    assert done["done"] == "Balances.transfer_keep_alive is done for //Alice"
    assert get_balance(stage, "//Eve") == eve + 4 * SBR
    assert get_balance(stage, "//Alice") == alice - 4 * SBR
    assert get_balance(stage, "//Bob") == bob - int(done["fees"])


def test_a_type_bounds_what_is_done(stage: CliStage) -> None:
    act(stage, "//Eve", "add", "//Dave", "--type", "market")
    why = refuse(stage, "//Dave", "call", "//Eve", "--call", pay(stage, "1 SBR"))
    assert "Balances.transfer_keep_alive was tried and failed: System.CallFiltered" in why
    act(stage, "//Alice", "add", "//Bob", "--type", "market")
    options = ("call", "//Alice", "--call", pay(stage, "1 SBR"))
    assert act(stage, "//Bob", *options)["type"] == "any"
    assert "CallFiltered" in refuse(stage, "//Bob", *options, "--type", "market")


def test_a_call_is_announced_and_done_in_time(stage: CliStage) -> None:
    raw = pay(stage, "2 SBR")
    assert "Proxy.Unannounced" in refuse(stage, "//Charlie", "call", "//Alice", "--call", raw)
    made = act(stage, "//Charlie", "announce", "//Alice", "--call", raw)
    assert made["from block"] == len(stage.node.blocks) - 1 + DELAY
    (waiting,) = list_all(stage, "//Alice")["announcements"]
    assert waiting["hash"] == made["hash"]
    assert made["hash"] in stage.run("proxy", "list").out
    assert "Proxy.Unannounced" in refuse(stage, "//Charlie", "call", "//Alice", "--call", raw)
    while len(stage.node.blocks) < made["from block"]:
        stage.node.make_block()
    before = get_balance(stage, "//Eve")
    act(stage, "//Charlie", "call", "//Alice", "--call", raw)
    assert get_balance(stage, "//Eve") == before + 2 * SBR
    assert list_all(stage)["announcements"] == []


def test_what_was_announced_is_taken_back_or_stopped(stage: CliStage) -> None:
    raw = pay(stage, "2 SBR")
    made = act(stage, "//Charlie", "announce", "//Alice", "--call", raw)
    act(stage, "//Charlie", "unannounce", "//Alice", made["hash"])
    assert list_all(stage)["announcements"] == []
    act(stage, "//Charlie", "announce", "//Alice", "--call", raw)
    act(stage, "//Alice", "reject", "//Charlie", made["hash"])
    assert list_all(stage)["announcements"] == []
    assert "Proxy.NotFound" in refuse(stage, "//Alice", "reject", "//Charlie", made["hash"])


def test_a_deputy_is_let_go(stage: CliStage) -> None:
    act(stage, "//Alice", "add", "//Bob", "--type", "market")
    assert act(stage, "//Alice", "remove", "//Bob", "--type", "market")["removed"] == 1
    act(stage, "//Alice", "add", "//Bob", "--type", "market", "--delay", "5")
    assert act(stage, "//Alice", "remove", "//Bob")["removed"] == 2
    (left,) = list_all(stage)["proxies"]
    assert left["deputy"] == encode_ss58(get_dev_account("//Charlie"))
    act(stage, "//Alice", "remove", "//Charlie")
    assert get_balance(stage, "//Alice", "held") == 0
    assert "nobody calls for anybody" in stage.run("proxy", "list").out


def test_what_makes_no_sense_is_refused(stage: CliStage) -> None:
    raw = pay(stage, "1 SBR")
    for words, code, why in (
        (("add", "//Bob", "--type", "all"), 2, "one of any, non-transfer, market, cancel-proxy"),
        (("add", "//Dave", "--type", "any"), 1, "Proxy.NoSelfProxy"),
        (("remove", "//Bob"), 1, "expected //Bob to be a proxy of //Dave of any type"),
        (("call", "//Alice", "--call", raw), 1, "expected //Dave to be a proxy of //Alice"),
        (("call", "//Alice", "--call", raw, "--type", "market"), 1, "of type market"),
        (("call", "//Alice", "--call", raw, "--type", "all"), 2, "got 'all'"),
        (("call", "//Alice", "--call", "0xffff"), 2, "bytes of a call"),
        (("announce", "//Alice", "--call", raw), 1, "expected //Dave to be a proxy of //Alice"),
        (("unannounce", "//Alice", "0x12"), 2, "a call's hash, 32 bytes in hex, got '0x12'"),
        (("reject", "//Bob", "0x" + "ab" * 32), 1, "Proxy.NotFound"),
    ):
        assert why in refuse(stage, "//Dave", *words, code=code), words


def test_dry_run_calls_nothing(stage: CliStage) -> None:
    before, blocks = get_balance(stage, "//Eve"), len(stage.node.blocks)
    words = ("proxy", "call", "//Alice", "--call", pay(stage, "1 SBR"), "--from", "//Bob")
    said = run_cli("--dry-run", *words, "--node", stage.server.url)
    assert "Proxy.ProxyExecuted" in said.out, said.err
    assert (get_balance(stage, "//Eve"), len(stage.node.blocks)) == (before, blocks)
