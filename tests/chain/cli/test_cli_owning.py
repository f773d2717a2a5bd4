"""`soberana job`, `provider` and `model`: what owners do with jobs, bonds and records."""

from collections.abc import Generator
from pathlib import Path

import pytest

from runtime.primitives import UNIT
from tests.helpers.cli_stage import CliStage, open_stage, run_cli


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model and its rows."""
    folder = tmp_path_factory.mktemp("files")
    said = run_cli("model", "sample", str(folder / "m.npz"), "--rows", str(folder / "r.npy"))
    assert said.code == 0
    return folder


@pytest.fixture
def stage(tmp_path: Path, files: Path) -> Generator[CliStage]:
    """Model 0 of Bob's, Charlie's provider 1 with 150 SBR, and Alice's job 0 of two slots."""
    with open_stage(tmp_path / "base") as opened:
        for command in (
            ("model", "register", str(files / "m.npz"), "--from", "//Bob"),
            ("provider", "register", "--bond", "150 SBR", "--from", "//Charlie"),
            (
                *("job", "post", "0", str(files / "r.npy"), "--rows-per-slot", "225"),
                *("--price", "2 SBR", "--from", "//Alice"),
            ),
        ):
            said = opened.run(*command)
            assert said.code == 0, said.err
        yield opened


