"""The author's service that claims what its blocks have earned, era by era, once one is over."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chain.provider.access import CallRefused, ChainAccess
from pallets.runtime import Runtime
from runtime.primitives import AccountId

log = logging.getLogger(__name__)

RETRY_BLOCKS: Final = 8
"""A claim that has not taken effect after so many blocks is sent again."""

CLAIMS_MAX: Final = 16
"""Claims sent at a block: the rest waits for the next."""

ERAS_LOOKED_AT: Final = 2
"""The latest eras are looked at again: a fork may have taken a claim back."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What there is to claim, and what is to be sent of it."""

    open: frozenset[int]
    """Eras of which something is unclaimed."""

    due: tuple[int, ...]
    """Those whose claim was not sent yet, or long ago."""

    next_era: int
    """Eras before this one have been looked at."""


def find_claims(
    runtime: Runtime, account: AccountId, first: int, sent: Mapping[int, int], number: int
) -> Claims:
    """The claims of an account, of eras from ``first`` on and of those that were sent."""
    work = runtime.work
    found = {era for era, _ in work.iter_payouts(account, first)}
    found |= {era for era in sent if work.compute_payout(era, account) is not None}
    due = [era for era in sorted(found) if era not in sent or sent[era] + RETRY_BLOCKS <= number]
    return Claims(frozenset(found), tuple(due[:CLAIMS_MAX]), work.get_era_index())


async def claim_earnings(access: ChainAccess) -> None:
    """The service: at every new best block claims what is due; without an end."""
    first, sent = 0, dict[int, int]()
    async for tip in access.follow():
        claims = await access.read(
            lambda runtime: find_claims(runtime, access.account, first, sent, tip.number),  # noqa: B023
            tip.hash,
        )
        sent = {era: at for era, at in sent.items() if era in claims.open}
        for era in claims.due:
            sent[era] = tip.number
            try:
                await access.send("Work", "claim_era", era, access.account)
            except CallRefused as error:
                log.warning("a claim was refused", extra={"era": era, "why": str(error)})
        if claims.open <= sent.keys():
            first = max(claims.next_era - ERAS_LOOKED_AT, 0)
