"""The largest arguments that an attacker can send: each is refused by name and leaves no trace."""

from typing import Any

import pytest

from pallets.market import Bids, Dutch, Going, Posted, Recurrence, Terms, declarations, recurring
from pallets.market import bids as bidding
from pallets.market.bids import PICKS_MAX, Pick
from pallets.market.prices import PriceRule
from pallets.verify import declarations as verify
from pallets.work import declarations as work
from runtime.errors import DispatchError
from runtime.frame.ai_types import VerifierId
from runtime.primitives import Hash
from runtime.programs.product import INNER_MAX, StripOpening, TileOpening
from runtime.tensor.commitment import PATH_LENGTH_MAX, TILE_BYTES
from tests.helpers.dispute_stage import DisputeStage
from tests.helpers.market_stage import ALICE, BOB, EVE, MarketStage
from tests.helpers.market_stage import TERMS as SHORT

U8_MAX, U32_MAX, U64_MAX, U128_MAX = (2**bits - 1 for bits in (8, 32, 64, 128))
ONE = Posted(1)


@pytest.fixture(scope="module")
def stage() -> MarketStage:
    stage = DisputeStage()
    stage.post(Bids(10**6))
    stage.post(Going(10**6))
    stage.multiply(stage.post_product())
    return stage


@pytest.mark.parametrize(
    "price", [Posted(U128_MAX), Dutch(1, U128_MAX, U32_MAX), Bids(U128_MAX), Going(U128_MAX)]
)
def test_nobody_has_such_an_escrow(stage: MarketStage, price: PriceRule) -> None:
    spec, again = stage.make_spec(rows_per_slot=1), Recurrence(1, 1_000)
    with stage.refused(declarations.NoEscrow):
        stage.post(price, rows_per_slot=1)
    with stage.refused(declarations.NoEscrow):
        asked = (spec, price, VerifierId.REPLAY, SHORT, again)
        stage.dispatch(stage.market, "recur", ALICE, *asked)


TERMS = [
    Terms(U32_MAX, 1, 1),
    Terms(1, U32_MAX, 1),
    Terms(1, 1, U8_MAX),
    Terms(U32_MAX, U32_MAX, U8_MAX),
]


@pytest.mark.parametrize("terms", TERMS)
def test_no_job_takes_so_long(stage: MarketStage, terms: Terms) -> None:
    with stage.refused(declarations.BadTerms):
        stage.post(ONE, terms=terms)


@pytest.mark.parametrize("again", [Recurrence(U32_MAX, 2), Recurrence(1, U32_MAX)])
def test_no_job_recurs_so_often_or_so_seldom(stage: MarketStage, again: Recurrence) -> None:
    with stage.refused(declarations.BadTerms):
        asked = (stage.make_spec(), ONE, VerifierId.REPLAY, SHORT, again)
        stage.dispatch(stage.market, "recur", ALICE, *asked)


PICKS = tuple(Pick(U32_MAX, BOB) for _ in range(PICKS_MAX))
MARKET: list[tuple[type[DispatchError], str, tuple[Any, ...]]] = [
    (declarations.NoSuchJob, "top_up", (U64_MAX, U128_MAX)),
    (declarations.NoEscrow, "top_up", (0, U128_MAX)),
    (declarations.NoEscrow, "top_up", (1, U128_MAX)),
    (declarations.NoSuchJob, "bid", (U64_MAX, U128_MAX, U64_MAX)),
    (declarations.BadPrice, "bid", (0, U128_MAX, U64_MAX)),
    (declarations.RequirementUnmet, "bid", (0, 1, U64_MAX)),
    (declarations.NoSuchJob, "unbid", (U64_MAX,)),
    (bidding.NoSuchBid, "unbid", (0,)),
    (declarations.NoSuchJob, "accept", (U64_MAX, PICKS)),
    (declarations.NoSuchSlot, "accept", (0, PICKS)),
    (bidding.NotForBids, "accept", (1, PICKS)),
    (declarations.NoSuchJob, "drop_bids", (U64_MAX,)),
    (recurring.NoSuchRecurring, "renew", (U64_MAX,)),
    (recurring.NoSuchRecurring, "stop", (U64_MAX,)),
    (declarations.NoSuchSlot, "lock", (1, U32_MAX, U64_MAX)),
    (declarations.RequirementUnmet, "lock", (1, 0, U64_MAX)),
]


@pytest.mark.parametrize("error, name, args", MARKET)
def test_no_job_slot_bid_or_sum_is_so_large(
    stage: MarketStage, error: type[DispatchError], name: str, args: tuple[Any, ...]
) -> None:
    with stage.refused(error):
        stage.dispatch(stage.market, name, ALICE, *args)


PATH = (Hash.zero(),) * PATH_LENGTH_MAX
STRIP = StripOpening(bytes(32 * INNER_MAX), PATH)
TILE = TileOpening(bytes([255]) * TILE_BYTES, PATH)
VERIFY: list[tuple[type[DispatchError], str, tuple[Any, ...]]] = [
    (verify.NotPending, "check", (U64_MAX, U32_MAX)),
    (verify.NotPending, "challenge_pixel", (U64_MAX, U32_MAX, U32_MAX)),
    (verify.NotPending, "prove_tile", (U64_MAX, U32_MAX, U32_MAX, STRIP, STRIP, TILE)),
    (verify.OutOfRange, "prove_tile", (2, 0, U32_MAX, STRIP, STRIP, TILE)),
    (verify.BadProof, "prove_tile", (2, 0, 0, STRIP, STRIP, TILE)),
    (verify.OutOfRange, "demand_tile", (2, 0, U32_MAX)),
    (verify.OutOfRange, "answer_tile", (2, 0, U32_MAX, TILE)),
    (verify.NotDemanded, "answer_tile", (2, 0, 0, TILE)),
    (verify.NotPending, "accept_result", (U64_MAX, U32_MAX)),
    (verify.NotPending, "poke", (U64_MAX, U32_MAX)),
]


@pytest.mark.parametrize("error, name, args", VERIFY)
def test_no_claim_or_tile_is_so_large(
    stage: MarketStage, error: type[DispatchError], name: str, args: tuple[Any, ...]
) -> None:
    with stage.refused(error):
        stage.dispatch(stage.verify, name, EVE, *args)


def test_no_era_is_so_late(stage: MarketStage) -> None:
    with stage.refused(work.EraNotClosed):
        stage.dispatch(stage.work, "claim_era", EVE, U32_MAX, EVE)
