"""@polkadot/api, unmodified, against a live node: a wallet's multisig and proxy pages."""

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.outside_client import run_node_client
from tests.helpers.live_node import run_live_node

pytestmark = pytest.mark.conformance

UNIT = 10**12


def test_accounts_act_together(tmp_path: Path) -> None:
    with run_live_node(tmp_path / "node") as node:
        seen = run_node_client("pjs_together.mjs", node.url)
        alice, bob, carol = seen["people"]
        check_multisig(seen["multisig"], seen["multi"], carol)
        check_proxy(seen["proxy"], carol)
        assert seen["preimage"] == {"same": True, "owner": bob, "gone": True}
        assert (seen["agenda"], seen["tasks"]) == (0, 50)
        assert alice != bob


def check_multisig(seen: Any, multi: str, opener: str) -> None:
    """The wallet derives the same account as the chain, and reads what is open."""
    assert seen["opened"] == multi
    assert (seen["depositor"], seen["approvals"], seen["entries"]) == (opener, 1, 1)
    assert seen["executed"]
    assert seen["closed"]
    assert seen["got"] == str(7 * UNIT)


def check_proxy(seen: Any, delegate: str) -> None:
    entry = {"delegate": delegate, "proxyType": "NonTransfer", "delay": 0}
    assert seen["list"] == [entry]
    assert seen["results"] == ["Ok", "system.CallFiltered"]
    assert seen["left"] == 0
    assert seen["acted"]
    assert seen["pureFree"] == str(2 * UNIT)
