"""The results of a job with replicas are those of whichever replica is settled."""

import pytest

from chain.wallet.jobs import NotSettled, read_outputs
from pallets.market import Infer, Posted, Terms
from runtime.frame.ai_types import VerifierId
from runtime.primitives import UNIT, AccountId
from tests.helpers import economy
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.economy import ALICE, BOB, CAROL, INPUT_ROOT, MODEL, RECORD_OF, make_economy

PARTS, ROWS = 2, 40


def fill(chain: ChainStage, slot: int, who: AccountId) -> None:
    """Locks a slot of the first job, and submits its right result."""
    at = (0, slot)
    lock = make_call("Market", "lock", *at, RECORD_OF[who])
    assert chain.apply(who, lock).error is None
    payload = economy.run(chain, at)
    submit = make_call("Market", "submit", *at, economy.commit(chain, at, who, payload), payload)
    assert chain.apply(who, submit).error is None


def test_outputs_are_one_for_each_part_in_order() -> None:
    chain = make_economy()
    chain.begin_block(BOB)
    spec = Infer(MODEL, None, INPUT_ROOT, ROWS, ROWS // PARTS, 2)
    post = make_call("Market", "post", spec, Posted(UNIT), VerifierId.REPLAY, Terms(50, 20, 2))
    assert chain.apply(ALICE, post).error is None
    market = chain.runtime.market
    fill(chain, PARTS, BOB)  # the second replica of the first part
    with pytest.raises(NotSettled, match="slot 1 has no result"):
        read_outputs(chain.runtime, 0)
    fill(chain, 1, CAROL)
    assert read_outputs(chain.runtime, 0) == (market.output[0, PARTS], market.output[0, 1])
    fill(chain, 0, CAROL)
    assert read_outputs(chain.runtime, 0)[0] == market.output[0, 0]
