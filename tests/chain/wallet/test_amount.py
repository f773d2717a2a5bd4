"""Amounts: exact in both directions, and nothing ambiguous is taken."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.wallet.amount import (
    PLANCK_MAX,
    UNITS,
    format_amount,
    format_units,
    parse_amount,
    parse_units,
)
from chain.wallet.errors import BadAmount

AMOUNTS = st.integers(0, PLANCK_MAX)


@pytest.mark.parametrize(
    "text,planck",
    [
        ("1.5 SBR", 1_500_000_000_000),
        ("250 mSBR", 250_000_000_000),
        ("10 planck", 10),
        ("0 planck", 0),
        ("1_000SBR", 1_000 * 10**12),
        ("0.000000000001 SBR", 1),
        ("7 uSBR", 7_000_000),
        ("7 µSBR", 7_000_000),
        ("2.001 nSBR", 2_001),
        ("  3   SBR ", 3 * 10**12),
        (f"{PLANCK_MAX} planck", PLANCK_MAX),
    ],
)
def test_units(text: str, planck: int) -> None:
    assert parse_amount(text) == planck


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "SBR",
        "1,5 SBR",
        "1,000 SBR",
        "-1 SBR",
        "+1 SBR",
        "1e3 SBR",
        ".5 SBR",
        "5. SBR",
        "1.5 planck",
        "0.0000000000001 SBR",
        "1 BTC",
        "1 sbr",
        "1__0 SBR",
        "_1 SBR",
        "1 SBR x",
        "١ SBR",
        f"{PLANCK_MAX + 1} planck",
        "9" * 5_000 + " SBR",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadAmount):
        parse_amount(text)


@given(AMOUNTS)
def test_what_is_shown_reads_back(planck: int) -> None:
    assert parse_amount(format_amount(planck)) == planck


@given(AMOUNTS, st.sampled_from(sorted(UNITS)))
def test_every_unit_is_exact(planck: int, unit: str) -> None:
    decimals = UNITS[unit]
    whole, rest = divmod(planck, 10**decimals)
    text = f"{whole}.{rest:0{decimals}d} {unit}" if decimals else f"{whole} {unit}"
    assert parse_amount(text) == planck


@given(st.text(max_size=30))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    with suppress(BadAmount):
        assert 0 <= parse_amount(text) <= PLANCK_MAX


def test_how_it_is_shown() -> None:
    assert format_amount(1_234_567 * 10**12 + 5 * 10**11) == "1_234_567.5 SBR"
    assert format_amount(-1) == "-0.000000000001 SBR"
    assert format_amount(0) == "0 SBR"


@given(AMOUNTS, st.integers(0, 255))
def test_amounts_of_assets_read_back(units: int, decimals: int) -> None:
    assert parse_units(format_units(units, decimals), decimals) == units


@pytest.mark.parametrize(
    "text,decimals,units", [("12", 0, 12), ("1.5", 2, 150), (" 1_000.25 ", 2, 100_025), ("0", 9, 0)]
)
def test_amounts_of_assets(text: str, decimals: int, units: int) -> None:
    assert parse_units(text, decimals) == units


@pytest.mark.parametrize("text", ["", "1.5", "1.", ".5", "-1", "1 SBR", "1e3", "9" * 40, "٣"])
def test_other_amounts_of_assets_are_refused(text: str) -> None:
    with pytest.raises(BadAmount, match="expected"):
        parse_units(text, 0)
