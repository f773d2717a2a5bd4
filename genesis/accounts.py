"""Accounts and amounts as specifications write them."""

import re
from typing import Final

from genesis.errors import SpecError
from runtime.crypto.derivation import UriError, derive_uri
from runtime.crypto.scheme import Scheme, compute_account
from runtime.crypto.ss58 import Ss58Error, decode_ss58
from runtime.primitives import UNIT, AccountId

TOKEN_DECIMALS: Final = 12
"""Digits of a planck behind the point of an SBR: `UNIT` is fixed, so is this."""

AMOUNT_MAX: Final = (1 << 128) - 1
"""A balance's type has no more."""

_AMOUNT: Final = re.compile(r"([0-9][0-9_]{0,79})(?:\.([0-9]{1,12}))?( SBR)?")


def get_dev_account(uri: str, scheme: Scheme = Scheme.ED25519) -> AccountId:
    """The account of a development key such as `//Alice`: everybody has its secret."""
    return compute_account(derive_uri(uri, scheme), scheme)


def parse_account(where: str, text: str) -> AccountId:
    """An SS58 address, or a development key as `ed25519://Alice` and `sr25519://Alice`."""
    try:
        for scheme in Scheme:
            if text.startswith(f"{scheme}//"):
                return get_dev_account(text.removeprefix(scheme), scheme)
        return decode_ss58(text)
    except (Ss58Error, UriError) as error:
        raise SpecError(f"{where}: {error}") from None


def parse_amount(where: str, text: str) -> int:
    """An amount in planck from `1_000 SBR`, `0.001 SBR` or plain planck."""
    found = _AMOUNT.fullmatch(text)
    if found is None or (found[2] is not None and found[3] is None):
        raise SpecError(f"{where}: expected an amount such as '1.5 SBR', got {text!r}")
    amount = int(found[1].replace("_", ""))
    if found[3] is not None:
        amount = amount * UNIT + int((found[2] or "").ljust(TOKEN_DECIMALS, "0"))
    if amount > AMOUNT_MAX:
        raise SpecError(f"{where}: expected at most {AMOUNT_MAX} planck, got {amount}")
    return amount
