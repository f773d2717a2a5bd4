"""Licences, shares and provenance of `soberana model` and `soberana data`, end to end."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.cli_stage import CliStage, Said, open_stage

UNIT = 10**12


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        yield opened


def publish(stage: CliStage, who: str, *options: str) -> int:
    """A dataset of somebody's; its number."""
    file = stage.base_path.parent / "data.csv"
    file.write_text("1,2,3\n")
    arguments = ("data", "publish", str(file), "--items", "1", "--from", who, *options)
    number: int = stage.run(*arguments, "--json").json["id"]
    return number


def send(stage: CliStage, group: str, who: str, *arguments: str) -> Any:
    """A command that signs; its answer."""
    said = stage.run(group, *arguments, "--from", who, "--json")
    assert said.code == 0, said.err
    return said.json


def test_a_licence_is_offered_bought_and_resold(stage: CliStage) -> None:
    record = str(publish(stage, "//Alice"))
    terms = ("--price", "100 SBR", "--cap", "2", "--use", "train", "--resale", "10%")
    made = send(stage, "data", "//Alice", "offer", record, *terms)
    assert (made["offer"], made["cap"], made["price"]) == (0, 2, str(100 * UNIT))
    bought = send(stage, "data", "//Bob", "buy", record, "0")
    assert bought["seller"] == str(98 * UNIT)
    assert bought["treasury"] == bought["burned"] == str(UNIT)
    shown = stage.run("data", "licences", record, "--account", "//Bob", "--json").json
    (offer,) = shown["offers"]
    assert (offer["sold"], offer["held"], offer["use"]) == (1, 1, "train")
    assert (offer["resaleBps"], offer["expiresAt"], offer["isOpen"]) == (1_000, None, True)
    send(stage, "data", "//Bob", "resell", record, "0", "--price", "50 SBR")
    said = stage.run("data", "licences", record)
    assert "1 of 2" in said.out
    assert "resold by" in said.out
    refused = stage.run(
        "data", "buy-resold", record, "0", "//Bob", "--price", "40 SBR", "--from", "//Dave"
    )
    assert (refused.code, "Rights.PriceChanged" in refused.err) == (1, True)
    resold = send(stage, "data", "//Dave", "buy-resold", record, "0", "//Bob", "--price", "50 SBR")
    assert (resold["royalties"], resold["seller"]) == (str(5 * UNIT), str(44 * UNIT))
    send(stage, "data", "//Dave", "resell", record, "0", "--price", "60 SBR")
    send(stage, "data", "//Dave", "cancel-resale", record, "0")
    assert stage.run("data", "licences", record, "--json").json["resales"] == []
    assert send(stage, "data", "//Alice", "close-offer", record, "0")["state"] == "closed"
    empty = send(stage, "data", "//Alice", "offer", record, "--price", "1 SBR")
    gone = send(stage, "data", "//Alice", "close-offer", record, str(empty["offer"]))
    assert gone["state"] == "removed"


def test_shares_are_issued_staked_and_paid(stage: CliStage) -> None:
    record = str(publish(stage, "//Alice"))
    send(stage, "model", "//Alice", "issue-shares", record, "1000")
    send(stage, "model", "//Alice", "give-shares", record, "//Bob", "250")
    send(stage, "model", "//Bob", "stake", record, "250")
    send(stage, "data", "//Alice", "offer", record, "--price", "100 SBR")
    send(stage, "data", "//Dave", "buy", record, "0")
    shown = stage.run("model", "shares", record, "--json").json
    assert (shown["supply"], shown["staked"]) == ("1000", 250)
    assert shown["purse"] == str(98 * UNIT)
    (stake,) = shown["stakes"]
    assert 98 * UNIT - 1 <= int(stake["claimable"]) <= 98 * UNIT
    assert "98 SBR" in stage.run("model", "shares", record).out
    assert send(stage, "model", "//Bob", "claim", record)["paid"] == stake["claimable"]
    again = stage.run("model", "claim", record, "--from", "//Bob")
    assert (again.code, "Rights.NothingToClaim" in again.err) == (1, True)
    send(stage, "model", "//Bob", "unstake", record, "250")
    send(stage, "model", "//Bob", "give-shares", record, "//Alice", "250")
    send(stage, "model", "//Alice", "redeem-shares", record)
    said = stage.run("model", "shares", record)
    assert (said.code, "expected a record with shares" in said.err) == (1, True)


def test_provenance_is_drawn_as_a_tree(stage: CliStage) -> None:
    first = publish(stage, "//Alice", "--royalty", "1%")
    second = publish(stage, "//Bob", "--parent", f"{first}:derived-from:5%")
    third = publish(
        stage,
        "//Dave",
        *("--parent", f"{second}:derived-from:10%"),
        *("--parent", f"{first}:labelled-by:2.5%"),
    )
    lines = stage.run("model", "provenance", str(third)).out.splitlines()
    assert lines[0].startswith("dataset 2 of ")
    assert lines[1].startswith("├─ derived from 10%: dataset 1 of ")
    assert lines[2].startswith("│  └─ derived from 5%: dataset 0 of ")
    assert lines[3].startswith("└─ labelled by 2.5%: dataset 0 of ")
    picture = stage.base_path.parent / "graph.png"
    assert stage.run("model", "provenance", str(third), "--png", str(picture)).code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    nowhere = stage.base_path.parent / "nowhere" / "graph.png"
    said = stage.run("model", "provenance", str(third), "--png", str(nowhere))
    assert (said.code, "cannot be written" in said.err) == (1, True)
    graph = stage.run("data", "provenance", str(third), "--json").json
    assert [node["id"] for node in graph["nodes"]] == [2, 1, 0]
    edges = {(edge["child"], edge["parent"], edge["bps"]) for edge in graph["edges"]}
    assert edges == {(2, 1, 1_000), (2, 0, 250), (1, 0, 500)}


def test_wrong_use_is_explained(stage: CliStage) -> None:
    def refuse(*arguments: str) -> Said:
        said = stage.run(*arguments)
        assert said.code != 0
        return said

    signer = ("--from", "//Alice")
    assert (
        "expected one of run, train, redistribute"
        in refuse("data", "offer", "0", "--price", "1 SBR", "--use", "eat", *signer).err
    )
    assert "NoOffer" in refuse("data", "buy", "0", "0", *signer).err
    assert "expected the number of a record" in refuse("data", "licences", "7").err
    assert "expected the number of a record" in refuse("model", "provenance", "7").err
    assert "nobody offers" in stage.run("data", "licences", str(publish(stage, "//Alice"))).out
