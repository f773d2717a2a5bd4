"""The System pallet: accounts, block variables, events."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, TypeAlias

from runtime import weights
from runtime.account import AccountData, AccountInfo
from runtime.codec import U16, U32, Codec, Compact, MaxLen
from runtime.crypto.hashing import blake2_256
from runtime.errors import ConsumerRemaining, NoProviders, TooManyConsumers
from runtime.frame.call import call
from runtime.frame.dispatch import DispatchClass, DispatchInfo
from runtime.frame.dispatch_error import DispatchErrorValue
from runtime.frame.event import Event
from runtime.frame.event_record import (
    ApplyExtrinsic,
    EventRecord,
    EventRecords,
    Finalization,
    Initialization,
    PalletEvent,
    Phase,
)
from runtime.frame.hashers import blake2_128_concat, twox_64_concat
from runtime.frame.origin import CallFiltered, Origin
from runtime.frame.pallet import Constant, Pallet
from runtime.frame.storage import StorageMap, StorageValue, mapping, value
from runtime.frozen import frozen, replace
from runtime.header import Digest, Header
from runtime.limits import BlockLength, BlockWeights, ConsumedWeight, RuntimeDbWeight
from runtime.pre_digest import compute_work, get_pre_digest
from runtime.primitives import AccountId, BlockNumber, Hash, Weight
from runtime.state.externalities import Externalities
from runtime.version import RuntimeVersion

BLOCK_HASH_COUNT = 4096
"""Hashes of this many recent blocks are known: no mortal era is longer."""

SS58_PREFIX = 42
CONSUMERS_MAX = 128
REMARK_BYTES_MAX = 64 * 1024

Remark: TypeAlias = Annotated[bytes, MaxLen(REMARK_BYTES_MAX)]


@frozen
class LastRuntimeUpgrade:
    """The version of the runtime that executed last."""

    SCALE_PATH: ClassVar[str] = "frame_system::LastRuntimeUpgradeInfo"

    spec_version: Compact[U32]
    spec_name: Annotated[str, MaxLen(64)]


@frozen
class ExtrinsicSuccess(Event, index=0):
    """An extrinsic completed successfully."""

    dispatch_info: DispatchInfo


@frozen
class ExtrinsicFailed(Event, index=1):
    """An extrinsic failed."""

    dispatch_error: DispatchErrorValue
    dispatch_info: DispatchInfo


@frozen
class NewAccount(Event, index=3):
    """A new account was created."""

    account: AccountId


@frozen
class KilledAccount(Event, index=4):
    """An account was reaped."""

    account: AccountId


@frozen
class Remarked(Event, index=5):
    """An on-chain remark happened."""

    sender: AccountId
    hash: Hash


def _remark_weight(remark: bytes) -> Weight:
    return weights.remark(len(remark))


class System(
    Pallet,
    events=ExtrinsicSuccess | ExtrinsicFailed | NewAccount | KilledAccount | Remarked,
    errors=CallFiltered,
):
    """Accounts, the current block, and the events of its execution."""

    block_weights: Constant[BlockWeights]
    """How much weight fits in a block."""

    block_length: Constant[BlockLength]
    """How many bytes fit in a block."""

    block_hash_count: Constant[BlockNumber]
    """How many recent block hashes are kept."""

    db_weight: Constant[RuntimeDbWeight]
    """What one database access costs."""

    version: Constant[RuntimeVersion]
    """The runtime's version."""

    ss58_prefix: Constant[U16]
    """The prefix of this chain's addresses."""

    account: StorageMap[AccountId, AccountInfo] = mapping(blake2_128_concat, default=AccountInfo())
    """The full account information for a particular account ID."""

    extrinsic_count: StorageValue[U32 | None] = value()
    """Total extrinsics count for the current block."""

    block_weight: StorageValue[ConsumedWeight] = value(default=ConsumedWeight())
    """The current weight for the block."""

    all_extrinsics_len: StorageValue[U32 | None] = value()
    """Total length (in bytes) for all extrinsics put together, for the current block."""

    block_hash: StorageMap[BlockNumber, Hash] = mapping(twox_64_concat, default=Hash.zero())
    """Map of block numbers to block hashes."""

    number: StorageValue[BlockNumber] = value(default=0)
    """The current block number being processed."""

    parent_hash: StorageValue[Hash] = value(default=Hash.zero())
    """Hash of the previous block."""

    digest: StorageValue[Digest] = value(default=Digest())
    """Digest of the current block, also part of the block header."""

    events: StorageValue[EventRecords] = value(default=())
    """Events deposited for the current block."""

    event_count: StorageValue[U32] = value(default=0)
    """The number of events in the current block."""

    last_runtime_upgrade: StorageValue[LastRuntimeUpgrade | None] = value()
    """The version of the runtime that executed last."""

    def __init__(
        self,
        state: Externalities,
        *,
        index: int,
        block_weights: BlockWeights,
        block_length: BlockLength,
        version: RuntimeVersion,
    ) -> None:
        super().__init__(state, index=index)
        self.block_weights = block_weights
        self.block_length = block_length
        self.block_hash_count = BLOCK_HASH_COUNT
        self.db_weight = RuntimeDbWeight(read=2_000_000, write=3_000_000)
        self.version = version
        self.ss58_prefix = SS58_PREFIX
        self._phase: Phase = Initialization()
        self._consumed = ConsumedWeight()
        self._length_bytes = 0
        self._extrinsics = 0

    # --- calls

    @call(index=0, weight=_remark_weight)
    def remark(self, origin: Origin, remark: Remark) -> None:
        """Make some on-chain remark: it stays in the block's body alone.

        Origin: signed. Events: none. Errors: none.
        """
        del remark
        origin.ensure_signed()

    @call(index=7, weight=_remark_weight)
    def remark_with_event(self, origin: Origin, remark: Remark) -> None:
        """Make some on-chain remark and emit event.

        Origin: signed. Events: `Remarked`. Errors: none.
        """
        sender = origin.ensure_signed()
        self.deposit_event(self, Remarked(sender, Hash(blake2_256(remark))))

    # --- events and the current block

    def deposit_event(self, pallet: Pallet, event: Event) -> None:
        """Records an event in the current phase."""
        self.state.emit(EventRecord(self._phase, PalletEvent(pallet.index, event)))

    def get_block_number(self) -> BlockNumber:
        """The number of the block being executed."""
        return self.number.get()

    def get_extrinsic_index(self) -> int:
        """The position in the block of the extrinsic being applied; 0 outside of any."""
        return self._phase.index if isinstance(self._phase, ApplyExtrinsic) else 0

    def get_author(self) -> AccountId | None:
        """The author named by the block's digest."""
        pre_digest = get_pre_digest(self.digest.get())
        return None if pre_digest is None else pre_digest.author

    def get_work_macs(self) -> int:
        """The multiply-accumulates that the target of the block's digest stands for."""
        pre_digest = get_pre_digest(self.digest.get())
        return 0 if pre_digest is None else compute_work(pre_digest.target)

    def get_genesis_hash(self) -> Hash:
        """The hash of block zero."""
        return self.block_hash[0]

    def get_block_hash(self, number: BlockNumber) -> Hash | None:
        """The hash of a block below this one, while it is kept."""
        return self.block_hash.get(number)

    def initialize(self, header: Header) -> None:
        """Begins a block: number, parent, digest; the last block's leavings go."""
        self.number.put(header.number)
        self.parent_hash.put(header.parent_hash)
        self.digest.put(header.digest)
        self.block_hash[header.number - 1] = header.parent_hash
        expired = header.number - 1 - BLOCK_HASH_COUNT
        if expired > 0:  # the genesis hash stays: immortal extrinsics are signed with it
            del self.block_hash[expired]
        self.events.kill()

    def begin_extrinsic(self) -> None:
        """Events now belong to the next extrinsic."""
        self._phase = ApplyExtrinsic(self._extrinsics)

    def note_extrinsic(self, length_bytes: int) -> None:
        """Counts an extrinsic that is in the block to stay."""
        self._extrinsics += 1
        self._length_bytes += length_bytes

    def is_fitting(self, info: DispatchInfo, length_bytes: int) -> bool:
        """Whether the block has room for a call of this weight, class and length.

        Without mandatory calls there is no block, so their length alone is limited.
        """
        if self._length_bytes + length_bytes > self.block_length.max.get_length(info.class_):
            return False
        limits = self.block_weights.per_class.get_limits(info.class_)
        if limits.max_total is None:
            return True
        weight = info.weight + limits.base_extrinsic
        used = self._consumed
        return used.get_used(info.class_).has_room(weight, limits.max_total) and (
            used.total.has_room(weight, self.block_weights.max_block)
        )

    def note_weight(self, weight: Weight, dispatch_class: DispatchClass) -> None:
        """Adds a call's weight to the block's."""
        used = self._consumed
        match dispatch_class:
            case DispatchClass.NORMAL:
                used = replace(used, normal=used.normal + weight)
            case DispatchClass.OPERATIONAL:
                used = replace(used, operational=used.operational + weight)
            case DispatchClass.MANDATORY:
                used = replace(used, mandatory=used.mandatory + weight)
        self._consumed = used

    def note_finished_extrinsics(self) -> None:
        """No extrinsic follows; events now belong to the block's end."""
        self._phase = Finalization()

    def finalize(
        self, events: tuple[EventRecord, ...], codec: Codec[tuple[EventRecord, ...]]
    ) -> None:
        """Ends a block: its weight and events become state."""
        self.block_weight.put(self._consumed)
        self.event_count.put(len(events))
        self.state.put(self.events.key, codec.encode(events))

    # --- accounts (AccountStore)

    def get_data(self, who: AccountId) -> AccountData:
        """The balances; zeros for an account that does not exist."""
        return self.account[who].data

    def put_data(self, who: AccountId, data: AccountData) -> None:
        """Stores balances; makes the account with the first, reaps it with the last."""
        info = self.account[who]
        if data.total > 0:
            if info.providers == 0:
                self.deposit_event(self, NewAccount(who))
                info = replace(info, providers=1)
            self.account[who] = info.with_data(data)
            return
        if info.providers == 0:
            return
        if info.consumers > 0:
            raise ConsumerRemaining
        del self.account[who]
        self.deposit_event(self, KilledAccount(who))

    def is_existing(self, who: AccountId) -> bool:
        """Whether the account has a provider."""
        return self.account[who].providers > 0

    def is_in_use(self, who: AccountId) -> bool:
        """Whether consumers remain, so that the account cannot be reaped."""
        return self.account[who].consumers > 0

    def iter_data(self) -> Iterator[tuple[AccountId, AccountData]]:
        """Every account's balances, for checks of the whole state."""
        for who, info in self.account.items():
            yield who, info.data

    def note_consumer(self, who: AccountId) -> None:
        """One more thing depends on the account."""
        info = self.account[who]
        if info.providers == 0:
            raise NoProviders
        if info.consumers >= CONSUMERS_MAX:
            raise TooManyConsumers
        self.account[who] = replace(info, consumers=info.consumers + 1)

    def drop_consumer(self, who: AccountId) -> None:
        """One thing less depends on the account."""
        info = self.account[who]
        assert info.consumers > 0, "every consumer was noted before; qed"
        self.account[who] = replace(info, consumers=info.consumers - 1)

    def get_nonce(self, who: AccountId) -> int:
        """The nonce of the account's next extrinsic."""
        return self.account[who].nonce

    def note_nonce(self, who: AccountId) -> None:
        """Uses up the account's nonce."""
        info = self.account[who]
        self.account[who] = info.with_next_nonce()

    def try_state(self) -> None:
        """Every account exists for a reason."""
        for who, info in self.account.items():
            assert info.providers == 1, f"{who}: {info.providers} providers"
            assert info.data.total > 0, f"{who}: exists without a balance"
