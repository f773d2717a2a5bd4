"""How what somebody loses is divided, whatever the duty was: shares as governance sets them."""

from runtime.frame.ai_types import SlashSplit
from runtime.frame.parameters import Param, Parameters
from runtime.primitives import BPS, AccountId

FRAUD_BURNED_BPS = 4_000
FRAUD_TREASURY_BPS = 2_000
MISS_BURNED_BPS = 5_000
FORFEIT_BURNED_BPS = 5_000


def split_fraud(
    parameters: Parameters,
    injured: AccountId,
    treasury: AccountId,
    challenger: AccountId | None = None,
) -> SlashSplit:
    """The collateral behind a false result or delivery.

    Who has proven it takes the larger part that is not burned; the treasury's is the injured's.
    """
    burned = parameters.get_param(Param.FRAUD_BURNED_BPS, FRAUD_BURNED_BPS)
    smaller = parameters.get_param(Param.FRAUD_TREASURY_BPS, FRAUD_TREASURY_BPS)
    larger = BPS - burned - smaller
    if challenger is None:
        return SlashSplit(burned, larger, smaller, injured=injured, reporter=treasury)
    return SlashSplit(burned, smaller, larger, injured=injured, reporter=challenger)


def split_miss(parameters: Parameters, injured: AccountId) -> SlashSplit:
    """The collateral behind a duty that was not done: half is burned, until governance differs."""
    burned = parameters.get_param(Param.MISS_BURNED_BPS, MISS_BURNED_BPS)
    return SlashSplit(burned, BPS - burned, injured=injured)


def compute_forfeit(parameters: Parameters, deposit: int) -> int:
    """What the other side is paid of a deposit that is lost; the rest is burned."""
    burned_bps = parameters.get_param(Param.FORFEIT_BURNED_BPS, FORFEIT_BURNED_BPS)
    return deposit * (BPS - burned_bps) // BPS
