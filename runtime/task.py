"""What one slot of a job asks for, and what it reads from the state."""

from typing import Protocol

from runtime.frame.ai_types import ModelInfo, RecordVersion
from runtime.frozen import frozen
from runtime.model import LoadedModel, load_model
from runtime.primitives import Id, Root
from runtime.programs import Inputs, Program


class Sources(Protocol):
    """Where models and blobs come from."""

    def get_model(self, record: Id, version: int | None = None) -> ModelInfo | None:
        """A version of a model that is still kept."""
        ...

    def get_blob(self, root: Root) -> bytes | None:
        """The bytes of a blob in the state."""
        ...


@frozen
class RowsTask:
    """Rows of a blob through a model."""

    model: Id
    version: int
    inputs: Root
    """The blob with the input rows, int8 row-major."""

    row_first: int
    rows: int


@frozen
class ProgramTask:
    """A slot of a program."""

    program: Program
    slot: int
    model: RecordVersion | None
    """For a program that runs a model."""

    before: bytes
    """The output of the slot before, for a program whose slots are a chain; empty for the first."""


@frozen
class ReviewTask:
    """What no program can judge: whoever asked for it looks at it."""

    review_blocks: int
    """So long; what is not rejected by then is accepted."""


def load_inputs(task: ProgramTask, sources: Sources) -> Inputs | None:
    """What a program's slot reads; None where a part of it is not in the state."""
    model: LoadedModel | None = None
    if task.model is not None:
        info = sources.get_model(task.model.record, task.model.version)
        model = None if info is None else load_model(info, sources)
        if model is None:
            return None
    blobs = [sources.get_blob(root) for root in task.program.get_roots()]
    found = tuple(blob for blob in blobs if blob is not None)
    return Inputs(found, model, task.before) if len(found) == len(blobs) else None
