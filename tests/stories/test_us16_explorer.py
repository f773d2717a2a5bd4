"""US-16: people drive the chain with `soberana`, and an explorer that has JSON-RPC alone sees it.

The explorer is a program of another environment that knows nothing of this repository; what it
shows is compared with what the runtime says of the same blocks after the node has stopped.
"""

import shlex
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trio

from chain.cli.demo_node import start_node
from chain.client.typed_state import get_runtime
from chain.node import load_spec
from chain.wallet.chain_reader import to_hex
from pallets.market import declarations as market
from pallets.runtime import Runtime
from pallets.transaction_payment import TransactionFeePaid
from pallets.vault import declarations as vault
from pallets.verify import VerdictGiven
from pallets.work.declarations import WorkNoted
from runtime.crypto.ss58 import encode_ss58
from runtime.frame.ai_types import RecordKind, Role
from runtime.primitives import UNIT, AccountId
from tests.conformance.outside_client import run_python_client
from tests.helpers.chunk_vectors import make_data
from tests.helpers.cli_stage import run_cli
from tests.stories.aftermath import Aftermath, ensure_every_block_holds, open_again
from tests.stories.live_node import get_account

pytestmark = [pytest.mark.conformance, pytest.mark.slow]

DATASET, MODEL, RUNNER, SEALED = 0, 1, 2, 3
SLOTS, TILES = 9, 4
COMMANDS = f"""
model sample digits.npz --rows images.npy
data publish images.npy --from //Dave --items 450 --schema pixels
model register digits.npz --from //Bob --royalty 10% --parent 0:trained-on:5%
provider register --from //Charlie --kind infer --kind render --bond "200 SBR" --price "1 SBR"
job post {MODEL} images.npy --from //Alice --price "1 SBR..5 SBR/20" --watch --save scores.npy
render balls.png --from //Alice --width 64 --height 64 --tile 32
data offer-sealed secret.bin --from //Ferdie --price "20 SBR" --bond "100 SBR" --items 8
data order {SEALED} secret.bin.sealed --from //Bob
data serve-sales --from //Ferdie --once
data open 0 secret.bin.sealed --out bought.bin
model provenance {MODEL}
provider status //Charlie
job watch 0 --once
chain work
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What the commands said, and what the explorer saw."""

    said: dict[str, str]
    seen: dict[str, Any]
    head: str
    state_root: str


def drive(folder: Path) -> Told:
    """Runs the commands on a node, looks at it from outside, and stops it."""
    node = trio.run(start_node, folder, "--dev", "--provider", "//Charlie", "--rpc-port", "0")
    try:
        said = {command: type_command(command, node.started.rpc) for command in iter_commands()}
        accounts = [show(get_account(name)) for name in ("Alice", "Bob", "Charlie")]
        seen = run_python_client("psi", "psi_explorer.py", node.started.rpc, *accounts)
        stopped = node.stop()
    finally:
        node.kill()
    return Told(said, seen, stopped.head, stopped.state_root)


def iter_commands() -> list[str]:
    """The commands in order."""
    return COMMANDS.strip().splitlines()


def show(who: AccountId) -> str:
    """An account as the explorer shows it."""
    return encode_ss58(who, 42)


def type_command(command: str, url: str) -> str:
    """What a command says; it must succeed."""
    words = shlex.split(command)
    is_local = words[:2] == ["model", "sample"]
    said = run_cli(*words, *(() if is_local else ("--node", url)))
    assert said.code == 0, f"{command}: {said.err}"
    return said.out


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Generator[Aftermath[Told]]:
    folder = tmp_path_factory.mktemp("us16")
    (folder / "secret.bin").write_bytes(make_data("the data of US-16", 8 * 1_024))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("HOME", str(folder))
        told = drive(folder)
    with open_again(folder / "chain") as client:
        yield Aftermath(told, client)


def test_the_commands_did_what_they_say(aftermath: Aftermath[Told]) -> None:
    said = {" ".join(command.split()[:2]): out for command, out in aftermath.told.said.items()}
    assert said["job watch"].count("settled") == SLOTS
    assert f"{SLOTS + TILES} settled, 0 failed" in said["provider status"]
    assert "trained on" in said["model provenance"]
    assert "useful" in said["chain work"]


# --- what the explorer shows


def test_blocks_and_events_are_those_of_the_runtime(aftermath: Aftermath[Told]) -> None:
    seen, client = aftermath.told.seen, aftermath.client
    assert [each["number"] for each in seen["blocks"]] == list(range(1, seen["best"] + 1))
    for block in seen["blocks"]:
        number = block["number"]
        header = client.get_header(aftermath.get_hash(number))
        assert header is not None
        assert block["hash"] == to_hex(aftermath.get_hash(number))
        assert block["state_root"] == to_hex(header.state_root)
        body = client.get_body(aftermath.get_hash(number))
        assert body is not None
        calls = [client.api.decode(raw).call for raw in body]
        assert len(block["calls"]) == len(calls)
        for name, call in zip(block["calls"], calls, strict=True):
            assert name == f"{call.pallet_name}.{call.spec.name}"
        kinds = [type(event).__name__ for event in aftermath.read(number)]
        assert [name.split(".")[1] for name in block["events"]] == kinds


