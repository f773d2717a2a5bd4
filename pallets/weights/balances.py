"""Weights of balances' calls."""

from runtime.primitives import Weight

TRANSFER_ALLOW_DEATH = Weight(110_000_000, 2_500)
FORCE_TRANSFER = Weight(110_000_000, 2_500)
TRANSFER_KEEP_ALIVE = Weight(86_000_000, 1_700)
TRANSFER_ALL = Weight(88_000_000, 1_700)
FORCE_UNRESERVE = Weight(77_000_000, 1_700)
FORCE_SET_BALANCE = Weight(75_000_000, 1_600)
FORCE_ADJUST_TOTAL_ISSUANCE = Weight(41_000_000, 1_600)
BURN = Weight(74_000_000, 1_700)
UPGRADE_ACCOUNTS = Weight(23_000_000, 0)
UPGRADE_ACCOUNT = Weight(950_000, 0)


def upgrade_accounts(who: tuple[bytes, ...]) -> Weight:
    """Decoding the accounts."""
    return UPGRADE_ACCOUNTS + UPGRADE_ACCOUNT * len(who)
