"""US-6 told on a node: three ciphertexts of one file with three keepers, one of whom deletes some.

Windows have three blocks, not a hundred, so that the honest keepers answer two hundred audits in
the time of a test. The keepers are the node's own service, each with a key and a folder of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import trio

from chain.blobs import BlobStore
from chain.client.typed_state import get_runtime
from chain.db.memory import MemoryStore
from chain.node import Keys
from chain.provider.access import LocalAccess
from chain.provider.sender import Sender
from chain.provider.storage import StorageKeeper, keep_storage
from chain.wallet.leasing import OfferRequest, make_offer_calls
from chain.wallet.publishing import RecordTerms, make_provider_body, make_register_call
from chain.wallet.transaction import make_call
from chain.worker import InlineWorker
from pallets.leases import Replica, StorageTerms
from pallets.leases import declarations as declared
from pallets.registry.declarations import Registered
from pallets.registry.types import KindPrice
from runtime.crypto.chunk_cipher import compute_stream_key, encrypt_chunk
from runtime.frame import Event
from runtime.frame.ai_types import JobKind
from runtime.primitives import UNIT, Hash
from runtime.tensor.blob import blob_root
from runtime.tensor.chunks import CHUNK_BYTES, commit_chunks, verify_chunk
from tests.helpers.node_stage import make_pair, open_client, run_stage
from tests.stories.live_node import LiveNode, find, get_pair, send_well

OWNER, HONEST, CHEAT, SECOND, REPLACEMENT = "Alice", "Bob", "Charlie", "Dave", "Ferdie"
KEEPERS = (HONEST, CHEAT, SECOND)
SIZE = 4 << 20
TERMS = StorageTerms(proof_every=3, proof_blocks=2, draws=20)
WINDOWS = 100
"""What each honest keeper proves."""

RATE = UNIT // 1_000
BOND = 200 * UNIT
PLAIN = np.random.default_rng(6).bytes(SIZE)
PLAIN_ROOT = commit_chunks(PLAIN).root


@dataclass(frozen=True, slots=True)
class Hunt:
    """How the cheat was caught."""

    windows: int
    """How many passed from the deletion to the end of its lease."""

    events: tuple[Event, ...]
    """Those of the transaction that ended it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the story came to; the rest is read from the chain."""

    store: MemoryStore
    leases: dict[str, int]
    """The lease of each keeper."""

    hunt: Hunt
    recovered: bytes
    head: Hash
    state_root: Hash


@dataclass(slots=True)
class Cast:
    """The keepers' folders and the owner's keys."""

    folder: Path
    stores: dict[str, BlobStore] = field(default_factory=dict[str, BlobStore])

    def get_store(self, name: str) -> BlobStore:
        """A keeper's own."""
        return self.stores.setdefault(name, BlobStore(self.folder / name))


def encrypt(name: str, data: bytes) -> bytes:
    """A keeper's own ciphertext, and back: no copy serves for two."""
    key = compute_stream_key(blob_root(name.encode()), PLAIN_ROOT)
    starts = range(0, len(data), CHUNK_BYTES)
    chunks = (data[start : start + CHUNK_BYTES] for start in starts)
    return b"".join(encrypt_chunk(key, index, chunk) for index, chunk in enumerate(chunks))


