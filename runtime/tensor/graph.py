"""The i8graph: a model as a list of integer ops, small enough to be a record on chain.

Value 0 is the input; value i + 1 is the result of op i, and the last value is the output. Values
are matrices whose rows are samples: the number of rows is no part of the graph. Tensors are named
by index; their content is committed by root elsewhere.
"""

from typing import Annotated

from runtime.codec import I8, U32, Compact, MaxLen, codec_of
from runtime.errors import CodecError
from runtime.frozen import frozen
from runtime.tensor.errors import ensure
from runtime.tensor.ops import Op
from runtime.tensor.value import Interval, TensorSpec

GRAPH_BYTES_MAX = 4096
OPS_MAX = 512
TENSORS_MAX = 128


@frozen
class InputSpec:
    """A sample: so many i8 integers between two bounds, both included."""

    cols: Compact[U32]
    low: I8
    high: I8

    @property
    def bounds(self) -> Interval:
        """The declared range of the integers."""
        return Interval(self.low, self.high)


@frozen
class Graph:
    """A deterministic integer program from a matrix of samples to a matrix of results."""

    input: InputSpec
    tensors: Annotated[tuple[TensorSpec, ...], MaxLen(TENSORS_MAX)]
    ops: Annotated[tuple[Op, ...], MaxLen(OPS_MAX)]


def encode_graph(graph: Graph) -> bytes:
    """The SCALE bytes; `GraphError` beyond `GRAPH_BYTES_MAX`."""
    data = codec_of(Graph).encode(graph)
    ensure(len(data) <= GRAPH_BYTES_MAX, f"a graph of at most {GRAPH_BYTES_MAX} bytes", len(data))
    return data


def decode_graph(data: bytes) -> Graph:
    """The graph, not yet checked; `CodecError` if the bytes are none."""
    if len(data) > GRAPH_BYTES_MAX:
        raise CodecError(f"Graph: expected at most {GRAPH_BYTES_MAX} bytes, got {len(data)}")
    graph: Graph = codec_of(Graph).decode(data)
    return graph
