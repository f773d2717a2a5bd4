"""US-2 at the size of a replay: iris and digits are trained on the chain, and a cheat is found."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_iris

from chain.client.typed_state import get_runtime
from chain.db.memory import MemoryStore
from chain.node import Keys
from chain.programs.trained import export_model
from chain.training.digits import compute_accuracy, load_digits
from chain.wallet.jobs import read_outputs
from pallets.market import Posted, SlotState, Train
from runtime.primitives import Hash
from runtime.programs import Inputs, Sgd
from runtime.tensor.blob import blob_root
from runtime.tensor.value import Int8Array
from tests.helpers.job_stage import set_up_programs, wait_for_slot
from tests.helpers.market_stage import ALICE, BOB, CAROL, MarketStage
from tests.helpers.node_stage import CHARLIE, open_client, run_stage
from tests.helpers.scheduler import run_seeded

SEED = Hash(b"seed" * 8)


def split_iris() -> tuple[Int8Array, Int8Array, Int8Array, Int8Array]:
    """Rows in [-63, 63] and labels: 120 to train on, 30 held out, every fifth of each class."""
    data, labels = load_iris(return_X_y=True)
    low, high = data.min(axis=0), data.max(axis=0)
    rows = np.rint((data - low) / (high - low) * 126 - 63).astype(np.int8)
    is_test = np.arange(150) % 5 == 0
    labels = labels.astype(np.int8)
    return rows[~is_test], labels[~is_test], rows[is_test], labels[is_test]


def make_job(rows: Int8Array, labels: Int8Array, task: Sgd) -> tuple[Train, tuple[bytes, bytes]]:
    blobs = rows.tobytes(), labels.astype(np.uint8).tobytes()
    count, cols = rows.shape
    roots = blob_root(blobs[0]), blob_root(blobs[1])
    return Train(replace(task, rows=roots[0], labels=roots[1], count=count, cols=cols), None), blobs


NO_ROOT = blob_root(b"")
DIGITS = Sgd(NO_ROOT, NO_ROOT, 0, 0, 32, 10, 64, 2_000, 7, 7, 4, SEED, 512, 64)
IRIS = Sgd(NO_ROOT, NO_ROOT, 0, 0, 8, 3, 32, 1_000, 6, 7, 4, SEED, 512, 128)


def train_on_chain(job: Train, blobs: tuple[bytes, bytes]) -> tuple[bytes, ...]:
    """The outputs of all segments, by a node that is paid for them."""
    outputs: list[bytes] = []

    async def main() -> None:
        store = MemoryStore()
        async with run_stage(open_client(store)) as node:
            (number,) = await set_up_programs(node, job, blobs=blobs)
        client = open_client(store)
        segments = job.program.count_slots()
        async with run_stage(client, Keys(provider=CHARLIE)) as node:
            for slot in range(segments):
                await wait_for_slot(client, number, SlotState.SETTLED, slot)
            # No lock was sent for a segment whose turn had not come.
            assert node.provider.locked == node.provider.submitted == segments
        runtime = get_runtime(client)
        outputs.extend(read_outputs(runtime, number))
        for pallet in runtime.pallets:
            pallet.try_state()

    run_seeded(main)
    return tuple(outputs)


def test_digits_are_learnt_in_eight_segments() -> None:
    digits = load_digits()
    rows, labels = digits.train_images[:1_024], digits.train_labels[:1_024]
    job, blobs = make_job(rows, labels, DIGITS)
    outputs = train_on_chain(job, blobs)
    assert len(outputs) == 8
    held_out = digits.test_images, digits.test_labels
    accuracy = [compute_accuracy(*export_model(job.program, part), *held_out) for part in outputs]
    assert accuracy[0] < 0.9
    assert accuracy[-1] > 0.965
    misses = [missed for part in outputs for missed in job.program.load_misses(part)]
    assert len(misses) == 512
    assert np.mean(misses[:32]) > 4 * np.mean(misses[-32:])


def test_iris_is_learnt() -> None:
    rows, labels, test_rows, test_labels = split_iris()
    job, blobs = make_job(rows, labels, IRIS)
    outputs = train_on_chain(job, blobs)
    model = export_model(job.program, outputs[-1])
    assert compute_accuracy(*model, test_rows, test_labels) > 0.95


@pytest.mark.parametrize("step", [0, 63])
def test_a_weight_altered_in_one_step_is_found(step: int) -> None:
    """The cheat alters weight [0, 0] after a step of its segment and trains on from there."""
    rows, labels, _, _ = split_iris()
    job, blobs = make_job(rows, labels, replace(IRIS, steps=128, steps_per_slot=64))
    stage = MarketStage()
    for blob in blobs:
        stage.put_blob(ALICE, blob)
    number = stage.post_spec(job, Posted(1_000_000))
    stage.lock(number)
    stage.submit(number)
    stage.lock(number, 1)
    inputs = Inputs(blobs, None, stage.market.output[number, 0])
    single = replace(job.program, steps_per_slot=1)
    payload, misses = b"", b""
    for at in range(64, 128):
        payload = single.run(at, inputs)
        misses += payload[-2:]
        if at == 64 + step:
            payload = bytes([payload[0] ^ 1]) + payload[1:]
        inputs = replace(inputs, before=payload)
    stage.submit(number, 1, BOB, payload[:-2] + misses)
    assert stage.get(number, 1).failures == 1
    stage.lock(number, 1, CAROL)
    stage.submit(number, 1, CAROL)
    assert stage.get(number, 1).state is SlotState.SETTLED
