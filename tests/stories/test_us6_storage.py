"""US-6: whoever deletes a tenth of what it keeps is found, ends, and is replaced; nobody else is.

Everything is judged by the chain that the node left behind, opened again after it stopped.
"""

from pathlib import Path

import pytest

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.node import Keys
from pallets.leases import CloseReason
from pallets.leases import declarations as declared
from pallets.runtime import Runtime
from runtime.frame.ai_types import Role
from runtime.frame.traits import HoldReason
from tests.helpers.node_stage import make_spec, open_client, run_stage
from tests.helpers.scheduler import run_seeded
from tests.stories.aftermath import ensure_every_block_holds, ensure_restart_agrees
from tests.stories.live_node import get_account
from tests.stories.storage_story import (
    BOND,
    CHEAT,
    HONEST,
    OWNER,
    PLAIN,
    RATE,
    REPLACEMENT,
    SECOND,
    TERMS,
    WINDOWS,
    Told,
    tell,
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder: Path = tmp_path_factory.mktemp("keepers")
    return run_seeded(lambda: tell(folder))


@pytest.fixture(scope="module")
def client(told: Told) -> Client:
    """The chain after a restart."""

    async def restart() -> Client:
        again = open_client(told.store)
        async with run_stage(again, Keys()):
            return again

    return run_seeded(restart)


@pytest.fixture
def runtime(client: Client) -> Runtime:
    return get_runtime(client)


def test_the_cheat_is_found_within_a_few_audits(told: Told) -> None:
    """An audit finds a tenth with 88 %: three misses take more than twelve once in 10^7 times."""
    assert 3 <= told.hunt.windows <= 12


def test_the_cheat_is_slashed_and_the_rest_comes_back(told: Told, runtime: Runtime) -> None:
    (failed,) = [e for e in told.hunt.events if isinstance(e, declared.ProviderFailed)]
    (closed,) = [e for e in told.hunt.events if isinstance(e, declared.LeaseClosed)]
    bond = 4 * RATE * runtime.leases.params.bond_blocks
    assert failed.provider == get_account(CHEAT)
    assert (failed.slashed, failed.burned, failed.to_tenant) == (bond, bond // 2, bond // 2)
    assert closed.reason is CloseReason.FAULTY
    funded = 4 * RATE * TERMS.proof_every * (WINDOWS + 20)
    assert funded - 20 * 4 * RATE * TERMS.proof_every < closed.refund < funded
    assert told.leases[CHEAT] not in runtime.leases.lease
    assert runtime.bonds.get_bonded(get_account(CHEAT), Role.STORAGE) == BOND - bond


def test_the_honest_never_fault(told: Told, runtime: Runtime) -> None:
    for name in (HONEST, SECOND, REPLACEMENT):
        lease = runtime.leases.lease[told.leases[name]]
        assert lease.misses == 0, name
    paid = [runtime.leases.lease[told.leases[name]].paid_blocks for name in (HONEST, SECOND)]
    assert min(paid) >= WINDOWS * TERMS.proof_every
    assert sum(paid) >= 200 * TERMS.proof_every, "two hundred audits without a fault"


def test_the_file_survives_and_is_kept_by_another(told: Told, runtime: Runtime) -> None:
    """What the new keeper encrypts and keeps is what a surviving one has given back."""
    assert told.recovered == PLAIN
    lease = runtime.leases.lease[told.leases[REPLACEMENT]]
    assert lease.paid_blocks > WINDOWS // 2 * TERMS.proof_every
    subjects = {each.subject for _, each in runtime.leases.lease.items()}
    assert len(subjects) == 3, "each keeper has a ciphertext of its own"


def test_what_the_owner_pays_from_is_held(runtime: Runtime) -> None:
    owner = get_account(OWNER)
    held = runtime.balances.ledger.get_held(HoldReason.LEASE, owner)
    leases = [each for _, each in runtime.leases.lease.items()]
    assert held == sum(each.balance + each.deposit for each in leases)


def test_a_restart_finds_the_same_and_every_block_holds(told: Told, client: Client) -> None:
    ensure_restart_agrees(client, told.head, told.state_root)
    ensure_every_block_holds(client, make_spec())
