"""US-13, the lease: a machine that an auditor vouches for is rented until the balance runs out.

Then its provider takes another one back with notice. He mines all the while, so that beside what he
says of his machine stands what it has proven. All on a node, in virtual time.
"""

from dataclasses import dataclass, replace

import pytest

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.db.memory import MemoryStore
from chain.node import Keys
from chain.wallet.leasing import OfferRequest, make_offer_calls, read_lease
from chain.wallet.publishing import RecordTerms, make_provider_body, make_register_call
from chain.wallet.transaction import make_call
from pallets.leases import CloseReason, Machines, MachineTerms
from pallets.leases import declarations as declared
from pallets.registry.declarations import Registered
from pallets.registry.types import Attribute, KindPrice
from runtime.crypto.ss58 import encode_ss58
from runtime.frame.ai_types import JobKind, Role
from runtime.pre_digest import compute_work
from runtime.primitives import UNIT, Hash
from runtime.tensor.blob import blob_root
from tests.helpers.node_stage import make_pair, make_spec, open_client, run_stage
from tests.helpers.rpc_stage import RpcStage, run_rpc_stage
from tests.helpers.scheduler import run_seeded
from tests.stories.aftermath import ensure_every_block_holds, ensure_restart_agrees
from tests.stories.live_node import LiveNode, find, get_account, send_well

TENANT, PROVIDER, AUDITOR, PASSER_BY = "Alice", "Bob", "Charlie", "Dave"
RATE = 2 * UNIT
REVIEW, NOTICE, LEAST = 3, 6, 5
BOND = 5_000 * UNIT
BLOCKS = 12
"""What the first balance pays for."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to."""

    store: MemoryStore
    record: int
    overdrawn: tuple[declared.LeaseSettled, ...]
    ends: tuple[CloseReason, CloseReason]
    notice_blocks: int
    """How long the provider went on after it had reclaimed."""

    reclaimed_blocks: int
    """What the second lease paid for."""

    head: Hash
    state_root: Hash


async def register(stage: LiveNode) -> int:
    """The provider with its machine, and the auditor who has seen it; the offer is number 0."""
    runtime = stage.runtime
    body = make_provider_body("https://p.example", {"gpu": "none", "ram_gib": "64"}, 1, 8)
    body = replace(body, prices=(KindPrice(JobKind.RENT, 1),))
    call = make_register_call(runtime, body, blob_root(b"machine"), RecordTerms(0, 50_000))
    record = find(await send_well(stage, PROVIDER, call), Registered).record
    seen = (Attribute("ram_gib", "64"),)
    await send_well(stage, AUDITOR, make_call(runtime.registry.attest, record, seen, 10_000))
    request = OfferRequest(record, MachineTerms(REVIEW), RATE, LEAST, NOTICE, 2, BOND)
    for each in make_offer_calls(runtime, request):
        await send_well(stage, PROVIDER, each)
    return record


async def start(stage: LiveNode, blocks: int) -> int:
    """A lease of the machine with a balance for so many blocks, accepted."""
    leases = stage.runtime.leases
    call = make_call(leases.start_lease, 0, Machines(1), blocks * RATE)
    lease = find(await send_well(stage, TENANT, call), declared.LeaseStarted).lease
    await send_well(stage, PROVIDER, make_call(leases.accept_lease, lease))
    return lease


async def poke_to_the_end(
    stage: LiveNode, lease: int
) -> tuple[CloseReason, tuple[declared.LeaseSettled, ...]]:
    """A passer-by settles the lease when it is over; why it ended, and what was paid then."""
    entry = read_lease(stage.runtime, lease).lease
    await stage.wait_until(lambda runtime: runtime.system.get_block_number() >= entry.end + REVIEW)
    included = await send_well(stage, PASSER_BY, make_call(stage.runtime.leases.poke, lease))
    settled = tuple(e for e in included.events if isinstance(e, declared.LeaseSettled))
    return find(included, declared.LeaseClosed).reason, settled


