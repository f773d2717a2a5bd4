"""Commissions: results that their buyer alone judges."""

from pallets.market import Commission, Posted, PriceRule, Terms
from runtime.frame import PostDispatch
from runtime.frame.ai_types import VerifierId
from runtime.primitives import AccountId, Root
from tests.helpers.dispute_stage import DisputeStage
from tests.helpers.market_stage import ALICE, BOB

PRICE = 1_000_003
"""Odd, so that nothing divides it."""

REVIEW_BLOCKS = 12
BRIEF = b"A picture of a harbour at dawn."
ANSWER = bytes(range(32))
TERMS = Terms(open_blocks=400, work_blocks=5, attempts=2)


class ReviewStage(DisputeStage):
    """The stage with a brief of ALICE's."""

    def __init__(self) -> None:
        super().__init__()
        self.brief = self.put_blob(ALICE, BRIEF)

    def make_commission(self, results: int = 1, review_blocks: int = REVIEW_BLOCKS) -> Commission:
        """So many answers to the brief."""
        return Commission(self.brief, results, review_blocks)

    def commission(
        self,
        results: int = 1,
        price: PriceRule = Posted(PRICE),  # noqa: B008 - frozen
        who: AccountId = ALICE,
        terms: Terms = TERMS,
    ) -> int:
        """Posts one; its number."""
        spec = self.make_commission(results)
        return self.post_spec(spec, price, VerifierId.BUYER_ACCEPT, terms, who)

    def deliver(
        self,
        job: int,
        slot: int = 0,
        who: AccountId = BOB,
        root: Root = Root(ANSWER),  # noqa: B008
    ) -> PostDispatch:
        """A provider of the stage locks a slot, and submits the root of a file."""
        self.lock(job, slot, who)
        return self.submit(job, slot, who, bytes(root))
