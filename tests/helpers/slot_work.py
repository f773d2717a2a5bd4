"""What a provider computes for a slot, from the state alone: results, commitments, summaries."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pallets.market import Infer, Job
from pallets.market.claims import make_task
from runtime.claim import compute_claim_roots, compute_commitment
from runtime.frame.ai_traits import Records
from runtime.frame.ai_types import ModelInfo, SlotId, VerifierId
from runtime.model import LoadedModel, load_model, load_rows
from runtime.primitives import AccountId, Hash, Root
from runtime.task import ProgramTask, load_inputs
from runtime.tensor.commitment import matrix_root, pad_operand
from runtime.tensor.interpreter import Trace, trace_graph
from runtime.tensor.value import dump_array
from runtime.work_summary import Lane, RowRef, WorkSummary

TILE = 32


def run_program(records: Records, job: Job, slot: int, get_output: Callable[[int], bytes]) -> bytes:
    """The right output of a slot of a program; the callable reads the output of another slot."""
    task = make_task(job, slot, get_output)
    assert isinstance(task, ProgramTask)
    inputs = load_inputs(task, records)
    assert inputs is not None
    return task.program.run(slot, inputs)


def run_slot(records: Records, job: Job, slot: int) -> bytes:
    """The right payload of a slot of an inference."""
    output, products = _trace(records, job, slot)
    is_traced = job.verifier is VerifierId.FREIVALDS
    return output + (products if is_traced else b"")


def forge(payload: bytes, byte: int = 0) -> bytes:
    """A payload with one wrong bit."""
    wrong = bytearray(payload)
    wrong[byte % len(wrong)] ^= 1
    return bytes(wrong)


def commit_result(genesis: Hash, at: SlotId, job: Job, who: AccountId, payload: bytes) -> Hash:
    """The commitment that goes with a payload."""
    size, _ = job.get_result_bytes(at.slot)
    roots = compute_claim_roots(payload[:size], payload[size:])
    return compute_commitment(genesis, at, who, roots)


def stack_slots(
    records: Records, number: int, job: Job, slots: Sequence[int], layer: int
) -> WorkSummary:
    """What a block says that stacked some slots of a job at a layer."""
    info, loaded = _load(records, job)
    shape = loaded.checked.matmuls[layer]
    parts: list[Any] = []  # operands: integer arrays
    refs: list[RowRef] = []
    for slot in slots:
        parts.append(_run(records, job, slot).layers[layer].operands.a)
        refs.append(RowRef(number, slot, layer, len(parts[-1])))
    columns = -(-shape.n // TILE) * TILE
    return make_stacked(np.concatenate(parts), info.tensors[shape.tensor].root, refs, columns)


def make_stacked(stack: Any, root_b: Root, refs: Sequence[RowRef], n: int) -> WorkSummary:
    """A summary of a stacked operand over a tensor of so many columns, padded."""
    m, k = pad_operand(stack).shape
    return WorkSummary(Lane.TASK, m, n, k, matrix_root(stack), root_b, tuple(refs))


def _load(records: Records, job: Job) -> tuple[ModelInfo, LoadedModel]:
    assert job.source is not None
    info = records.get_model(job.source.record, job.source.version)
    assert info is not None
    loaded = load_model(info, records)
    assert loaded is not None
    return info, loaded


def _run(records: Records, job: Job, slot: int) -> Trace:
    _, loaded = _load(records, job)
    assert isinstance(job.spec, Infer)
    inputs = records.get_blob(job.spec.inputs)
    assert inputs is not None
    rows = load_rows(inputs, loaded.checked.graph.input.cols, *job.spec.get_rows(slot))
    return trace_graph(loaded.checked.graph, loaded.tensors, rows)


def _trace(records: Records, job: Job, slot: int) -> tuple[bytes, bytes]:
    trace = _run(records, job, slot)
    products = b"".join(dump_array(layer.product) for layer in trace.layers)
    return dump_array(trace.output), products
