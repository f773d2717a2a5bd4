"""async-substrate-interface, unmodified, against a live node: everything a wallet does."""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.outside_client import run_python_client
from tests.helpers.live_node import LiveNode, run_live_node

pytestmark = pytest.mark.conformance

UNIT = 10**12


def test_async_substrate_interface(tmp_path: Path) -> None:
    with run_live_node(tmp_path / "node") as node:
        seen = run_python_client("asi", "asi_wallet.py", node.url)
        check_around(seen["around"], node)
        check_transfers(seen["transfer"])
        check_registry(seen["register"], node)
        check_reads(seen["back"])


def check_around(seen: Any, node: LiveNode) -> None:
    assert seen["chain"] == "Soberana Development"
    token = {"ss58Format": 42, "tokenDecimals": 12, "tokenSymbol": "SBR"}
    assert seen["properties"].items() >= token.items()
    assert seen["deposit"] == UNIT // 1_000
    assert seen["genesis"] == node.genesis
    assert len(seen["finalised"]) == 66


def check_transfers(seen: Any) -> None:
    for each in seen["transfers"]:
        assert each["success"]
        assert each["asked_fee"] == each["paid_fee"] > 0
        assert each["spent"] == 5 * UNIT + each["paid_fee"]
        assert {"Balances.Transfer", "System.ExtrinsicSuccess"} <= set(each["events"])
    assert seen["mortal"] == {"success": True, "finalized": True}
    assert seen["received"] == 11 * UNIT


def check_registry(seen: Any, node: LiveNode) -> None:
    assert seen["success"]
    assert "Registry.Registered" in seen["events"]
    assert seen["record"]["kind"] == "Provider"
    assert seen["record"]["owner"] == node.author
    assert not seen["missing"]["success"]
    assert seen["missing"]["error"]["type"] == "Module"
    assert seen["missing"]["error"]["name"] == "NoSuchRecord"


def check_reads(seen: Any) -> None:
    assert seen["number"] > 0
    assert seen["extrinsics"] == 3
    assert seen["events"] > 2
    assert seen["accounts"] >= 12
    assert seen["nonce"] == seen["next_nonce"] == 5
    assert "Transaction is outdated" in seen["refused"]
    assert seen["heads"] == sorted(set(seen["heads"]))
