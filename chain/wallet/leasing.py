"""Leases as a client makes and reads them, and the bytes behind them."""

from dataclasses import dataclass

import msgspec

from chain.wallet.chain_reader import from_hex, to_hex
from chain.wallet.errors import BadAnswer, WalletError
from chain.wallet.rpc import RpcClient
from chain.wallet.transaction import make_call
from pallets.leases import Lease, MachineTerms, Offer, StorageTerms
from pallets.runtime import Runtime
from runtime.frame import Call
from runtime.frame.ai_types import Role
from runtime.primitives import Hash, Root
from runtime.tensor.chunks import CHUNKED_BYTES_MAX, commit_chunks, count_chunks, verify_chunk

FETCHED_BYTES_MAX = 2**30
"""More is not fetched: it is held in memory until it is whole."""


class NoSuchLease(WalletError):
    """There is no lease of this number, or no longer."""


class NotKept(WalletError):
    """The bytes under a root are not there."""


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """What a provider lets."""

    record: int
    terms: MachineTerms | StorageTerms
    unit_rate: int
    min_blocks: int
    notice_blocks: int
    capacity: int
    bond: int
    """What is added to the bond that answers for leases; 0 adds nothing."""


@dataclass(frozen=True, slots=True)
class LeaseStanding:
    """A lease as it is at a block."""

    number: int
    lease: Lease
    block_number: int

    @property
    def phase(self) -> str:
        """Where it stands, in a word or two."""
        if self.lease.accepted_at is None:
            return "waiting for its provider"
        if self.block_number > self.lease.end:
            return "over, to be poked"
        return "running" if self.lease.ends_at is None else "reclaimed"


def make_offer_calls(runtime: Runtime, request: OfferRequest) -> list[Call]:
    """Adds to the bond, and posts the offer."""
    is_storage = isinstance(request.terms, StorageTerms)
    role = Role.STORAGE if is_storage else Role.PROVIDER
    bond = [make_call(runtime.bonds.bond, role, request.bond)] if request.bond else []
    post = make_call(
        runtime.leases.post_offer,
        request.record,
        request.terms,
        request.unit_rate,
        request.min_blocks,
        request.notice_blocks,
        request.capacity,
    )
    return [*bond, post]


def read_lease(runtime: Runtime, number: int) -> LeaseStanding:
    """A lease; `NoSuchLease`."""
    lease = runtime.leases.lease.get(number)
    if lease is None:
        raise NoSuchLease(f"expected the number of a lease that is not closed, got {number}")
    return LeaseStanding(number, lease, runtime.system.get_block_number())


def read_offers(runtime: Runtime) -> list[tuple[int, Offer]]:
    """Every offer that can be taken, in the order of their numbers."""
    offers = runtime.leases.offer.items()
    return sorted(
        (each for each in offers if each[1].taken < each[1].capacity), key=lambda pair: pair[0]
    )


class ChunkJson(msgspec.Struct):
    """The answer of `blob_getChunk`."""

    size: str
    chunk: str
    path: list[str]


async def fetch_chunks(rpc: RpcClient, root: Root) -> bytes:
    """The bytes under a chunk root, from a node that serves them; each chunk is proven.

    Raises `NotKept`, and `BadAnswer` where a chunk does not belong to the root.
    """
    first, size = await _fetch_chunk(rpc, root, 0, None)
    parts = [first]
    for index in range(1, count_chunks(size)):
        chunk, _ = await _fetch_chunk(rpc, root, index, size)
        parts.append(chunk)
    data = b"".join(parts)
    assert commit_chunks(data).root == root, "every chunk was proven; qed"
    return data


async def _fetch_chunk(
    rpc: RpcClient, root: Root, index: int, size: int | None
) -> tuple[bytes, int]:
    """One chunk, and how many bytes there are: the root binds it, so the first answer proves it."""
    method = "blob_getChunk"
    found = await rpc.call_or_none(ChunkJson, method, to_hex(root), index)
    if found is None:
        raise NotKept(f"the node does not have what {to_hex(root)} names, or does not serve it")
    said = int(found.size) if found.size.isdecimal() and len(found.size) <= 13 else 0
    if not 1 <= said <= min(CHUNKED_BYTES_MAX, FETCHED_BYTES_MAX) or said != (size or said):
        raise BadAnswer(method, f"a size of {found.size!r}")
    chunk = from_hex(found.chunk, method)
    try:
        path = tuple(Hash(from_hex(node, method)) for node in found.path)
        verify_chunk(root, said, index, chunk, path)
    except ValueError as error:  # a hash of another length, or a BadOpening
        raise BadAnswer(method, f"chunk {index}: {error}") from error
    return chunk, said
