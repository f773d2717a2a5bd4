"""What a settled job pays to a model with shares, from the market to those who staked."""

from pallets.assets import Assets
from pallets.market import Posted
from pallets.rights import Partners, Rights, RightsParams
from pallets.rights.types import get_purse
from tests.helpers.market_stage import DAVE, EVE, MODEL_OWNER, TREASURY, MarketStage, get_total
from tests.helpers.mock_runtime import EXISTENTIAL_DEPOSIT, to

PRICE = 1_000_000
ROYALTY = PRICE * 15 // 100
SUPPLY = 1 << 10


def make_stage() -> tuple[MarketStage, Assets, Rights]:
    """A market with rights: half of the model's shares are EVE's, a quarter is DAVE's."""
    stage = MarketStage()
    state, system, money = stage.state, stage.system, stage.money
    assets = Assets(
        state, system, money, index=19, asset_deposit=100, byte_deposit=1, holding_deposit=10
    )
    partners = Partners(system, money, assets.book, stage.records)
    params = RightsParams(TREASURY, 10, EXISTENTIAL_DEPOSIT)
    rights = Rights(state, partners, index=18, params=params)
    stage.runtime.add(assets, rights)
    stage.dispatch(rights, "issue_shares", MODEL_OWNER, stage.model, SUPPLY)
    shares = rights.pool[stage.model].asset
    stage.dispatch(assets, "transfer", MODEL_OWNER, shares, to(EVE), SUPPLY // 2)
    stage.dispatch(assets, "transfer", MODEL_OWNER, shares, to(DAVE), SUPPLY // 4)
    return stage, assets, rights


def settle(stage: MarketStage) -> None:
    """A job of one slot is posted, filled and paid."""
    job = stage.post(Posted(PRICE), rows_per_slot=40)
    stage.lock(job)
    stage.submit(job)


def test_a_settlement_pays_those_who_staked_before_it() -> None:
    stage, assets, rights = make_stage()
    for who, amount in ((EVE, SUPPLY // 2), (DAVE, SUPPLY // 4)):
        stage.dispatch(rights, "stake_shares", who, stage.model, amount)
    owner = stage.get_wealth(MODEL_OWNER)
    settle(stage)
    purse = get_purse(stage.model)
    assert stage.money.get_free(purse) == EXISTENTIAL_DEPOSIT + ROYALTY
    assert stage.get_wealth(MODEL_OWNER) == owner, "the shares earn, not the owner"
    stage.dispatch(rights, "stake_shares", MODEL_OWNER, stage.model, SUPPLY // 4)
    gains = {who: -stage.money.get_free(who) for who in (EVE, DAVE)}
    for who in (EVE, DAVE):
        stage.dispatch(rights, "claim_revenue", who, stage.model)
        gains[who] += stage.money.get_free(who)
    assert gains[DAVE] in (ROYALTY // 3, ROYALTY // 3 - 1)
    assert gains[EVE] in (ROYALTY * 2 // 3, ROYALTY * 2 // 3 - 1)
    settle(stage)
    assert rights.revenue.get_claimable(stage.model, MODEL_OWNER) == ROYALTY // 4
    for pallet in (assets, rights, stage.registry, stage.market):
        pallet.try_state()
    assert get_total(stage) == stage.money.get_issuance()


def test_without_shares_the_owner_is_paid_again() -> None:
    stage, assets, rights = make_stage()
    shares = rights.pool[stage.model].asset
    for who, amount in ((EVE, SUPPLY // 2), (DAVE, SUPPLY // 4)):
        stage.dispatch(assets, "transfer", who, shares, to(MODEL_OWNER), amount)
    stage.dispatch(rights, "redeem_shares", MODEL_OWNER, stage.model)
    owner = stage.get_wealth(MODEL_OWNER)
    settle(stage)
    assert stage.get_wealth(MODEL_OWNER) == owner + ROYALTY
