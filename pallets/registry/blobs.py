"""Blobs: bytes in the state, known by their root, kept as long as somebody pays for them.

Everybody who puts the same bytes has a stake of their own, so nobody's model or job can hold
another's deposit: a payer may leave unless their own versions need the blob, and the last payer
unless a running job does.
"""

from collections import Counter

from pallets.registry.declarations import BlobInUse, BlobMissing, BlobStoredAlready
from pallets.registry.types import ENTRY_OVERHEAD_BYTES, BlobContent, BlobStake, BlobUse, Model
from runtime.frame import StorageMap
from runtime.frame.parameters import Parameters, compute_deposit
from runtime.frame.traits import HoldReason, Money
from runtime.frozen import replace
from runtime.primitives import AccountId, Balance, Root
from runtime.tensor.blob import blob_root


class Blobs:
    """The registry's blobs, over its storage."""

    def __init__(
        self,
        content: StorageMap[Root, BlobContent],
        use: StorageMap[Root, BlobUse],
        stake: StorageMap[tuple[Root, AccountId], BlobStake],
        money: Money,
        parameters: Parameters,
        byte_deposit: Balance,
    ) -> None:
        self._content = content
        self._use = use
        self._stake = stake
        self._money = money
        self._parameters = parameters
        self._byte_deposit = byte_deposit

    def put(self, payer: AccountId, content: bytes) -> Root:
        """Stores a blob, or adds a payer to one; `BlobStoredAlready` for the same payer."""
        root = blob_root(content)
        if (root, payer) in self._stake:
            raise BlobStoredAlready
        full = self._byte_deposit * (len(content) + ENTRY_OVERHEAD_BYTES)
        deposit = compute_deposit(self._parameters, full)
        self._money.hold(HoldReason.REGISTRY_DEPOSIT, payer, deposit)
        use = self._use[root]
        if use.payers == 0:
            self._content[root] = content
        self._use[root] = replace(use, payers=use.payers + 1)
        self._stake[root, payer] = BlobStake(deposit)
        return root

    def drop(self, payer: AccountId, root: Root) -> None:
        """Ends a payer's stake; the blob goes with the last. `BlobMissing`, `BlobInUse`."""
        stake = self._stake.get((root, payer))
        if stake is None:
            raise BlobMissing
        use = self._use[root]
        if stake.versions > 0 or (use.payers == 1 and use.jobs > 0):
            raise BlobInUse
        self._money.release(HoldReason.REGISTRY_DEPOSIT, payer, stake.deposit)
        del self._stake[root, payer]
        if use.payers > 1:
            self._use[root] = replace(use, payers=use.payers - 1)
        else:
            del self._use[root]
            del self._content[root]

    def get(self, root: Root) -> bytes | None:
        """A blob's bytes."""
        return self._content.get(root)

    def get_paid(self, payer: AccountId, root: Root) -> bytes | None:
        """A blob's bytes, if this account pays for it."""
        return self._content.get(root) if (root, payer) in self._stake else None

    def note_jobs(self, root: Root, change: int) -> None:
        """One job more or less needs a blob."""
        use = self._use.get(root)
        assert use is not None, f"{root}: a blob is there before it is used; qed"
        assert use.jobs + change >= 0, f"{root}: a use is noted, then dropped; qed"
        self._use[root] = BlobUse(use.payers, use.jobs + change)

    def note_version(self, payer: AccountId, body: object, change: int) -> None:
        """A version of the payer's with this body begins (+1) or ends (-1) to need its blobs."""
        if not isinstance(body, Model):
            return
        for root in sorted({tensor.blob for tensor in body.tensors if tensor.blob is not None}):
            stake = self._stake[root, payer]
            self._stake[root, payer] = replace(stake, versions=stake.versions + change)

    def ensure_consistent(
        self, deposits: Counter[AccountId], needed: Counter[tuple[Root, AccountId]]
    ) -> None:
        """Asserts what holds of all blobs, and adds their deposits to ``deposits``.

        ``needed`` says how many versions need each blob of each payer.
        """
        payers: Counter[Root] = Counter()
        for (root, payer), stake in self._stake.items():
            payers[root] += 1
            deposits[payer] += stake.deposit
            versions = needed.pop((root, payer), 0)
            assert stake.versions == versions, f"{root}: {versions} versions of {payer} need it"
        assert not needed, f"versions need blobs that nobody pays for: {sorted(needed)}"
        for root, use in self._use.items():
            assert use.payers == payers.pop(root, 0) > 0, f"{root}: {use.payers} payers"
            assert root in self._content, f"{root}: paid for, and not there"
        assert not payers, f"payers for what is no blob: {sorted(payers)}"
        for root, content in self._content.items():
            assert blob_root(content) == root, f"{root}: other bytes"
            assert root in self._use, f"{root}: nobody pays for it"
