"""What happens to an order, and to the money for it, whoever makes it happen.

Price and deposit are on hold with the buyer until the order ends, and a part of the seller's bond
is locked. What cannot be paid out, because the payee's account could not exist with so little, is
burned.
"""

from collections.abc import Callable

from pallets.vault.declarations import Closed, Forfeited, Refunded, Released, Slashed
from pallets.vault.types import Fault, Order, OrderState, VaultParams
from runtime.crypto.hashing import blake2_256
from runtime.frame import Event, StorageMap
from runtime.frame.ai_traits import Records, Slasher
from runtime.frame.ai_types import HashDuty
from runtime.frame.division import Fees, compute_split, get_sale_fees
from runtime.frame.parameters import FIXED, Param, Parameters
from runtime.frame.payments import pay_price
from runtime.frame.slashing import compute_forfeit, split_fraud, split_miss
from runtime.frame.traits import HoldReason, Money
from runtime.frozen import frozen, replace
from runtime.primitives import BPS, Hash, Id

REASON = HoldReason.SALE
DUTY_DOMAIN = b"soberana/sale/duty/v1"


@frozen
class Partners:
    """The pallets that the vault works with."""

    money: Money
    records: Records
    slasher: Slasher
    parameters: Parameters = FIXED


def compute_duty(order: int) -> HashDuty:
    """What a seller's collateral is locked for."""
    return HashDuty(Hash(blake2_256(DUTY_DOMAIN + order.to_bytes(8, "little"))))


class Sales:
    """The ends of orders, over the vault's storage."""

    def __init__(
        self,
        orders: StorageMap[Id, Order],
        partners: Partners,
        params: VaultParams,
        *,
        get_now: Callable[[], int],
        deposit_event: Callable[[Event], None],
    ) -> None:
        self._orders = orders
        self._partners = partners
        self._params = params
        self._get_now = get_now
        self._deposit_event = deposit_event

    def release(self, number: int, order: Order) -> Order:
        """Pays for an order; its key stays until it is closed."""
        price, money = order.terms.price, self._partners.money
        royalties = self._partners.records.get_royalties(order.record, order.terms.version)
        defaults = Fees(self._params.burn_bps, self._params.treasury_bps)
        split = compute_split(price, royalties, get_sale_fees(self._partners.parameters, defaults))
        treasury = self._params.treasury
        given = pay_price(money, REASON, order.buyer, split, treasury, order.payee)
        self._partners.slasher.unlock(compute_duty(number))
        until = self._get_now() + self._params.kept_blocks
        settled = replace(order, state=OrderState.SETTLED, bond=0, until=until)
        self._orders[number] = settled
        parts = (order.payee, price, given.burned, given.treasury, given.royalties, given.paid)
        self._deposit_event(Released(number, order.seller, *parts))
        return settled

    def punish(self, number: int, order: Order, fault: Fault) -> None:
        """Takes collateral from the seller, and gives the buyer everything back."""
        parameters = self._partners.parameters
        if fault is Fault.SILENCE:
            split = split_miss(parameters, order.buyer)
            silence_bps = parameters.get_param(Param.SILENCE_BPS, self._params.silence_bps)
            amount = order.bond * silence_bps // BPS
        else:
            split = split_fraud(parameters, order.buyer, self._params.treasury)
            amount = order.bond
        outcome = self._partners.slasher.slash(compute_duty(number), split, amount)
        parts = (outcome.slashed, outcome.burned, outcome.injured, outcome.reporter)
        self._deposit_event(Slashed(number, order.seller, fault, *parts))
        refund = order.escrow + order.deposit
        self._partners.money.release(REASON, order.buyer, refund)
        self._remove(number, order)
        self._deposit_event(Refunded(number, order.buyer, refund))

    def forfeit(self, number: int, order: Order) -> None:
        """Pays for an order at once, and takes the deposit of the buyer who disputed it."""
        settled = self.release(number, order)
        share = compute_forfeit(self._partners.parameters, settled.deposit)
        shares = ((order.seller, share),)
        (to_seller,) = self._partners.money.divide_held(
            REASON, order.buyer, settled.deposit, shares
        )
        burned = settled.deposit - to_seller
        self._deposit_event(Forfeited(number, order.buyer, burned, to_seller))
        self._remove(number, order)
        self._deposit_event(Closed(number, 0))

    def close(self, number: int, order: Order) -> None:
        """Removes a settled order and returns its deposit."""
        self._partners.money.release(REASON, order.buyer, order.deposit)
        self._remove(number, order)
        self._deposit_event(Closed(number, order.deposit))

    def _remove(self, number: int, order: Order) -> None:
        """The order is over; the version that was sold may go."""
        del self._orders[number]
        self._partners.records.drop_job(order.record, order.terms.version)
