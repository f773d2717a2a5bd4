"""What a job asks for: one shape for each kind, numbered as `JobKind` numbers the kinds.

An inference runs rows through a model, a commission is filled by whatever its provider uses; every
other kind runs one of `runtime.programs`.
"""

from typing import Annotated, TypeAlias

from runtime.codec import U8, U32, Compact, Name, variant
from runtime.frame.ai_types import JobKind
from runtime.frozen import frozen
from runtime.primitives import BlockNumber, Id, Root
from runtime.programs import Evaluation, MatrixProduct, Program, Raytrace, Sgd, Statistics


@variant(0)
@frozen
class Infer:
    """The rows of a blob through a version of a model; a slot is a batch of rows."""

    model: Id
    version: U32 | None
    """The version of the model, None for the current one."""

    inputs: Root
    """The blob of the input rows: int8, row after row."""

    rows: Compact[U32]
    rows_per_slot: Compact[U32]
    """The last slot may have fewer."""

    replicas: U8
    """How many providers run each batch: a slot for each, first all first ones, then the others."""

    def count_batches(self) -> int:
        """How many batches the rows make; 0 where the numbers make no sense."""
        return -(-self.rows // self.rows_per_slot) if self.rows_per_slot > 0 else 0

    def get_rows(self, slot: int) -> tuple[int, int]:
        """The first row of a slot and how many it has; those of its replicas are the same."""
        first = slot % self.count_batches() * self.rows_per_slot
        return first, min(self.rows_per_slot, self.rows - first)


@variant(1)
@frozen
class Train:
    """A training; a slot is a segment of its steps, open once the one before is settled."""

    program: Sgd
    dataset: Id | None
    """The record of what it learns from, whose royalties the settlements pay."""


@variant(2)
@frozen
class Render:
    """A picture; a slot is a tile."""

    program: Raytrace


@variant(6)
@frozen
class ComputeToData:
    """Aggregates of a dataset, in one slot."""

    program: Statistics
    dataset: Id | None
    """The record of the data, whose royalties the settlement pays."""


@variant(7)
@frozen
class Evaluate:
    """A model held against labels; a slot is a shard of the rows."""

    program: Evaluation
    model: Id
    version: U32 | None
    """The version of the model, None for the current one."""


@variant(10)
@frozen
class Product:
    """A product of two matrices that are not in the state; a slot is some strips of its rows."""

    program: MatrixProduct


@variant(11)
@frozen
class Commission:
    """What words describe and only its buyer can judge; a slot is one file that answers them."""

    brief: Root
    """The blob that says what is wanted."""

    results: Compact[U32]
    """How many answers are bought, each by itself."""

    review_blocks: Compact[BlockNumber]
    """How long the buyer may take to reject a result; then it is accepted."""


JobSpec: TypeAlias = Annotated[
    Infer | Train | Render | ComputeToData | Evaluate | Product | Commission,
    Name("pallet_market::types::JobSpec"),
]

_KINDS: dict[type, JobKind] = {
    Infer: JobKind.INFER,
    Train: JobKind.TRAIN,
    Render: JobKind.RENDER,
    ComputeToData: JobKind.COMPUTE_TO_DATA,
    Evaluate: JobKind.EVAL,
    Product: JobKind.PRODUCT,
    Commission: JobKind.COMMISSION,
}


def get_kind(spec: JobSpec) -> JobKind:
    """The kind of a job."""
    return _KINDS[type(spec)]


def get_program(spec: JobSpec) -> Program | None:
    """What a slot runs; None for an inference, which runs a model alone, and for a commission."""
    return None if isinstance(spec, Infer | Commission) else spec.program


def get_model(spec: JobSpec) -> Id | None:
    """The model that the slots run, if they run one."""
    return spec.model if isinstance(spec, Infer | Evaluate) else None


def get_roots(spec: JobSpec) -> tuple[Root, ...]:
    """The blobs that a job reads."""
    match spec:
        case Infer(inputs=root) | Commission(brief=root):
            return (root,)
        case _:
            return spec.program.get_roots()


def count_slots(spec: JobSpec) -> int:
    """How many slots a job has; none where its numbers make no sense."""
    replicas = spec.replicas if isinstance(spec, Infer) else 1
    return count_parts(spec) * replicas


def count_parts(spec: JobSpec) -> int:
    """How many results a job has: the slots of one part are replicas, and give the same."""
    match spec:
        case Infer():
            return spec.count_batches()
        case Commission(results=results):
            return results
        case _:
            return spec.program.count_slots()
