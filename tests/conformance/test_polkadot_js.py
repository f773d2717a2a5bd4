"""@polkadot/api, unmodified, against a live node: a wallet, and the pages of polkadot.js apps."""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.outside_client import run_node_client
from tests.helpers.live_node import LiveNode, run_live_node

pytestmark = pytest.mark.conformance

UNIT = 10**12
EXTENSIONS = [
    "CheckNonZeroSender",
    "CheckSpecVersion",
    "CheckTxVersion",
    "CheckGenesis",
    "CheckMortality",
    "CheckNonce",
    "CheckWeight",
    "ChargeTransactionPayment",
]


def test_polkadot_js_wallet(tmp_path: Path) -> None:
    with run_live_node(tmp_path / "node") as node:
        seen = run_node_client("pjs_wallet.mjs", node.url)
        check_around(seen["around"], node)
        check_transfers(seen["transfer"])
        check_registry(seen["register"], node)
        check_refusals(seen["refused"])


def check_around(seen: Any, node: LiveNode) -> None:
    assert (seen["chain"], seen["type"]) == ("Soberana Development", "Development")
    assert seen["spec"] == "soberana"
    assert seen["metadata"] == 16
    assert (seen["prefix"], seen["decimals"], seen["tokens"]) == (42, [12], ["SBR"])
    assert seen["genesis"] == node.genesis
    assert seen["extensions"] == EXTENSIONS
    assert {"balances", "registry", "bonds", "market", "utility"} <= set(seen["pallets"])
    assert seen["deposit"] == str(UNIT // 1_000)
    assert seen["sameHash"]
    assert {"core", "metadata", "accountNonceApi", "transactionPaymentApi"} <= set(seen["calls"])


def check_transfers(seen: Any) -> None:
    for each in seen["transfers"]:
        assert int(each["spent"]) == 5 * UNIT + int(each["fee"])
        assert each["statuses"][-1] in ("InBlock", "Finalized")
        assert each["index"] == 2
        assert each["transfer"] == [True, True, str(5 * UNIT)]
        assert each["events"][-1] == "system.ExtrinsicSuccess"
    mortal = seen["mortal"]
    assert mortal["statuses"][-1] == "Finalized"
    assert mortal["era"]["MortalEra"]["period"] == "32"
    assert mortal["tip"] == "5"
    assert "system.ExtrinsicSuccess" in mortal["events"]
    assert seen["received"] == str(11 * UNIT)


def check_registry(seen: Any, node: LiveNode) -> None:
    assert seen["error"] is None
    assert seen["record"]["kind"] == "Dataset"
    assert seen["record"]["owner"] == node.author
    assert seen["entries"] == 1
    assert seen["absent"]
    assert (seen["missing"]["section"], seen["missing"]["name"]) == ("registry", "NoSuchRecord")
    assert (seen["noJob"]["section"], seen["noJob"]["name"]) == ("market", "NoSuchJob")
    assert seen["noJob"]["docs"]
    assert seen["tooMuch"] == '{"token":"FundsUnavailable"}'
    assert seen["batch"].count("utility.ItemCompleted") == 2
    assert "utility.BatchCompleted" in seen["batch"]


def check_refusals(seen: Any) -> None:
    assert seen["stale"] == "1010: Invalid Transaction: Transaction is outdated"
    assert seen["twice"].startswith("1013: Transaction Already Imported")
    assert seen["garbage"].startswith(
        "4003: Client error: Execution failed: Other: Exported method Nothing_here is not found"
    )


def test_polkadot_js_apps(tmp_path: Path) -> None:
    with run_live_node(tmp_path / "node") as node:
        seen = run_node_client("pjs_explorer.mjs", node.url)
        check_start(seen["start"])
        check_explorer(seen["explorer"])
        check_accounts(seen["accounts"])
        check_state(seen["state"])
        assert seen["http"] == {"chain": "Soberana Development"}


def check_start(seen: Any) -> None:
    assert (seen["chain"], seen["name"]) == ("Soberana Development", "soberana")
    assert seen["version"]
    assert seen["health"] == {"peers": 0, "isSyncing": False, "shouldHavePeers": False}
    assert (seen["peers"], seen["addresses"]) == (0, 0)
    assert seen["roles"] == [{"authority": None}]
    assert seen["sync"]["startingBlock"] == 0
    assert seen["id"]
    assert seen["methods"] > 80


def check_explorer(seen: Any) -> None:
    for name in ("heads", "all", "times"):
        assert seen[name] == sorted(set(seen[name]))
    first = seen["final"][0]
    assert seen["final"] == [first, first + 1, first + 2]
    assert seen["sameHash"]
    assert seen["extrinsics"] == ["timestamp.set", "work.noteBlockWork"]
    assert seen["derived"] == [None, None]
    assert seen["events"] >= 2
    assert seen["lag"] >= 0
    assert seen["digest"] == ["PreRuntime", "Seal"]
    assert int(seen["weights"]) > 0
    assert seen["interval"] >= 1
    assert seen["issuance"] == str(12_000_000 * UNIT)
    assert seen["inactive"] == "0"
    assert seen["upgrade"]["specName"] == "soberana"
    assert seen["pending"] == 0


def check_accounts(seen: Any) -> None:
    assert seen["free"] == str(1_000_000 * UNIT)
    assert seen["locks"] == 0
    assert seen["info"] == seen["address"]
    assert seen["number"] > 0
    assert seen["nonce"] == seen["next"] == seen["byApi"] == 0


def check_state(seen: Any) -> None:
    assert (seen["page"], seen["next"]) == (5, 5)
    assert seen["ordered"]
    assert seen["refused"].startswith("4002: count exceeds maximum value. value: 1001, max: 1000")
    assert seen["code"] == "0x0061736d"
    assert seen["codeSize"] == 4
    assert seen["metadata"] == 14
    assert seen["pairs"] == 12
    assert int(seen["base"]) > 0
    assert seen["spec"] == seen["subscribed"] == "soberana"
