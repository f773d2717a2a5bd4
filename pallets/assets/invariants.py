"""What holds of the assets pallet's storage at all times, over all of it: for tests and tools."""

from collections import Counter

from pallets.assets.book import AssetMaps
from pallets.assets.types import Approval, PalletOwner
from runtime.frame import StorageMap
from runtime.frame.asset_traits import AssetKind
from runtime.frame.traits import HoldReason, Money
from runtime.primitives import AccountId, Id


def ensure_consistent(
    maps: AssetMaps,
    approvals: StorageMap[tuple[Id, AccountId, AccountId], Approval],
    money: Money,
) -> None:
    """Asserts that holdings are the supply, holds a part of them, and deposits on hold."""
    deposits: Counter[AccountId] = Counter()
    supply: Counter[int] = Counter()
    held: Counter[tuple[int, AccountId]] = Counter()
    for (asset, who, reason), amount in maps.hold.items():
        assert amount > 0, f"asset {asset} of {who}: an empty hold for {reason.name}"
        held[asset, who] += amount
    for (asset, who), holding in maps.holding.items():
        what = f"asset {asset} of {who}"
        entry = maps.asset.get(asset)
        assert entry is not None, f"{what}: there is no such asset"
        assert holding.total >= max(entry.min_balance, 1), f"{what}: {holding.total} are too few"
        on_hold = held.pop((asset, who), 0)
        assert holding.held == on_hold, f"{what}: {holding.held} held, holds of {on_hold}"
        supply[asset] += holding.total
        deposits[holding.payer] += holding.deposit
    assert not held, f"holds without a holding: {sorted(held)}"
    for asset, entry in maps.asset.items():
        assert asset < maps.next_id.get(), f"asset {asset}: numbers are given in order"
        assert entry.supply == supply[asset], f"asset {asset}: supply {entry.supply}"
        kept = isinstance(entry.owner, PalletOwner)
        assert kept == (entry.kind is not AssetKind.FUNGIBLE), f"asset {asset}: {entry}"
        deposits[entry.depositor] += entry.deposit
    for (asset, owner, spender), approval in approvals.items():
        assert approval.amount > 0, f"asset {asset}: {owner} approves nothing to {spender}"
        deposits[owner] += approval.deposit
    for who, deposit in deposits.items():
        on_hold = money.get_held(HoldReason.ASSET_DEPOSIT, who)
        assert deposit == on_hold, f"{who}: {deposit} deposited, {on_hold} on hold"
