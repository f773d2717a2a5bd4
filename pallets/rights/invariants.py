"""What holds of the rights pallet's storage at all times, over all of it: for tests and tools."""

from collections import Counter

from pallets.rights.revenue import STAKED, Revenue, ShareMaps, compute_earned
from pallets.rights.sales import Partners, SaleMaps
from pallets.rights.types import SHARE_SCALE, get_purse
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId


def ensure_consistent(
    sales: SaleMaps, shares: ShareMaps, revenue: Revenue, partners: Partners
) -> None:
    """Asserts that licences are no more than were sold, and that purses cover what is owed."""
    deposits: Counter[AccountId] = Counter()
    for (record, number), offer in sales.offer.items():
        what = f"offer {number} of record {record}"
        assert number < sales.next_offer.get(), f"{what}: numbers are given in order"
        supply = partners.assets.get_supply(offer.asset)
        assert supply <= offer.sold <= offer.cap, f"{what}: {supply} licences, {offer.sold} sold"
        assert supply > 0 or offer.is_open or offer.sold > 0, f"{what}: over, and still there"
        deposits[offer.payer] += offer.deposit
    for (_, _, seller), resale in sales.resale.items():
        deposits[seller] += resale.deposit
    staked: Counter[int] = Counter()
    earned: Counter[int] = Counter()
    for (record, who), stake in shares.stake.items():
        pool = shares.pool.get(record)
        assert pool is not None, f"record {record}: a stake of {who} without a pool"
        held = partners.assets.get_held(STAKED, pool.asset, who)
        assert held == stake.amount > 0, f"record {record}: {who} staked {stake.amount}, not {held}"
        assert stake.fraction < SHARE_SCALE, f"record {record}: {who} is owed a planck"
        staked[record] += stake.amount
        earned[record] += compute_earned(stake, pool.per_share)
        deposits[who] += stake.deposit
    for record, pool in shares.pool.items():
        what = f"record {record}"
        assert staked[record] == pool.staked, f"{what}: {staked[record]} staked, not {pool.staked}"
        owed = earned[record] + pool.lost
        assert owed == pool.counted * SHARE_SCALE, f"{what}: {owed} owed, {pool.counted} counted"
        assert revenue.get_uncounted(record, pool) >= 0, f"{what}: the purse does not cover it"
        payee = partners.titles.get_payee(record)
        assert payee in (None, get_purse(record)), f"{what}: {payee} is paid, not the purse"
    for who, deposit in deposits.items():
        held = partners.money.get_held(HoldReason.OFFER, who)
        assert deposit == held, f"{who}: {deposit} deposited, {held} on hold"
