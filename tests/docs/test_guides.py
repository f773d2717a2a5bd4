"""The commands of guides, run as a newcomer would: in order, each guide on a node of its own.

`soberana node run` becomes a process on a free port and on a folder of its own; every other command
is told that node's address. Commands of the shell run in the same folder.
"""

import shlex
import subprocess
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import trio
import typer
from typer.core import TyperGroup

from chain.cli.demo_node import NodeProcess, start_node
from chain.cli.main import app
from chain.training import load_digits
from tests.helpers.cli_stage import Said, run_cli
from tests.tidy.docs import iter_commands
from tests.tidy.tree import ROOT

FIRST_STEPS = (ROOT / "docs/guides/first-steps.md").read_text("utf-8")
MODELS = (ROOT / "docs/guides/models.md").read_text("utf-8")
BLOBS = (ROOT / "docs/guides/blobs.md").read_text("utf-8")
STORAGE = (ROOT / "docs/guides/storage.md").read_text("utf-8")
PRODUCTS = (ROOT / "docs/guides/products.md").read_text("utf-8")
PROVIDING = (ROOT / "docs/guides/providing.md").read_text("utf-8")
LICENCES = (ROOT / "docs/guides/licences.md").read_text("utf-8")
POOLS = (ROOT / "docs/guides/pools.md").read_text("utf-8")
SALES = (ROOT / "docs/guides/data.md").read_text("utf-8")
COMMISSIONS = (ROOT / "docs/guides/commissions.md").read_text("utf-8")
TOKENS = (ROOT / "docs/guides/tokens.md").read_text("utf-8")
ACCOUNTS = (ROOT / "docs/guides/accounts.md").read_text("utf-8")
JOBS = (ROOT / "docs/guides/jobs.md").read_text("utf-8")
LENET = ROOT / "tests/fixtures/onnx/lenet.onnx"
NODE_RUN = ["soberana", "node", "run"]


@dataclass(slots=True)
class Newcomer:
    """Types commands, and keeps what they said."""

    folder: Path
    node: NodeProcess | None = None
    said: dict[str, Said] = field(default_factory=dict[str, Said])

    def type(self, command: str) -> None:
        """Runs one command; it has to succeed."""
        words = shlex.split(command)
        if words[:3] == NODE_RUN:
            assert self.node is None, "one node is enough"
            start = partial(start_node, self.folder, *words[3:], "--rpc-port", "0")
            self.node = trio.run(start)
        elif words[0] == "soberana":
            self.said[command] = self._run(words[1:])
        else:
            subprocess.run(["sh", "-c", command], cwd=self.folder, check=True, timeout=20)

    def _run(self, words: list[str]) -> Said:
        assert self.node is not None, "the guide starts with a node"
        words = [self._substitute(word) for word in words]
        flag = ["--node", self.node.started.rpc] if takes_node(words) else []
        said = run_cli(*words, *flag)
        assert said.code == 0, f"{words}: {said.err}"
        assert said.out.strip(), f"{words} said nothing"
        return said

    def _substitute(self, word: str) -> str:
        """What a shell makes of `"$(soberana …)"`: what that command says."""
        if not word.startswith("$(soberana "):
            return word
        inner = shlex.split(word.removeprefix("$(").removesuffix(")"))
        return self._run(inner[1:]).out.strip()


def takes_node(words: list[str]) -> bool:
    """Whether a command has the option `--node`."""
    command = typer.main.get_command(app)
    for word in words:
        if word.startswith("-"):
            continue  # an option of all commands
        if not isinstance(command, TyperGroup):
            break
        command = command.commands[word]
    return any("--node" in parameter.opts for parameter in command.params)


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Newcomer]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    person = Newcomer(tmp_path)
    yield person
    if person.node is not None:
        person.node.kill()


@pytest.mark.slow
def test_the_first_steps_lead_to_a_paid_answer(newcomer: Newcomer) -> None:
    for _, command in iter_commands(FIRST_STEPS):
        newcomer.type(command)
    scores, digits = np.load("scores.npy"), load_digits()
    assert scores.shape == (450, 10)
    assert int((scores.argmax(axis=1) == digits.test_labels).sum()) >= 0.95 * 450
    told = {command: said.out for command, said in newcomer.said.items()}
    assert "finished" in told["soberana job watch 0 --once"]
    assert "9 settled, 0 failed" in told["soberana provider status //Charlie"]
    assert "18.4999" in run_balance(newcomer)
    assert "amount 1.5 SBR" in told["soberana wallet history mine"]
    assert newcomer.node is not None
    newcomer.node.stop()


