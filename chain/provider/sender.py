"""Transactions of the node's own: signed with its key and put into its own pool."""

from dataclasses import dataclass
from typing import Final, Protocol

from chain.client.client import Client
from chain.txpool.service import PoolService
from runtime.crypto.multisignature import Ed25519, Sr25519
from runtime.era import Era
from runtime.extensions import (
    SignedExtra,
    SigningContext,
    compute_signing_payload,
    encode_extra,
)
from runtime.extrinsic import encode_signed
from runtime.primitives import AccountId, Hash

ERA_BLOCKS: Final = 64


class Signer(Protocol):
    """A key of the node's own."""

    @property
    def account(self) -> AccountId:
        """The account it signs for."""
        ...

    def sign(self, message: bytes) -> Ed25519 | Sr25519:
        """The account's signature of a message."""
        ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Signs calls and submits them."""

    client: Client
    pool: PoolService
    signer: Signer

    def send(self, pallet: str, name: str, *args: object) -> Hash:
        """Its hash once submitted; `PoolRejection` or `InvalidTransaction` if it is refused."""
        client = self.client
        best = client.best.value
        call = client.api.calls.encode(client.api.make_call(pallet, name, *args))
        era = Era.mortal(ERA_BLOCKS, best.number)
        extra = SignedExtra(era, self.pool.get_next_nonce(self.signer.account), 0)
        birth_hash = client.get_block_hash(era.compute_birth(best.number))
        assert birth_hash is not None, "an era begins at or below the best block; qed"
        version = client.api.version
        context = SigningContext(
            version.spec_version, version.transaction_version, client.genesis_hash, birth_hash
        )
        payload = compute_signing_payload(call + encode_extra(extra), context)
        signature = self.signer.sign(payload)
        return self.pool.submit(encode_signed(self.signer.account, signature, extra, call))
