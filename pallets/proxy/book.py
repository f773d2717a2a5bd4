"""Who may call for whom, what is announced, and the deposits for both."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from pallets.proxy.declarations import (
    Announcement,
    AnnouncementList,
    ProxyDefinition,
    ProxyList,
    ProxyType,
    PureDeposit,
)
from runtime.frame import StorageMap
from runtime.frame.traits import HoldReason, Money
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance

REASON = HoldReason.PROXY_DEPOSIT


@frozen
class ProxyTerms:
    """The pallet's limits, and its deposits in planck."""

    proxies_max: int
    pending_max: int
    proxy_base: int
    proxy_factor: int
    announcement_base: int
    announcement_factor: int


def get_order(definition: ProxyDefinition) -> tuple[AccountId, ProxyType, int]:
    """A list of proxies is in this order: of several, the widest with the least delay is first."""
    return definition.delegate, definition.proxy_type, definition.delay


@frozen
class ProxyBook:
    """The pallet's three maps; every change of a list brings its deposit to what the list asks."""

    money: Money
    terms: ProxyTerms
    proxies: StorageMap[AccountId, tuple[ProxyList, Balance]]
    announcements: StorageMap[AccountId, tuple[AnnouncementList, Balance]]
    pure_deposits: StorageMap[AccountId, PureDeposit]

    def put_proxies(
        self, who: AccountId, proxies: tuple[ProxyDefinition, ...], deposit: int
    ) -> None:
        """Stores a list of proxies, whose deposit was so much.

        What an account without a key pays itself is the first to come back, then its maker's.
        """
        needed = _compute_deposit(self.terms.proxy_base, self.terms.proxy_factor, len(proxies))
        made = self.pure_deposits.get(who)
        if made is not None and made.amount > needed:
            self.money.release(REASON, made.spawner, made.amount - needed)
            deposit -= made.amount - needed
            if needed:
                self.pure_deposits[who] = PureDeposit(made.spawner, needed)
            else:
                del self.pure_deposits[who]
        self._settle(who, deposit, needed)
        if proxies:
            self.proxies[who] = proxies, needed
        else:
            del self.proxies[who]

    def drop_announcements(
        self, who: AccountId, is_dropped: Callable[[Announcement], bool]
    ) -> bool:
        """Whether there was such an announcement; every such one is gone, its deposit is back."""
        pending, deposit = self.announcements[who]
        rest = tuple(each for each in pending if not is_dropped(each))
        if len(rest) == len(pending):
            return False
        self.put_announcements(who, rest, deposit)
        return True

    def put_announcements(
        self, who: AccountId, pending: tuple[Announcement, ...], deposit: int
    ) -> None:
        """Stores a list of announcements, whose deposit was so much."""
        base, factor = self.terms.announcement_base, self.terms.announcement_factor
        needed = _compute_deposit(base, factor, len(pending))
        self._settle(who, deposit, needed)
        if pending:
            self.announcements[who] = pending, needed
        else:
            del self.announcements[who]

    def _settle(self, who: AccountId, deposit: int, needed: int) -> None:
        if needed > deposit:
            self.money.hold(REASON, who, needed - deposit)
        else:
            self.money.release(REASON, who, deposit - needed)

    def get_deposits(self) -> Counter[AccountId]:
        """What everybody has deposited; unbounded, for checks of the whole state."""
        held: Counter[AccountId] = Counter()
        for who, (_, deposit) in self.proxies.items():
            made = self.pure_deposits.get(who)
            held[who] += deposit - (0 if made is None else made.amount)
        for made in dict(self.pure_deposits.items()).values():
            held[made.spawner] += made.amount
        for who, (_, deposit) in self.announcements.items():
            held[who] += deposit
        return held

    def ensure_sound(self) -> None:
        """Deposits equal the ledger's holds; no list is empty, and proxies are in order."""
        for who, (proxies, deposit) in self.proxies.items():
            assert proxies, f"{who}: a list without proxies"
            order = [get_order(each) for each in proxies]
            assert all(a < b for a, b in pairwise(order)), f"{who}: proxies out of order"
            made = self.pure_deposits.get(who)
            assert made is None or 0 < made.amount <= deposit, f"{who}: more than the deposit"
        for pure in self.pure_deposits.keys():  # noqa: SIM118 - it is no dict
            assert pure in self.proxies, f"{pure}: a deposit without proxies"
        for who, (pending, _) in self.announcements.items():
            assert pending, f"{who}: a list without announcements"
        for who, amount in self.get_deposits().items():
            on_hold = self.money.get_held(REASON, who)
            assert amount == on_hold, f"{who}: {amount} deposited, {on_hold} on hold"


def _compute_deposit(base: int, factor: int, count: int) -> int:
    return base + factor * count if count else 0
