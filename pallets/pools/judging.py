"""What a shard is worth, and who earns what; exact integers, nothing is stored."""

from collections.abc import Mapping

from pallets.pools.examples import Examples
from pallets.pools.types import PoolSpec
from runtime.primitives import Root
from runtime.programs import Inputs, ProgramRunner, Sgd
from runtime.programs.answers import compute_answers
from runtime.programs.sgd import Weights

NO_ROOT = Root.zero()
"""The trial's examples are put together from several blobs, and have none of their own."""


def make_trial(spec: PoolSpec, count: int) -> Sgd:
    """The training of a pool over so many examples, in one segment."""
    training = spec.training
    return Sgd(
        rows=NO_ROOT,
        labels=NO_ROOT,
        count=count,
        cols=spec.cols,
        hidden=training.hidden,
        classes=spec.classes,
        batch=training.batch,
        margin=training.margin,
        shift=training.shift,
        rate=training.rate,
        hidden_rate=training.hidden_rate,
        seed=training.seed,
        steps=training.steps,
        steps_per_slot=training.steps,
    )


def make_inputs(examples: Examples) -> Inputs:
    """Examples as the training reads them."""
    return Inputs((examples.rows.tobytes(), examples.labels.astype("u1").tobytes()))


def compute_right(
    spec: PoolSpec, examples: Examples, validation: Examples, runner: ProgramRunner
) -> int:
    """How many hidden examples are told right by what is learned from these."""
    trial = make_trial(spec, len(examples.labels))
    weights: Weights = trial.load_weights(runner.run_program(trial, 0, make_inputs(examples)))
    answers = compute_answers(trial, weights, validation.rows)
    return int((answers == validation.labels).sum())


def split_by_points(amount: int, points: Mapping[int, int]) -> dict[int, int]:
    """An amount by points, exactly; what rounding leaves goes to the most, lowest seat first.

    At least one has points.
    """
    total = sum(points.values())
    assert total > 0, "an amount is split among somebody; qed"
    parts = {seat: amount * points[seat] // total for seat in sorted(points)}
    first = min(parts, key=lambda seat: (-points[seat], seat))
    parts[first] += amount - sum(parts.values())
    return parts
