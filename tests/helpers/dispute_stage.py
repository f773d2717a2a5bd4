"""Results that wait to be challenged: a picture and a product, with whoever may look at them."""

from typing import Any

import numpy as np

from pallets.market import Posted, Product, Terms
from pallets.market.specs import Render
from pallets.verify import Claim, Pending
from pallets.verify.sample import draw_pixels
from runtime.errors import DispatchError
from runtime.frame import PostDispatch
from runtime.frame.ai_types import SlotId, VerifierId
from runtime.primitives import AccountId
from runtime.programs import Raytrace
from runtime.tensor.blob import blob_root
from runtime.tensor.commitment import commit_result
from runtime.tensor.value import Int32Array
from tests.helpers.market_stage import BOB, GENESIS
from tests.helpers.product_jobs import ProductCase
from tests.helpers.program_jobs import SCENE_BLOB, ProgramStage

PRICE = 1_000_000
BOND = 2 * PRICE
DEPOSIT = BOND // 10
TERMS = Terms(open_blocks=400, work_blocks=5, attempts=2)
PICTURE = Raytrace(blob_root(SCENE_BLOB), 12, 10, 8)
PIXELS = 64
"""Of the first tile."""


class DisputeStage(ProgramStage):
    """The stage with a product whose operands are known."""

    def __init__(self, case: ProductCase | None = None) -> None:
        super().__init__()
        self.case = ProductCase(96, 96, 64, strips_per_slot=2) if case is None else case

    # --- jobs

    def post_picture(self, picture: Raytrace = PICTURE) -> int:
        """A picture that is spot-checked."""
        spec, price = Render(picture), Posted(PRICE)
        return self.post_spec(spec, price, VerifierId.SPOT_CHECK, TERMS)

    def post_product(self) -> int:
        """A product whose tiles can be proven wrong."""
        spec, price = Product(self.case.program), Posted(PRICE)
        return self.post_spec(spec, price, VerifierId.TILE_PROOF, TERMS)

    def render(self, job: int, wrong: tuple[int, ...] = (), slot: int = 0) -> PostDispatch:
        """BOB's tile of a picture, with some wrong pixels."""
        self.lock(job, slot)
        tile = np.frombuffer(self.run(job, slot), np.uint8).reshape(-1, 3).copy()
        tile[list(wrong), 1] ^= 1
        return self.submit(job, slot, payload=tile.tobytes())

    def multiply(self, job: int, result: Int32Array | None = None, slot: int = 0) -> PostDispatch:
        """BOB's root of a slot of a product, of the right result if none is given."""
        self.lock(job, slot)
        given = self.case.compute(slot) if result is None else result
        return self.submit(job, slot, payload=bytes(commit_result(given).root))

    # --- calls of verify

    def act(self, name: str, who: AccountId, *args: Any) -> PostDispatch:
        """A call of verify."""
        return self.dispatch(self.verify, name, who, *args)

    def attempt(self, name: str, who: AccountId, *args: Any, is_market: bool = False) -> bool:
        """A call that may be refused, and then leaves everything as it was."""
        before = self.state.changes()
        try:
            self.dispatch(self.market if is_market else self.verify, name, who, *args)
        except DispatchError:
            assert self.state.changes() == before
            return False
        return True

    def prove(
        self, who: AccountId, job: int, tile: int, result: Int32Array | None = None, slot: int = 0
    ) -> PostDispatch:
        """Shows a tile of a result, the right one if none is given, with its strips."""
        parts = self.case.open(slot, tile, result)
        return self.act("prove_tile", who, job, slot, tile, *parts)

    def answer(self, job: int, tile: int, result: Int32Array | None = None) -> PostDispatch:
        """BOB shows a tile of a result, the right one if none is given."""
        opening = self.case.open_tile(0, tile, result)
        return self.act("answer_tile", BOB, job, 0, tile, opening)

    # --- state

    def get_claim(self, job: int, slot: int = 0) -> Claim:
        """The latest claim about a slot."""
        return self.verify.claim[job, slot]

    def get_pending(self, job: int, slot: int = 0) -> Pending:
        """What a claim waits for."""
        return self.verify.pending[job, slot]

    def get_sample(self, job: int) -> tuple[int, ...]:
        """The pixels that are drawn of the first tile; the block after the claim has passed."""
        claim = self.get_claim(job)
        block_hash = self.system.get_block_hash(claim.opened_at + 1)
        assert block_hash is not None
        return draw_pixels(GENESIS, claim.id, block_hash, PIXELS)

    def get_collateral(self, job: int) -> int:
        """What BOB has locked for the first slot."""
        return self.bonds.get_locked(SlotId(job, 0).to_duty())
