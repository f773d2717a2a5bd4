"""What the vault stores and what its calls are given."""

from enum import IntEnum, nonmember
from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import U32, U64, Array, Compact, FixedBytes, MaxLen
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Bps, Hash, Id
from runtime.tensor.chunks import CHUNK_BYTES
from runtime.tensor.commitment import MerklePath

TERM_BLOCKS_MAX = 100_000
"""The longest window of a sale."""


class BoxKey(FixedBytes):
    """An X25519 public key, made for one order."""

    LENGTH: ClassVar[int] = 32
    SCALE_PATH: ClassVar[str] = "pallet_vault::types::BoxKey"


SealedBox: TypeAlias = Annotated[bytes, Array(80)]
"""A key of 32 bytes, sealed to an order's key (docs/spec/vault.md)."""

BoxSecret: TypeAlias = Annotated[bytes, Array(32)]
"""What opens an order's box; shown in a dispute, and of no other use."""


@frozen
class SaleTerms:
    """What a sealed dataset is sold for; an order names the same."""

    SCALE_PATH: ClassVar[str] = "pallet_vault::types::SaleTerms"

    version: U32
    """The version of the record that is sold."""

    price: Balance
    deliver_blocks: BlockNumber
    """The seller delivers the key within so many blocks of the order."""

    dispute_blocks: BlockNumber
    """The buyer disputes within so many blocks of the delivery."""


@frozen
class Offer:
    """A record that is for sale."""

    SCALE_PATH: ClassVar[str] = "pallet_vault::types::Offer"

    seller: AccountId
    terms: SaleTerms
    deposit: Balance


class OrderState(IntEnum):
    """Where an order stands; one that is refunded leaves the state."""

    SCALE_PATH = nonmember("pallet_vault::types::OrderState")

    ORDERED = 0
    DELIVERED = 1
    SETTLED = 2


class Fault(IntEnum):
    """What a seller did wrong."""

    SCALE_PATH = nonmember("pallet_vault::types::Fault")

    SILENCE = 0
    """Nothing was delivered in time."""

    BAD_BOX = 1
    """What was delivered does not open."""

    WRONG_KEY = 2
    """What opens is not the key of the commitment."""

    WRONG_CHUNK = 3
    """A chunk of the encrypted data is not what it should be."""


@frozen
class Order:
    """One sale, from its order until it is refunded or closed; until then its version is kept."""

    SCALE_PATH: ClassVar[str] = "pallet_vault::types::Order"

    record: Id
    buyer: AccountId
    seller: AccountId
    payee: AccountId
    """Who is paid: the seller, or the shares of the record, as it was when it was ordered."""

    once_pk: BoxKey
    terms: SaleTerms
    deposit: Balance
    """The buyer's, beside the price; lost in a false dispute."""

    bond: Balance
    """The seller's collateral that is locked for it."""

    until: BlockNumber
    """The last block to deliver, then to dispute, then for which the key is kept."""

    state: OrderState = OrderState.ORDERED
    sealed_box: SealedBox | None = None

    @property
    def escrow(self) -> int:
        """What of the price is on hold."""
        return 0 if self.state is OrderState.SETTLED else self.terms.price


@frozen
class ChunkProof:
    """One chunk of the encrypted data, and what the plain one should hash to."""

    SCALE_PATH: ClassVar[str] = "pallet_vault::types::ChunkProof"

    index: Compact[U64]
    chunk: Annotated[bytes, MaxLen(CHUNK_BYTES)]
    cipher_path: MerklePath
    leaf: Hash
    plain_path: MerklePath


@frozen
class VaultParams:
    """The vault's parameters; shares in basis points of a price, or of the collateral."""

    SCALE_PATH: ClassVar[str] = "pallet_vault::types::VaultParams"

    treasury: AccountId
    burn_bps: Bps = 100
    treasury_bps: Bps = 100
    bond_bps: Bps = 5_000
    """Collateral of a price."""

    bond_min: Balance = 0
    silence_bps: Bps = 1_000
    """What of the collateral a seller loses who does not deliver."""

    offer_deposit: Balance = 0
    order_deposit: Balance = 0
    dispute_blocks_min: BlockNumber = 10
    kept_blocks: BlockNumber = 100_000
    """The key of a settled order is kept so long, unless the buyer closes it before."""
