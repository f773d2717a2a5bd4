"""Amounts as people write them, exact to the smallest unit.

Those of the token as `1.5 SBR`, `250 mSBR`, `10 planck`, `1_000 SBR`: a unit is always named, so
that nobody sends a trillion times what was meant. Those of other assets as bare numbers.
"""

import re
from typing import Final

from chain.wallet.errors import BadAmount

SYMBOL: Final = "SBR"
DECIMALS: Final = 12
PLANCK_MAX: Final = 2**128 - 1
UNITS: Final = {"SBR": 12, "mSBR": 9, "uSBR": 6, "µSBR": 6, "nSBR": 3, "planck": 0}
"""How many decimals each unit has."""

_NUMBER: Final = r"(\d+(?:_\d+)*)(?:\.(\d+))?"
_UNITS: Final = re.compile(_NUMBER, re.ASCII)
_AMOUNT: Final = re.compile(_NUMBER + r"\s*([A-Za-zµ]+)", re.ASCII)


def parse_amount(text: str) -> int:
    """The amount in planck; `BadAmount` for anything that is not exactly one."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise BadAmount(f"expected an amount with its unit, such as '1.5 SBR', got {text!r}")
    unit = found[3]
    decimals = UNITS.get(unit)
    if decimals is None:
        names = ", ".join(name for name in UNITS if name.isascii())
        raise BadAmount(f"expected one of the units {names}, got {unit!r}")
    return _to_smallest(found, decimals, unit, "planck")


def format_amount(planck: int) -> str:
    """The amount in SBR, every planck shown; `parse_amount` reads it back."""
    return f"{format_units(planck, DECIMALS)} {SYMBOL}"


def parse_units(text: str, decimals: int) -> int:
    """An amount of an asset with so many decimals in its smallest units; `BadAmount`."""
    found = _UNITS.fullmatch(text.strip())
    if found is None:
        raise BadAmount(f"expected a number such as 12 or 1.5, got {text!r}")
    return _to_smallest(found, decimals, "this asset", "of its smallest units")


def format_units(units: int, decimals: int) -> str:
    """The same for people; `parse_units` reads it back."""
    sign = "-" if units < 0 else ""
    whole, rest = divmod(abs(units), 10**decimals)
    fraction = f"{rest:0{decimals}d}".rstrip("0")
    return f"{sign}{whole:_}{'.' if fraction else ''}{fraction}"


def _to_smallest(found: re.Match[str], decimals: int, unit: str, smallest: str) -> int:
    whole, fraction = found[1].replace("_", ""), found[2] or ""
    if len(fraction) > decimals:
        raise BadAmount(f"expected at most {decimals} decimals of {unit}, got {found[0]!r}")
    if len(whole) > 39 or (amount := int(whole + fraction.ljust(decimals, "0"))) > PLANCK_MAX:
        raise BadAmount(f"expected less than 2**128 {smallest}, got {found[0]!r}")
    return amount
