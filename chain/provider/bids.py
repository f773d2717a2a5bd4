"""Which bids a provider places and takes back."""

from collections.abc import Collection
from itertools import islice
from typing import Final

from chain.provider.caution import is_answerable
from pallets.market.prices import Bids
from pallets.runtime import Runtime
from runtime.frame.ai_types import JobKind, ProviderInfo, Role, SlotId
from runtime.primitives import AccountId

OPEN_SLOTS_READ_MAX: Final = 4_096
"""So many that slots which nobody takes cannot hide the others for little."""

BIDS_READ_MAX: Final = 256


def choose_bids(
    runtime: Runtime,
    record: ProviderInfo,
    asked: dict[JobKind, int],
    sent: Collection[tuple[str, SlotId]],
) -> list[tuple[SlotId, int]]:
    """Jobs to bid for, each by its first slot, with what is asked for a slot of such a kind.

    A job has one bid, and none where the price is above its limit or collateral is lacking.
    """
    market, account, number = runtime.market, record.owner, runtime.system.get_block_number()
    free = runtime.bonds.get_bonded(account, Role.PROVIDER)
    jobs = {slot.job for slot in market.get_open_slots(OPEN_SLOTS_READ_MAX)}
    found: list[tuple[SlotId, int]] = []
    for each in sorted(jobs):
        job, at = market.job[each], SlotId(each, 0)
        price = asked.get(job.kind)
        if price is None or not isinstance(job.price, Bids):
            continue
        if job.kind is JobKind.PRODUCT:
            continue  # its operands may not be here when the bid is accepted
        is_known = ("bid", at) in sent or (each, account) in market.bid_
        is_open = number < job.open_until and is_answerable(job)
        is_possible = is_open and 0 < price <= job.price_cap
        if not is_known and is_possible and market.compute_bond(each, price) <= free:
            found.append((at, price))
    return found


def find_idle_bids(
    runtime: Runtime,
    account: AccountId,
    sent: Collection[tuple[str, SlotId]],
    *,
    is_stopping: bool = False,
) -> list[SlotId]:
    """The account's bids for jobs of which no slot can be locked any more; all, to stop."""
    market, number = runtime.market, runtime.system.get_block_number()
    mine = (job for job, who in islice(market.bid_.keys(), BIDS_READ_MAX) if who == account)
    over = (SlotId(each, 0) for each in mine if is_stopping or market.job[each].is_over(number))
    return [each for each in over if ("unbid", each) not in sent]
