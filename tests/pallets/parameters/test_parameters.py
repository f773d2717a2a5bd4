"""Parameters: who sets them, within what, and that the other pallets keep their invariants."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pallets.governance import PARAMETERS_ACCOUNT
from pallets.leases.types import DRAWS_MAX, TERM_BLOCKS_MAX
from pallets.market import Infer, Posted, SlotState, Terms
from pallets.parameters import BOUNDS, ParamOutOfBounds, ParamSet
from pallets.pools.types import WINDOW_BLOCKS_MAX as POOL_WINDOW_BLOCKS_MAX
from pallets.rounds.types import SEATS_MAX, WINDOW_BLOCKS_MAX
from pallets.runtime_parameters import TREASURY
from pallets.vault.types import TERM_BLOCKS_MAX as SALE_BLOCKS_MAX
from runtime.errors import BadOrigin
from runtime.frame import Origin
from runtime.frame.ai_types import BLOB_BYTES_MAX, BURNED_BPS_MIN, ROYALTY_BPS_MAX, Role, VerifierId
from runtime.frame.division import Fees, compute_bond, compute_split
from runtime.frame.parameters import Param
from runtime.frame.slashing import compute_forfeit, split_fraud, split_miss
from runtime.primitives import BPS, UNIT
from tests.helpers import economy
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.economy import ALICE, BOB, CAROL, RECORD_OF, make_economy
from tests.helpers.noop import assert_noop
from tests.helpers.set_parameters import SetParameters


@st.composite
def settings_of_all(draw: st.DrawFn) -> dict[Param, int]:
    """Every parameter within its bounds, often at one of them."""
    values: dict[Param, int] = {}
    for param, bounds in BOUNDS.items():
        ends = st.sampled_from([bounds.least, bounds.most])
        values[param] = draw(ends | st.integers(bounds.least, bounds.most))
    return values


def set_param(chain: ChainStage, origin: Origin, param: Param, value: int) -> None:
    """A call of the parameters pallet."""
    call = make_call("Parameters", "set_param", param, value)
    chain.runtime.dispatcher.dispatch(call, origin)


@pytest.fixture
def chain() -> ChainStage:
    chain = make_economy()
    chain.begin_block(BOB)
    return chain


def test_root_and_the_track_set_a_parameter_and_nobody_else(chain: ChainStage) -> None:
    for origin, value in ((Origin.root(), 900), (Origin.signed(PARAMETERS_ACCOUNT), 800)):
        before = chain.runtime.parameters.get_all()[Param.BURN_BPS]
        set_param(chain, origin, Param.BURN_BPS, value)
        assert chain.runtime.parameters.get_param(Param.BURN_BPS, 1) == value
        assert chain.get_events()[-1] == ParamSet(Param.BURN_BPS, before, value)
    for origin in (Origin.signed(ALICE), Origin.none()):
        with assert_noop(chain.runtime.state, BadOrigin):
            set_param(chain, origin, Param.BURN_BPS, 700)
    chain.runtime.parameters.try_state()


@pytest.mark.parametrize("param", Param)
def test_every_parameter_stays_within_its_bounds(chain: ChainStage, param: Param) -> None:
    bounds, default = BOUNDS[param], chain.runtime.parameters.defaults[param]
    assert bounds.least <= default <= bounds.most
    for value in (bounds.least, bounds.most):
        set_param(chain, Origin.root(), param, value)
        assert chain.runtime.parameters.get_all()[param] == value
        chain.runtime.parameters.try_state()
    for value in (bounds.least - 1, bounds.most + 1, 1 << 127):
        if value >= 0:
            with assert_noop(chain.runtime.state, ParamOutOfBounds):
                set_param(chain, Origin.root(), param, value)
    set_param(chain, Origin.root(), param, default)
    assert param not in chain.runtime.parameters.values, "a default is not stored"


def test_defaults_are_what_the_pallets_are_made_with(chain: ChainStage) -> None:
    runtime, defaults = chain.runtime, chain.runtime.parameters.get_all()
    assert defaults == {
        Param.BURN_BPS: runtime.market.params.burn_bps,
        Param.TREASURY_BPS: runtime.market.params.treasury_bps,
        Param.BONUS_BPS: runtime.work.params.bonus_bps,
        Param.SLOT_BOND_MIN: runtime.market.params.bond_min,
        Param.BOND_FACTOR_BPS: runtime.verify.bond_factor_bps,
        Param.ROLE_BOND_MIN: runtime.bonds.role_terms[Role.PROVIDER].bond_min,
        Param.UNBONDING_BLOCKS: runtime.bonds.role_terms[Role.PROVIDER].unbonding_blocks,
        Param.GRACE_BLOCKS: runtime.bonds.grace_blocks,
        Param.FREEZE_BLOCKS: runtime.bonds.freeze_blocks,
        Param.TREASURY_CAP_BPS: runtime.treasury.params.cap_bps,
        Param.TREASURY_BURN_BPS: runtime.treasury.params.burn_bps,
        Param.ERA_BLOCKS: runtime.work.params.era_blocks,
        Param.TITHE_BPS: runtime.work.params.tithe_bps,
        Param.BAND_LOW_BPS: runtime.work.params.band.low_bps,
        Param.BAND_HIGH_BPS: runtime.work.params.band.high_bps,
        Param.PRICE_STEP_BPS: runtime.work.params.band.step_bps,
        Param.DEPOSIT_BPS: BPS,
        Param.ROYALTY_CAP_BPS: ROYALTY_BPS_MAX,
        Param.SALE_BURN_BPS: runtime.vault.params.burn_bps,
        Param.SALE_TREASURY_BPS: runtime.vault.params.treasury_bps,
        Param.SALE_BOND_BPS: runtime.vault.params.bond_bps,
        Param.SILENCE_BPS: runtime.vault.params.silence_bps,
        Param.LEASE_BOND_BLOCKS: runtime.leases.params.bond_blocks,
        Param.AUDIT_MISSES_MAX: 3,
        Param.SEAT_BOND_BPS: runtime.rounds.params.bond_bps,
        Param.GOLD_DEPOSIT_BPS: runtime.rounds.params.gold_deposit_bps,
        Param.RATING_HALF_LIFE_BLOCKS: runtime.market.params.rating_half_life_blocks,
        Param.PROOF_BLOCKS: runtime.verify.params.proof_blocks,
        Param.SPOT_BLOCKS: runtime.verify.params.spot_blocks,
        Param.DEMAND_BPS: runtime.verify.params.demand_bps,
        Param.VALIDATION_DEPOSIT_BPS: runtime.pools.params.validation_deposit_bps,
        Param.WAITING_FACTOR_BPS: runtime.verify.optimistic_factor_bps,
        Param.SAMPLED_FACTOR_BPS: runtime.verify.optimistic_factor_bps,
        Param.ANSWER_BLOCKS: runtime.verify.params.answer_blocks,
        Param.REACT_BLOCKS: runtime.verify.params.react_blocks,
        Param.AUDIT_DRAWS_MIN: 1,
        Param.AUDIT_EVERY_MAX: TERM_BLOCKS_MAX,
        Param.COMMITTEE_MIN: 1,
        Param.GOLD_SHARE_BPS: 0,
        Param.REVEAL_BLOCKS_MIN: 1,
        Param.BLOCK_BLOB_BYTES: 256 * 1024,
        Param.FRAUD_BURNED_BPS: 4_000,
        Param.FRAUD_TREASURY_BPS: 2_000,
        Param.MISS_BURNED_BPS: 5_000,
        Param.FORFEIT_BURNED_BPS: 5_000,
        Param.SEAT_DEPOSIT: runtime.pools.params.seat_deposit,
        Param.DISPUTE_BLOCKS_MIN: runtime.vault.params.dispute_blocks_min,
    }
    assert len(set(runtime.bonds.role_terms)) == 1, "one number stands for every role"
    # One number stands for the fees of every sale, and for the fees of every kind of work.
    fees = (runtime.rights.burn_bps, runtime.rights.treasury_bps)
    assert fees == (runtime.vault.params.burn_bps, runtime.vault.params.treasury_bps)
    work = (runtime.leases.params.burn_bps, runtime.leases.params.treasury_bps)
    assert work == (runtime.market.params.burn_bps, runtime.market.params.treasury_bps)


def test_no_setting_makes_mining_for_oneself_pay() -> None:
    assert BOUNDS[Param.BONUS_BPS].most < BPS
    assert BOUNDS[Param.BURN_BPS].least > 0


def test_no_setting_lets_a_forger_keep_others_from_asking_for_tiles(chain: ChainStage) -> None:
    """Who takes all places for demands, again and again, burns more than the forged result pays."""
    price = 10**12
    bond = price * BOUNDS[Param.WAITING_FACTOR_BPS].least // BPS
    rounds = BOUNDS[Param.PROOF_BLOCKS].least // BOUNDS[Param.ANSWER_BLOCKS].most
    deposit = bond * BOUNDS[Param.DEMAND_BPS].least // BPS
    burned = deposit * BOUNDS[Param.FORFEIT_BURNED_BPS].least // BPS
    assert rounds * chain.runtime.verify.demands_max * burned > price


def test_no_setting_asks_for_more_than_an_offer_or_a_round_may_have() -> None:
    assert BOUNDS[Param.AUDIT_DRAWS_MIN].most == DRAWS_MAX
    assert BOUNDS[Param.AUDIT_EVERY_MAX].most == TERM_BLOCKS_MAX
    assert BOUNDS[Param.COMMITTEE_MIN].most == SEATS_MAX
    assert BOUNDS[Param.REVEAL_BLOCKS_MIN].most <= min(WINDOW_BLOCKS_MAX, POOL_WINDOW_BLOCKS_MAX)
    assert BOUNDS[Param.DISPUTE_BLOCKS_MIN].most <= SALE_BLOCKS_MAX
    assert BOUNDS[Param.BLOCK_BLOB_BYTES].least >= BLOB_BYTES_MAX


@given(settings_of_all())
def test_every_slash_burns_enough_and_leaves_something_to_who_looks(
    values: dict[Param, int],
) -> None:
    """Whoever the culprit is besides, his loss is a loss."""
    parameters = SetParameters(values)
    fraud = split_fraud(parameters, ALICE, TREASURY)
    proven = split_fraud(parameters, ALICE, TREASURY, CAROL)
    for split in (fraud, proven, split_miss(parameters, ALICE)):
        assert split.burned_bps >= BURNED_BPS_MIN
        assert split.burned_bps + split.injured_bps + split.reporter_bps == BPS
    assert (proven.injured_bps, proven.reporter_bps) == (fraud.reporter_bps, fraud.injured_bps)
    assert proven.reporter_bps >= 2_000
    assert 0 <= compute_forfeit(parameters, 10**9) <= 10**9 // 2


@given(settings_of_all(), st.integers(0, 10**24), st.integers(0, ROYALTY_BPS_MAX))
def test_every_price_can_be_divided(values: dict[Param, int], price: int, royalty_bps: int) -> None:
    fees = Fees(values[Param.BURN_BPS], values[Param.TREASURY_BPS])
    split = compute_split(price, ((ALICE, royalty_bps),), fees)
    parts = (split.treasury, split.royalties[0][1], split.payee, split.burned)
    assert sum(parts) == price
    assert min(parts) >= 0
    assert split.payee * 10 >= price - 10, "a tenth at least for who did it"
    assert compute_bond(price, values[Param.BOND_FACTOR_BPS], values[Param.SLOT_BOND_MIN]) > 0


# --- among the other pallets


def post(chain: ChainStage) -> int:
    """A job of ALICE's with two slots; its number."""
    number = chain.runtime.market.next_job.get()
    spec = Infer(economy.MODEL, None, economy.INPUT_ROOT, 40, 20, 1)
    call = make_call("Market", "post", spec, Posted(UNIT), VerifierId.REPLAY, Terms(50, 5, 2))
    assert chain.apply(ALICE, call).error is None
    return number