@pytest.mark.slow
def test_slots_go_to_a_bidder_and_a_job_comes_again(newcomer: Newcomer) -> None:
    for _, command in iter_commands(JOBS):
        newcomer.type(command)
    told = {command.split(" --")[0]: said.out for command, said in newcomer.said.items()}
    assert "2 SBR" in told["soberana job bids 0"]
    assert (
        "2 slots of job 0 are given away" in told["soberana job accept 0 0=//Charlie 1=//Charlie"]
    )
    assert "job 0: finished" in told["soberana job watch 0"]
    assert np.load("scores.npy").shape == (450, 10)
    assert "4 more, every 100 blocks" in told["soberana job recurring 0"]
    assert "recurring job 0 has ended" in told["soberana job stop 0"]
    assert newcomer.node is not None
    newcomer.node.stop()


@pytest.mark.slow
def test_a_lenet_goes_from_onnx_to_a_paid_answer(newcomer: Newcomer) -> None:
    digits = load_digits()
    (newcomer.folder / "lenet.onnx").write_bytes(LENET.read_bytes())
    np.save("train.npy", digits.train_images.reshape(-1, 1, 8, 8) / np.float32(63))
    np.save("test.npy", digits.test_images.reshape(-1, 1, 8, 8) / np.float32(63))
    np.save("labels.npy", digits.test_labels)
    for _, command in iter_commands(MODELS):
        newcomer.type(command)
    paid = np.load("paid.npy")
    assert paid.shape == (450, 10)
    assert int((paid.argmax(axis=1) == digits.test_labels).sum()) >= 0.975 * 450
    assert "0 bytes freed" in newcomer.said["soberana model collect"].out
    assert newcomer.node is not None
    newcomer.node.stop()


