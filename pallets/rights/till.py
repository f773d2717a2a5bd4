"""How a price is paid: in parts that sum to it, what nobody can receive being burned."""

from collections.abc import Sequence

from pallets.rights.types import RightsParams
from runtime.frame.division import Fees, compute_split, get_sale_fees
from runtime.frame.parameters import Parameters
from runtime.frame.payments import Receipt, pay_price
from runtime.frame.traits import HoldReason, Money
from runtime.primitives import AccountId

REASON = HoldReason.OFFER


class Till:
    """Takes a buyer's money and gives everybody their part."""

    def __init__(self, money: Money, parameters: Parameters, params: RightsParams) -> None:
        self._money = money
        self._parameters = parameters
        self._params = params

    def pay(
        self,
        buyer: AccountId,
        price: int,
        seller: AccountId,
        royalties_bps: Sequence[tuple[AccountId, int]],
    ) -> Receipt:
        """Pays treasury, royalties and seller; each part rounds down, what remains is burned.

        Errors: the ledger's where the price is not there.
        """
        params = self._params
        fees = get_sale_fees(self._parameters, Fees(params.burn_bps, params.treasury_bps))
        split = compute_split(price, royalties_bps, fees)
        self._money.hold(REASON, buyer, price)
        return pay_price(self._money, REASON, buyer, split, params.treasury, seller)
