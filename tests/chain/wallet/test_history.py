"""Events as people and programs read them: which of their numbers are amounts."""

import pytest

from chain.wallet.history import find_amounts
from pallets.balances.events import Transfer
from pallets.bonds.declarations import Slashed
from pallets.market.declarations import Rated, Settled
from runtime.frame import Event


@pytest.mark.parametrize(
    "kind, amounts",
    [
        (Transfer, {"amount"}),
        (Slashed, {"amount", "burned", "to_injured", "to_reporter"}),
        (Rated, {"weight"}),
        (Settled, {"price", "burned", "treasury", "royalties", "paid", "bonus"}),
    ],
)
def test_a_field_is_an_amount_if_it_is_declared_so(kind: type[Event], amounts: set[str]) -> None:
    assert find_amounts(kind) == amounts
