"""How a price is paid: in parts that sum to it, what nobody can receive being burned."""

from collections.abc import Sequence
from dataclasses import dataclass

from pallets.rights.types import RightsParams
from runtime.errors import CannotCreate
from runtime.frame.traits import HoldReason, Money
from runtime.primitives import BPS, AccountId
from runtime.state.externalities import Externalities

REASON = HoldReason.OFFER


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a price went; the parts sum to it."""

    burned: int
    treasury: int
    royalties: int
    paid: int


class Till:
    """Takes a buyer's money and gives everybody their part."""

    def __init__(self, state: Externalities, money: Money, params: RightsParams) -> None:
        self._state = state
        self._money = money
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
        fee_bps = params.burn_bps + params.treasury_bps
        seller_bps = BPS - fee_bps - sum(bps for _, bps in royalties_bps)
        assert seller_bps >= 0, f"royalties are capped: {royalties_bps}; qed"
        self._money.hold(REASON, buyer, price)
        treasury = self._give(buyer, params.treasury, price * params.treasury_bps // BPS)
        royalties = sum(self._give(buyer, who, price * bps // BPS) for who, bps in royalties_bps)
        paid = self._give(buyer, seller, price * seller_bps // BPS)
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
