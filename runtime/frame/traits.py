"""The boundaries between pallets: no pallet imports another, it names what it needs here."""

from collections.abc import Iterator, Sequence
from enum import IntEnum, nonmember
from typing import Protocol

from runtime.account import AccountData
from runtime.frame.event import Event
from runtime.frame.pallet import Pallet
from runtime.primitives import AccountId, BlockNumber, Hash


class HoldReason(IntEnum):
    """Why a balance is on hold; one account may have a hold of each."""

    SCALE_PATH = nonmember("soberana_runtime::RuntimeHoldReason")

    REGISTRY_DEPOSIT = 0
    BOND = 1
    ESCROW = 2
    JOB_DEPOSIT = 3
    MULTISIG_DEPOSIT = 4
    PROXY_DEPOSIT = 5
    PREIMAGE = 6
    ASSET_DEPOSIT = 7
    OFFER = 8
    LEASE = 9
    ROUND = 10
    GOVERNANCE = 11
    SALE = 12
    BID = 13
    RECURRING = 14
    CHALLENGE = 15
    POOL = 16


class Preservation(IntEnum):
    """Whether an account may be reaped by taking from it."""

    EXPENDABLE = 0
    PRESERVE = 1


class EventSink(Protocol):
    """What a pallet asks of System."""

    def deposit_event(self, pallet: Pallet, event: Event) -> None:
        """Records an event; it is rolled back with the dispatch that made it."""
        ...

    def get_block_number(self) -> BlockNumber:
        """The number of the block being executed."""
        ...


class ExtrinsicPlace(EventSink, Protocol):
    """System, for a pallet that names what it keeps by the extrinsic that brought it."""

    def get_extrinsic_index(self) -> int:
        """The position in the block of the extrinsic being applied; 0 outside of any."""
        ...


class AccountStore(Protocol):
    """Where the ledger keeps its balances: in System, beside nonce and references."""

    def get_data(self, who: AccountId) -> AccountData:
        """The balances; zeros for an account that does not exist."""
        ...

    def put_data(self, who: AccountId, data: AccountData) -> None:
        """Stores balances: a first non-zero total makes the account (`NewAccount`).

        A zero total reaps it (`KilledAccount`), unless consumers remain: `ConsumerRemaining`.
        """
        ...

    def is_existing(self, who: AccountId) -> bool:
        """Whether the account has a provider."""
        ...

    def is_in_use(self, who: AccountId) -> bool:
        """Whether consumers remain, so that the account cannot be reaped."""
        ...

    def iter_data(self) -> Iterator[tuple[AccountId, AccountData]]:
        """Every account's balances; unbounded, for checks of the whole state."""
        ...

    def note_consumer(self, who: AccountId) -> None:
        """One more thing depends on the account; `NoProviders` if it does not exist."""
        ...

    def drop_consumer(self, who: AccountId) -> None:
        """One thing less depends on the account."""
        ...


class Money(Protocol):
    """A ledger: free balances, holds with reasons, issuance. Amounts in planck.

    Every method raises a `TokenError` or `ArithmeticError_` and then has changed nothing that the
    dispatch's transaction does not roll back. Zero amounts change nothing.
    """

    def get_free(self, who: AccountId) -> int:
        """The balance outside holds."""
        ...

    def get_held(self, reason: HoldReason, who: AccountId) -> int:
        """What an account has on hold for a reason."""
        ...

    def get_issuance(self) -> int:
        """The sum of all balances, held ones included."""
        ...

    def transfer(
        self, source: AccountId, dest: AccountId, amount: int, preservation: Preservation
    ) -> None:
        """Moves free balance; dest may come into being, source may be reaped."""
        ...

    def hold(self, reason: HoldReason, who: AccountId, amount: int) -> None:
        """Puts free balance on hold; the account keeps the existential deposit free."""
        ...

    def release(self, reason: HoldReason, who: AccountId, amount: int) -> None:
        """Returns held balance to its owner's free balance."""
        ...

    def transfer_held(
        self, reason: HoldReason, source: AccountId, dest: AccountId, amount: int
    ) -> None:
        """Moves held balance into the free balance of dest."""
        ...

    def burn_held(self, reason: HoldReason, who: AccountId, amount: int) -> None:
        """Destroys held balance; issuance falls."""
        ...

    def divide_held(
        self,
        reason: HoldReason,
        source: AccountId,
        amount: int,
        shares: Sequence[tuple[AccountId, int]],
    ) -> tuple[int, ...]:
        """Pays shares of held balance to some and burns the rest; what was paid of each share.

        Nothing is paid to somebody who cannot exist with so little.
        """
        ...

    def mint(self, who: AccountId, amount: int) -> None:
        """Creates free balance; issuance grows."""
        ...

    def burn(self, who: AccountId, amount: int, preservation: Preservation) -> None:
        """Destroys free balance; issuance falls."""
        ...


class MoneyLocks(Protocol):
    """The ledger's locks: parts of a balance that cannot be spent, but may be held and counted."""

    def get_total(self, who: AccountId) -> int:
        """The balance, holds included."""
        ...

    def get_lock(self, lock_id: bytes, who: AccountId) -> int:
        """What an account has locked under a name of eight bytes."""
        ...

    def set_lock(self, lock_id: bytes, who: AccountId, amount: int) -> None:
        """Keeps the total balance from being spent below an amount; zero removes the lock.

        `NoProviders` if the account does not exist.
        """
        ...


class Preimages(Protocol):
    """Bytes under their hash, such as calls that are made later."""

    def get_preimage(self, content_hash: Hash, size_bytes: int) -> bytes | None:
        """The bytes, if they are there and of this length."""
        ...

    def note(self, content: bytes) -> Hash:
        """Stores bytes, without a deposit, and requests them once; returns their hash."""
        ...

    def request(self, content_hash: Hash) -> None:
        """One more thing needs the preimage, whether or not it is there: it stays."""
        ...

    def unrequest(self, content_hash: Hash) -> None:
        """One thing less needs the preimage; every request is taken back once."""
        ...


class BlockAuthor(Protocol):
    """Who made the block being executed."""

    def get_author(self) -> AccountId | None:
        """The author named by the block's digest; None in a block without one."""
        ...