async def tell() -> Told:
    """The whole story; the node has stopped when this returns."""
    store = MemoryStore()
    client = open_client(store)
    async with run_stage(client, Keys(author=make_pair(f"//{PROVIDER}"))) as node:
        stage = LiveNode(node)
        record = await register(stage)
        first, overdrawn = await poke_to_the_end(stage, await start(stage, BLOCKS))
        second_lease = await start(stage, 1_000)
        await stage.wait_until(
            lambda runtime: (
                runtime.system.get_block_number()
                > runtime.leases.lease[second_lease].settled_at + 2 * LEAST
            )
        )
        accepted_at = stage.runtime.leases.lease[second_lease].accepted_at
        assert accepted_at is not None
        given = await send_well(
            stage, PROVIDER, make_call(stage.runtime.leases.reclaim, second_lease)
        )
        ends_at = find(given, declared.Reclaiming).ends_at
        paid_then = sum(
            event.blocks for event in given.events if isinstance(event, declared.LeaseSettled)
        )
        second, settled = await poke_to_the_end(stage, second_lease)
        reclaimed = paid_then + sum(each.blocks for each in settled)
        assert reclaimed == ends_at - accepted_at
        best = client.best.value
    notice, root = ends_at - given.number, best.header.state_root
    return Told(store, record, overdrawn, (first, second), notice, reclaimed, best.hash, root)


@pytest.fixture(scope="module")
def told() -> Told:
    return run_seeded(tell)


def test_a_balance_pays_its_blocks_and_no_more(told: Told) -> None:
    (settled,) = told.overdrawn
    assert (settled.blocks, settled.amount) == (BLOCKS, BLOCKS * RATE)
    assert settled.amount == settled.burned + settled.treasury + settled.paid
    assert settled.paid == BLOCKS * RATE * 88 // 100
    assert settled.treasury == BLOCKS * RATE * 2 // 100


def test_leases_end_as_they_should(told: Told) -> None:
    assert told.ends == (CloseReason.OVERDRAWN, CloseReason.RECLAIMED)
    assert told.notice_blocks == NOTICE
    assert told.reclaimed_blocks >= 2 * LEAST + NOTICE


def test_what_is_declared_stands_beside_what_is_proven(told: Told) -> None:
    """The provider says that it has no GPU; its blocks show how much it multiplies all the same."""

    async def look(stage: RpcStage) -> None:
        shown = await stage.ask("registry_getRecord", told.record)
        assert {"name": "gpu", "value": "none"} in shown["current"]["body"]["attributes"]
        (row,) = await stage.ask("work_benchmarks")
        assert row["account"] == encode_ss58(get_account(PROVIDER))
        numbers = range(1, stage.client.best.value.number + 1)
        hashes = [stage.client.get_block_hash(number) for number in numbers]
        digests = [stage.client.get_pre_digest(each) for each in hashes if each is not None]
        proven = sum(compute_work(each.target) for each in digests if each is not None)
        assert int(row["provenMacs"]) == proven > 0
        assert 0 < int(row["macsPerBlock"]) <= int(row["peak"]) <= proven // len(numbers)

    run_rpc_stage(look, client=open_client(told.store))


def test_a_restart_finds_the_same_and_every_block_holds(told: Told) -> None:
    reopened: list[Client] = []

    async def restart() -> None:
        client = open_client(told.store)
        async with run_stage(client, Keys()):
            ensure_restart_agrees(client, told.head, told.state_root)
            runtime = get_runtime(client)
        reopened.append(client)
        assert not any(True for _ in runtime.leases.lease.items())
        assert runtime.leases.offer[0].taken == 0
        provider = get_account(PROVIDER)
        assert runtime.bonds.get_bonded(provider, Role.PROVIDER) == BOND
        said = runtime.registry.attestation[told.record, get_account(AUDITOR)]
        assert [(each.name, each.value) for each in said.attributes] == [("ram_gib", "64")]

    run_seeded(restart)
    ensure_every_block_holds(reopened[0], make_spec())
