"""Amounts of the token as people write them, exact to the planck.

`1.5 SBR`, `250 mSBR`, `10 planck`, `1_000 SBR`. A unit is always named: nobody sends a trillion
times what was meant.
"""

import re
from typing import Final

from chain.wallet.errors import BadAmount

SYMBOL: Final = "SBR"
DECIMALS: Final = 12
PLANCK_MAX: Final = 2**128 - 1
UNITS: Final = {"SBR": 12, "mSBR": 9, "uSBR": 6, "µSBR": 6, "nSBR": 3, "planck": 0}
"""How many decimals each unit has."""

_AMOUNT: Final = re.compile(r"(\d+(?:_\d+)*)(?:\.(\d+))?\s*([A-Za-zµ]+)", re.ASCII)


def parse_amount(text: str) -> int:
    """The amount in planck; `BadAmount` for anything that is not exactly one."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise BadAmount(f"expected an amount with its unit, such as '1.5 SBR', got {text!r}")
    whole, fraction, unit = found[1].replace("_", ""), found[2] or "", found[3]
    decimals = UNITS.get(unit)
    if decimals is None:
        names = ", ".join(name for name in UNITS if name.isascii())
        raise BadAmount(f"expected one of the units {names}, got {unit!r}")
    if len(fraction) > decimals:
        raise BadAmount(f"expected at most {decimals} decimals of {unit}, got {text!r}")
    if len(whole) > 39:
        raise BadAmount(f"expected less than 2**128 planck, got {text!r}")
    planck = int(whole + fraction.ljust(decimals, "0"))
    if planck > PLANCK_MAX:
        raise BadAmount(f"expected less than 2**128 planck, got {text!r}")
    return planck


def format_amount(planck: int) -> str:
    """The amount in SBR, every planck shown; `parse_amount` reads it back."""
    sign = "-" if planck < 0 else ""
    whole, rest = divmod(abs(planck), 10**DECIMALS)
    fraction = f"{rest:0{DECIMALS}d}".rstrip("0")
    return f"{sign}{whole:_}{'.' if fraction else ''}{fraction} {SYMBOL}"
