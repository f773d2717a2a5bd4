"""US-1, negative: a block that quotes work it did not do, or may not quote, is not imported."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pallets.work.declarations import UsefulCredited
from runtime.work_summary import RowRef
from tests.stories.inference_story import PROVIDER, REQUESTER, Cast, train_cast
from tests.stories.live_node import get_account, read_events
from tests.stories.reference_scene import Scene, open_scene


@pytest.fixture(scope="module")
def cast() -> Cast:
    return train_cast()


@pytest.fixture
def scene(cast: Cast, tmp_path: Path) -> Generator[Scene]:
    with open_scene(cast, tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("layer", [0, 1])
def test_the_slots_own_product_is_taken_and_credited(scene: Scene, layer: int) -> None:
    taken = scene.ensure_taken(scene.refer(1, *scene.get_operands(1, layer), layer))
    events = read_events(scene.chain.client, taken.head.hash)
    macs = 50 * (64 * 32, 32 * 10)[layer]
    assert UsefulCredited(scene.job, 1, layer, get_account(PROVIDER), macs) in events


def test_a_tensor_of_another_root(scene: Scene) -> None:
    a, bt = scene.get_operands(0)
    other = bt.copy()
    other[0, 0] += 1 if other[0, 0] < 63 else -1
    scene.ensure_refused(scene.refer(0, a, other), "TensorMismatch")
    scene.ensure_taken(scene.refer(0, a, bt))


def test_rows_of_another_slot(scene: Scene) -> None:
    (a, bt), (other, _) = scene.get_operands(0), scene.get_operands(1)
    scene.ensure_refused(scene.refer(0, other, bt), "OperandMismatch")
    one_flipped = a.copy()
    one_flipped[49, 63] ^= 1
    scene.ensure_refused(scene.refer(0, one_flipped, bt), "OperandMismatch")
    scene.ensure_taken(scene.refer(0, a, bt))


def test_a_product_that_mined_before(scene: Scene) -> None:
    claimed = scene.refer(0, *scene.get_operands(0))
    scene.ensure_taken(claimed)
    scene.ensure_refused(claimed, "AlreadyCredited")
    scene.ensure_taken(scene.refer(1, *scene.get_operands(1)))


def test_a_product_stacked_twice_in_one_block(scene: Scene) -> None:
    a, bt = scene.get_operands(0)
    twice = scene.refer(0, np.vstack((a, a)), bt)
    ref = RowRef(scene.job, 0, 0, len(a))
    claimed = replace(twice, summary=replace(twice.summary, rows=(ref, ref)))
    scene.ensure_refused(claimed, "AlreadyCredited")


def test_a_slot_that_the_author_is_not_at_work_on(scene: Scene) -> None:
    scene.ensure_refused(scene.refer(2, *scene.get_operands(2)), "RefNotOpen")
    mine = scene.refer(0, *scene.get_operands(0))
    scene.ensure_refused(mine, "RefNotOpen", author=REQUESTER)
    nowhere = replace(mine.summary, rows=(RowRef(99, 0, 0, 50),))
    scene.ensure_refused(replace(mine, summary=nowhere), "RefNotOpen")


def test_another_layer_than_the_one_computed(scene: Scene) -> None:
    """Layer 0's operands do not pass for those of layer 1, whose tensor is another."""
    scene.ensure_refused(scene.refer(0, *scene.get_operands(0), layer=1), "TensorMismatch")
    scene.ensure_refused(scene.refer(0, *scene.get_operands(0), layer=2), "ShapeMismatch")


def test_fewer_rows_than_the_slot_has(scene: Scene) -> None:
    a, bt = scene.get_operands(0)
    scene.ensure_refused(scene.refer(0, a[:49], bt), "ShapeMismatch")


def test_a_summary_that_is_not_what_the_seal_proves(scene: Scene) -> None:
    """Real work on other operands, quoted as the slot's."""
    (a, bt), (other, _) = scene.get_operands(0), scene.get_operands(1)
    quoted = replace(scene.refer(0, other, bt), summary=scene.refer(0, a, bt).summary)
    scene.ensure_refused(quoted, "the summary says")
    zeroed = replace(scene.chain.make_seeded(), summary=scene.refer(0, a, bt).summary)
    scene.ensure_refused(zeroed, "the summary says")
