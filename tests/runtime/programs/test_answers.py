"""What trained weights answer is what the exported model answers, in a graph of its own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chain.programs.trained import export_model
from runtime.programs import Inputs
from runtime.programs.answers import compute_answers
from runtime.tensor.check import check_graph
from runtime.tensor.interpreter import GraphRun, compute_product
from tests.helpers.programs_vectors import make_sgd


@given(
    seed=st.text("abcdef", max_size=6),
    cols=st.integers(1, 6),
    hidden=st.integers(0, 5),
    classes=st.integers(2, 4),
    shift=st.integers(0, 9),
)
def test_it_answers_as_the_exported_model(
    seed: str, cols: int, hidden: int, classes: int, shift: int
) -> None:
    task, rows, labels = make_sgd(seed, 9, cols, hidden, classes, 4, 6, shift=shift)
    output = task.run(0, Inputs((rows, labels)))
    asked = np.random.default_rng(len(seed)).integers(-63, 64, (40, cols), np.int8)
    graph, tensors = export_model(task, output)
    run = GraphRun(check_graph(graph), tensors, asked)
    while run.pending is not None:
        run.resume(compute_product(run.pending.a, run.pending.b))
    answers = compute_answers(task, task.load_weights(output), asked)
    assert answers.tolist() == run.output.argmax(axis=1).tolist()


def test_the_lowest_of_equal_scores_is_the_answer() -> None:
    task, _, _ = make_sgd("tie", 4, 3, 0, 4, 2, 1)
    rows = np.zeros((5, 3), np.int8)
    assert compute_answers(task, task.draw_weights(), rows).tolist() == [0] * 5
