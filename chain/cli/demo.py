"""The demonstration: one node, a real model, paid inference that mines, and a restart.

`python -m chain.cli.demo` ends with 0 if every check holds, else with 1. `--keep` keeps the folder
and leaves a node running.
"""

import os
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import numpy as np
import trio
import typer
from rich.console import Console
from rich.text import Text

from chain.cli.chain import find_block
from chain.cli.demo_facts import Snapshot, collect_facts, read_results, take_snapshot
from chain.cli.demo_node import HeadLine, NodeProcess, start_node
from chain.cli.demo_report import Accuracy, Check, Report, print_report
from chain.cli.failure import run_command
from chain.cli.job import send_job, wait_finished
from chain.cli.model import send_model
from chain.cli.options import Settings, Signing
from chain.cli.output import make_console
from chain.cli.records import get_registered
from chain.cli.session import Session, open_session
from chain.keystore import get_pair_of_uri
from chain.training import Digits, load_digits, train_digits
from chain.wallet.amount import format_amount
from chain.wallet.chain_reader import to_hex
from chain.wallet.model_file import ModelFile
from chain.wallet.publishing import (
    JobRequest,
    RecordTerms,
    batch_calls,
    make_bond_call,
    make_dataset_body,
    make_provider_body,
    make_register_call,
)
from chain.wallet.transaction import make_call
from pallets.market.prices import Dutch
from pallets.market.types import Terms
from pallets.registry.types import Parent, Relation
from runtime.address import Id
from runtime.codec import encode
from runtime.crypto.scheme import Scheme
from runtime.frame.ai_types import VerifierId
from runtime.primitives import UNIT, AccountId
from runtime.tensor import check_graph, run_graph
from runtime.tensor.blob import blob_root
from runtime.tensor.value import IntArray

ROWS_PER_SLOT: Final = 50
PRICE: Final = Dutch(UNIT, 5 * UNIT, 20)
BOND: Final = 100 * UNIT
TTL_BLOCKS: Final = 50_000
MODEL_ROYALTY_BPS: Final = 1_000
DATASET_ROYALTY_BPS: Final = 500
TRANSFER: Final = 250 * UNIT + UNIT // 2
ACCURACY_PERMILLE_MIN: Final = 950
JOB_S: Final = 100
NODE_ARGUMENTS: Final = ("--dev", "--provider", "//Charlie", "--rpc-port", "0")

PEOPLE: Final = {
    "Alice": "//Alice, requester",
    "Bob": "//Bob, made the model",
    "Charlie": "//Charlie, runs it, mines",
    "Dave": "//Dave, owns the data",
    "Eve": "//Eve, sends tokens",
    "Ferdie": "//Ferdie, gets tokens",
}


@dataclass(frozen=True, slots=True)
class Trained:
    """The data, the model made of it, and what it answers off the chain."""

    digits: Digits
    model: ModelFile
    expected: IntArray


@dataclass(frozen=True, slots=True)
class Played:
    """What happened while the node ran."""

    report: Report
    after: Snapshot


