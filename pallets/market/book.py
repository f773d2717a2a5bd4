"""What every part of the market works with: its storage, its partners, its parameters now."""

from collections.abc import Callable

from pallets.market.declarations import NoEscrow, NoSuchJob, NoSuchSlot, NotPayer
from pallets.market.types import Bid, Job, MarketParams, Payload, Recurring, Slot, Stats
from runtime.codec import U8, U32
from runtime.frame import Event, StorageMap, StorageValue
from runtime.frame.ai_traits import (
    ChainIdentity,
    OpenClaim,
    Records,
    Slasher,
    UnitPrices,
    WorkCredit,
)
from runtime.frame.ai_types import SlotId
from runtime.frame.division import Fees, get_work_fees
from runtime.frame.parameters import FIXED, Parameters
from runtime.frame.payments import put_on_hold
from runtime.frame.traits import HoldReason, Money
from runtime.frozen import frozen
from runtime.primitives import AccountId, Id
from runtime.state.externalities import Externalities


@frozen
class Partners:
    """The pallets that the market works with."""

    money: Money
    records: Records
    slasher: Slasher
    claims: OpenClaim
    credit: WorkCredit
    prices: UnitPrices
    identity: ChainIdentity
    parameters: Parameters = FIXED


@frozen
class Tables:
    """The market's storage."""

    next_job: StorageValue[Id]
    job: StorageMap[Id, Job]
    slot: StorageMap[tuple[Id, U32], Slot]
    open_slots: StorageMap[tuple[Id, U32], bool]
    output: StorageMap[tuple[Id, U32], Payload]
    rating: StorageMap[tuple[Id, U32], U8]
    stats: StorageMap[Id, Stats]
    busy: StorageMap[Id, U32]
    bid: StorageMap[tuple[Id, AccountId], Bid]
    next_recurring: StorageValue[Id]
    recurring: StorageMap[Id, Recurring]


@frozen
class Book:
    """The market over one state."""

    state: Externalities
    tables: Tables
    partners: Partners
    params: MarketParams
    get_now: Callable[[], int]
    deposit_event: Callable[[Event], None]

    def get_job(self, number: Id) -> Job:
        """A job that is not closed. Errors: `NoSuchJob`."""
        job = self.tables.job.get(number)
        if job is None:
            raise NoSuchJob
        return job

    def get_own_job(self, who: AccountId, number: Id) -> Job:
        """The same, of its owner. Errors: `NoSuchJob`, `NotPayer`."""
        job = self.get_job(number)
        if job.owner != who:
            raise NotPayer
        return job

    def get_slot(self, at: SlotId) -> Slot:
        """A slot of a job. Errors: `NoSuchSlot`."""
        slot = self.tables.slot.get((at.job, at.slot))
        if slot is None:
            raise NoSuchSlot
        return slot

    def put_slot(self, at: SlotId, slot: Slot) -> None:
        """A slot as it is from now on."""
        self.tables.slot[at.job, at.slot] = slot

    def get_fees(self) -> Fees:
        """What is taken of a slot's price, now."""
        default = Fees(self.params.burn_bps, self.params.treasury_bps)
        return get_work_fees(self.partners.parameters, default)

    def hold(self, reason: HoldReason, who: AccountId, amount: int) -> None:
        """Puts free balance on hold. Errors: `NoEscrow`."""
        put_on_hold(self.partners.money, reason, who, amount, NoEscrow)
