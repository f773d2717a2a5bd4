"""`soberana gov`: from a proposal to a changed parameter, and what it refuses."""

from collections.abc import Generator
from pathlib import Path

import pytest

from pallets.runtime_parameters import TREASURY
from runtime.crypto.ss58 import encode_ss58
from tests.helpers.chain_stage import get_api, make_call
from tests.helpers.cli_stage import CliStage, open_stage

PERIOD = 20
"""The voting period of the development chain."""


@pytest.fixture
def stage(tmp_path: Path) -> Generator[CliStage]:
    with open_stage(tmp_path / "base") as opened:
        yield opened


def make_blocks(stage: CliStage, count: int) -> None:
    for _ in range(count):
        stage.node.make_block()


def test_a_parameter_is_proposed_voted_for_and_changed(stage: CliStage) -> None:
    made = stage.run("gov", "propose", "--set", "burn-bps=900", "--from", "//Alice", "--json")
    assert made.json["proposal"] == 0
    make_blocks(stage, PERIOD // 10)
    for who in ("//Alice", "//Bob", "//Charlie", "//Dave", "//Ferdie"):
        terms = ("--amount", "900000 SBR", "--conviction", "1", "--from", who)
        said = stage.run("gov", "vote", "0", "aye", *terms)
        assert said.code == 0, said.err
    assert "voted aye on proposal 0" in said.out
    (listed,) = stage.run("gov", "list", "--json").json
    assert (listed["id"], listed["voters"]) == (0, 5)
    assert listed["ayes"] == str(5 * 900_000 * 10**12)
    assert "parameters" in stage.run("gov", "list").out
    shown = stage.run("gov", "show", "0").out
    assert "Parameters.set_param" in shown
    assert "900" in shown
    assert stage.run("gov", "show", "0", "--json").json["name"] == "Parameters.set_param"
    make_blocks(stage, PERIOD)
    assert stage.run("gov", "poke", "0", "--from", "//Eve").code == 0
    assert stage.run("gov", "show", "0", "--json").json["state"] == "approved"
    said = stage.run("gov", "enact", "0", "--from", "//Eve")
    assert "is enacted" in said.out, said.err
    values = stage.run("gov", "params", "--json").json
    assert values["burn-bps"] == {"value": "900", "least": "100", "most": "3000"}
    assert "at most" in stage.run("gov", "params").out
    make_blocks(stage, PERIOD)
    assert stage.run("gov", "unlock", "//Bob", "--from", "//Eve").code == 0
    assert stage.run("gov", "voting", "//Bob", "--json").json["locked"] == "0"


def test_the_treasury_pays_what_was_voted(stage: CliStage) -> None:
    to = encode_ss58(TREASURY)
    assert stage.run("wallet", "transfer", to, "1000 SBR", "--from", "//Alice").code == 0
    propose = ("propose", "--spend", "//Eve=5 SBR", "--from", "//Alice")
    assert stage.run("gov", *propose).code == 0
    make_blocks(stage, PERIOD // 10)
    for who in ("//Alice", "//Bob", "//Charlie", "//Dave", "//Ferdie"):
        terms = ("--amount", "900000 SBR", "--conviction", "1", "--from", who)
        assert stage.run("gov", "vote", "0", "aye", *terms).code == 0
    make_blocks(stage, PERIOD)
    assert stage.run("gov", "enact", "0", "--from", "//Bob").code == 0
    found = stage.run("gov", "spends", "--json").json
    assert int(found["balance"]) >= 900 * 10**12, "a part burns each period"
    (promise,) = found["promises"]
    assert (promise["id"], promise["tranche"], promise["left"]) == (0, str(5 * 10**12), 1)
    assert "parts left" in stage.run("gov", "spends").out
    before = stage.run("wallet", "balance", "//Eve", "--json").json["free"]
    said = stage.run("gov", "payout", "0", "--from", "//Bob")
    assert "a part of promise 0 is paid" in said.out, said.err
    after = stage.run("wallet", "balance", "//Eve", "--json").json["free"]
    assert int(after) - int(before) == 5 * 10**12
    assert stage.run("gov", "spends", "--json").json["promises"] == []


def test_a_vote_is_taken_back_and_a_proposal_that_is_over_is_closed(stage: CliStage) -> None:
    assert stage.run("gov", "propose", "--set", "burn-bps=900", "--from", "//Alice").code == 0
    make_blocks(stage, PERIOD // 10)
    terms = ("--amount", "10 SBR", "--from", "//Bob")
    assert stage.run("gov", "vote", "0", "aye", *terms).code == 0
    said = stage.run("gov", "remove-vote", "0", "--from", "//Bob")
    assert "no longer voting on proposal 0" in said.out, said.err
    assert stage.run("gov", "voting", "//Bob", "--json").json["votes"] == []
    assert stage.run("gov", "close", "0", "--from", "//Eve").code == 1
    make_blocks(stage, 20 * PERIOD)
    said = stage.run("gov", "close", "0", "--from", "//Eve")
    assert "proposal 0 is closed" in said.out, said.err
    assert stage.run("gov", "list", "--json").json == []


def test_power_is_lent_and_taken_back(stage: CliStage) -> None:
    terms = ("--amount", "10 SBR", "--conviction", "2")
    said = stage.run("gov", "delegate", "//Bob", *terms, "--from", "//Alice")
    assert "delegated to //Bob" in said.out, said.err
    voting = stage.run("gov", "voting", "//Alice", "--json").json
    assert voting["locked"] == str(10 * 10**12)
    assert voting["delegatesTo"] is not None
    received = stage.run("gov", "voting", "//Bob", "--json").json["received"]
    assert received["votes"] == str(20 * 10**12)
    assert "Bob" in stage.run("gov", "voting", "//Alice").out
    assert stage.run("gov", "undelegate", "--from", "//Alice").code == 0
    assert stage.run("gov", "voting", "//Bob", "--json").json["received"]["votes"] == "0"


def test_a_payment_and_any_call_are_proposed_on_their_tracks(stage: CliStage) -> None:
    raw = "0x" + get_api().calls.encode(make_call("System", "remark", b"x")).hex()
    options = ("--no-pay", "--from", "//Alice", "--json")
    for number, (words, track, name) in enumerate(
        (
            (("--spend", "//Bob=5 SBR"), 2, "Treasury.spend"),
            (("--call", raw), 0, "System.remark"),
            (("--cancel", "0"), 3, "Governance.cancel"),
            (("--kill", "1"), 3, "Governance.kill"),
            (("--call", raw, "--track", "3"), 3, "System.remark"),
        )
    ):
        assert stage.run("gov", "propose", *words, *options).json["proposal"] == number
        shown = stage.run("gov", "show", str(number), "--json").json
        assert (shown["track"], shown["name"], shown["state"]) == (track, name, "preparing")


def test_what_makes_no_sense_is_refused(stage: CliStage) -> None:
    signer = ("--from", "//Alice")
    for words, code, why in (
        (("propose",), 2, "one of --set"),
        (("propose", "--set", "burn-bps=9", "--call", "0x"), 2, "one of --set"),
        (("propose", "--set", "burn=9"), 2, "burn-bps"),
        (("propose", "--set", "burn-bps"), 2, "PARAMETER=NUMBER"),
        (("propose", "--set", "burn-bps=x"), 2, "whole number"),
        (("propose", "--call", "0xffff"), 2, "bytes of a call"),
        (("propose", "--set", "burn-bps=900", "--track", "9"), 1, "UnknownTrack"),
        (("vote", "0", "maybe", "--amount", "1 SBR"), 2, "aye, nay, abstain"),
        (("vote", "0", "aye", "--amount", "much"), 2, "much"),
        (("vote", "7", "aye", "--amount", "1 SBR"), 1, "UnknownProposal"),
        (("propose", "--cancel", "0", "--kill", "0"), 2, "one of --set"),
        (("remove-vote", "0"), 1, "NotVoted"),
        (("close", "7"), 1, "UnknownProposal"),
        (("payout", "7"), 1, "UnknownSpend"),
        (("enact", "7"), 1, "no proposal 7"),
        (("unlock", "//Alice"), 1, "NothingToUnlock"),
    ):
        said = stage.run("gov", *words, *signer)
        assert said.code == code, f"{words}: {said.err}"
        assert why in said.err, f"{words}: {said.err}"
    assert "no proposal 7" in stage.run("gov", "show", "7").err
    assert stage.run("gov", "list", "--json").json == []
