"""`soberana token`: what people do with tokens of their own, and what they are refused."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.cli_stage import CliStage, open_stage


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    """Token 0 of Alice's, with two decimals and at least half a unit in a hand."""
    with open_stage(tmp_path / "base") as opened:
        create = ("token", "create", "--about", "Beans", "--decimals", "2", "--min", "0.5")
        said = opened.run(*create, "--from", "//Alice")
        assert "token 0 is yours" in said.out, said.err
        yield opened


def act(stage: CliStage, who: str, *arguments: str) -> Any:
    """A command that signs; its answer."""
    said = stage.run("token", *arguments, "--from", who, "--json")
    assert said.code == 0, said.err
    return said.json


def refuse(stage: CliStage, who: str, *arguments: str) -> str:
    """The same where it is refused; why."""
    said = stage.run("token", *arguments, "--from", who)
    assert said.code != 0, said.out
    return said.err


def get_held(stage: CliStage) -> list[int]:
    """What holders of token 0 have, the largest first."""
    shown = stage.run("token", "show", "0", "--json").json
    held = [int(each["amount"]) for each in shown["holdings"]]
    assert sum(held) == int(shown["supply"])
    return held


def test_units_are_minted_sent_and_burned(stage: CliStage) -> None:
    act(stage, "//Alice", "mint", "0", "//Alice", "100")
    sent = act(stage, "//Alice", "send", "0", "//Bob", "12.25")
    assert (sent["token"], sent["done"]) == (0, "//Bob has 12.25 more of token 0")
    act(stage, "//Bob", "burn", "0", "2.25")
    assert get_held(stage) == [8_775, 1_000]
    lines = [line.split() for line in stage.run("token", "show", "0").out.splitlines()]
    for line in ("there are 97.75", "least to hold 0.5", "//Alice 87.75 0", "//Bob 10 0"):
        assert line.split() in lines
    assert "NotOwner" in refuse(stage, "//Bob", "mint", "0", "//Bob", "1")
    assert "Assets.Insufficient" in refuse(stage, "//Bob", "send", "0", "//Dave", "10.01")
    assert "Assets.BelowMin" in refuse(stage, "//Bob", "send", "0", "//Dave", "0.49")
    assert "Assets.ZeroAmount" in refuse(stage, "//Bob", "burn", "0", "0")
    assert get_held(stage) == [8_775, 1_000]


def test_deposits_are_told(stage: CliStage) -> None:
    rate = act(stage, "//Alice", "mint", "0", "//Bob", "5")["deposit"]
    assert int(rate) > 0
    assert "deposit" not in act(stage, "//Alice", "mint", "0", "//Bob", "5")
    moved = act(stage, "//Bob", "send", "0", "//Dave", "10")
    assert moved["deposit"] == moved["returned"] == rate


def test_amounts_and_numbers_that_mean_nothing_are_not_sent(stage: CliStage) -> None:
    blocks = len(stage.node.blocks)
    for amount, why in (
        ("1.234", "expected at most 2 decimals of this asset, got '1.234'"),
        ("ten", "expected a number such as 12 or 1.5, got 'ten'"),
        ("1 SBR", "expected a number such as 12 or 1.5, got '1 SBR'"),
        ("9" * 40, "expected less than 2**128 of its smallest units"),
    ):
        assert why in refuse(stage, "//Alice", "mint", "0", "//Bob", amount)
    assert "expected the number of a token, got 7" in refuse(stage, "//Alice", "burn", "7", "1")
    assert "no such name" in refuse(stage, "//Alice", "send", "0", "nobody", "1")
    assert "expected the number of a token, got 7" in stage.run("token", "show", "7").err
    assert len(stage.node.blocks) == blocks


def test_somebody_spends_what_was_approved(stage: CliStage) -> None:
    act(stage, "//Alice", "mint", "0", "//Bob", "50")
    act(stage, "//Bob", "approve", "0", "//Charlie", "20")
    act(stage, "//Charlie", "spend", "0", "//Bob", "//Dave", "15")
    assert get_held(stage) == [3_500, 1_500]
    (left,) = stage.run("token", "show", "0", "--json").json["approvals"]
    assert left["amount"] == "500"
    assert "may be spent by" in stage.run("token", "show", "0").out
    assert "NotApproved" in refuse(stage, "//Charlie", "spend", "0", "//Bob", "//Dave", "5.01")
    act(stage, "//Bob", "approve", "0", "//Charlie", "0")
    assert stage.run("token", "show", "0", "--json").json["approvals"] == []
    assert "NotApproved" in refuse(stage, "//Charlie", "spend", "0", "//Bob", "//Dave", "1")


