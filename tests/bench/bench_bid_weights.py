"""What bids, replicas and recurring jobs cost; see `tests/helpers/weighing.py`.

As many bids as a job may have, as many slots as a call gives away, as many replicas as a slot may
have, a run of as many slots and inputs as there may be; everybody has something on hold for every
reason.
"""

import numpy as np

from pallets.market import Bids, Going, Infer, PriceRule, Recurrence, Terms
from pallets.market.bids import PICKS_MAX, Pick
from pallets.market.types import BIDS_MAX, REPLICAS_MAX
from runtime.frame import Call, Origin
from runtime.frame.ai_types import Role, VerifierId
from runtime.primitives import UNIT, AccountId, Root
from runtime.tensor.blob import blob_root
from tests.helpers import economy
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.economy import ALICE, BOB, BOND, DAVE, FUNDS, MANIFEST, TTL
from tests.helpers.weighing import Book
from tests.helpers.whole_stage import begin_economy, hold_everything, make_largest_provider

BIDDERS = tuple(AccountId(bytes([n]) * 32) for n in range(120, 120 + BIDS_MAX))
ROWS, PER_SLOT = 1_024, 4
TERMS = Terms(50, 20, 2)


def apply(chain: ChainStage, who: AccountId, call: Call) -> None:
    """A call that has to succeed."""
    chain.runtime.dispatcher.dispatch(call, Origin.signed(who))


def make_ask(name: str, inputs: Root, price: PriceRule, *more: object) -> Call:
    """Rows for as many slots as a job may have."""
    spec = Infer(economy.MODEL, None, inputs, ROWS, PER_SLOT, 1)
    return make_call("Market", name, spec, price, VerifierId.REPLAY, TERMS, *more)


def make_chain() -> tuple[ChainStage, Root, dict[AccountId, int]]:
    """A chain with 64 KiB of inputs, and as many providers as may bid: their records."""
    chain = begin_economy()
    inputs = np.random.default_rng(3).integers(-63, 63, (ROWS, 64), np.int8, True).tobytes()
    apply(chain, ALICE, make_call("Registry", "put_blob", inputs))
    records: dict[AccountId, int] = {}
    for who in BIDDERS:
        chain.runtime.balances.ledger.mint(who, FUNDS)
        records[who] = chain.runtime.registry.next_id.get()
        body = make_largest_provider(PICKS_MAX)
        apply(chain, who, make_call("Registry", "register", body, MANIFEST, (), 0, TTL))
        apply(chain, who, make_call("Bonds", "bond", Role.PROVIDER, BOND))
    hold_everything(chain.runtime)
    return chain, blob_root(inputs), records


def weigh_bids(book: Book, chain: ChainStage, inputs: Root, records: dict[AccountId, int]) -> None:
    """Bids of all, given away or returned."""
    last = BIDDERS[-1]
    apply(chain, ALICE, make_ask("post", inputs, Bids(UNIT)))
    bids = {who: make_call("Market", "bid", 0, UNIT, record) for who, record in records.items()}
    for who in BIDDERS[:-1]:
        apply(chain, who, bids[who])
    book.call("market.BID", "bid(the last)", chain, last, bids[last])
    apply(chain, last, bids[last])
    book.call("market.BID", "bid(again)", chain, last, bids[last])
    one = book.call("market.BID_RETURN", "unbid", chain, last, make_call("Market", "unbid", 0))
    picks = tuple(Pick(slot, last) for slot in range(PICKS_MAX))
    for figure, some in (("market.ACCEPT", picks[:1]), ("", picks)):
        accept = make_call("Market", "accept", 0, some)
        book.call(figure, f"accept({len(some)})", chain, ALICE, accept)
    apply(chain, ALICE, make_call("Market", "cancel", 0))
    every = book.call("", "drop_bids(32)", chain, DAVE, make_call("Market", "drop_bids", 0))
    book.slope("market.BID_RETURN", "drop_bids", one, every, BIDS_MAX - 1)
    book.call("", "close(256 slots, 32 bids)", chain, ALICE, make_call("Market", "close", 0))
    job = chain.runtime.market.next_job.get()
    apply(chain, ALICE, make_ask("post", inputs, Bids(UNIT)))
    apply(chain, last, make_call("Market", "bid", job, UNIT, records[last]))
    apply(chain, ALICE, make_call("Market", "cancel", job))
    drop = make_call("Market", "drop_bids", job)
    book.call("market.BID_RETURN", "drop_bids(1)", chain, DAVE, drop)


def weigh_replicas(
    book: Book, chain: ChainStage, inputs: Root, records: dict[AccountId, int]
) -> None:
    """Locking a replica while all others are other providers'."""
    spec = Infer(economy.MODEL, None, inputs, ROWS, ROWS // 8, REPLICAS_MAX)
    post = make_call("Market", "post", spec, Going(UNIT), VerifierId.FREIVALDS, TERMS)
    job = chain.runtime.market.next_job.get()
    apply(chain, ALICE, post)
    *others, slot = chain.runtime.market.job[job].get_replicas(0)
    for other, who in zip(others, BIDDERS, strict=False):
        apply(chain, who, make_call("Market", "lock", job, other, records[who]))
    last = BIDDERS[-1]
    lock = make_call("Market", "lock", job, slot, records[last])
    book.call("market.LOCK", "a replica beside seven", chain, last, lock)


def weigh_recurring(book: Book, chain: ChainStage, inputs: Root) -> None:
    """Runs of as many slots as there may be."""
    recur = make_ask("recur", inputs, Bids(UNIT), Recurrence(1, 3))
    once = book.call(
        "", "post(256 slots, 64 KiB)", chain, ALICE, make_ask("post", inputs, Bids(UNIT))
    )
    again = book.call("", "recur(256 slots, 64 KiB)", chain, ALICE, recur)
    book.slope("market.STOP", "what recurring adds", once, again, 1)
    apply(chain, ALICE, recur)
    book.call("market.STOP", "stop", chain, ALICE, make_call("Market", "stop", 0))
    chain.next_block(BOB)
    run = book.call("", "renew(256 slots, 64 KiB)", chain, DAVE, make_call("Market", "renew", 0))
    book.slope("market.STOP", "what a run adds", once, run, 1)
    apply(chain, economy.MODEL_OWNER, make_call("Registry", "retire", economy.MODEL))
    book.call("", "renew(skipped)", chain, DAVE, make_call("Market", "renew", 0))


def weigh(book: Book) -> None:
    """A row for each call."""
    chain, inputs, records = make_chain()
    weigh_bids(book, chain, inputs, records)
    weigh_replicas(book, chain, inputs, records)
    weigh_recurring(book, chain, inputs)


if __name__ == "__main__":
    weigh(Book())