def test_sums_of_events_are_those_of_the_runtime(aftermath: Aftermath[Told]) -> None:
    seen, best = aftermath.told.seen, aftermath.told.seen["best"]
    sums: Counter[str] = Counter()
    for number, event in aftermath.numbered:
        if number > best:
            continue
        match event:
            case TransactionFeePaid():
                sums["fees"] += event.actual_fee
            case market.Settled():
                sums["settled"] += 1
                for part in ("price", "burned", "treasury", "royalties", "paid", "bonus"):
                    sums[part] += getattr(event, part)
            case WorkNoted():
                sums["useful_macs"] += event.useful_macs
                sums["total_macs"] += event.total_macs
            case vault.Released():
                sums["sales"] += event.price
            case VerdictGiven():
                sums["verdicts"] += 1
            case _:
                pass
    assert seen["sums"] == {name: amount for name, amount in sums.items() if amount}
    assert seen["sums"]["settled"] == seen["sums"]["verdicts"] == SLOTS + TILES
    assert seen["sums"]["useful_macs"] > 0


def test_the_useful_ratio_is_what_the_blocks_add_up_to(aftermath: Aftermath[Told]) -> None:
    """The chain is younger than an era, so the era's numbers are those of all blocks."""
    seen = aftermath.told.seen
    ratio, sums = seen["ratio"], seen["sums"]
    assert int(ratio["totalMacs"]) == sums["total_macs"]
    assert int(ratio["usefulMacs"]) == sums["useful_macs"]
    assert ratio["usefulBps"] == 10_000 * sums["useful_macs"] // sums["total_macs"]
    by_block = [each["work"] for each in seen["blocks"]]
    assert sum(int(each["totalMacs"]) for each in by_block) == sums["total_macs"]
    assert {each["lane"] for each in by_block} == {"seeded", "task"}


def test_accounts_are_those_of_the_runtime_and_are_the_issuance(aftermath: Aftermath[Told]) -> None:
    seen, runtime = aftermath.told.seen, read_runtime(aftermath)
    totals = {show(who): info.data.total for who, info in runtime.system.account.items()}
    assert seen["totals"] == totals
    assert seen["issuance"] == sum(totals.values()) == runtime.balances.ledger.get_issuance()


def test_the_tables_are_those_of_the_runtime(aftermath: Aftermath[Told]) -> None:
    seen, runtime = aftermath.told.seen, read_runtime(aftermath)
    (provider,) = seen["providers"]
    charlie = get_account("Charlie")
    bond = runtime.bonds.bond_[charlie, Role.PROVIDER]
    assert (provider["record"], provider["owner"]) == (RUNNER, show(charlie))
    assert (provider["bond"]["active"], bond.active) == (200 * UNIT, 200 * UNIT)
    stats = runtime.market.stats[RUNNER]
    assert (provider["stats"]["settled"], stats.settled) == (SLOTS + TILES, SLOTS + TILES)
    assert provider["stats"]["value"] == str(stats.value)
    benchmark = runtime.work.get_benchmark(charlie)
    assert provider["proven"]["macsPerBlock"] == str(benchmark) != "0"
    kinds = [record.kind for _, record in sorted(runtime.registry.record.items())]
    assert kinds == [RecordKind.DATASET, RecordKind.MODEL, RecordKind.PROVIDER, RecordKind.DATASET]
    assert seen["models"] == [MODEL]
    for number, states in enumerate(seen["slots"]):
        job, shown = runtime.market.job[number], seen["jobs"][str(number)]
        assert (shown["kind"].upper(), shown["escrow"]) == (job.kind.name, job.escrow)
        assert shown["owner"] == show(job.owner)
        slots = [runtime.market.slot[number, n].state for n in range(job.slots)]
        assert [each["state"].upper() for each in states] == [state.name for state in slots]
    assert sorted(each["kind"] for each in seen["jobs"].values()) == ["Infer", "Render"]
    assert seen["orders"] == [number for number, _ in runtime.vault.order_.items()] == [0]


def test_the_graph_of_provenance_leads_to_the_data(aftermath: Aftermath[Told]) -> None:
    (graph,) = aftermath.told.seen["provenance"]
    runtime = read_runtime(aftermath)
    assert [node["id"] for node in graph["nodes"]] == [MODEL, DATASET]
    (edge,) = graph["edges"]
    (parent,) = runtime.registry.version[MODEL, 1].parents
    assert (edge["child"], edge["record"], edge["bps"]) == (MODEL, parent.record, parent.bps)


def test_what_was_proven_is_what_the_state_holds(aftermath: Aftermath[Told]) -> None:
    """The explorer has checked each proof itself against the header's root."""
    seen, runtime = aftermath.told.seen, read_runtime(aftermath)
    issuance, number, *accounts, absent = seen["proven"]["values"]
    assert int.from_bytes(bytes.fromhex(issuance[2:]), "little") == seen["issuance"]
    assert int.from_bytes(bytes.fromhex(number[2:]), "little") == seen["best"]
    for name, value in zip(("Alice", "Bob", "Charlie"), accounts, strict=True):
        key = runtime.system.account.get_key(get_account(name))
        assert runtime.state.get(key) == bytes.fromhex(value[2:])
    assert absent is None


def read_runtime(aftermath: Aftermath[Told]) -> Runtime:
    """The runtime on the block that the explorer saw as the head."""
    return get_runtime(aftermath.client, aftermath.get_hash(aftermath.told.seen["best"]))


# --- the chain


def test_a_restart_finds_the_same_and_every_block_holds(aftermath: Aftermath[Told]) -> None:
    best, told = aftermath.client.best.value, aftermath.told
    assert to_hex(best.hash) == told.head
    assert to_hex(best.header.state_root) == told.state_root
    ensure_every_block_holds(aftermath.client, load_spec("dev"))
