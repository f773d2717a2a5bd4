"""Accounts that call for others. Calls, events and errors: `pallet_proxy`."""

from bisect import bisect_left
from collections import Counter

from pallets.proxy.book import REASON, ProxyBook, ProxyTerms, get_order
from pallets.proxy.declarations import (
    ENTRIES_MAX,
    Announced,
    Announcement,
    AnnouncementList,
    Duplicate,
    NoPermission,
    NoSelfProxy,
    NotFound,
    NotProxy,
    ProxyAdded,
    ProxyDefinition,
    ProxyExecuted,
    ProxyList,
    ProxyRemoved,
    ProxyType,
    PureCreated,
    PureDeposit,
    TooMany,
    Unannounced,
)
from pallets.proxy.filters import ProxyFilter
from pallets.weights import proxy as weights
from runtime.address import MultiAddress, lookup
from runtime.codec import U16, U32, Compact, codec_of
from runtime.crypto.hashing import blake2_256
from runtime.frame import (
    Call,
    Constant,
    Event,
    Origin,
    Pallet,
    PostDispatch,
    RuntimeCall,
    StorageMap,
    call,
    mapping,
    twox_64_concat,
)
from runtime.frame.inner_calls import InnerCalls
from runtime.frame.traits import ExtrinsicPlace, Money
from runtime.primitives import AccountId, Balance, BlockNumber, Hash, Weight
from runtime.state.externalities import Externalities

PURE_ENTROPY = codec_of(tuple[AccountId, BlockNumber, U32, ProxyType, U16])
ENTROPY = b"modlpy/proxy____"


def compute_pure_account(
    spawner: AccountId, proxy_type: ProxyType, index: int, height: int, ext_index: int
) -> AccountId:
    """The account without a key that somebody made in an extrinsic of a block."""
    made = spawner, height, ext_index, proxy_type, index
    return AccountId(blake2_256(ENTROPY + PURE_ENTROPY.encode(made)))


def _compute_proxy_weight(
    real: MultiAddress, force_proxy_type: ProxyType | None, call: Call
) -> Weight:
    del real, force_proxy_type
    return weights.PROXY + call.get_dispatch_info().weight


def _compute_announced_weight(
    delegate: MultiAddress, real: MultiAddress, force_proxy_type: ProxyType | None, call: Call
) -> Weight:
    """The call counts twice: to hash it costs less than to run it."""
    del delegate, real, force_proxy_type
    inner = call.get_dispatch_info().weight
    return weights.PROXY_ANNOUNCED + inner + inner


