"""Weights of the registry."""

from runtime.primitives import Weight

HEARTBEAT = Weight(58_000_000, 1_700)
TRANSFER = Weight(260_000_000, 8_200)
RETIRE = Weight(4_200_000_000, 96_000)
"""With as many versions as are kept, each of as many tensors as there may be."""

DROP_BLOB = Weight(150_000_000, 4_500)
ON_FINALIZE = Weight(3_200_000, 770)
ATTEST = Weight(390_000_000, 7_300)
"""In the place of another, with as many attributes as there may be."""

REVOKE = Weight(200_000_000, 4_900)
REGISTER = Weight(420_000_000, 8_300)
PARENT = Weight(63_000_000, 2_000)
"""With its part of as many royalties as there may be."""

UPDATE = Weight(3_600_000_000, 70_000)
"""In the place of another version."""

GRAPH_BYTE = Weight(3_500_000, 0)
"""An op can be as short as two bytes."""

TENSOR = Weight(98_000_000, 1_400)
TENSOR_BYTE = Weight(5_700, 1)
PUT_BLOB = Weight(170_000_000, 6_700)
BLOB_BYTE = Weight(710, 0)


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
