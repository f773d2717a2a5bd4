"""Which runs of recurring jobs a provider has posted: those it could work on."""

from collections.abc import Collection
from itertools import islice
from typing import Final

from pallets.market.specs import get_kind
from pallets.runtime import Runtime
from runtime.frame.ai_types import JobKind, SlotId
from runtime.primitives import AccountId

RECURRING_READ_MAX: Final = 256
SPREAD_BLOCKS: Final = 4
"""Providers wait for different times, so that one posts the run and the others pay no fee."""


def find_renewals(
    runtime: Runtime,
    account: AccountId,
    kinds: Collection[JobKind],
    sent: Collection[tuple[str, SlotId]],
) -> list[SlotId]:
    """The numbers of recurring jobs of which a run is due, each in the place of a job's."""
    latest = runtime.system.get_block_number() - account[0] % SPREAD_BLOCKS
    recurring = islice(runtime.market.recurring.items(), RECURRING_READ_MAX)
    due = [
        SlotId(number, 0)
        for number, entry in recurring
        if entry.next_at <= latest and get_kind(entry.spec) in kinds
    ]
    return [each for each in due if ("renew", each) not in sent]


def is_renewed(runtime: Runtime, number: int) -> bool:
    """Whether no run of a recurring job is due."""
    entry = runtime.market.recurring.get(number)
    return entry is None or entry.next_at > runtime.system.get_block_number()
