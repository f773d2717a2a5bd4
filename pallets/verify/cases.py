"""What a claim is judged by: the task as the state has it, ready to run."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pallets.verify.declarations import BadWitness
from runtime.claim import ClaimRequest
from runtime.frame.ai_traits import Records
from runtime.frame.ai_types import FaultKind, Inconclusive, Invalid, Valid, VerifierId
from runtime.model import LoadedModel, count_cells, load_model, load_rows
from runtime.programs import Inputs, ProgramError, ProgramRunner
from runtime.task import ProgramTask, RowsTask, load_inputs
from runtime.tensor.errors import GraphError
from runtime.tensor.replay import verify_freivalds, verify_replay
from runtime.tensor.value import DType, Int8Array, Int32Array, load_array


class Case(Protocol):
    """One claim's task."""

    @property
    def macs(self) -> int:
        """Multiply-accumulates of running it."""
        ...

    @property
    def cells(self) -> int:
        """Integers read or written besides."""
        ...

    @property
    def blobs(self) -> int:
        """Blobs that it reads."""
        ...

    @property
    def blob_bytes(self) -> int:
        """Their bytes."""
        ...

    def judge(self, request: ClaimRequest) -> Valid | Invalid | Inconclusive:
        """Whether the claim is true. Errors: `BadWitness`."""
        ...


def load_case(request: ClaimRequest, records: Records, runner: ProgramRunner) -> Case | None:
    """The case of a claim; None where a part of it is not in the state, or breaks a rule."""
    if isinstance(request.task, RowsTask):
        return _load_rows_case(request.task, records)
    assert isinstance(request.task, ProgramTask), "nobody runs what is reviewed; qed"
    return _load_program_case(request.task, records, runner)


@dataclass(frozen=True, slots=True, eq=False)
class RowsCase:
    """Rows through a model."""

    model: LoadedModel
    rows: Int8Array
    inputs_bytes: int

    @property
    def blobs(self) -> int:
        """The model's tensors and the inputs."""
        return len(self.model.tensors) + 1

    @property
    def blob_bytes(self) -> int:
        """Their bytes."""
        return self.model.tensor_bytes + self.inputs_bytes

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all its rows."""
        return self.model.checked.macs * len(self.rows)

    @property
    def cells(self) -> int:
        """What judging takes beside them."""
        return count_cells(self.model.checked, len(self.rows))

    def judge(self, request: ClaimRequest) -> Valid | Invalid | Inconclusive:
        """Runs the rows again, or checks the products that the claim supplies."""
        checked, tensors = self.model.checked, self.model.tensors
        shape = (len(self.rows), checked.output.cols)
        try:
            output = load_array(request.output, checked.output.dtype, *shape)
            products = self._load_products(request.trace, request.verifier)
        except GraphError as error:
            raise BadWitness(str(error)) from error
        try:
            if request.verifier is VerifierId.REPLAY:
                found = verify_replay(checked, tensors, self.rows, output)
            else:
                seed = request.commitment
                found = verify_freivalds(checked, tensors, self.rows, products, output, seed)
        except GraphError:
            return Inconclusive()  # the model or the inputs break a rule, not the claim
        return Valid() if found is None else Invalid(request.claimant, FaultKind.WRONG_OUTPUT)

    def _load_products(self, trace: bytes, verifier: VerifierId) -> list[Int32Array]:
        """The products that a trace holds in the order of the graph; none for a replay."""
        shapes = self.model.checked.matmuls if verifier is VerifierId.FREIVALDS else ()
        products: list[Int32Array] = []
        end = 0
        for shape in shapes:
            begin, rows = end, len(self.rows) * shape.positions
            end += rows * shape.n * 4
            product = load_array(trace[begin:end], DType.I32, rows, shape.n)
            products.append(product.astype(np.int32, copy=False))
        if end != len(trace):
            raise GraphError(f"a trace of {end} bytes", len(trace))
        return products


@dataclass(frozen=True, slots=True, eq=False)
class ProgramCase:
    """A slot of a program."""

    runner: ProgramRunner
    task: ProgramTask
    inputs: Inputs
    macs: int
    cells: int

    @property
    def blobs(self) -> int:
        """The inputs, the output before, and the tensors of a model."""
        model = self.inputs.model
        return len(self.inputs.blobs) + 1 + (0 if model is None else len(model.tensors))

    @property
    def blob_bytes(self) -> int:
        """Their bytes."""
        own = len(self.inputs.before) + sum(map(len, self.inputs.blobs))
        return own + (0 if self.inputs.model is None else self.inputs.model.tensor_bytes)

    def judge(self, request: ClaimRequest) -> Valid | Invalid | Inconclusive:
        """Runs the slot again."""
        try:
            output = self.runner.run_program(self.task.program, self.task.slot, self.inputs)
        except ProgramError:
            return Inconclusive()  # the inputs break a rule, not the claim
        if request.trace:
            raise BadWitness(f"expected no trace, got {len(request.trace)} bytes")
        is_true = output == request.output
        return Valid() if is_true else Invalid(request.claimant, FaultKind.WRONG_OUTPUT)


def _load_rows_case(task: RowsTask, records: Records) -> RowsCase | None:
    inputs = records.get_blob(task.inputs)
    model = records.get_model(task.model, task.version)
    loaded = None if model is None else load_model(model, records)
    if loaded is None or inputs is None:
        return None
    cols = loaded.checked.graph.input.cols
    if len(inputs) < (task.row_first + task.rows) * cols:
        return None
    return RowsCase(loaded, load_rows(inputs, cols, task.row_first, task.rows), len(inputs))


def _load_program_case(
    task: ProgramTask, records: Records, runner: ProgramRunner
) -> ProgramCase | None:
    inputs = load_inputs(task, records)
    if inputs is None:
        return None
    try:
        cost = task.program.plan(inputs)
    except ProgramError:
        return None
    return ProgramCase(runner, task, inputs, cost.macs, cost.cells)
