"""US-1 told on a live node: a model, a job of 450 digits, a cheat, and an honest provider.

The cheat is the only provider until it has been caught, so that nobody takes the slots from it;
the node's own provider registers afterwards and finishes the job, the cheated slots included.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trio

from chain.training import Digits, load_digits, train_digits
from chain.wallet.jobs import read_job
from chain.wallet.model_file import ModelFile
from chain.wallet.publishing import (
    JobRequest,
    RecordTerms,
    batch_calls,
    get_model_blobs,
    make_blob_calls,
    make_bond_call,
    make_dataset_body,
    make_model_body,
    make_post_call,
    make_provider_body,
    make_register_call,
)
from chain.wallet.transaction import make_call
from pallets.market.declarations import JobPosted
from pallets.market.prices import Dutch
from pallets.market.types import Terms
from pallets.registry.declarations import Registered
from pallets.registry.types import Parent, Relation
from runtime.claim import compute_claim_roots, compute_commitment
from runtime.frame import Call
from runtime.frame.ai_types import SlotId, VerifierId
from runtime.primitives import UNIT, Hash
from runtime.tensor import check_graph, run_graph
from runtime.tensor.blob import blob_root
from runtime.tensor.graph import encode_graph
from runtime.tensor.interpreter import GraphRun, compute_product
from runtime.tensor.value import IntArray
from tests.stories.live_node import Included, Stage, find, get_account, open_live_node, send_well

REQUESTER, MODEL_OWNER, DATA_OWNER, PROVIDER, CHEAT = "Alice", "Bob", "Dave", "Charlie", "Ferdie"
PEOPLE = (REQUESTER, MODEL_OWNER, DATA_OWNER, PROVIDER, CHEAT)

ROWS_PER_SLOT = 50
PRICE = Dutch(UNIT, 5 * UNIT, 20)
BOND = 200 * UNIT
"""Above the least of 100, which what is left after a slash must not fall below for another lock."""
MODEL_ROYALTY_BPS = 1_000
DATASET_ROYALTY_BPS = 500
TTL_BLOCKS = 50_000
TERMS = Terms(open_blocks=200, work_blocks=100, attempts=3)


@dataclass(frozen=True, slots=True)
class Cast:
    """The model and the data, as everybody has them off the chain."""

    digits: Digits
    model: ModelFile
    expected: IntArray
    """What the model answers to the held-out images."""


@dataclass(frozen=True, slots=True)
class Fraud:
    """A wrong result that was submitted, and what happened to it in its block."""

    slot: int
    lock: Included
    submit: Included


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to; the rest is read from the chain."""

    cast: Cast
    verifier: VerifierId
    model: int
    job: int
    frauds: tuple[Fraud, ...]
    posted_at: int
    head: Hash
    """The head when the node stopped."""

    state_root: Hash


def train_cast() -> Cast:
    digits = load_digits()
    graph, tensors = train_digits(digits.train_images, digits.train_labels)
    expected = run_graph(graph, tensors, digits.test_images)
    return Cast(digits, ModelFile(check_graph(graph), tensors), expected)


def tell_story(folder: Path, cast: Cast, verifier: VerifierId) -> Told:
    """The whole story on a node of its own; it has stopped when this returns."""

    async def tell() -> Told:
        async with open_live_node(folder, PROVIDER) as stage:
            model = await publish(stage, cast)
            posted, posted_at = await post_job(stage, model, cast, verifier)
            frauds = await cheat(stage, cast, posted.job, verifier)
            await register_provider(stage, PROVIDER)
            await stage.wait_until(lambda runtime: read_job(runtime, posted.job).is_finished)
        head = stage.client.best.value
        root = head.header.state_root
        return Told(cast, verifier, model, posted.job, frauds, posted_at, head.hash, root)

    return trio.run(tell)


