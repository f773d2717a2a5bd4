"""What every part of the market works with: its storage, its partners, its parameters now."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pallets.market.declarations import NoEscrow, NoSuchJob, NoSuchSlot, NotPayer
from pallets.market.types import Bid, Job, MarketParams, Payload, Slot, Stats
from runtime.codec import U8, U32
from runtime.errors import TokenError
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
from runtime.frame.parameters import FIXED, Param, Parameters
from runtime.frame.traits import HoldReason, Money
from runtime.primitives import AccountId, Id
from runtime.state.externalities import Externalities


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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

    def read_params(self) -> MarketParams:
        """Shares and collateral as they are now."""
        params, get_param = self.params, self.partners.parameters.get_param
        return replace(
            params,
            burn_bps=get_param(Param.BURN_BPS, params.burn_bps),
            treasury_bps=get_param(Param.TREASURY_BPS, params.treasury_bps),
            bond_min=get_param(Param.SLOT_BOND_MIN, params.bond_min),
        )

    def hold(self, reason: HoldReason, who: AccountId, amount: int) -> None:
        """Puts free balance on hold. Errors: `NoEscrow`."""
        try:
            self.partners.money.hold(reason, who, amount)
        except TokenError as error:
            raise NoEscrow from error

    def pay(self, payer: AccountId, payee: AccountId, amount: int) -> int:
        """What was paid from escrow: nothing where the payee cannot receive so little."""
        try:
            with self.state.transaction():
                self.partners.money.transfer_held(HoldReason.ESCROW, payer, payee, amount)
        except TokenError:
            return 0
        return amount