async def tell(folder: Path) -> Told:
    """The whole story, in virtual time; the node has stopped when this returns."""
    cast, store = Cast(folder), MemoryStore()
    client = open_client(store)
    async with run_stage(client, Keys(author=make_pair("//Eve"))) as node:
        stage = LiveNode(node)
        async with trio.open_nursery() as keepers:

            async def keep(name: str, plain: bytes) -> int:
                """A keeper joins, and is leased its ciphertext."""
                access = LocalAccess(client, Sender(client, node.pool, get_pair(name)))
                keeper = StorageKeeper(access, cast.get_store(name), InlineWorker())
                keepers.start_soon(keep_storage, keeper)
                return await lease_from(stage, cast, name, plain)

            leases = {name: await keep(name, PLAIN) for name in KEEPERS}
            await wait_paid(stage, leases.values(), TERMS.proof_every)
            delete_a_tenth(folder / CHEAT)
            hunted = await hunt(stage, leases[CHEAT])
            recovered = recover(cast, HONEST)
            leases[REPLACEMENT] = await keep(REPLACEMENT, recovered)
            await wait_paid(stage, (leases[HONEST], leases[SECOND]), WINDOWS * TERMS.proof_every)
            keepers.cancel_scope.cancel()
        best = client.best.value
    return Told(store, leases, hunted, recovered, best.hash, best.header.state_root)


async def lease_from(stage: LiveNode, cast: Cast, name: str, plain: bytes) -> int:
    """Registers a keeper with a bond and an offer, gives it its ciphertext, leases; the lease."""
    runtime = stage.runtime
    body = replace(
        make_provider_body("", {"disk": "any"}, 1, 8), prices=(KindPrice(JobKind.STORE, 1),)
    )
    terms = RecordTerms(0, 50_000)
    call = make_register_call(runtime, body, blob_root(name.encode()), terms)
    record = find(await send_well(stage, name, call), Registered).record
    request = OfferRequest(record, TERMS, RATE, 3, 3 * TERMS.proof_every, 4, BOND)
    bond, post = make_offer_calls(runtime, request)
    await send_well(stage, name, bond)
    offer = find(await send_well(stage, name, post), declared.OfferPosted).offer
    root = cast.get_store(name).put_chunks(encrypt(name, plain))
    amount = 4 * RATE * TERMS.proof_every * (WINDOWS + 20)
    start = make_call(runtime.leases.start_lease, offer, Replica(root, SIZE), amount)
    return find(await send_well(stage, OWNER, start), declared.LeaseStarted).lease


async def wait_paid(stage: LiveNode, leases: Iterable[int], paid_blocks: int) -> None:
    """Until so many blocks of each lease are proven and paid."""
    numbers = list(leases)
    await stage.wait_until(
        lambda runtime: all(
            runtime.leases.lease[number].paid_blocks >= paid_blocks for number in numbers
        )
    )


def delete_a_tenth(folder: Path) -> None:
    """The cheat makes room: every tenth chunk of what it is paid to keep."""
    (path,) = folder.glob("*/*.chunks")
    data = bytearray(path.read_bytes())
    first = len(data) - SIZE
    for start in range(first, len(data), 10 * CHUNK_BYTES):
        data[start : start + CHUNK_BYTES] = bytes(CHUNK_BYTES)
    path.write_bytes(data)


async def hunt(stage: LiveNode, lease: int) -> Hunt:
    """The owner pokes whenever an audit is overdue, until the lease is over."""
    begun_at = stage.client.best.value.number
    async for head in stage.client.best.changes():
        entry = get_runtime(stage.client, head.hash).leases.lease[lease]
        if head.number < entry.audit_at + TERMS.proof_blocks:
            continue
        included = await stage.send(OWNER, make_call(stage.runtime.leases.poke, lease))
        if any(isinstance(each, declared.LeaseClosed) for each in included.events):
            windows = (included.number - begun_at) // TERMS.proof_every
            return Hunt(windows, included.events)
    raise AssertionError("changes never end; qed")


def recover(cast: Cast, name: str) -> bytes:
    """The file from a surviving keeper, chunk by chunk, each proven, then decrypted."""
    store, root = cast.get_store(name), commit_chunks(encrypt(name, PLAIN)).root
    parts: list[bytes] = []
    for index in range(SIZE // CHUNK_BYTES):
        opened = store.get_chunk(root, index)
        verify_chunk(root, SIZE, index, opened.chunk, opened.path)
        parts.append(opened.chunk)
    return encrypt(name, b"".join(parts))
