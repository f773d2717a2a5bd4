"""Money put on hold, and payments out of it to whoever is owed them."""

from runtime.errors import ModuleError, TokenError
from runtime.frame.division import Split
from runtime.frame.traits import HoldReason, Money
from runtime.frozen import frozen
from runtime.primitives import AccountId
from runtime.state.externalities import Externalities


def put_on_hold(
    money: Money, reason: HoldReason, who: AccountId, amount: int, refusal: type[ModuleError]
) -> None:
    """Puts free balance on hold; a pallet's own refusal where an account has not so much."""
    try:
        money.hold(reason, who, amount)
    except TokenError as error:
        raise refusal(f"{amount} to put on hold, {money.get_free(who)} free") from error


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


@frozen
class Receipt:
    """Where a price went; the parts sum to it."""

    burned: int
    treasury: int
    royalties: int
    paid: int


def pay_price(
    money: Money,
    reason: HoldReason,
    payer: AccountId,
    split: Split,
    treasury: AccountId,
    payee: AccountId,
) -> Receipt:
    """Pays a divided price out of a hold; what somebody cannot receive is burned as well."""
    shares = ((treasury, split.treasury), *split.royalties, (payee, split.payee))
    price = split.burned + sum([share for _, share in shares])
    paid = money.divide_held(reason, payer, price, shares)
    return Receipt(price - sum(paid), paid[0], sum(paid[1:-1]), paid[-1])
