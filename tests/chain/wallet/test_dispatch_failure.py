"""Dispatch errors in words."""

import pytest

from chain.wallet.dispatch_failure import describe_failure
from runtime.frame.dispatch_error import (
    Arithmetic,
    ArithmeticErrorKind,
    DispatchErrorValue,
    Token,
    TokenErrorKind,
)


@pytest.mark.parametrize(
    "error, text",
    [
        (Token(TokenErrorKind.FUNDS_UNAVAILABLE), "Token.FundsUnavailable (Funds are unavailable)"),
        (Token(TokenErrorKind.BLOCKED), "Token.Blocked"),
        (Arithmetic(ArithmeticErrorKind.OVERFLOW), "Arithmetic.Overflow (Overflow)"),
    ],
)
def test_what_a_person_reads(error: DispatchErrorValue, text: str) -> None:
    assert str(describe_failure(error, ())) == f"the transaction failed: {text}"
