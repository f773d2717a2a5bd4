"""Events as people and programs read them: which of their numbers are amounts."""

import pytest

from chain.wallet.history import AccountEvent, find_amounts, to_json
from pallets.balances.events import Transfer
from pallets.bonds.declarations import Slashed
from pallets.market.declarations import Rated, Settled
from runtime.crypto.ss58 import encode_ss58
from runtime.frame import Event
from runtime.frame.dispatch_error import Module, ModuleErrorValue
from runtime.primitives import AccountId, Hash, Weight


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


ALICE = AccountId(bytes(32))
INNER: dict[str, tuple[object, object, str]] = {
    "an account": ((ALICE,), [encode_ss58(ALICE)], "[//Alice]"),
    "a record": (
        Weight(7, 5),
        {"refTime": 7, "proofSize": 5},
        "(refTime 7, proofSize 5)",
    ),
    "a variant": (
        Module(ModuleErrorValue(4, bytes(4))),
        {"type": "module", "error": {"index": 4, "error": "0x00000000"}},
        "(type module, error (index 4, error 0x00000000))",
    ),
}


@pytest.mark.parametrize("name", INNER)
def test_a_field_with_parts_is_no_text_of_python_s(name: str) -> None:
    value, as_json, text = INNER[name]
    found = to_json(value, is_amount=False)
    assert found == as_json
    event = AccountEvent(1, Hash.zero(), "A", "B", (("what", found),), frozenset())
    assert event.describe({ALICE: "//Alice"}) == f"what {text}"
