"""A JavaScript client that knows the chain by its metadata alone hires a model's inference."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chain.rpc.namespaces.runtime_json import to_json
from runtime.tensor import run_graph
from runtime.tensor.blob import blob_root
from runtime.tensor.graph import decode_graph
from runtime.tensor.value import dump_array, load_array
from tests.conformance.outside_client import run_node_client
from tests.helpers.live_node import run_live_node
from tests.helpers.market_stage import make_classifier, make_inputs

pytestmark = pytest.mark.conformance

ROWS = 3


def test_a_job_is_posted_and_filled(tmp_path: Path) -> None:
    weights, inputs = make_classifier(), make_inputs(ROWS)
    graph = decode_graph(weights.body.graph)
    tensors = tuple(
        load_array(blob, spec.dtype, spec.rows, spec.cols)
        for blob, spec in zip(weights.blobs, graph.tensors, strict=True)
    )
    rows = np.frombuffer(inputs, np.int8).reshape(ROWS, -1)
    expected = run_graph(graph, tensors, rows)
    model = {
        "body": make_body(weights.body),
        "blobs": ["0x" + blob.hex() for blob in weights.blobs],
        "inputs": "0x" + inputs.hex(),
        "inputRoot": "0x" + blob_root(inputs).hex(),
        "rows": ROWS,
    }
    with run_live_node(tmp_path / "node", "--provider", "//Charlie") as node:
        seen = run_node_client("pjs_market.mjs", node.url, json.dumps(model))
    outputs = ["0x" + dump_array(expected[row]).hex() for row in range(ROWS)]
    assert seen["outputs"] == seen["byRpc"] == outputs
    assert seen["slots"] == ["Settled"] * ROWS
    assert seen["stats"]["settled"] == ROWS
    assert seen["body"]["model"]["graph"] == model["body"]["graph"]
    assert seen["body"]["model"]["tensors"][0]["root"] == model["body"]["tensors"][0]["root"]


def make_body(body: object) -> Any:
    """As polkadot.js takes it: names in camel case, variants with a capital."""
    shown: Any = to_json(body)
    shown["avail"] = "OnChain"
    for tensor in shown["tensors"]:
        tensor["dtype"] = tensor["dtype"].capitalize()
    return shown
