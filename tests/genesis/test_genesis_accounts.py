"""Accounts and amounts as specifications write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.accounts import AMOUNT_MAX, get_dev_account, parse_account, parse_amount
from genesis.errors import SpecError
from runtime.crypto.scheme import Scheme
from runtime.crypto.ss58 import encode_ss58
from runtime.primitives import UNIT, AccountId
from tests.genesis.document import ED25519_ALICE, SR25519_ALICE


def test_development_accounts_are_everybodys() -> None:
    assert get_dev_account("//Alice") == ED25519_ALICE
    assert get_dev_account("//Alice", Scheme.SR25519) == SR25519_ALICE
    assert parse_account("x", "ed25519//Alice") == ED25519_ALICE
    assert parse_account("x", "sr25519//Alice") == SR25519_ALICE
    assert get_dev_account("//Alice//stash") != ED25519_ALICE


def test_an_address_is_an_account() -> None:
    address = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
    assert parse_account("x", address) == SR25519_ALICE
    assert parse_account("x", encode_ss58(ED25519_ALICE)) == ED25519_ALICE


@pytest.mark.parametrize(
    "text",
    ["", "//Alice", "Alice", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ", "ecdsa//Alice"],
)
def test_what_is_no_account_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(SpecError, match=r"^balances\.x: "):
        parse_account("balances.x", text)


@given(st.text(max_size=50))
def test_no_text_breaks_the_reader_of_accounts(text: str) -> None:
    for candidate in (text, f"ed25519//{text}", f"sr25519//{text}"):
        with suppress(SpecError):
            assert isinstance(parse_account("x", candidate), AccountId)


@pytest.mark.parametrize(
    "text, planck",
    [
        ("0", 0),
        ("17", 17),
        ("1_000", 1_000),
        ("1 SBR", UNIT),
        ("1.5 SBR", 3 * UNIT // 2),
        ("1_000_000 SBR", 10**6 * UNIT),
        ("0.000000000001 SBR", 1),
        ("007 SBR", 7 * UNIT),
        (str(AMOUNT_MAX), AMOUNT_MAX),
    ],
)
def test_amounts(text: str, planck: int) -> None:
    assert parse_amount("x", text) == planck


@pytest.mark.parametrize(
    "text",
    ["", "SBR", " SBR", "1SBR", "-1", "+1", "1.", "1.5", ".5 SBR", "1. SBR", "1.0000000000001 SBR",
     "1 sbr", "1e3", "0x10", "١ SBR", "²", "_1", "1.5.5 SBR", "1 SBR ", "1\n", str(AMOUNT_MAX + 1),
     "400000000000000000000000000 SBR", "9" * 5_000],
)  # fmt: skip
def test_what_is_no_amount_is_refused_by_its_place(text: str) -> None:
    with pytest.raises(SpecError, match=r"^balances\.x: expected"):
        parse_amount("balances.x", text)


@given(st.integers(0, AMOUNT_MAX))
def test_planck_and_tokens_agree(planck: int) -> None:
    whole, fraction = divmod(planck, UNIT)
    assert parse_amount("x", str(planck)) == parse_amount("x", f"{whole}.{fraction:012} SBR")
