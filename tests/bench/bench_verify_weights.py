"""What challenging a result that waits costs; see `tests/helpers/weighing.py`.

The longest operands, the scene with the most spheres, and every demand that a claim may have; on
the whole runtime.
"""

from dataclasses import replace
from typing import Any

from pallets.verify.types import DEMANDS_MAX
from runtime.primitives import AccountId
from runtime.programs import SCENE, Colour, Raytrace, Sphere, Vector
from runtime.programs.product import INNER_MAX
from runtime.programs.scene import SPHERES_MAX
from tests.helpers.dispute_stage import DisputeStage
from tests.helpers.market_stage import ALICE, BOB, EVE, VERIFY_PARAMS
from tests.helpers.product_jobs import ProductCase
from tests.helpers.programs_vectors import FOUR_BALLS
from tests.helpers.review_stage import REVIEW_BLOCKS, ReviewStage
from tests.helpers.weighing import Book
from tests.helpers.whole_stage import make_whole


def weigh_call(
    book: Book, figure: str, stage: DisputeStage, who: AccountId, name: str, *args: Any
) -> None:
    """One call of verify."""
    whole = make_whole(stage)
    book.call(f"verify.{figure}", name, whole, who, whole.make_call("Verify", name, *args))


def weigh_opening(book: Book, stage: DisputeStage, job: int, payload: bytes) -> None:
    """Submitting a result that waits, market and all; the stage stays as it was."""
    mark = stage.state.mark()
    stage.lock(job, 0)
    args, whole = (job, 0, stage.commit(job, 0, BOB, payload), payload), make_whole(stage)
    call = whole.make_call("Market", "submit", *args)
    book.call("verify.OPEN", "a result that waits", whole, BOB, call)
    stage.state.rollback_to(mark)


def weigh_pictures(book: Book) -> None:
    """Samples of a tile of 128 x 128 pixels, all of them mirrors."""
    stage = DisputeStage()
    mirrors = tuple(
        Sphere(Vector(0, 0, side << 14), side << 16, Colour(9, 9, 9), 255)
        for side in range(20, 20 + SPHERES_MAX)
    )
    scene = SCENE.encode(replace(FOUR_BALLS, spheres=mirrors))
    root = stage.put_blob(ALICE, scene)
    job = stage.post_picture(Raytrace(root, 128, 128, 128))
    weigh_opening(book, stage, job, bytes(3 * 128 * 128))
    stage.render(job, (0,))
    weigh_call(book, "CHALLENGE_PIXEL", stage, EVE, "challenge_pixel", job, 0, 0)
    stage.skip(2)
    weigh_call(book, "CHECK", stage, EVE, "check", job, 0)
    stage.skip(VERIFY_PARAMS.spot_blocks)
    weigh_call(book, "CONCLUDE", stage, EVE, "poke", job, 0)


def weigh_products(book: Book) -> None:
    """Tiles of 4,096 columns, and a claim with all demands."""
    stage = DisputeStage(ProductCase(32 * 5, 128, INNER_MAX, strips_per_slot=5))
    job, wrong = stage.post_product(), stage.case.forge(0, 3)
    stage.multiply(job, wrong)
    for tile in range(1, DEMANDS_MAX):
        stage.act("demand_tile", EVE, job, 0, tile)
    weigh_call(book, "DEMAND_TILE", stage, EVE, "demand_tile", job, 0, 0)
    stage.act("demand_tile", EVE, job, 0, 0)
    opening, parts = stage.case.open_tile(0, 3, wrong), stage.case.open(0, 3, wrong)
    weigh_call(book, "ANSWER_TILE", stage, BOB, "answer_tile", job, 0, 3, opening)
    weigh_call(book, "PROVE_TILE", stage, EVE, "prove_tile", job, 0, 3, *parts)
    weigh_call(book, "CONCLUDE", stage, ALICE, "accept_result", job, 0)
    stage.skip(VERIFY_PARAMS.answer_blocks + 1)
    weigh_call(book, "CONCLUDE", stage, EVE, "poke", job, 0)


def weigh_reviews(book: Book) -> None:
    """A commission: accepted, rejected, forgotten."""
    stage = ReviewStage()
    job = stage.commission()
    weigh_opening(book, stage, job, bytes(32))
    stage.deliver(job)
    weigh_call(book, "CONCLUDE", stage, ALICE, "accept_result", job, 0)
    weigh_call(book, "REJECT", stage, ALICE, "reject_result", job, 0)
    stage.skip(REVIEW_BLOCKS + 1)
    weigh_call(book, "CONCLUDE", stage, EVE, "poke", job, 0)


def weigh(book: Book) -> None:
    """Every call."""
    weigh_pictures(book)
    weigh_products(book)
    weigh_reviews(book)


if __name__ == "__main__":
    weigh(Book())
