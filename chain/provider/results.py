"""The keeper of results: it shows the tiles that are asked for, and ends claims that have waited.

A product's result is taken to be right until somebody shows a wrong tile, a commission's until its
buyer rejects it. Who computed it has to
show any tile within some blocks, and is paid once the time to challenge has passed.
"""

import logging
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from chain.blobs import BlobError, BlobStore
from chain.provider.access import CallRefused, ChainAccess
from chain.worker import Worker
from pallets.runtime import Runtime
from runtime.frame.ai_types import SlotId, VerifierId
from runtime.primitives import AccountId, Root
from runtime.programs import TileOpening
from runtime.tensor.commitment import STRIP_ROWS, commit_result, open_tile

log = logging.getLogger(__name__)

CLAIMS_READ_MAX: Final = 4_096
RETRY_BLOCKS: Final = 4
"""What has not taken effect after so many blocks is sent again."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something that a claim asks of whoever made it."""

    slot: SlotId
    claim: int
    tile: int | None
    """The tile to show; None where the claim has waited long enough, or its sample is drawn."""

    call: str
    root: Root
    """What the claim is about, where a tile is to be shown."""


@dataclass(frozen=True, slots=True)
class ResultKeeper:
    """All that a keeper works with."""

    access: ChainAccess
    store: BlobStore
    worker: Worker
    sent: dict[Due, int] = field(default_factory=dict[Due, int])
    """What was sent, and at which block."""


async def keep_results(keeper: ResultKeeper) -> None:
    """The service: does its round at every new best block."""
    access = keeper.access
    async for tip in access.follow():
        number = tip.number
        due = await access.read(
            lambda runtime: find_due(runtime, access.account, number),  # noqa: B023
            tip.hash,
        )
        for old in set(keeper.sent) - set(due):
            del keeper.sent[old]
        for each in due:
            if number >= keeper.sent.get(each, -RETRY_BLOCKS) + RETRY_BLOCKS:
                keeper.sent[each] = number
                await _do(keeper, each)


def find_due(runtime: Runtime, account: AccountId, number: int) -> list[Due]:
    """What an account's claims ask of it in the block after ``number``."""
    found: list[Due] = []
    for (job, index), pending in islice(runtime.verify.pending.items(), CLAIMS_READ_MAX):
        claim, slot = runtime.verify.claim[job, index], SlotId(job, index)
        if claim.claimant != account:
            continue
        none = Root.zero()
        if claim.verifier is VerifierId.TILE_PROOF:
            root = Root(runtime.market.output[job, index])
            asked = [demand.tile for demand in pending.demands if number < demand.due]
            found += [Due(slot, claim.id, tile, "answer_tile", root) for tile in asked]
        is_sampled = claim.verifier is VerifierId.SPOT_CHECK
        if is_sampled and not pending.is_checked and number > claim.opened_at:
            found.append(Due(slot, claim.id, None, "check", none))
        if not pending.demands and number >= pending.until:
            found.append(Due(slot, claim.id, None, "poke", none))
    return found


def show_tile(store: BlobStore, root: Root, tile: int) -> TileOpening:
    """A tile of a result that is here, with its path. `BlobMissing`, `BlobCorrupt`."""
    result = store.get_result(root)
    position = divmod(tile, result.shape[1] // STRIP_ROWS)
    return TileOpening(*open_tile(commit_result(result), result, *position))


async def _do(keeper: ResultKeeper, due: Due) -> None:
    """Shows a tile, has a sample drawn, or asks for the verdict."""
    args: tuple[object, ...] = ()
    tile = due.tile
    if tile is not None:
        try:
            args = (tile, await keeper.worker.run(lambda: show_tile(keeper.store, due.root, tile)))
        except BlobError as error:
            where = {"job": due.slot.job, "slot": due.slot.slot, "tile": tile}
            log.warning("a tile cannot be shown", extra={**where, "why": str(error)})
            return
    try:
        await keeper.access.send("Verify", due.call, due.slot.job, due.slot.slot, *args)
    except CallRefused as error:
        log.warning("a call of verify was refused", extra={"call": due.call, "why": str(error)})