class Story:
    """Prints what is being done, a line for each step."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._started = time.monotonic()

    @property
    def seconds(self) -> int:
        """How long it has taken so far."""
        return int(time.monotonic() - self._started)

    def tell(self, text: str) -> None:
        """One step."""
        self.console.print(Text.assemble((f"{self.seconds:>3} s  ", "dim"), text))


def get_account(name: str) -> AccountId:
    """A development account."""
    return get_pair_of_uri(f"//{name}", Scheme.ED25519).account


def train() -> Trained:
    """Trains on the 1,347 images and runs the 450 held out."""
    digits = load_digits()
    graph, tensors = train_digits(digits.train_images, digits.train_labels)
    expected = run_graph(graph, tensors, digits.test_images)
    return Trained(digits, ModelFile(check_graph(graph), tensors), expected)


async def publish(session: Session, trained: Trained, story: Story) -> int:
    """Dataset, model and provider; the model's number."""
    runtime = session.chain.runtime
    digits = trained.digits
    content = digits.train_images.tobytes() + digits.train_labels.tobytes()
    dataset = make_dataset_body(
        content, len(digits.train_labels), "8 x 8 pixels int8 in [0, 63]; label int8"
    )
    terms = RecordTerms(0, TTL_BLOCKS)
    call = make_register_call(runtime, dataset, dataset.plain_root, terms)
    dave = Signing("//Dave")
    inclusions = await session.send_all(session.get_key(dave), (call,), dave, "dataset")
    dataset_number = get_registered(inclusions).record
    story.tell(f"//Dave published dataset {dataset_number}: {len(digits.train_labels)} images")

    parent = Parent(dataset_number, Relation.TRAINED_ON, DATASET_ROYALTY_BPS)
    terms = RecordTerms(MODEL_ROYALTY_BPS, TTL_BLOCKS, (parent,))
    model_inclusions = await send_model(session, trained.model, terms, Signing("//Bob"))
    model = get_registered(model_inclusions).record
    story.tell(f"//Bob registered model {model}: 10 % royalty for him, 5 % for //Dave")

    body = make_provider_body("", {"cpu": "any"}, PRICE.min, 16)
    calls = (
        make_register_call(runtime, body, blob_root(encode(body)), RecordTerms(0, TTL_BLOCKS)),
        make_bond_call(runtime, BOND),
    )
    charlie = Signing("//Charlie")
    await session.send_all(
        session.get_key(charlie), batch_calls(runtime, calls), charlie, "provider"
    )
    story.tell(f"//Charlie registered as a provider and put down {format_amount(BOND)}")
    return model


async def infer(session: Session, trained: Trained, model: int, story: Story) -> int:
    """Posts the held-out images and waits until every slot is settled; the job's number."""
    rows = trained.digits.test_images
    request = JobRequest(model, rows, ROWS_PER_SLOT, PRICE, VerifierId.REPLAY, Terms(200, 100, 3))
    posted, _ = await send_job(session, request, Signing("//Alice"))
    story.tell(
        f"//Alice posted job {posted.job}: {len(rows)} images in {posted.slots} slots, "
        f"{format_amount(posted.escrow)} in escrow"
    )
    standing = await wait_finished(session, posted.job, JOB_S)
    story.tell(f"the slots are mined, replayed and settled at block #{standing.block_number}")
    return posted.job


async def transfer(session: Session, story: Story) -> None:
    """Tokens from one account to another."""
    eve = Signing("//Eve", final=True)
    balances = session.chain.runtime.balances
    call = make_call(balances.transfer_keep_alive, Id(get_account("Ferdie")), TRANSFER)
    inclusion = await session.send(session.get_key(eve), call, eve, "transfer")
    story.tell(
        f"//Eve sent //Ferdie {format_amount(TRANSFER)}, final in block #{inclusion.block_number}"
    )


