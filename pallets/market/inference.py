"""What posting an inference job checks of its model and inputs."""

import numpy as np

from pallets.market.declarations import (
    ClaimTooLarge,
    InputOutOfRange,
    ModelOffChain,
    WrongInputSize,
)
from runtime.frame.ai_traits import OpenClaim
from runtime.frame.ai_types import BLOB_BYTES_MAX, ModelInfo, VerifierId
from runtime.frozen import frozen
from runtime.model import count_cells
from runtime.tensor import CheckedGraph, load_graph
from runtime.tensor.value import OPERAND, Interval, find_range

PRODUCT_BYTES = 4
"""An entry of a product, int32."""


@frozen
class ResultSize:
    """The bytes that one row adds to a result, and what making a slot's takes."""

    output_row_bytes: int
    trace_row_bytes: int
    slot_cost: int
    """MACs and other integers of a slot."""


def ensure_inference(
    model: ModelInfo,
    inputs: bytes,
    rows: int,
    slot_rows: int,
    verifier: VerifierId,
    claims: OpenClaim,
) -> ResultSize:
    """What results will take; every slot of so many rows can be run and verified in a block.

    Errors: `ModelOffChain`, `WrongInputSize`, `InputOutOfRange`, `ClaimTooLarge`.
    """
    if any(tensor.blob is None for tensor in model.tensors):
        raise ModelOffChain
    checked = load_graph(model.graph)
    source = checked.graph.input
    if len(inputs) != rows * source.cols:
        raise WrongInputSize(f"expected {rows} x {source.cols} bytes, got {len(inputs)}")
    _ensure_range(inputs, source.bounds)
    macs, cells = checked.macs * slot_rows, count_cells(checked, slot_rows)
    size = _compute_size(checked, verifier, macs + cells)
    if not claims.is_judgeable(verifier, macs, cells):
        raise ClaimTooLarge(f"a slot of {macs} MACs and {cells} other integers")
    if slot_rows * (size.output_row_bytes + size.trace_row_bytes) > BLOB_BYTES_MAX:
        raise ClaimTooLarge(f"a slot's result has at most {BLOB_BYTES_MAX} bytes")
    return size


def _ensure_range(inputs: bytes, bounds: Interval) -> None:
    found = find_range(np.frombuffer(inputs, np.int8))
    if not (found.is_within(bounds) and found.is_within(OPERAND)):
        raise InputOutOfRange(f"expected {bounds} and {OPERAND}, found {found}")


def _compute_size(checked: CheckedGraph, verifier: VerifierId, slot_cost: int) -> ResultSize:
    output = checked.output
    products = sum(shape.positions * shape.n for shape in checked.matmuls)
    return ResultSize(
        output.cols * output.dtype.array_dtype.itemsize,
        products * PRODUCT_BYTES if verifier is VerifierId.FREIVALDS else 0,
        slot_cost,
    )
