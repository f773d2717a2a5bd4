"""US-2 at the size of a replay: iris and digits are trained on the chain, and a cheat is found."""

from dataclasses import replace

import numpy as np
import pytest

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.db.memory import MemoryStore
from chain.node import Keys
from chain.programs.trained import export_model
from chain.training.digits import compute_accuracy, load_digits
from chain.wallet.jobs import read_outputs
from pallets.market import SlotState, Train, declarations
from pallets.registry.types import Relation
from pallets.verify import VerdictGiven
from runtime.frame.ai_types import FaultKind, Invalid
from runtime.primitives import Hash
from runtime.programs import Sgd
from runtime.tensor.blob import blob_root
from runtime.tensor.value import Int8Array
from tests.helpers.job_stage import set_up_programs, wait_for_slot
from tests.helpers.node_stage import CHARLIE, make_spec, open_client, run_stage
from tests.helpers.scheduler import run_seeded
from tests.stories.aftermath import Aftermath, ensure_every_block_holds, ensure_restart_agrees
from tests.stories.live_node import find, get_account
from tests.stories.program_story import CHEAT, REQUESTER, SERVICE, reopen
from tests.stories.training_story import DATA_OWNER, DATASET_ROYALTY_BPS, Told, tell

SEED = Hash(b"seed" * 8)


def make_job(rows: Int8Array, labels: Int8Array, task: Sgd) -> tuple[Train, tuple[bytes, bytes]]:
    blobs = rows.tobytes(), labels.astype(np.uint8).tobytes()
    count, cols = rows.shape
    roots = blob_root(blobs[0]), blob_root(blobs[1])
    return Train(replace(task, rows=roots[0], labels=roots[1], count=count, cols=cols), None), blobs


NO_ROOT = blob_root(b"")
DIGITS = Sgd(NO_ROOT, NO_ROOT, 0, 0, 32, 10, 64, 2_000, 7, 7, 4, SEED, 512, 64)


def train_on_chain(job: Train, blobs: tuple[bytes, bytes]) -> tuple[bytes, ...]:
    """The outputs of all segments, by a node that is paid for them."""
    outputs: list[bytes] = []
    chain: list[Client] = []

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
        outputs.extend(read_outputs(get_runtime(client), number))
        chain.append(client)

    run_seeded(main)
    ensure_every_block_holds(chain[0], make_spec())
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


@pytest.fixture(scope="module")
def aftermath() -> Aftermath[Told]:
    told = run_seeded(tell)
    return Aftermath(told, reopen(told.stopped))


def test_iris_is_learnt(aftermath: Aftermath[Told]) -> None:
    told = aftermath.told
    graph, tensors = told.file.checked.graph, told.file.tensors
    assert compute_accuracy(graph, tensors, told.test_rows, told.test_labels) == 1


def test_an_altered_step_is_found_and_slashed(aftermath: Aftermath[Told]) -> None:
    """One weight wrong by one, 118 steps before the end of the segment."""
    told, cheat = aftermath.told, get_account(CHEAT)
    verdict = find(told.altered, VerdictGiven).verdict
    assert verdict == Invalid(cheat, FaultKind.WRONG_OUTPUT)
    slashed = find(told.altered, declarations.Slashed)
    bond = find(told.lock, declarations.SlotLocked).bond
    assert (slashed.provider, slashed.amount, slashed.slot) == (cheat, bond, 1)
    assert (slashed.to_owner, slashed.to_treasury) == (bond * 4 // 10, bond * 2 // 10)
    assert find(told.altered, declarations.Reopened).slot == 1


def test_the_segments_are_settled_in_order(aftermath: Aftermath[Told]) -> None:
    settled = aftermath.find(declarations.Settled)
    who = [get_account(CHEAT), *[get_account(SERVICE)] * 3]
    assert [(each.slot, each.provider) for each in settled] == list(enumerate(who))


def test_the_model_names_its_data_and_the_data_earns(aftermath: Aftermath[Told]) -> None:
    told, runtime = aftermath.told, get_runtime(aftermath.client)
    version = runtime.registry.version[told.model, 1]
    assert [(each.record, each.relation) for each in version.parents] == [
        (told.dataset, Relation.TRAINED_ON)
    ]
    settled, altered = aftermath.find(declarations.Settled), told.altered
    royalty = sum(each.price * DATASET_ROYALTY_BPS // 10_000 for each in settled)
    slashed = find(altered, declarations.Slashed)
    expected = {
        DATA_OWNER: royalty,
        REQUESTER: slashed.to_owner - sum(each.price for each in settled),
        CHEAT: settled[0].paid - slashed.amount,
        SERVICE: sum(each.paid for each in settled[1:]),
    }
    assert royalty == sum(each.royalties for each in settled) > 0
    assert {name: aftermath.get_change(get_account(name)) for name in expected} == expected


def test_a_restart_finds_the_same_and_every_block_holds(aftermath: Aftermath[Told]) -> None:
    stopped = aftermath.told.stopped
    ensure_restart_agrees(aftermath.client, stopped.head, stopped.state_root)
    ensure_every_block_holds(aftermath.client, make_spec())