@given(settings_of_all())
@settings(max_examples=15)
def test_the_economy_works_with_every_setting(values: dict[Param, int]) -> None:
    """Settled, missed and withdrawn; each number counts from the next time that it is used."""
    chain = make_economy()
    chain.begin_block(BOB)
    job = post(chain)
    for param, value in values.items():
        set_param(chain, Origin.root(), param, value)
    lock = make_call("Market", "lock", job, 0, RECORD_OF[BOB])
    if values[Param.ROLE_BOND_MIN] > economy.BOND:
        assert chain.apply(BOB, lock).error is not None
        return
    assert chain.apply(BOB, lock).error is None
    slot = economy.get_slot(chain, (job, 0))
    factor = values[Param.BOND_FACTOR_BPS]
    assert slot.bond == max(values[Param.SLOT_BOND_MIN], -(-UNIT * factor // BPS))
    payload = economy.run(chain, (job, 0))
    commitment = economy.commit(chain, (job, 0), BOB, payload)
    issuance = chain.runtime.balances.ledger.get_issuance()
    submit = make_call("Market", "submit", job, 0, commitment, payload)
    chain.runtime.dispatcher.dispatch(submit, Origin.signed(BOB))
    settled = economy.get_slot(chain, (job, 0))
    assert settled.state is SlotState.SETTLED
    assert settled.burned >= UNIT * values[Param.BURN_BPS] // BPS
    assert chain.runtime.balances.ledger.get_issuance() <= issuance
    assert chain.apply(CAROL, make_call("Market", "lock", job, 1, RECORD_OF[CAROL])).error is None
    for _ in range(12):
        chain.next_block(BOB)
    assert chain.apply(ALICE, make_call("Market", "poke", job, 1)).error is None
    assert chain.apply(BOB, make_call("Bonds", "unbond", Role.PROVIDER, economy.BOND)).error is None
    bond = chain.runtime.bonds.bond_[BOB, Role.PROVIDER]
    assert bond.unbonding[0].release_at == chain.number + values[Param.UNBONDING_BLOCKS]
    chain.end_block()
    chain.try_state()


def test_a_bonus_follows_its_parameter(chain: ChainStage) -> None:
    """What useful mining returns of what burned, before and after a change."""
    bonuses: list[int] = []
    for bonus_bps in (8_000, 2_000):
        set_param(chain, Origin.root(), Param.BONUS_BPS, bonus_bps)
        job = post(chain)
        assert chain.apply(BOB, make_call("Market", "lock", job, 0, RECORD_OF[BOB])).error is None
        chain.next_block(BOB, economy.summarise(chain, (job, 0), 0))
        payload = economy.run(chain, (job, 0))
        commitment = economy.commit(chain, (job, 0), BOB, payload)
        submit = make_call("Market", "submit", job, 0, commitment, payload)
        issuance = chain.runtime.balances.ledger.get_issuance()
        chain.runtime.dispatcher.dispatch(submit, Origin.signed(BOB))
        burned = economy.get_slot(chain, (job, 0)).burned
        change = issuance - chain.runtime.balances.ledger.get_issuance()
        bonuses.append(burned - change)
    assert bonuses[0] > 0
    assert abs(bonuses[0] - 4 * bonuses[1]) <= 4
