"""How a price is paid: in parts that sum to it, what nobody can receive being burned."""

from collections.abc import Sequence

from pallets.rights.types import RightsParams
from runtime.errors import CannotCreate
from runtime.frame.division import Fees, compute_split, get_sale_fees
from runtime.frame.parameters import Parameters
from runtime.frame.traits import HoldReason, Money
from runtime.frozen import frozen
from runtime.primitives import AccountId
from runtime.state.externalities import Externalities

REASON = HoldReason.OFFER


@frozen
class Receipt:
    """Where a price went; the parts sum to it."""

    burned: int
    treasury: int
    royalties: int
    paid: int


class Till:
    """Takes a buyer's money and gives everybody their part."""

    def __init__(
        self, state: Externalities, money: Money, parameters: Parameters, params: RightsParams
    ) -> None:
        self._state = state
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
        treasury = self._give(buyer, params.treasury, split.treasury)
        royalties = sum(self._give(buyer, who, amount) for who, amount in split.royalties)
        paid = self._give(buyer, seller, split.payee)
        burned = price - treasury - royalties - paid
        self._money.burn_held(REASON, buyer, burned)
        return Receipt(burned, treasury, royalties, paid)

    def _give(self, buyer: AccountId, payee: AccountId, amount: int) -> int:
        """What was given: nothing where the payee cannot receive so little."""
        try:
            with self._state.transaction():
                self._money.transfer_held(REASON, buyer, payee, amount)
        except CannotCreate:
            return 0
        return amount
