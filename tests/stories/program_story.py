"""What the stories of programs share: who runs them, by hand or as a service, honestly or not."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chain.client.client import Client
from chain.db.memory import MemoryStore
from chain.node import Keys
from chain.wallet.publishing import RecordTerms, make_register_call
from chain.wallet.transaction import make_call
from pallets.market import Dutch, JobSpec, Posted, Terms
from pallets.market.declarations import JobPosted
from pallets.registry.declarations import Registered
from pallets.registry.types import KindPrice, Provider
from runtime.frame.ai_types import JobKind, Role, SlotId, VerifierId
from runtime.primitives import UNIT, Hash
from runtime.tensor.blob import blob_root
from tests.helpers.node_stage import make_pair, open_client, run_stage
from tests.helpers.scheduler import run_seeded
from tests.helpers.slot_work import commit_result, run_program
from tests.stories.live_node import Included, LiveNode, find, get_account, get_pair, send_well

REQUESTER, CHEAT, RIVAL, SERVICE = "Alice", "Bob", "Dave", "Charlie"
"""The service is the node's own provider; the cheat and the rival make each move by hand."""

BOND = 200 * UNIT
"""Above the least, so that a slash leaves enough for another lock."""

TTL_BLOCKS = 50_000


@dataclass(frozen=True, slots=True)
class Stopped:
    """A chain when its node had stopped."""

    store: MemoryStore
    head: Hash
    state_root: Hash


@asynccontextmanager
async def run_program_stage(store: MemoryStore) -> AsyncGenerator[LiveNode]:
    """A node in virtual time that mines, and that provides once its provider has a record."""
    keys = Keys(author=make_pair("//Eve"), provider=get_pair(SERVICE))
    async with run_stage(open_client(store), keys) as node:
        yield LiveNode(node)


def note_stop(store: MemoryStore, client: Client) -> Stopped:
    """Where the chain stands."""
    best = client.best.value
    return Stopped(store, best.hash, best.header.state_root)


async def register_runner(stage: LiveNode, name: str, kind: JobKind, ask: int) -> int:
    """A provider of one kind of program that asks so much a slot; its record."""
    runtime = stage.runtime
    body = Provider("", (), (KindPrice(kind, ask),), 16)
    call = make_register_call(runtime, body, blob_root(name.encode()), RecordTerms(0, TTL_BLOCKS))
    record = find(await send_well(stage, name, call), Registered).record
    await send_well(stage, name, make_call(runtime.bonds.bond, Role.PROVIDER, BOND))
    return record


async def post(
    stage: LiveNode,
    spec: JobSpec,
    price: Dutch | Posted,
    blobs: Sequence[bytes],
    terms: Terms,
    verifier: VerifierId = VerifierId.REPLAY,
) -> Included:
    """The requester's blobs and job."""
    runtime = stage.runtime
    for blob in blobs:
        await send_well(stage, REQUESTER, make_call(runtime.registry.put_blob, blob))
    call = make_call(runtime.market.post, spec, price, verifier, terms)
    included = await send_well(stage, REQUESTER, call)
    assert find(included, JobPosted).job == 0, "a story has one job"
    return included


async def lock(stage: LiveNode, name: str, record: int, slot: int) -> Included:
    """Takes a slot of the job."""
    return await send_well(stage, name, make_call(stage.runtime.market.lock, 0, slot, record))


def run(stage: LiveNode, slot: int) -> bytes:
    """What a slot's program gives."""
    market = stage.runtime.market
    records, job = stage.runtime.registry.records, market.job[0]
    return run_program(records, job, slot, lambda other: market.output[0, other])


async def submit(stage: LiveNode, name: str, slot: int, output: bytes) -> Included:
    """Submits an output for a slot, right or wrong."""
    job = stage.runtime.market.job[0]
    genesis, who = stage.client.genesis_hash, get_account(name)
    commitment = commit_result(genesis, SlotId(0, slot), job, who, output)
    call = make_call(stage.runtime.market.submit, 0, slot, commitment, output)
    return await send_well(stage, name, call)


async def wait_for_number(stage: LiveNode, number: int) -> None:
    """Until a block of at least this number is the best."""
    await stage.wait_until(lambda runtime: runtime.system.get_block_number() >= number)


def reopen(stopped: Stopped) -> Client:
    """The chain as another start of the node finds it."""

    async def restart() -> Client:
        client = open_client(stopped.store)
        async with run_stage(client):
            return client

    return run_seeded(restart)
