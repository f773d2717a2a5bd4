"""Typed reads of a chain's state: the composed runtime, for code that knows its pallets."""

from chain.client.client import Client
from pallets.runtime import Runtime
from runtime.primitives import Hash


def get_runtime(client: Client, block_hash: Hash | None = None) -> Runtime:
    """The runtime on the state after a block, the best one unless named; never written back."""
    at = client.best.value.hash if block_hash is None else block_hash
    runtime = client.api.make_runtime(client.state_at(at))
    assert isinstance(runtime, Runtime), "the node composes its runtime in pallets.runtime; qed"
    return runtime