def test_its_owner_freezes_and_gives_it_away(stage: CliStage) -> None:
    act(stage, "//Alice", "mint", "0", "//Bob", "50")
    act(stage, "//Alice", "freeze", "0", "//Bob")
    assert "frozen" in stage.run("token", "show", "0").out
    assert "Assets.FrozenHolding" in refuse(stage, "//Bob", "send", "0", "//Dave", "1")
    assert "Assets.NotOwner" in refuse(stage, "//Bob", "thaw", "0", "//Bob")
    act(stage, "//Alice", "thaw", "0", "//Bob")
    act(stage, "//Bob", "send", "0", "//Dave", "1")
    assert "Assets.NoHolding" in refuse(stage, "//Alice", "freeze", "0", "//Eve")
    assert act(stage, "//Alice", "give", "0", "//Charlie")["done"] == "token 0 is //Charlie's"
    assert "Assets.NotOwner" in refuse(stage, "//Alice", "mint", "0", "//Bob", "1")
    act(stage, "//Charlie", "mint", "0", "//Bob", "1")
    assert get_held(stage) == [5_000, 100]


def test_a_token_that_stays_where_it_is_and_ends(stage: CliStage) -> None:
    until = str(len(stage.node.blocks) + 4)
    act(stage, "//Dave", "create", "--bound", "--until", until)
    act(stage, "//Dave", "mint", "1", "//Bob", "7")
    assert "Assets.NonTransferable" in refuse(stage, "//Bob", "send", "1", "//Dave", "1")
    assert "Assets.NotExpired" in refuse(stage, "//Eve", "clear", "1", "//Bob")
    assert "Assets.SupplyNotZero" in refuse(stage, "//Dave", "destroy", "1")
    assert "Assets.Expired" in refuse(stage, "//Dave", "mint", "1", "//Bob", "1")
    assert "(over)" in stage.run("token", "show", "1").out
    act(stage, "//Eve", "clear", "1", "//Bob")
    deposit = stage.run("token", "show", "1", "--json").json["deposit"]
    assert act(stage, "//Dave", "destroy", "1")["returned"] == deposit != "0"
    assert stage.run("token", "show", "1").code == 1
    past = refuse(stage, "//Dave", "create", "--until", "1")
    assert "Assets.BadExpiry" in past


def test_a_token_is_what_its_hash_says(stage: CliStage) -> None:
    for about, answer in (("Beans", True), ("Gold", False)):
        shown = stage.run("token", "show", "0", "--about", about, "--json").json
        assert shown["isWhatYouSay"] is answer
    assert "not what you say" in stage.run("token", "show", "0", "--about", "Gold").out
    assert "not what you say" not in stage.run("token", "show", "0", "--about", "Beans").out
    assert stage.run("token", "show", "0", "--json").json["isWhatYouSay"] is None


def test_tokens_are_listed_by_whom_they_concern(stage: CliStage) -> None:
    act(stage, "//Dave", "create")
    act(stage, "//Dave", "mint", "1", "//Bob", "7")

    def read(*who: str) -> list[tuple[int, str]]:
        lines = stage.run("token", "list", *who, "--json").json
        return [(each["id"], each["has"]) for each in lines]

    assert read() == [(0, "0"), (1, "0")]
    assert read("//Alice") == [(0, "0")]
    assert read("//Bob") == [(1, "7")]
    assert read("//Eve") == []
    columns = [stage.run("token", "list", *who).out.split("\n")[0] for who in ((), ("//Bob",))]
    assert ["//Bob has" in each for each in columns] == [False, True]
    assert "//Dave" in stage.run("token", "list", "//Bob").out
    assert "//Eve has no tokens" in stage.run("token", "list", "//Eve").out


def test_a_dry_run_sends_nothing(stage: CliStage) -> None:
    blocks = len(stage.node.blocks)
    mint = ("token", "mint", "0", "//Bob", "5", "--from", "//Alice")
    assert "Assets.Minted" in stage.run("--dry-run", *mint).out
    assert "NotOwner" in stage.run("--dry-run", *mint[:-1], "//Bob").out
    assert (len(stage.node.blocks), get_held(stage)) == (blocks, [])