def get_bond(stage: CliStage) -> dict[str, int | bool]:
    bond = stage.run("provider", "status", "1", "--json").json["bond"]
    return {"active": int(bond["active"]) // UNIT, "unbonding": int(bond["unbonding"]) // UNIT}


def test_a_job_is_topped_up_and_cancelled_and_closed(stage: CliStage) -> None:
    said = stage.run("job", "top-up", "0", "--amount", "1 SBR", "--from", "//Alice")
    assert "job 0 offers more" in said.out, said.err
    assert stage.run("job", "watch", "0", "--once", "--json").json["escrow"] == str(6 * UNIT)
    assert "Market.NotPayer" in stage.run("job", "cancel", "0", "--from", "//Bob").err
    assert "Market.NotFinished" in stage.run("job", "close", "0", "--from", "//Alice").err
    cancelled = stage.run("job", "cancel", "0", "--from", "//Alice", "--json").json
    assert (cancelled["slots"], cancelled["returned"]) == (2, str(6 * UNIT))
    closed = stage.run("job", "close", "0", "--from", "//Alice", "--json").json
    assert int(closed["returned"]) > 0
    assert stage.run("job", "watch", "0", "--once").code == 1


def test_only_what_was_settled_is_rated(stage: CliStage) -> None:
    said = stage.run("job", "rate", "0", "0", "90", "--from", "//Alice")
    assert (said.code, "Market.WrongState" in said.err) == (1, True)
    assert stage.run("job", "rate", "0", "0", "101", "--from", "//Alice").code == 2


def test_collateral_comes_and_goes(stage: CliStage) -> None:
    assert "bonded" in stage.run("provider", "bond", "50 SBR", "--from", "//Charlie").out
    assert get_bond(stage) == {"active": 200, "unbonding": 0}
    said = stage.run("provider", "unbond", "80 SBR", "--from", "//Charlie")
    assert "free from" in said.out, said.err
    assert get_bond(stage) == {"active": 120, "unbonding": 80}
    said = stage.run("provider", "withdraw", "--from", "//Charlie")
    assert "Bonds.NotReady" in said.err
    assert "bonded" in stage.run("provider", "rebond", "0", "--from", "//Charlie").out
    assert get_bond(stage) == {"active": 200, "unbonding": 0}


def test_a_role_goes_by_its_name(stage: CliStage) -> None:
    said = stage.run("provider", "bond", "100 SBR", "--role", "storage", "--from", "//Charlie")
    assert "storage" in said.out, said.err
    assert get_bond(stage)["active"] == 150
    said = stage.run("provider", "bond", "100 SBR", "--role", "king", "--from", "//Charlie")
    assert said.code == 2
    assert "expected provider, storage" in said.err
    assert "got 'king'" in said.err


def test_a_record_lives_on_and_ends(stage: CliStage) -> None:
    before = stage.run("provider", "status", "1", "--json").json["expiresAt"]
    said = stage.run("provider", "heartbeat", "1", "--from", "//Charlie")
    assert "record 1 lives on" in said.out, said.err
    assert stage.run("provider", "status", "1", "--json").json["expiresAt"] > before
    assert "Registry.NotOwner" in stage.run("model", "retire", "0", "--from", "//Alice").err
    assert "record 1 is retired" in stage.run("provider", "retire", "1", "--from", "//Charlie").out
    assert stage.run("provider", "status", "1").code == 1


def test_a_record_is_given_away(stage: CliStage) -> None:
    said = stage.run("model", "give", "0", "//Dave", "--from", "//Bob")
    assert "record 0 is //Dave's" in said.out, said.err
    assert "Registry.NotOwner" in stage.run("model", "heartbeat", "0", "--from", "//Bob").err


def test_an_auditor_says_something_and_takes_it_back(stage: CliStage) -> None:
    said = stage.run("provider", "attest", "1", "ram_gib=64", "gpu=H200", "--from", "//Dave")
    assert "it is said of record 1" in said.out, said.err
    assert (
        "Registry.NotOwner"
        in stage.run("provider", "revoke", "1", "--auditor", "//Dave", "--from", "//Alice").err
    )
    said = stage.run("provider", "revoke", "1", "--from", "//Dave")
    assert "it is said no longer of record 1" in said.out, said.err
    assert "Registry.NoAttestation" in stage.run("provider", "revoke", "1", "--from", "//Dave").err
    said = stage.run("provider", "attest", "1", "nonsense", "--from", "//Dave")
    assert (said.code, "expected NAME=VALUE" in said.err) == (2, True)


def test_records_have_new_versions(stage: CliStage, files: Path) -> None:
    model = ("model", "update", "0", str(files / "m.npz"), "--from", "//Bob")
    assert "record 0 has version 2" in stage.run(*model).out
    assert stage.run("model", "show", "0", "--json").json["version"] == 2
    before = stage.run("provider", "status", "1", "--json").json
    said = stage.run("provider", "update", "1", "--price", "3 SBR", "--from", "//Charlie")
    assert "record 1 has version 2" in said.out, said.err
    after = stage.run("provider", "status", "1", "--json").json
    assert after == {**before, "prices": {"infer": str(3 * UNIT)}}
    changes = ("--kind", "infer", "--kind", "render", "--parallel", "2", "--attribute", "gpu=none")
    assert stage.run("provider", "update", "1", *changes, "--from", "//Charlie").code == 0
    changed = stage.run("provider", "status", "1", "--json").json
    assert changed["prices"] == {"infer": str(3 * UNIT), "render": str(3 * UNIT)}
    assert (changed["maxParallel"], changed["attributes"]) == (2, {"gpu": "none"})


def test_a_dataset_has_a_new_version(stage: CliStage, files: Path) -> None:
    rows = str(files / "r.npy")
    published = stage.run("data", "publish", rows, "--items", "450", "--from", "//Dave", "--json")
    number = str(published.json["id"])
    longer = files / "longer"
    longer.write_bytes(bytes(5_000))
    update = ("data", "update", number, str(longer), "--items", "50")
    said = stage.run(*update, "--from", "//Bob")
    assert f"expected a record of //Bob, got {number}, which is //Dave's" in said.err
    said = stage.run(*update, "--from", "//Dave")
    assert f"record {number} has version 2" in said.out, said.err
    assert stage.run("data", "show", number, "--json").json["items"] == 50


def test_a_version_that_cannot_be_is_refused_before_anything_is_paid(
    stage: CliStage, files: Path
) -> None:
    model, rows = str(files / "m.npz"), str(files / "r.npy")
    sealed = ("--items", "450", "--price", "1 SBR", "--bond", "100 SBR", "--from", "//Dave")
    package = ("--out", str(stage.base_path.parent / "sealed"))
    offered = stage.run("data", "offer-sealed", rows, *sealed, *package, "--json").json["id"]
    short = stage.run("data", "publish", rows, "--items", "9", "--ttl", "1", "--from", "//Dave")
    assert short.code == 0
    stage.node.make_block()
    height = len(stage.node.blocks)
    for why, *command in (
        ("expected a record of //Alice, got 0, which is //Bob's", "model", "0", model, "//Alice"),
        ("expected the number of a model, got 1", "model", "1", model, "//Charlie"),
        ("expected the number of a provider, got 0", "provider", "0", "//Bob"),
        ("expected the number of a dataset, got 9", "data", "9", rows, "--items", "1", "//Dave"),
        (f"--record {offered}", "data", str(offered), rows, "--items", "1", "//Dave"),
        (
            f"expected a record that is active, got {offered + 1}: expired",
            *("data", str(offered + 1), rows, "--items", "1", "//Dave"),
        ),
    ):
        group, *arguments, signer = command
        said = stage.run(group, "update", *arguments, "--from", signer)
        assert (said.code, why in said.err) == (1, True), said.err
    assert len(stage.node.blocks) == height
