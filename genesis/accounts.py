"""Accounts and amounts as specifications write them."""

from typing import Final

from genesis.errors import SpecError
from runtime.crypto.derivation import derive_uri
from runtime.crypto.scheme import Scheme, compute_account
from runtime.crypto.ss58 import Ss58Error, decode_ss58
from runtime.primitives import UNIT, AccountId

SUFFIX: Final = " SBR"


def get_dev_account(uri: str, scheme: Scheme = Scheme.ED25519) -> AccountId:
    """The account of a development key such as `//Alice`: everybody has its secret."""
    return compute_account(derive_uri(uri, scheme), scheme)


def parse_account(where: str, text: str) -> AccountId:
    """An SS58 address, or a development key as `ed25519://Alice` and `sr25519://Alice`."""
    for scheme in Scheme:
        if text.startswith(f"{scheme}//"):
            return get_dev_account(text.removeprefix(scheme), scheme)
    try:
        return decode_ss58(text)
    except Ss58Error as error:
        raise SpecError(f"{where}: {error}") from None


def parse_amount(where: str, text: str) -> int:
    """An amount in planck from `1_000 SBR`, `0.001 SBR` or plain planck."""
    number = text.removesuffix(SUFFIX).replace("_", "")
    whole, _, fraction = number.partition(".")
    digits = 12 if text.endswith(SUFFIX) else 0
    if not whole.isdecimal() or len(fraction) > digits or not (fraction + "0").isdecimal():
        raise SpecError(f"{where}: expected an amount such as '1.5 SBR', got {text!r}")
    if digits == 0:
        return int(whole)
    return int(whole) * UNIT + int(fraction.ljust(digits, "0"))
