"""py-substrate-interface, unmodified, against a live node: everything a wallet does."""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.outside_client import run_python_client
from tests.helpers.live_node import LiveNode, run_live_node

pytestmark = pytest.mark.conformance

UNIT = 10**12
PALLETS = {"System", "Timestamp", "Balances", "TransactionPayment", "Registry", "Market", "Work"}


def test_substrate_interface(tmp_path: Path) -> None:
    with run_live_node(tmp_path / "node") as node:
        seen = run_python_client("psi", "psi_wallet.py", node.url)
        check_around(seen["around"], node)
        check_transfers(seen["transfer"])
        check_registry(seen["register"], node)
        check_failures(seen["fail"])
        check_reads(seen["back"])


def check_around(seen: Any, node: LiveNode) -> None:
    assert seen["chain"] == "Soberana Development"
    assert seen["name"] == "soberana"
    token = {"ss58Format": 42, "tokenDecimals": 12, "tokenSymbol": "SBR"}
    assert seen["properties"].items() >= token.items()
    assert seen["spec"] == ["soberana", seen["spec_used"]]
    assert seen["deposit"] == UNIT // 1_000
    assert seen["prefix"] == 42
    assert seen["genesis"] == seen["genesis_by_number"] == node.genesis
    assert set(seen["pallets"]) >= PALLETS
    assert seen["types"] > 100
    assert seen["nobody"] == {"free": 0, "reserved": 0, "frozen": 0, "flags": 1 << 127}


def check_transfers(seen: Any) -> None:
    first, second = seen["transfers"]
    for each in (first, second):
        assert each["success"]
        assert each["asked_fee"] == each["paid_fee"] > 0
        assert each["spent"] == 5 * UNIT + each["paid_fee"]
        assert each["index"] == 2  # behind the time and the work of the block
        assert each["events"][0] == "Balances.Withdraw"
        assert each["events"][-2:] == [
            "TransactionPayment.TransactionFeePaid",
            "System.ExtrinsicSuccess",
        ]
    assert "System.NewAccount" in first["events"]
    assert "System.NewAccount" not in second["events"]
    mortal = seen["mortal"]
    assert mortal["success"]
    assert mortal["finalized"]
    assert mortal["era"][0] == 64
    assert mortal["tip"] == 7
    assert mortal["fee"] % 10 == 7
    assert seen["received"] == 11 * UNIT


def check_registry(seen: Any, node: LiveNode) -> None:
    assert seen["success"]
    assert "Registry.Registered" in seen["events"]
    assert seen["record"]["kind"] == "Dataset"
    assert seen["record"]["owner"] == node.author
    assert seen["version"]["body"]["Dataset"]["size_bytes"] == 4096
    assert seen["version"]["royalty_bps"] == 100
    assert seen["absent"] is None
    assert seen["records"] == [0]
    for name, error in (("missing", "NoSuchRecord"), ("no_job", "NoSuchJob")):
        assert not seen[name]["success"]
        assert seen[name]["error"]["type"] == "Module"
        assert seen[name]["error"]["name"] == error
        assert seen[name]["error"]["docs"]


def check_failures(seen: Any) -> None:
    assert not seen["success"]
    assert seen["token"]["dispatch_error"] == {"Token": "FundsUnavailable"}
    refused = seen["refused"]
    stale = {"code": 1010, "message": "Invalid Transaction", "data": "Transaction is outdated"}
    assert refused["stale"] == stale
    assert refused["forged"]["data"] == "Transaction has a bad signature"
    assert refused["garbage"]["code"] == 1002
    assert refused["garbage"]["message"].startswith("Verification Error: ")


def check_reads(seen: Any) -> None:
    success, events = seen["long"]
    assert success
    assert "System.Remarked" in events
    assert seen["calls"] == ["set", "note_block_work", "remark_with_event"]
    assert seen["hash"]
    assert seen["events"] > 2
    assert seen["multi"]
    assert seen["accounts"] >= 12
    assert seen["nonce"] == seen["nonce_by_api"] == 6
    for numbers in (seen["heads"], seen["numbers"]):
        assert numbers == sorted(set(numbers))
    assert seen["pending"] == 0
