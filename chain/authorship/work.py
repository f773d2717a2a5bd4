"""The work that may seal the next block: a provider's product, or a seeded one."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import trio

from consensus.kernels.shape import OPERAND_MAX
from consensus.pouw.params import is_shape
from runtime.tensor.commitment import Int32Matrix, matrix_root, pad_operand
from runtime.work_summary import Lane, RowRef, WorkSummary

TASKS_QUEUED_MAX: Final = 16


@dataclass(slots=True, eq=False)
class TaskProduct:
    """A paid product on its way through the miner, and where its owner waits for the result."""

    a: npt.NDArray[np.int8]
    """The slots' rows: int8[m, k], not padded."""

    bt: npt.NDArray[np.int8]
    """The registered tensor, transposed: int8[n, k]."""

    rows: tuple[RowRef, ...]
    """Which slots' rows they are; none for a product that no registered tensor is a part of."""

    done: trio.Event = field(default_factory=trio.Event)
    product: npt.NDArray[np.int32] | None = None
    """A.B once done: int32[m, n]."""

    has_sealed: bool = False
    """Whether one of its tickets won a block."""

    @property
    def lane(self) -> Lane:
        """Where it may mine."""
        return Lane.TASK if self.rows else Lane.PRIVATE


@dataclass(frozen=True, slots=True, eq=False)
class PreparedTask:
    """A task's padded operands with the summary that a block carries."""

    a: npt.NDArray[np.int8]
    bt: npt.NDArray[np.int8]
    summary: WorkSummary


def prepare_task(task: TaskProduct) -> PreparedTask:
    """Pads and commits the operands."""
    a, bt = pad_operand(task.a), pad_operand(task.bt)
    summary = WorkSummary(
        task.lane,
        a.shape[0],
        bt.shape[0],
        a.shape[1],
        matrix_root(a),
        matrix_root(bt),
        task.rows,
    )
    return PreparedTask(a, bt, summary)


def is_minable(prepared: PreparedTask) -> bool:
    """Whether a product of these operands can be proven: any paid one is computed, not all mine."""
    a, bt = prepared.a, prepared.bt
    bounds = (int(a.min()), int(a.max()), int(bt.min()), int(bt.max()))
    in_range = min(bounds) >= -OPERAND_MAX and max(bounds) <= OPERAND_MAX
    return in_range and is_shape(len(a), len(bt), a.shape[1])


def multiply_plainly(prepared: PreparedTask, task: TaskProduct) -> Int32Matrix:
    """The plain product, where there is nothing to mine."""
    product = prepared.a.astype(np.int32) @ prepared.bt.T.astype(np.int32)
    return product[: len(task.a), : len(task.bt)]


async def multiply_by_author(tasks: trio.MemorySendChannel[TaskProduct], task: TaskProduct) -> None:
    """Hands a product to the node's author, and waits until it is done."""
    await tasks.send(task)
    await task.done.wait()
