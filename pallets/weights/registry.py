"""Weights of the registry."""

from runtime.primitives import Weight

HEARTBEAT = Weight(70_000_000, 1_700)
TRANSFER = Weight(250_000_000, 7_400)
RETIRE = Weight(6_100_000_000, 95_000)
"""With as many versions as are kept, each of as many tensors as there may be."""

DROP_BLOB = Weight(130_000_000, 4_100)
ON_FINALIZE = Weight(3_100_000, 770)
ATTEST = Weight(440_000_000, 6_900)
"""In the place of another, with as many attributes as there may be."""

REVOKE = Weight(210_000_000, 4_500)
REGISTER = Weight(260_000_000, 7_900)
PARENT = Weight(96_000_000, 2_000)
"""With its part of as many royalties as there may be."""

UPDATE = Weight(4_500_000_000, 69_000)
"""In the place of another version."""

GRAPH_BYTE = Weight(3_900_000, 1)
"""An op can be as short as two bytes."""

TENSOR = Weight(140_000_000, 1_400)
TENSOR_BYTE = Weight(5_400, 1)
PUT_BLOB = Weight(160_000_000, 5_500)
BLOB_BYTE = Weight(760, 0)


def register(parents: int, body: Weight) -> Weight:
    """A new record."""
    return REGISTER + PARENT * parents + body


def update(body: Weight) -> Weight:
    """A new version, in the place of another."""
    return UPDATE + body


def check_body(graph_bytes: int, tensors: int, tensor_bytes: int) -> Weight:
    """A graph is checked, tensors are read and hashed."""
    return GRAPH_BYTE * graph_bytes + TENSOR * tensors + TENSOR_BYTE * tensor_bytes


def put_blob(size_bytes: int) -> Weight:
    """The bytes are hashed and become state."""
    return PUT_BLOB + BLOB_BYTE * size_bytes
