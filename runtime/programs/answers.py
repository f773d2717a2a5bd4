"""What the weights of int-sgd-v1 say of rows that they have not learned from."""

import numpy as np

from runtime.programs.integers import Int64Array
from runtime.programs.sgd import Sgd, Weights, to_operand
from runtime.tensor.product import compute_products
from runtime.tensor.value import OPERAND_MAX, Int8Array


def compute_answers(task: Sgd, weights: Weights, rows: Int8Array) -> Int64Array:
    """The class of each row: its highest score, the lowest class of equals."""
    reads = np.pad(rows, ((0, 0), (0, 1)), constant_values=OPERAND_MAX)
    last = weights.first
    if weights.second is not None:
        sums = compute_products(reads, to_operand(weights.first)) >> task.shift
        hidden = np.clip(sums, 0, OPERAND_MAX).astype(np.int8)
        reads = np.pad(hidden, ((0, 0), (0, 1)), constant_values=OPERAND_MAX)
        last = weights.second
    answers: Int64Array = compute_products(reads, to_operand(last)).argmax(axis=1)
    return answers
