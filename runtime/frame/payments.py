"""Payments out of what is on hold, to whoever is owed them."""

from runtime.errors import TokenError
from runtime.frame.traits import HoldReason, Money
from runtime.primitives import AccountId
from runtime.state.externalities import Externalities


def pay_held(
    state: Externalities,
    money: Money,
    reason: HoldReason,
    payer: AccountId,
    payee: AccountId,
    amount: int,
) -> int:
    """What was paid: nothing where the payee cannot receive so little, which changes nothing."""
    try:
        with state.transaction():
            money.transfer_held(reason, payer, payee, amount)
    except TokenError:
        return 0
    return amount
