"""Runs each program by its compiled twin, which is trusted once it gave the reference's bytes."""

from typing import Final

import numpy as np
from numba.core.errors import NumbaError

from consensus.kernels.programs.counting import add_up_groups, count_answers
from consensus.kernels.programs.raytrace import draw_tile, pack_scene
from consensus.kernels.programs.sgd import Rule, train_linear, train_perceptron
from consensus.kernels.programs.trials import make_trials
from runtime.programs import Evaluation, Inputs, Metric, Program, Raytrace, Sgd, Statistics
from runtime.programs.evaluation import COUNT_TYPE
from runtime.programs.integers import load_labels, load_operands
from runtime.programs.raytrace import CHANNELS
from runtime.programs.scene import decode_scene
from runtime.programs.sgd import MISS_TYPE, append_one, dump_weights

KERNELS: Final = (draw_tile, train_linear, train_perceptron, add_up_groups, count_answers)


class TwinFault(Exception):
    """A twin cannot be compiled here, or gives other bytes than the reference."""


class ProgramTwins:
    """A `ProgramRunner`; a program without a twin runs by its own rules."""

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        """The output of a slot. Errors: `ProgramError`."""
        match program:
            case Raytrace():
                return _draw(program, slot, inputs)
            case Sgd():
                return _train(program, slot, inputs)
            case Statistics():
                return _add_up(program, inputs)
            case Evaluation():
                return _evaluate(program, slot, inputs)
            case _:
                return program.run(slot, inputs)


def ensure_twins_exact() -> None:
    """Runs small slots of every program both ways, compiling what is not. Errors: `TwinFault`."""
    twins = ProgramTwins()
    for program, inputs in make_trials():
        name = type(program).__name__
        try:
            found = twins.run_program(program, 0, inputs)
        except NumbaError as error:
            raise TwinFault(f"{name} does not compile: {error}") from error
        if found != program.run(0, inputs):
            raise TwinFault(f"{name} gives other bytes than its reference")


def _draw(program: Raytrace, slot: int, inputs: Inputs) -> bytes:
    (data,) = inputs.blobs
    whole, spheres = pack_scene(decode_scene(data))
    left, top, width, height = program.get_tile(slot)
    pixels = np.empty((height, width, CHANNELS), np.uint8)
    draw_tile(whole, spheres, (program.width, program.height), (left, top), pixels)
    return pixels.tobytes()


def _train(program: Sgd, slot: int, inputs: Inputs) -> bytes:
    rows, labels = inputs.blobs
    x = append_one(load_operands(rows, program.count, program.cols))
    y = load_labels(labels, program.count, program.classes)
    weights = program.draw_weights() if slot == 0 else program.load_weights(inputs.before)
    first, steps = slot * program.steps_per_slot, program.count_steps(slot)
    chosen = np.array([program.draw_batch(first + step) for step in range(steps)], np.int64)
    misses = np.zeros(steps, np.int64)
    rule = Rule(program.margin, program.shift, program.rate, program.hidden_rate)
    if weights.second is None:
        train_linear(rule, weights.first, x, y, chosen, misses)
    else:
        train_perceptron(rule, weights.first, weights.second, x, y, chosen, misses)
    return dump_weights(weights) + misses.astype(MISS_TYPE).tobytes()


def _add_up(program: Statistics, inputs: Inputs) -> bytes:
    (data,) = inputs.blobs
    rows = np.array(np.frombuffer(data, np.int8).reshape(program.count, program.cols))
    sums = np.zeros((program.groups, 1 + len(program.columns)), np.int64)
    columns = np.array(program.columns, np.int64)
    add_up_groups(rows, program.group, program.low, columns, sums)
    return program.dump_sums(sums)


def _evaluate(program: Evaluation, slot: int, inputs: Inputs) -> bytes:
    output, labels = program.run_model(slot, inputs)
    cells = np.zeros((program.classes, program.classes), np.int64)
    right = count_answers(np.array(output, np.int64), labels, cells)
    counts = cells if program.metric is Metric.CONFUSION else np.array([right, len(labels)])
    return counts.astype(COUNT_TYPE).tobytes()
