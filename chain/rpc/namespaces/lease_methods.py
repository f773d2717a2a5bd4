"""`lease_*`: machines and storage that are let, at the best block."""

from collections.abc import Iterable
from itertools import islice

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import to_account, to_hex
from chain.rpc.namespaces.listing import PAGE_MAX, list_numbered
from chain.rpc.namespaces.runtime_json import to_numbered_json
from chain.rpc.parameters import Number32, Number64
from pallets.leases import Replica, StorageTerms
from pallets.runtime import Runtime
from runtime.audit import draw_audit
from runtime.primitives import AccountId, Id


class LeaseMethods:
    """Offers and leases."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("lease_getOffer", safe=True)
    def get_offer(self, offer: Number64) -> object:
        """An offer that is open; null otherwise."""
        found = get_runtime(self._client).leases.offer.get(offer)
        return None if found is None else to_numbered_json("offer", offer, found)

    @rpc("lease_offers", safe=True)
    def list_offers(self, start: Number64 = 0, count: Number32 = 100) -> object:
        """Open offers, from a number on."""
        leases = get_runtime(self._client).leases
        return list_numbered(
            "offer", leases.offer.get, range(start, leases.next_offer.get()), count
        )

    @rpc("lease_get", safe=True)
    def get_lease(self, lease: Number64) -> object:
        """A lease that is not closed; null otherwise."""
        return _describe(get_runtime(self._client), lease)

    @rpc("lease_ofTenant", safe=True)
    def list_of_tenant(self, account: str, count: Number32 = 100) -> object:
        """What an account has leased."""
        runtime = get_runtime(self._client)
        who = to_account("account", account)
        keys = runtime.leases.by_tenant.items(who)
        return _describe_all(runtime, (key for key, _ in keys), count)

    @rpc("lease_ofProvider", safe=True)
    def list_of_provider(self, account: str, count: Number32 = 100) -> object:
        """What an account has let."""
        runtime = get_runtime(self._client)
        who = to_account("account", account)
        keys = runtime.leases.by_provider.items(who)
        return _describe_all(runtime, (key for key, _ in keys), count)

    @rpc("lease_audit", safe=True)
    def get_audit(self, lease: Number64) -> object:
        """The next audit of a lease of storage: its block and last block, and the chunks to show.

        The chunks are null until the block is there that draws them; null without an audit.
        """
        runtime = get_runtime(self._client)
        entry = runtime.leases.lease.get(lease)
        if entry is None or entry.accepted_at is None:
            return None
        terms, subject = entry.terms, entry.subject
        if not isinstance(terms, StorageTerms) or not isinstance(subject, Replica):
            return None
        best, drawn = self._client.best.value, None
        block = entry.audit_at
        block_hash = runtime.system.block_hash.get(block) if block < best.number else best.hash
        if block <= best.number and block_hash is not None:
            genesis, size = self._client.genesis_hash, subject.size_bytes
            drawn = list(draw_audit(genesis, lease, block_hash, size, terms.draws))
        return {
            "block": block,
            "lastBlock": block + terms.proof_blocks,
            "misses": entry.misses,
            "root": to_hex(subject.root),
            "chunks": drawn,
        }


def _describe_all(runtime: Runtime, keys: Iterable[tuple[AccountId, Id]], count: int) -> object:
    return [_describe(runtime, lease) for _, lease in islice(keys, min(count, PAGE_MAX))]


def _describe(runtime: Runtime, lease: int) -> object:
    entry = runtime.leases.lease.get(lease)
    if entry is None:
        return None
    kind = entry.kind.name.lower()
    return {**to_numbered_json("lease", lease, entry), "kind": kind}
