"""What holds of the registry's storage at all times, over all of it: for tests and tools."""

from collections import Counter

from pallets.registry.attestations import Attestations
from pallets.registry.blobs import Blobs
from pallets.registry.records import RecordMaps
from pallets.registry.types import VERSIONS_MAX, Model, RecordState, Version
from runtime.frame.ai_types import ROYALTY_BPS_MAX
from runtime.frame.traits import HoldReason, Money
from runtime.primitives import AccountId, Root


def ensure_consistent(
    maps: RecordMaps,
    blobs: Blobs,
    attestations: Attestations,
    money: Money,
) -> None:
    """Asserts that deposits equal holds, and that records, indexes and blobs agree."""
    deposits: Counter[AccountId] = Counter()
    needed: Counter[tuple[Root, AccountId]] = Counter()
    versions = _check_versions(maps, needed)
    numbers = set[int]()
    for number, record in maps.record.items():
        numbers.add(number)
        what = f"record {number}"
        kept = versions.pop(number, {})
        assert len(kept) == record.kept, f"{what}: {len(kept)} versions, {record.kept} counted"
        assert 1 <= record.kept <= VERSIONS_MAX, f"{what}: {record.kept} versions"
        alive = record.state is not RecordState.RETIRED
        assert not alive or record.version in kept, f"{what}: the current version is gone"
        needless = [each for each in kept.values() if each.jobs == 0]
        assert alive or not needless, f"{what}: retired, and keeps what no job needs"
        for_versions = sum(version.deposit for version in kept.values())
        assert record.deposit > for_versions, f"{what}: less than its versions' {for_versions}"
        deposits[record.owner] += record.deposit
        assert maps.by_owner.get((record.owner, number)) is record.kind, f"{what}: not by owner"
        assert maps.by_kind.get((record.kind, number)) == record.owner, f"{what}: not by kind"
    unknown = sorted(number for number, _ in maps.payee.items() if number not in numbers)
    assert not unknown, f"somebody is paid for records that are gone: {unknown}"
    assert not versions, f"versions without a record: {sorted(versions)}"
    for index in (maps.by_owner, maps.by_kind):
        listed = list(index.keys())
        same = sorted(number for _, number in listed) == sorted(numbers)
        assert same, "an index does not list the records"
    blobs.ensure_consistent(deposits, needed)
    attestations.add_deposits(deposits)
    for who, deposit in deposits.items():
        held = money.get_held(HoldReason.REGISTRY_DEPOSIT, who)
        assert deposit == held, f"{who}: {deposit} deposited, {held} on hold"


def _check_versions(
    maps: RecordMaps, needed: Counter[tuple[Root, AccountId]]
) -> dict[int, dict[int, Version]]:
    """The versions of each record; counts the blobs that they need."""
    versions: dict[int, dict[int, Version]] = {}
    for (number, index), version in maps.version.items():
        versions.setdefault(number, {})[index] = version
        what = f"record {number}, version {index}"
        older = all(parent.record < number for parent in version.parents)
        assert older, f"{what}: a parent is no older"
        shared = sum(share.bps for share in version.shares)
        owed = version.royalty_bps + sum(parent.bps for parent in version.parents)
        assert shared == owed <= ROYALTY_BPS_MAX, f"{what}: royalties of {shared} bps"
        if isinstance(version.body, Model):
            roots = {tensor.blob for tensor in version.body.tensors if tensor.blob is not None}
            needed.update((root, version.payer) for root in sorted(roots))
    return versions
