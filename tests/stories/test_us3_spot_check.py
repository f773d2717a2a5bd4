"""US-3 with a sample: one wrong pixel slips through it, and costs its forger all the same."""

import pytest

from chain.client.typed_state import get_runtime
from chain.programs.picture import stitch
from chain.wallet.jobs import read_outputs
from pallets.market import SlotState
from pallets.market import declarations as market
from pallets.transaction_payment import TransactionFeePaid
from pallets.verify import ClaimRefuted, SampleChecked, VerdictGiven
from pallets.work.declarations import EraClaimed
from runtime.frame.ai_types import FaultKind, Invalid
from runtime.programs import Inputs, Raytrace
from tests.helpers.node_stage import make_spec
from tests.helpers.programs_vectors import NO_ROOT
from tests.helpers.scheduler import run_seeded
from tests.stories.aftermath import Aftermath, ensure_every_block_holds, ensure_restart_agrees
from tests.stories.live_node import Included, find, get_account
from tests.stories.program_story import CHEAT, REQUESTER, RIVAL, SERVICE, reopen
from tests.stories.spot_story import JOB, PRICE, SCENE_BLOB, TILES, Told, tell


@pytest.fixture(scope="module")
def aftermath() -> Aftermath[Told]:
    told = run_seeded(tell)
    return Aftermath(told, reopen(told.stopped))


def get_fee(included: Included) -> int:
    return find(included, TransactionFeePaid).actual_fee


def test_a_sample_hardly_meets_one_wrong_pixel(aftermath: Aftermath[Told]) -> None:
    """64 of 4,096 pixels are drawn: it slips through with 98 %, as it does with this seed."""
    sampled = aftermath.told.sampled
    assert find(sampled, SampleChecked).slot == 0
    assert get_fee(sampled) == 0
    assert not [event for event in sampled.events if isinstance(event, VerdictGiven)]


def test_who_finds_the_pixel_is_paid_and_who_lies_pays_the_fee(aftermath: Aftermath[Told]) -> None:
    told, cheat = aftermath.told, get_account(CHEAT)
    assert told.lie.failure == "Verify.ResultRight"
    assert get_fee(told.lie) > 0
    assert find(told.proof, VerdictGiven).verdict == Invalid(cheat, FaultKind.WRONG_OUTPUT)
    bond = next(each.bond for each in aftermath.find(market.SlotLocked) if each.provider == cheat)
    refuted = find(told.proof, ClaimRefuted)
    assert (refuted.challenger, refuted.reward) == (get_account(RIVAL), bond * 4 // 10)
    assert find(told.proof, market.Slashed).amount == bond >= PRICE.price
    assert get_fee(told.proof) == 0


def test_a_tile_that_is_wrong_all_over_ends_with_its_sample(aftermath: Aftermath[Told]) -> None:
    crude, cheat = aftermath.told.crude, get_account(CHEAT)
    assert find(crude, VerdictGiven).verdict == Invalid(cheat, FaultKind.WRONG_OUTPUT)
    assert not [event for event in crude.events if isinstance(event, ClaimRefuted)]
    slot = get_runtime(aftermath.client).market.slot[0, 0]
    assert (slot.state, slot.failures) == (SlotState.SETTLED, 2)
    assert slot.provider == get_account(SERVICE)


def test_the_picture_is_right_in_the_end(aftermath: Aftermath[Told]) -> None:
    program = Raytrace(NO_ROOT, 128, 128, 128)
    whole = stitch(program, [program.run(0, Inputs((SCENE_BLOB,)))])
    drawn = stitch(JOB.program, read_outputs(get_runtime(aftermath.client), 0))
    assert (drawn == whole).all()


def test_balances_changed_by_exactly_that(aftermath: Aftermath[Told]) -> None:
    told, settled = aftermath.told, aftermath.find(market.Settled)
    assert len(settled) == TILES
    slashes = [find(included, market.Slashed) for included in (told.proof, told.crude)]
    service, eras = get_account(SERVICE), aftermath.find(EraClaimed)
    mined = sum(each.amount for each in eras if each.author == service)
    expected = {
        REQUESTER: sum(each.to_owner for each in slashes) - sum(each.price for each in settled),
        CHEAT: -sum(each.amount for each in slashes),
        RIVAL: find(told.proof, ClaimRefuted).reward,
        SERVICE: sum(each.paid for each in settled) + mined,
    }
    assert {name: aftermath.get_change(get_account(name)) for name in expected} == expected


def test_a_restart_finds_the_same_and_every_block_holds(aftermath: Aftermath[Told]) -> None:
    stopped = aftermath.told.stopped
    ensure_restart_agrees(aftermath.client, stopped.head, stopped.state_root)
    ensure_every_block_holds(aftermath.client, make_spec())