async def play(url: str, folder: Path, trained: Trained, story: Story) -> Played:
    """All that happens on the chain while the node runs."""
    accounts = tuple(get_account(name) for name in PEOPLE)
    async with open_session(Settings(url, as_json=False, base_path=folder / "wallet")) as session:
        genesis = await find_block(session, "0")
        before = await take_snapshot(session.chain, accounts, genesis)
        model = await publish(session, trained, story)
        job = await infer(session, trained, model, story)
        await transfer(session, story)
        after = await take_snapshot(session.chain, accounts)
        facts = await collect_facts(session.chain, before, after, job)
        results = await read_results(session.chain, job, after.block_hash)
    labels = trained.digits.test_labels
    right = int((results.argmax(axis=1) == labels).sum())
    accuracy = Accuracy(right, len(labels))
    ferdie, eve = get_account("Ferdie"), get_account("Eve")
    checks = (
        Check(
            "the results on chain are bit for bit those of the model off chain",
            np.array_equal(results, trained.expected),
        ),
        Check(
            f"the classifier is right in at least {ACCURACY_PERMILLE_MIN // 10} % of the images",
            right * 1_000 >= ACCURACY_PERMILLE_MIN * len(labels),
        ),
        Check(
            "every slot was settled, once", len(facts.prices) == -(-len(labels) // ROWS_PER_SLOT)
        ),
        Check("products of the job mined blocks", facts.work.task_blocks > 0),
        Check(
            "royalties are 10 % and 5 % of each price, to the planck",
            facts.royalties_told == sum(facts.royalties.values()) > 0
            and set(facts.royalties) == {get_account("Bob"), get_account("Dave")},
        ),
        Check(
            "the transfer arrived, and cost the sender its amount and the fee",
            after.totals[ferdie] - before.totals[ferdie] == TRANSFER
            and before.totals[eve] - after.totals[eve] == TRANSFER + facts.fees_by[eve],
        ),
        Check(
            "tokens were destroyed and minted exactly as the events say",
            facts.is_money_conserved,
        ),
    )
    people = {get_account(name): role for name, role in PEOPLE.items()}
    return Played(Report(facts, accuracy, people, checks, 0), after)


async def check_restart(folder: Path, stopped: HeadLine, played: Played) -> tuple[Check, ...]:
    """Starts a node on the same folder that makes no blocks, and compares."""
    node = await start_node(folder, "--chain", "dev", "--rpc-port", "0")
    try:
        accounts = tuple(get_account(name) for name in PEOPLE)
        settings = Settings(node.started.rpc, as_json=False, base_path=folder / "wallet")
        async with open_session(settings) as session:
            head = await session.chain.get_head()
            state_root = (await session.chain.get_header(head)).state_root
            again = await take_snapshot(session.chain, accounts, played.after.block_hash)
        node.stop()
    finally:
        node.kill()
    return (
        Check(
            f"restarted, the node is at the same head: #{node.started.number} {to_hex(head)[:18]}…",
            to_hex(head) == stopped.head == node.started.head,
        ),
        Check(
            f"and has the same state root: {to_hex(state_root)[:18]}…",
            to_hex(state_root) == stopped.state_root == node.started.state_root
            and again == played.after,
        ),
    )


async def demonstrate(folder: Path, story: Story) -> Report:
    """The whole demonstration in a folder; no node runs when it returns."""
    story.tell("starting a development node, training a 64-32-10 int8 classifier of digits")
    node: NodeProcess = await start_node(folder, *NODE_ARGUMENTS)
    try:
        story.tell(f"the node serves {node.started.rpc}")
        trained = await trio.to_thread.run_sync(train)
        played = await play(node.started.rpc, folder, trained, story)
        stopped = node.stop()
        story.tell(f"the node stopped at block #{stopped.number}; starting it again")
    finally:
        node.kill()
    checks = await check_restart(folder, stopped, played)
    report = played.report
    return Report(
        report.facts,
        report.accuracy,
        report.people,
        (*report.checks, *checks),
        story.seconds,
    )


def print_next_steps(console: Console, node: NodeProcess | None, folder: Path) -> None:
    """How to go on."""
    console.print()
    if node is None:
        lines = [
            "make demo is over and has left nothing behind. To go on:",
            "  make run                                 a node of your own, until Ctrl-C",
            "  . .venv/bin/activate && soberana --help  what to do with it, in another terminal",
            "  .venv/bin/python -m chain.cli.demo --keep  the same again, and keep it running",
        ]
    else:
        flag = f"--node {node.started.rpc}"
        lines = [
            f"a node goes on at {node.started.rpc}, process {node.process.pid}, in {folder}",
            f"  soberana chain work {flag}",
            f"  soberana model show 1 {flag}",
            f"  soberana job watch 0 {flag}",
            f"  soberana wallet history //Bob {flag}",
            f"  kill {node.process.pid} stops it; its log is {node.files.log}",
        ]
    for line in lines:
        console.print(Text(line), soft_wrap=True)


def main(
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the folder and leave a node running.")
    ] = False,
) -> None:
    """Run the whole life of a model on one node and report it."""
    console = make_console()
    story = Story(console)
    folder = Path(tempfile.mkdtemp(prefix="soberana-demo-"))
    is_kept = False
    with suppress(ValueError):  # only the main thread may set it; elsewhere the caller decides
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        report = run_command(lambda: demonstrate(folder, story))
        print_report(console, report)
        node = run_command(lambda: start_node(folder, *NODE_ARGUMENTS)) if keep else None
        is_kept = node is not None
        print_next_steps(console, node, folder)
    finally:
        if not is_kept:
            shutil.rmtree(folder, ignore_errors=True)
    raise typer.Exit(0 if report.is_good else 1)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """A polite request to stop is treated like Ctrl-C, so that the node stops too."""
    del number, frame
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    typer.run(main)