async def publish(stage: Stage, cast: Cast) -> int:
    """The dataset and the model made of it; the model's number."""
    digits, runtime = cast.digits, stage.runtime
    content = digits.train_images.tobytes() + digits.train_labels.tobytes()
    dataset = make_dataset_body(content, len(digits.train_labels), "64 pixels and a label, int8")
    terms = RecordTerms(0, TTL_BLOCKS)
    call = make_register_call(runtime, dataset, dataset.plain_root, terms)
    number = find(await send_well(stage, DATA_OWNER, call), Registered).record
    parent = Parent(number, Relation.TRAINED_ON, DATASET_ROYALTY_BPS)
    terms = RecordTerms(MODEL_ROYALTY_BPS, TTL_BLOCKS, (parent,))
    model = make_model_body(cast.model)
    manifest = blob_root(encode_graph(cast.model.checked.graph))
    calls = (
        *make_blob_calls(runtime, frozenset(), get_model_blobs(cast.model)),
        make_register_call(runtime, model, manifest, terms),
    )
    included = [await send_well(stage, MODEL_OWNER, each) for each in batch_calls(runtime, calls)]
    return find(included[-1], Registered).record


async def post_job(
    stage: Stage, model: int, cast: Cast, verifier: VerifierId
) -> tuple[JobPosted, int]:
    """The held-out images as a job; where it was posted."""
    rows, runtime = cast.digits.test_images, stage.runtime
    request = JobRequest(model, rows, ROWS_PER_SLOT, PRICE, verifier, TERMS)
    put = make_call(runtime.registry.put_blob, rows.tobytes())
    await send_well(stage, REQUESTER, put)
    included = await send_well(stage, REQUESTER, make_post_call(runtime, request))
    return find(included, JobPosted), included.number


async def register_provider(stage: Stage, name: str) -> int:
    """A provider with a bond; its record."""
    runtime = stage.runtime
    body = make_provider_body("", {"cpu": "any"}, PRICE.min, 16)
    terms = RecordTerms(0, TTL_BLOCKS)
    await send_well(stage, name, make_bond_call(runtime, BOND))
    call = make_register_call(runtime, body, blob_root(b"provider of " + name.encode()), terms)
    return find(await send_well(stage, name, call), Registered).record


async def cheat(stage: Stage, cast: Cast, job: int, verifier: VerifierId) -> tuple[Fraud, ...]:
    """Flips one logit of slot 3; and of slot 5 with a trace that is made to fit it."""
    record = await register_provider(stage, CHEAT)
    frauds: list[Fraud] = []
    for slot, is_trace_forged in ((3, False), (5, True)):
        runtime = stage.runtime
        lock = await send_well(stage, CHEAT, make_call(runtime.market.lock, job, slot, record))
        payload = forge(cast, slot, verifier, is_trace_forged=is_trace_forged)
        call = make_submit_call(stage, CHEAT, SlotId(job, slot), *payload)
        frauds.append(Fraud(slot, lock, await send_well(stage, CHEAT, call)))
    return tuple(frauds)


def forge(
    cast: Cast, slot: int, verifier: VerifierId, *, is_trace_forged: bool
) -> tuple[bytes, bytes]:
    """The right output and trace but for one number."""
    output, products = run_slot(cast, slot)
    output[7, 2] += 1
    products[-1][7, 2] += is_trace_forged
    trace = b"".join(each.astype("<i4").tobytes() for each in products)
    is_traced = verifier is VerifierId.FREIVALDS
    return output.astype("<i4").tobytes(), trace if is_traced else b""


def run_slot(cast: Cast, slot: int) -> tuple[IntArray, list[IntArray]]:
    """The output of a slot's rows, and the product of each layer."""
    rows = cast.digits.test_images[slot * ROWS_PER_SLOT : (slot + 1) * ROWS_PER_SLOT]
    run = GraphRun(cast.model.checked, cast.model.tensors, rows)
    products: list[IntArray] = []
    while run.pending is not None:
        product = compute_product(run.pending.a, run.pending.b)
        products.append(np.array(product))
        run.resume(product)
    return np.array(run.output), products


def make_submit_call(stage: Stage, name: str, at: SlotId, output: bytes, trace: bytes) -> Call:
    """A result with the commitment that it needs."""
    from_whom = get_account(name)
    roots = compute_claim_roots(output, trace)
    commitment = compute_commitment(stage.client.genesis_hash, at, from_whom, roots)
    return make_call(stage.runtime.market.submit, at.job, at.slot, commitment, output + trace)
