"""A chain on which Charlie lets storage, and Dave has leased some of it."""

from typing import Final

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.node import Node
from pallets.leases import Lease, Replica, StorageTerms
from pallets.registry.types import KindPrice, Provider
from runtime.frame.ai_types import JobKind, Role
from runtime.primitives import UNIT, Root
from runtime.tensor.chunks import commit_chunks
from tests.helpers.job_stage import BOND, MANIFEST, TTL, add_block
from tests.helpers.node_stage import CHARLIE, DAVE, BlockMaker, Wallet

CONTENT: Final = bytes(range(256)) * 100
ROOT: Final = commit_chunks(CONTENT).root
TERMS: Final = StorageTerms(proof_every=6, proof_blocks=5, draws=8)
RATE: Final = UNIT // 100


async def set_up_lease(node: Node, *, blocks: int = 600, root: Root = ROOT) -> int:
    """Registers the provider, posts its offer and starts a lease of `CONTENT`, in two blocks."""
    client = node.client
    wallet, maker = Wallet(client), BlockMaker(client)
    runtime = get_runtime(client)
    record, offer = runtime.registry.next_id.get(), runtime.leases.next_offer.get()
    lease = runtime.leases.next_lease.get()
    body = Provider("https://p.example", (), (KindPrice(JobKind.STORE, 1),), 8)
    terms = (record, TERMS, RATE, 10, 3 * TERMS.proof_every, 100)
    await add_block(
        client,
        maker,
        node,
        (CHARLIE, wallet.make_call("Registry", "register", body, MANIFEST, (), 0, TTL)),
        (CHARLIE, wallet.make_call("Bonds", "bond", Role.STORAGE, BOND)),
        (CHARLIE, wallet.make_call("Leases", "post_offer", *terms)),
    )
    replica = Replica(root, len(CONTENT))
    start = wallet.make_call("Leases", "start_lease", offer, replica, blocks * RATE)
    await add_block(client, maker, node, (DAVE, start))
    assert get_runtime(client).leases.next_lease.get() == lease + 1, "the lease was refused"
    return lease


def get_lease(client: Client, lease: int) -> Lease | None:
    """A lease as the best block has it; None once it is closed."""
    return get_runtime(client).leases.lease.get(lease)


async def wait_for_lease(client: Client, lease: int, paid_blocks: int) -> None:
    """Until so many blocks of it are paid, or it is closed."""
    async for head in client.best.changes():
        entry = get_runtime(client, head.hash).leases.lease.get(lease)
        if entry is None or entry.paid_blocks >= paid_blocks:
            return