class Proxy(
    Pallet,
    events=ProxyExecuted | PureCreated | Announced | ProxyAdded | ProxyRemoved,
    errors=TooMany | NotFound | NotProxy | Duplicate | NoPermission | Unannounced | NoSelfProxy,
):
    """Accounts that may call for others, at once or after a time in which it can be stopped."""

    proxy_deposit_base: Constant[Balance]
    """What is held of an account that has proxies."""

    proxy_deposit_factor: Constant[Balance]
    """What is held besides for each of them."""

    max_proxies: Constant[U32]
    """The most proxies of one account."""

    max_pending: Constant[U32]
    """The most announcements of one proxy at a time."""

    announcement_deposit_base: Constant[Balance]
    """What is held of a proxy that has announced something."""

    announcement_deposit_factor: Constant[Balance]
    """What is held besides for each announcement."""

    proxies: StorageMap[AccountId, tuple[ProxyList, Balance]] = mapping(
        twox_64_concat, default=((), 0)
    )
    """Who may call for an account, in order, and the deposit for it."""

    announcements: StorageMap[AccountId, tuple[AnnouncementList, Balance]] = mapping(
        twox_64_concat, default=((), 0)
    )
    """What a proxy has announced, and the deposit for it."""

    pure_deposits: StorageMap[AccountId, PureDeposit] = mapping(twox_64_concat)
    """The part of an account's proxy deposit that is its maker's."""

    def __init__(
        self,
        state: Externalities,
        system: ExtrinsicPlace,
        money: Money,
        calls: InnerCalls,
        *,
        index: int,
        terms: ProxyTerms,
    ) -> None:
        super().__init__(state, index=index)
        assert max(terms.proxies_max, terms.pending_max) <= ENTRIES_MAX, "lists are stored; qed"
        self.max_proxies = terms.proxies_max
        self.max_pending = terms.pending_max
        self.proxy_deposit_base = terms.proxy_base
        self.proxy_deposit_factor = terms.proxy_factor
        self.announcement_deposit_base = terms.announcement_base
        self.announcement_deposit_factor = terms.announcement_factor
        self._system = system
        self._money = money
        self._calls = calls
        self._book = ProxyBook(money, terms, self.proxies, self.announcements, self.pure_deposits)

    # --- calls for others

    @call(index=0, weight=_compute_proxy_weight)
    def proxy(
        self,
        origin: Origin,
        real: MultiAddress,
        force_proxy_type: ProxyType | None,
        call: RuntimeCall,
    ) -> PostDispatch:
        """Dispatches a call from an account that the signer is a proxy of.

        The first of the signer's proxies counts, or the first of the type that is asked for; what
        its type does not allow fails with `CallFiltered`, in the event as every error of the call.
        Origin: signed. Events: `ProxyExecuted`.
        Errors: `NotProxy`, `Unannounced` for a proxy with a delay.
        """
        who, account = origin.ensure_signed(), lookup(real)
        definition = self._find_proxy(account, who, force_proxy_type)
        if definition.delay > 0:
            raise Unannounced
        return PostDispatch(weights.PROXY + self._execute(definition, account, call, origin))

    @call(index=9, weight=_compute_announced_weight)
    def proxy_announced(
        self,
        origin: Origin,
        delegate: MultiAddress,
        real: MultiAddress,
        force_proxy_type: ProxyType | None,
        call: RuntimeCall,
    ) -> PostDispatch:
        """Dispatches a call that a proxy announced long enough ago; anybody may send it.

        Origin: signed. Events: `ProxyExecuted`. Errors: `NotProxy`, `Unannounced`.
        """
        origin.ensure_signed()
        account, announcer = lookup(real), lookup(delegate)
        definition = self._find_proxy(account, announcer, force_proxy_type)
        call_hash = Hash(blake2_256(self._calls.encode(call)))
        latest = self._system.get_block_number() - definition.delay

        def is_ripe(each: Announcement) -> bool:
            return (each.real, each.call_hash) == (account, call_hash) and each.height <= latest

        if not self._book.drop_announcements(announcer, is_ripe):
            raise Unannounced
        read = weights.PROXY_ANNOUNCED + call.get_dispatch_info().weight
        return PostDispatch(read + self._execute(definition, account, call, origin))

    # --- proxies

    @call(index=1, weight=weights.CHANGE_PROXIES)
    def add_proxy(
        self, origin: Origin, delegate: MultiAddress, proxy_type: ProxyType, delay: BlockNumber
    ) -> None:
        """Lets another account call for the signer.

        Origin: signed. Events: `ProxyAdded`.
        Errors: `NoSelfProxy`, `Duplicate`, `TooMany`, the ledger's where too little is free.
        """
        who, other = origin.ensure_signed(), lookup(delegate)
        if who == other:
            raise NoSelfProxy
        proxies, deposit = self.proxies[who]
        definition = ProxyDefinition(other, proxy_type, delay)
        if definition in proxies:
            raise Duplicate
        if len(proxies) >= self.max_proxies:
            raise TooMany
        at = bisect_left(proxies, get_order(definition), key=get_order)
        self._book.put_proxies(who, (*proxies[:at], definition, *proxies[at:]), deposit)
        self._deposit_event(ProxyAdded(who, other, proxy_type, delay))

    @call(index=2, weight=weights.CHANGE_PROXIES)
    def remove_proxy(
        self, origin: Origin, delegate: MultiAddress, proxy_type: ProxyType, delay: BlockNumber
    ) -> None:
        """Ends one proxy of the signer; its deposit comes back.

        Origin: signed. Events: `ProxyRemoved`. Errors: `NotFound`.
        """
        who, other = origin.ensure_signed(), lookup(delegate)
        proxies, deposit = self.proxies[who]
        definition = ProxyDefinition(other, proxy_type, delay)
        if definition not in proxies:
            raise NotFound
        rest = tuple(each for each in proxies if each != definition)
        self._book.put_proxies(who, rest, deposit)
        self._deposit_event(ProxyRemoved(who, other, proxy_type, delay))

    @call(index=3, weight=weights.CHANGE_PROXIES)
    def remove_proxies(self, origin: Origin) -> None:
        """Ends every proxy of the signer: an account without a key is then out of reach.

        Origin: signed. Events: none. Errors: none.
        """
        who = origin.ensure_signed()
        self._book.put_proxies(who, (), self.proxies[who][1])

    # --- accounts without a key

    @call(index=4, weight=weights.CREATE_PURE)
    def create_pure(
        self, origin: Origin, proxy_type: ProxyType, delay: BlockNumber, index: U16
    ) -> None:
        """Makes an account that has no key, only the signer as its proxy.

        `index` tells several of one extrinsic apart; the deposit is the signer's.
        Origin: signed. Events: `PureCreated`.
        Errors: `Duplicate`, the ledger's where too little is free.
        """
        who = origin.ensure_signed()
        height, ext_index = self._system.get_block_number(), self._system.get_extrinsic_index()
        pure = compute_pure_account(who, proxy_type, index, height, ext_index)
        if pure in self.proxies:
            raise Duplicate
        deposit = self.proxy_deposit_base + self.proxy_deposit_factor
        self._money.hold(REASON, who, deposit)
        self.proxies[pure] = (ProxyDefinition(who, proxy_type, delay),), deposit
        self.pure_deposits[pure] = PureDeposit(who, deposit)
        self._deposit_event(PureCreated(pure, who, proxy_type, index))

    @call(index=5, weight=weights.CHANGE_PROXIES)
    def kill_pure(
        self,
        origin: Origin,
        spawner: MultiAddress,
        proxy_type: ProxyType,
        index: U16,
        height: Compact[BlockNumber],
        ext_index: Compact[U32],
    ) -> None:
        """Ends an account without a key, called by itself; what it still has stays there for ever.

        Origin: signed. Events: none. Errors: `NoPermission` for any other account.
        """
        who, maker = origin.ensure_signed(), lookup(spawner)
        if who != compute_pure_account(maker, proxy_type, index, height, ext_index):
            raise NoPermission
        self._book.put_proxies(who, (), self.proxies[who][1])

    # --- announcements

    @call(index=6, weight=weights.CHANGE_ANNOUNCEMENTS)
    def announce(self, origin: Origin, real: MultiAddress, call_hash: Hash) -> None:
        """Announces the call of this hash from an account that the signer is a proxy of.

        Origin: signed. Events: `Announced`.
        Errors: `NotProxy`, `TooMany`, the ledger's where too little is free.
        """
        who, account = origin.ensure_signed(), lookup(real)
        self._find_proxy(account, who, None)
        pending, deposit = self.announcements[who]
        if len(pending) >= self.max_pending:
            raise TooMany
        made = Announcement(account, call_hash, self._system.get_block_number())
        self._book.put_announcements(who, (*pending, made), deposit)
        self._deposit_event(Announced(account, who, call_hash))

    @call(index=7, weight=weights.CHANGE_ANNOUNCEMENTS)
    def remove_announcement(self, origin: Origin, real: MultiAddress, call_hash: Hash) -> None:
        """Takes back what the signer announced.

        Origin: signed. Events: none. Errors: `NotFound`.
        """
        who, account = origin.ensure_signed(), lookup(real)
        self._remove_announcement(who, account, call_hash)

    @call(index=8, weight=weights.CHANGE_ANNOUNCEMENTS)
    def reject_announcement(self, origin: Origin, delegate: MultiAddress, call_hash: Hash) -> None:
        """Stops what a proxy of the signer announced.

        Origin: signed. Events: none. Errors: `NotFound`.
        """
        who, announcer = origin.ensure_signed(), lookup(delegate)
        self._remove_announcement(announcer, who, call_hash)

    def get_deposits(self) -> Counter[AccountId]:
        """What everybody has deposited; unbounded, for checks of the whole state."""
        return self._book.get_deposits()

    def try_state(self) -> None:
        """Deposits are those of the lists and equal the ledger's holds; proxies are in order."""
        self._book.ensure_sound()

    # --- parts of the above

    def _find_proxy(
        self, real: AccountId, delegate: AccountId, wanted: ProxyType | None
    ) -> ProxyDefinition:
        for each in self.proxies[real][0]:
            if each.delegate == delegate and wanted in (None, each.proxy_type):
                return each
        raise NotProxy

    def _execute(
        self, definition: ProxyDefinition, real: AccountId, call: Call, origin: Origin
    ) -> Weight:
        allowed = origin.act_as(real).narrow(ProxyFilter(definition.proxy_type))
        attempt = self._calls.attempt(call, allowed)
        self._deposit_event(ProxyExecuted(attempt.result))
        return attempt.weight

    def _remove_announcement(self, who: AccountId, real: AccountId, call_hash: Hash) -> None:
        def is_meant(each: Announcement) -> bool:
            return (each.real, each.call_hash) == (real, call_hash)

        if not self._book.drop_announcements(who, is_meant):
            raise NotFound

    def _deposit_event(self, event: Event) -> None:
        self._system.deposit_event(self, event)
