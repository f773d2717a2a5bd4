"""US-3: a picture in sixteen tiles, drawn by paid providers; a forger and a runaway lose."""

import io
import zlib

import numpy as np
import pytest

from chain.client.typed_state import get_runtime
from chain.png import dump_png
from chain.programs.picture import stitch
from chain.wallet.jobs import read_outputs
from pallets.market import SlotState, declarations
from pallets.transaction_payment import TransactionFeePaid
from runtime.programs import Inputs, Raytrace
from tests.helpers.node_stage import make_spec
from tests.helpers.programs_vectors import NO_ROOT
from tests.helpers.scheduler import run_seeded
from tests.stories.aftermath import Aftermath, ensure_every_block_holds, ensure_restart_agrees
from tests.stories.live_node import find, get_account
from tests.stories.program_story import CHEAT, REQUESTER, RIVAL, SERVICE, reopen
from tests.stories.rendering_story import (
    ABANDONED_TILES,
    ASK,
    FORGED_TILE,
    JOB,
    PRICE,
    QUICK_TILES,
    SCENE_BLOB,
    TILES,
    Told,
    tell,
)

COLOURS = 9_137


@pytest.fixture(scope="module")
def aftermath() -> Aftermath[Told]:
    told = run_seeded(tell)
    return Aftermath(told, reopen(told.stopped))


def draw_reference() -> bytes:
    """The whole picture at once, in tiles of another size."""
    program = Raytrace(NO_ROOT, 256, 256, 128)
    inputs = Inputs((SCENE_BLOB,))
    return dump_png(stitch(program, [program.run(slot, inputs) for slot in range(4)]))


def test_the_picture_is_the_reference_byte_for_byte(aftermath: Aftermath[Told]) -> None:
    picture = stitch(JOB.program, read_outputs(get_runtime(aftermath.client), 0))
    assert dump_png(picture) == draw_reference()
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) == COLOURS


def test_the_cheaper_provider_is_the_quicker(aftermath: Aftermath[Told]) -> None:
    """Each takes tiles as soon as the price is what he asks."""
    at = {
        (e.slot, e.provider): (n, e.price)
        for n, e in aftermath.numbered
        if isinstance(e, declarations.SlotLocked)
    }
    posted = aftermath.told.posted.number
    for number, price in at.values():
        waited = min(number - posted, PRICE.ramp)
        assert price == PRICE.min + (PRICE.max - PRICE.min) * waited // PRICE.ramp
    rival, service = get_account(RIVAL), get_account(SERVICE)
    early = [price for (_, who), (_, price) in at.items() if who == rival]
    late = [price for (_, who), (_, price) in at.items() if who == service]
    assert len(early) == len(QUICK_TILES)
    assert len(late) == TILES - len(QUICK_TILES) - len(ABANDONED_TILES)
    assert max(early) < ASK <= min(late)


def test_a_forged_corner_is_slashed_in_its_block(aftermath: Aftermath[Told]) -> None:
    slashed = find(aftermath.told.forged, declarations.Slashed)
    bond = next(e.bond for e in aftermath.find(declarations.SlotLocked) if e.slot == FORGED_TILE)
    assert (slashed.provider, slashed.amount) == (get_account(CHEAT), bond)
    assert slashed.to_owner == bond * 40 // 100
    assert slashed.to_treasury == bond * 20 // 100
    assert slashed.burned == bond - slashed.to_owner - slashed.to_treasury
    assert find(aftermath.told.forged, declarations.Reopened).slot == FORGED_TILE
    slot = get_runtime(aftermath.client).market.slot[0, FORGED_TILE]
    assert (slot.state, slot.failures) == (SlotState.SETTLED, 1)


def test_a_runaway_is_forgiven_once_then_pays_and_the_artist_nothing(
    aftermath: Aftermath[Told],
) -> None:
    forgiven, punished = aftermath.told.filled
    first = find(forgiven, declarations.Settled)
    assert (first.slot, first.provider) == (ABANDONED_TILES[0], get_account(RIVAL))
    second = find(punished, declarations.LateFilled)
    assert (second.slot, second.culprit) == (ABANDONED_TILES[1], get_account(CHEAT))
    bond = {e.slot: e.bond for e in aftermath.find(declarations.SlotLocked)}[second.slot]
    assert (second.reward, second.burned) == (bond // 2, bond - bond // 2)
    settled = [each.slot for each in aftermath.find(declarations.Settled)]
    assert sorted([*settled, second.slot]) == list(range(TILES))


def test_balances_changed_by_exactly_that(aftermath: Aftermath[Told]) -> None:
    settled, filled = aftermath.find(declarations.Settled), aftermath.find(declarations.LateFilled)
    forged = find(aftermath.told.forged, declarations.Slashed)

    def earn(name: str) -> int:
        who = get_account(name)
        return sum(e.paid for e in settled if e.provider == who) + sum(
            e.reward for e in filled if e.provider == who
        )

    lost = forged.amount + sum(each.reward + each.burned for each in filled)
    expected = {
        REQUESTER: forged.to_owner - sum(each.price for each in settled),
        CHEAT: -lost,
        RIVAL: earn(RIVAL),
        SERVICE: earn(SERVICE),
    }
    assert {name: aftermath.get_change(get_account(name)) for name in expected} == expected
    (fee,) = [
        e.actual_fee for e in aftermath.told.filled[0].events if isinstance(e, TransactionFeePaid)
    ]
    assert fee == 0, "a duty that is fulfilled costs nothing"


def test_a_restart_finds_the_same_and_every_block_holds(aftermath: Aftermath[Told]) -> None:
    stopped = aftermath.told.stopped
    ensure_restart_agrees(aftermath.client, stopped.head, stopped.state_root)
    ensure_every_block_holds(aftermath.client, make_spec())


def test_a_png_holds_the_pixels() -> None:
    picture = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    data = io.BytesIO(dump_png(picture))
    assert data.read(8) == b"\x89PNG\r\n\x1a\n"
    chunks: dict[bytes, bytes] = {}
    while length := data.read(4):
        kind, content = data.read(4), data.read(int.from_bytes(length, "big"))
        assert zlib.crc32(kind + content) == int.from_bytes(data.read(4), "big")
        chunks[kind] = content
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    assert chunks[b"IHDR"] == bytes([0, 0, 0, 7, 0, 0, 0, 5, 8, 2, 0, 0, 0])
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(5, 22)
    assert (lines[:, 0] == 0).all()
    assert (lines[:, 1:].reshape(5, 7, 3) == picture).all()
