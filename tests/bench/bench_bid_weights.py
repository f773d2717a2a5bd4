"""What bids and recurring jobs cost; see `tests/helpers/weighing.py`.

A job of more slots than one call gives away, with as many bids as there may be.
"""

from pallets.market import Bids, Posted
from pallets.market.bids import PICKS_MAX, Pick
from pallets.market.recurring import RUNS_MAX, Recurrence
from pallets.market.types import BIDS_MAX
from runtime.frame.ai_types import Role, VerifierId
from runtime.primitives import AccountId
from tests.helpers.market_stage import ALICE, BOND, EVE, FUNDS, ROWS, TERMS, MarketStage
from tests.helpers.weighing import Book, Cost

MAX, ASKED = 1_000_000, 600_001
CROWD = tuple(AccountId(bytes([n, 9]) * 16) for n in range(BIDS_MAX))


def weigh_recurring(book: Book) -> None:
    """Posting again and again, beside posting once."""
    stage = MarketStage()
    args = (stage.make_spec(rows_per_slot=1), Posted(MAX), VerifierId.REPLAY, TERMS)

    def at(figure: str, case: str, who: AccountId, name: str, *args: object) -> Cost:
        call = stage.runtime.make_call(stage.market, name, *args)
        return book.call(figure, case, stage, who, call)

    once = at("", "a job", ALICE, "post", *args)
    often = at("", "a recurring job", ALICE, "recur", *args, Recurrence(5, RUNS_MAX))
    book.slope("market.STOP", "what recurring adds", once, often, 1)
    stage.dispatch(stage.market, "recur", ALICE, *args, Recurrence(5, RUNS_MAX))
    at("market.STOP", "stop", ALICE, "stop", 0)
    stage.skip(5)
    again = at("", "the next run", EVE, "renew", 0)
    book.slope("market.STOP", "what a run adds", once, again, 1)


def weigh(book: Book) -> None:
    """Every call of these."""
    weigh_recurring(book)
    stage = MarketStage()
    for who in CROWD:
        stage.money.mint(who, FUNDS)
        stage.record_of[who] = stage.register_provider(who, 2 * PICKS_MAX)
        stage.dispatch(stage.bonds, "bond", who, Role.PROVIDER, BOND)
    job = stage.post(Bids(MAX), rows_per_slot=1)

    def at(figure: str, case: str, who: AccountId, name: str, *args: object) -> Cost:
        call = stage.runtime.make_call(stage.market, name, *args)
        return book.call(figure, case, stage, who, call)

    for who in CROWD[:-1]:
        stage.dispatch(stage.market, "bid", who, job, ASKED, stage.record_of[who])
    last = CROWD[-1]
    at("market.BID", "the last", last, "bid", job, ASKED, stage.record_of[last])
    stage.dispatch(stage.market, "bid", last, job, ASKED, stage.record_of[last])
    at("market.BID_RETURN", "one", last, "unbid", job)
    picks = tuple(Pick(slot, CROWD[0]) for slot in range(ROWS))
    stage.dispatch(stage.market, "accept", ALICE, job, picks[PICKS_MAX:])
    picks = picks[:PICKS_MAX]
    at("market.ACCEPT", "one of many", ALICE, "accept", job, picks[:1])
    at("", f"{PICKS_MAX} slots, {BIDS_MAX} bids returned", ALICE, "accept", job, picks)
    stage.skip(stage.get_job(job).open_until + 1 - stage.number)
    dropped = at("", f"{BIDS_MAX} bids dropped", EVE, "drop_bids", job)
    book.slope("market.BID_RETURN", "one of many", Cost(0, 0), dropped, BIDS_MAX)


if __name__ == "__main__":
    weigh(Book())
