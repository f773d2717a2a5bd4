"""Weights of the registry: about twice what was measured, rounded up."""

from runtime.primitives import Weight

PROOF_BYTES_ITEM = 512
"""An account, a record or an entry of an index, with its path in the state."""

HEARTBEAT = Weight(50_000_000, PROOF_BYTES_ITEM)
TRANSFER = Weight(300_000_000, 6 * PROOF_BYTES_ITEM)
RETIRE = Weight(16_000_000_000, 320 * PROOF_BYTES_ITEM)
"""With as many versions as are kept, each of as many tensors as there may be."""

DROP_BLOB = Weight(150_000_000, 4 * PROOF_BYTES_ITEM)
ON_FINALIZE = Weight(5_000_000)
ATTEST = Weight(160_000_000, 3 * PROOF_BYTES_ITEM)
"""In the place of another, with as many attributes as there may be."""

REVOKE = Weight(70_000_000, 3 * PROOF_BYTES_ITEM)


def register(parents: int, body: Weight) -> Weight:
    """A new record."""
    return Weight(300_000_000 + 60_000_000 * parents, (8 + parents) * PROOF_BYTES_ITEM) + body


def update(body: Weight) -> Weight:
    """A new version, in the place of another."""
    return Weight(800_000_000, 16 * PROOF_BYTES_ITEM) + body


def check_body(graph_bytes: int, tensors: int, tensor_bytes: int) -> Weight:
    """A graph is checked, tensors are read and hashed; an op can be as short as two bytes."""
    ref_time = 10_000_000 * graph_bytes + 60_000_000 * tensors + 10_000 * tensor_bytes
    return Weight(ref_time, graph_bytes + PROOF_BYTES_ITEM * tensors + tensor_bytes)


def put_blob(size_bytes: int) -> Weight:
    """The bytes are hashed and become state."""
    return Weight(150_000_000 + 5_000 * size_bytes, 4 * PROOF_BYTES_ITEM + size_bytes)
