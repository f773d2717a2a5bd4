"""polkadot-api, unmodified, against a live node: a wallet over the chainHead methods."""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.outside_client import run_node_client
from tests.helpers.live_node import LiveNode, run_live_node

pytestmark = pytest.mark.conformance

UNIT = 10**12


def test_polkadot_api(tmp_path: Path) -> None:
    with run_live_node(tmp_path / "node") as node:
        seen = run_node_client("papi_wallet.mjs", node.url)
        check_around(seen["around"], node)
        check_transfers(seen["transfer"])
        check_registry(seen["register"], node)
        assert seen["refused"] == {"type": "Invalid", "value": {"type": "Stale"}}
        check_reads(seen["back"])


def check_around(seen: Any, node: LiveNode) -> None:
    assert seen["name"] == "Soberana Development"
    assert seen["genesis"] == node.genesis
    token = {"ss58Format": 42, "tokenDecimals": 12, "tokenSymbol": "SBR"}
    assert seen["properties"].items() >= token.items()
    assert seen["header"] >= seen["best"] >= seen["final"]
    assert seen["spec"] == "soberana"
    assert seen["deposit"] == str(UNIT // 1_000)


def check_transfers(seen: Any) -> None:
    for each in seen["transfers"]:
        assert each["ok"]
        assert int(each["spent"]) == 5 * UNIT + int(each["fee"])
        assert {"Balances.Transfer", "System.ExtrinsicSuccess"} <= set(each["events"])
        assert each["index"] == 2
    assert seen["watched"]["ok"]
    steps = seen["watched"]["steps"]
    assert steps[:2] == ["signed", "broadcasted"]
    assert steps[-1] == "finalized"
    assert seen["received"] == str(11 * UNIT)


def check_registry(seen: Any, node: LiveNode) -> None:
    assert seen["ok"]
    assert "Registry.Registered" in seen["events"]
    assert seen["entries"] == 1
    assert seen["record"]["kind"] == {"type": "Dataset"}
    assert seen["record"]["owner"] == node.author
    assert seen["absent"]
    assert not seen["missing"]["ok"]
    assert seen["missing"]["error"] == {
        "type": "Module",
        "value": {"type": "Registry", "value": {"type": "NoSuchRecord"}},
    }


def check_reads(seen: Any) -> None:
    first = seen["finals"][0]
    assert seen["finals"] == [first, first + 1, first + 2]
    assert (seen["times"], seen["body"]) == (2, 2)
    assert seen["accounts"] >= 12
    assert seen["nonce"] == 4