@pytest.mark.slow
def test_a_file_is_kept_and_a_machine_rented(
    newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands use the node's folder, as they would without options."""
    monkeypatch.setenv("SOBERANA_BASE_PATH", str(newcomer.folder / "chain"))
    for _, command in iter_commands(STORAGE):
        if command.startswith("soberana store top-up"):
            wait_until_accepted(newcomer)
        newcomer.type(command)
    told = {command: said.out for command, said in newcomer.said.items()}
    assert "closed  tenant" in told["soberana store close 0 --from //Dave"]
    assert "running" in told["soberana rent status 1"]
    assert "notice was given" in told["soberana rent reclaim 1 --from //Charlie"]
    assert newcomer.node is not None
    newcomer.node.stop()


def wait_until_accepted(newcomer: Newcomer) -> None:
    """Until the node's keeper has taken the lease on, which nobody has to tell it."""
    command = "soberana store status 0"
    for _ in range(200):
        newcomer.type(command)
        if "running" in newcomer.said[command].out:
            return
    raise AssertionError(newcomer.said[command].out)


@pytest.mark.slow
def test_a_file_is_published_and_fetched(
    newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOBERANA_BASE_PATH", str(newcomer.folder / "chain"))
    for _, command in iter_commands(BLOBS):
        newcomer.type(command)
    told = {command: said.out for command, said in newcomer.said.items()}
    assert "showed 20 chunks of 3,000,000 bytes" in told["soberana data audit 0"]
    assert "0 bytes freed" in told["soberana store collect --older-than 7"]
    assert newcomer.node is not None
    newcomer.node.stop()


@pytest.mark.slow
def test_a_file_is_sold_and_opened(newcomer: Newcomer) -> None:
    for _, command in iter_commands(SALES):
        newcomer.type(command)
    assert (
        "order 0: delivered"
        in newcomer.said["soberana data serve-sales --from //Charlie --once"].out
    )
    assert newcomer.node is not None
    newcomer.node.stop()


@pytest.mark.slow
def test_a_licence_is_sold_and_its_revenue_shared(newcomer: Newcomer) -> None:
    for _, command in iter_commands(LICENCES):
        newcomer.type(command)
    assert "98 SBR" in newcomer.said["soberana data shares 0"].out
    assert (newcomer.folder / "provenance.png").read_bytes().startswith(b"\x89PNG")
    assert newcomer.node is not None
    newcomer.node.stop()


@pytest.mark.slow
def test_a_token_is_made_used_and_ended(newcomer: Newcomer) -> None:
    for _, command in iter_commands(TOKENS):
        newcomer.type(command)
    told = {command: said.out for command, said in newcomer.said.items()}
    assert "987.75" in told["soberana token show 0"]
    assert "token 0 is no more" in told["soberana token destroy 0 --from //Bob"]
    assert "there are no tokens" in told["soberana token list"]
    assert newcomer.node is not None
    newcomer.node.stop()


@pytest.mark.slow
def test_an_account_is_shared_and_a_deputy_calls(newcomer: Newcomer) -> None:
    told: list[str] = []
    for _, command in iter_commands(ACCOUNTS):
        newcomer.type(command)
        told += [] if command not in newcomer.said else [newcomer.said[command].out]
    raw, address = told[0].strip(), told[1].strip()
    assert f"\n{raw}\n" in ACCOUNTS
    assert f"\n{address}\n" in ACCOUNTS
    done = [said for said in told if "Balances.transfer_keep_alive is done" in said]
    assert len(done) == 3, "by the shared account, by a deputy, and after an announcement"
    assert "dest //Eve, value 4 SBR" in newcomer.said["soberana multisig list club"].out
    newcomer.type("soberana wallet balance //Eve --json")
    eve = newcomer.said["soberana wallet balance //Eve --json"].json
    newcomer.type("soberana wallet balance //Dave --json")
    dave = newcomer.said["soberana wallet balance //Dave --json"].json
    assert int(eve["free"]) - int(dave["free"]) == 7 * 10**12
    assert newcomer.node is not None
    newcomer.node.stop()


@pytest.mark.slow
def test_data_is_collected_and_paid_by_what_it_teaches(newcomer: Newcomer) -> None:
    digits = load_digits()
    table = np.column_stack([digits.train_images.reshape(-1, 64), digits.train_labels])
    counts = {"hidden.npy": 300, "base.npy": 60, "bob.npy": 90, "charlie.npy": 90}
    first = 0
    for name, count in counts.items():
        np.save(name, table[first : first + count].astype(np.int8))
        first += count
    for _, command in iter_commands(POOLS):
        newcomer.type(command)
    assert np.load("pooled.npy").shape == (240, 65)
    told = {command: said.out for command, said in newcomer.said.items()}
    assert "pool 0: settled" in told["soberana pool show 0 --save pooled.npy"]
    assert "shares are yours" in told["soberana pool claim 0 --from //Bob"]
    assert newcomer.node is not None
    newcomer.node.stop()


@pytest.mark.slow
def test_a_product_is_bought_and_watched(
    newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOBERANA_BASE_PATH", str(newcomer.folder / "chain"))
    for _, command in iter_commands(PRODUCTS):
        newcomer.type(command)
    a, b, product = (np.load(f"{name}.npy").astype(np.int64) for name in "abc")
    assert (product == a @ b).all()
    assert "valid" in newcomer.said["soberana verify status 0 1"].out
    told = newcomer.said["soberana verify challenge 0 1 --from //Eve"].out
    assert "nothing to challenge" in told
    assert newcomer.node is not None
    newcomer.node.stop()


@pytest.mark.slow
def test_a_provider_beside_a_node_does_a_job(newcomer: Newcomer) -> None:
    for _, command in iter_commands(PROVIDING):
        newcomer.type(command)
    told = {command: said.out for command, said in newcomer.said.items()}
    assert "finished" in told["soberana job watch 0 --once"]
    assert "9 settled, 0 failed" in told["soberana provider status //Charlie"]
    assert newcomer.node is not None
    newcomer.node.stop()


@pytest.mark.slow
def test_a_commission_is_answered_accepted_and_rejected(
    newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOBERANA_BASE_PATH", str(newcomer.folder / "chain"))
    for _, command in iter_commands(COMMISSIONS):
        newcomer.type(command)
    assert (newcomer.folder / "answer.txt").read_text() == "A HARBOUR AT DAWN, MOSTLY BLUE\n"
    told = {command: said.out for command, said in newcomer.said.items()}
    assert told["soberana commission status 0"].count("submitted") == 2
    assert "a harbour at dawn" in told["soberana commission brief 0"]
    finished = told["soberana job watch 0 --once"]
    assert ("settled" in finished, "rejected" in finished) == (True, True)
    assert "reject until" in told["soberana commission status 1"]
    assert newcomer.node is not None
    newcomer.node.stop()


def run_balance(newcomer: Newcomer) -> str:
    """What the new key owns in the end: 20 less 1.5 and a fee."""
    newcomer.type("soberana wallet balance mine")
    return newcomer.said["soberana wallet balance mine"].out


def test_a_command_that_fails_is_noticed(newcomer: Newcomer) -> None:
    newcomer.type("soberana node run --dev")
    with pytest.raises(AssertionError, match="no such name"):
        newcomer.type("soberana wallet balance nobody")
    with pytest.raises(subprocess.CalledProcessError):
        newcomer.type("false")
