"""What the pallets of the composed runtime are made with, and which of it governance may change."""

from pallets.bonds import DEFAULT_TERMS
from pallets.governance import PARAMETERS_ACCOUNT, TREASURER_ACCOUNT
from pallets.leases import MISSES_MAX, TERM_BLOCKS_MAX, LeaseParams
from pallets.market import MarketParams
from pallets.parameters import Parameters
from pallets.pools import PoolParams
from pallets.registry import BLOCK_BLOB_BYTES
from pallets.rounds import RoundParams
from pallets.treasury import TreasuryParams
from pallets.vault import VaultParams
from pallets.verify import Verify, VerifyParams
from pallets.work import WorkParams
from runtime.frame.ai_types import ROYALTY_BPS_MAX
from runtime.frame.parameters import Param
from runtime.frame.slashing import (
    FORFEIT_BURNED_BPS,
    FRAUD_BURNED_BPS,
    FRAUD_TREASURY_BPS,
    MISS_BURNED_BPS,
)
from runtime.primitives import BPS, UNIT, AccountId
from runtime.state.overlay import Overlay
from runtime.system import System

ERAS_KEPT = 1_000
RECEIPTS_KEPT = 4_096
BONUS_BPS = 8_000
GRACE_BLOCKS, FREEZE_BLOCKS = 1_000, 100
TREASURY = AccountId(b"modlpy/trsry".ljust(32, b"\0"))
"""FRAME's account of the treasury; nobody has its key."""

BYTE_DEPOSIT = UNIT // 1_000
MARKET_PARAMS = MarketParams(
    TREASURY, bond_min=UNIT, job_deposit=UNIT, byte_deposit=BYTE_DEPOSIT, bid_deposit=UNIT // 10
)
LEASE_PARAMS = LeaseParams(
    treasury=TREASURY, bond_min=UNIT, offer_deposit=UNIT, lease_deposit=UNIT // 2
)
VERIFY_PARAMS = VerifyParams(demand_min=UNIT // 10)
VAULT_PARAMS = VaultParams(treasury=TREASURY, bond_min=UNIT, offer_deposit=UNIT, order_deposit=UNIT)
ROUND_PARAMS = RoundParams(
    bond_min=UNIT, gold_deposit_min=UNIT, round_deposit=UNIT, byte_deposit=BYTE_DEPOSIT
)
POOL_PARAMS = PoolParams(UNIT, UNIT, pool_deposit=UNIT, byte_deposit=BYTE_DEPOSIT)
TREASURY_PARAMS = TreasuryParams(TREASURY, TREASURER_ACCOUNT, period_blocks=1)
"""Its periods are the chain's voting periods."""


def make_work_params(era_blocks: int) -> WorkParams:
    """Those of a chain whose specification gives its eras so many blocks."""
    return WorkParams(era_blocks, ERAS_KEPT, RECEIPTS_KEPT, TREASURY, BONUS_BPS)


def compose_parameters(state: Overlay, system: System, work: WorkParams) -> Parameters:
    """What governance may change, with what the other pallets are made with."""
    defaults = {
        Param.BURN_BPS: MARKET_PARAMS.burn_bps,
        Param.TREASURY_BPS: MARKET_PARAMS.treasury_bps,
        Param.BONUS_BPS: BONUS_BPS,
        Param.SLOT_BOND_MIN: MARKET_PARAMS.bond_min,
        Param.BOND_FACTOR_BPS: Verify.bond_factor_bps,
        Param.ROLE_BOND_MIN: DEFAULT_TERMS[0].bond_min,
        Param.UNBONDING_BLOCKS: DEFAULT_TERMS[0].unbonding_blocks,
        Param.GRACE_BLOCKS: GRACE_BLOCKS,
        Param.FREEZE_BLOCKS: FREEZE_BLOCKS,
        Param.TREASURY_CAP_BPS: TREASURY_PARAMS.cap_bps,
        Param.TREASURY_BURN_BPS: TREASURY_PARAMS.burn_bps,
        Param.ERA_BLOCKS: work.era_blocks,
        Param.TITHE_BPS: work.tithe_bps,
        Param.BAND_LOW_BPS: work.band.low_bps,
        Param.BAND_HIGH_BPS: work.band.high_bps,
        Param.PRICE_STEP_BPS: work.band.step_bps,
        Param.DEPOSIT_BPS: BPS,
        Param.ROYALTY_CAP_BPS: ROYALTY_BPS_MAX,
        Param.SALE_BURN_BPS: VAULT_PARAMS.burn_bps,
        Param.SALE_TREASURY_BPS: VAULT_PARAMS.treasury_bps,
        Param.SALE_BOND_BPS: VAULT_PARAMS.bond_bps,
        Param.SILENCE_BPS: VAULT_PARAMS.silence_bps,
        Param.LEASE_BOND_BLOCKS: LEASE_PARAMS.bond_blocks,
        Param.AUDIT_MISSES_MAX: MISSES_MAX,
        Param.SEAT_BOND_BPS: ROUND_PARAMS.bond_bps,
        Param.GOLD_DEPOSIT_BPS: ROUND_PARAMS.gold_deposit_bps,
        Param.RATING_HALF_LIFE_BLOCKS: MARKET_PARAMS.rating_half_life_blocks,
        Param.PROOF_BLOCKS: VERIFY_PARAMS.proof_blocks,
        Param.SPOT_BLOCKS: VERIFY_PARAMS.spot_blocks,
        Param.DEMAND_BPS: VERIFY_PARAMS.demand_bps,
        Param.VALIDATION_DEPOSIT_BPS: POOL_PARAMS.validation_deposit_bps,
        Param.WAITING_FACTOR_BPS: Verify.optimistic_factor_bps,
        Param.SAMPLED_FACTOR_BPS: Verify.optimistic_factor_bps,
        Param.ANSWER_BLOCKS: VERIFY_PARAMS.answer_blocks,
        Param.REACT_BLOCKS: VERIFY_PARAMS.react_blocks,
        Param.AUDIT_DRAWS_MIN: 1,
        Param.AUDIT_EVERY_MAX: TERM_BLOCKS_MAX,
        Param.COMMITTEE_MIN: 1,
        Param.GOLD_SHARE_BPS: 0,
        Param.REVEAL_BLOCKS_MIN: 1,
        Param.BLOCK_BLOB_BYTES: BLOCK_BLOB_BYTES,
        Param.FRAUD_BURNED_BPS: FRAUD_BURNED_BPS,
        Param.FRAUD_TREASURY_BPS: FRAUD_TREASURY_BPS,
        Param.MISS_BURNED_BPS: MISS_BURNED_BPS,
        Param.FORFEIT_BURNED_BPS: FORFEIT_BURNED_BPS,
        Param.SEAT_DEPOSIT: POOL_PARAMS.seat_deposit,
        Param.DISPUTE_BLOCKS_MIN: VAULT_PARAMS.dispute_blocks_min,
    }
    return Parameters(state, system, index=30, defaults=defaults, setter=PARAMETERS_ACCOUNT)
