"""Bytes under their hash. Calls, events and errors: `pallet_preimage`."""

from collections import Counter

from pallets.preimage.declarations import (
    BYTES_DECODED_MAX,
    AlreadyNoted,
    Cleared,
    Content,
    NotAuthorized,
    Noted,
    NotNoted,
    NotRequested,
    Requested,
    RequestedStatus,
    RequestStatus,
    Ticket,
    TooBig,
    Unrequested,
)
from pallets.weights import preimage as weights
from runtime.codec import U32
from runtime.crypto.hashing import blake2_256
from runtime.frame import (
    FREE_ON_SUCCESS,
    Constant,
    Event,
    Origin,
    Pallet,
    PostDispatch,
    StorageMap,
    call,
    identity,
    mapping,
)
from runtime.frame.origin import OriginKind
from runtime.frame.traits import EventSink, HoldReason, Money
from runtime.frozen import replace
from runtime.primitives import AccountId, Balance, Hash, Weight
from runtime.state.externalities import Externalities

REASON = HoldReason.PREIMAGE


def _compute_note_weight(bytes_: bytes) -> Weight:
    return weights.note_preimage(len(bytes_))


def _get_noter(origin: Origin) -> AccountId | None:
    """Who pays for what is noted: the signer; root pays nothing."""
    return None if origin.kind is OriginKind.ROOT else origin.ensure_signed()


def _get_ticket(status: RequestStatus) -> Ticket | None:
    return status.ticket if isinstance(status, Unrequested) else status.maybe_ticket


def _get_size(status: RequestStatus) -> int | None:
    """The length of the preimage, None where it is not there."""
    return status.len if isinstance(status, Unrequested) else status.maybe_len


class Preimage(
    Pallet,
    events=Noted | Requested | Cleared,
    errors=TooBig | AlreadyNoted | NotAuthorized | NotNoted | NotRequested,
):
    """Bytes kept under their hash as long as somebody pays for them or something needs them."""

    bytes_max: Constant[U32]
    """The longest preimage."""

    deposit_base: Constant[Balance]
    """What is held for a preimage that nothing has requested."""

    deposit_byte: Constant[Balance]
    """What is held besides for each byte of it."""

    request_status_for: StorageMap[Hash, RequestStatus] = mapping(identity)
    """The request status of a given hash."""

    preimage_for: StorageMap[tuple[Hash, U32], Content] = mapping(identity)
    """The preimages, by hash and length."""

    def __init__(
        self,
        state: Externalities,
        system: EventSink,
        money: Money,
        *,
        index: int,
        bytes_max: int,
        deposit_base: int,
        deposit_byte: int,
    ) -> None:
        super().__init__(state, index=index)
        assert bytes_max < BYTES_DECODED_MAX, "the limit can be reached; qed"
        self.bytes_max = bytes_max
        self.deposit_base = deposit_base
        self.deposit_byte = deposit_byte
        self._system = system
        self._money = money

    # --- calls

    @call(index=0, weight=_compute_note_weight)
    def note_preimage(self, origin: Origin, bytes_: Content) -> PostDispatch | None:
        """Stores bytes under their blake2b-256 hash; free where they were requested before.

        Origin: signed, root. Events: `Noted`.
        Errors: `TooBig`, `AlreadyNoted`, the ledger's where too little is free for the deposit.
        """
        noter = _get_noter(origin)
        content_hash = self._compute_hash(bytes_)
        status = self.request_status_for.get(content_hash)
        if status is not None and _get_size(status) is not None:
            raise AlreadyNoted
        if status is None and noter is not None:
            deposit = self.deposit_base + len(bytes_) * self.deposit_byte
            self._money.hold(REASON, noter, deposit)
            paid = Unrequested((noter, deposit), len(bytes_))
            self._store(content_hash, bytes_, paid)
            return None
        if status is None:
            self.request(content_hash)
        self._store_requested(content_hash, bytes_)
        return FREE_ON_SUCCESS

    @call(index=1, weight=weights.UNNOTE_PREIMAGE)
    def unnote_preimage(self, origin: Origin, hash_: Hash) -> None:
        """Takes a preimage away, or only the deposit back while something needs the bytes.

        Origin: signed, by who noted it, root. Events: `Cleared`.
        Errors: `NotNoted`, `NotAuthorized`.
        """
        noter = _get_noter(origin)
        status = self.request_status_for.get(hash_)
        if status is None:
            raise NotNoted
        ticket = _get_ticket(status)
        if noter is not None and (ticket is None or ticket[0] != noter):
            raise NotAuthorized
        self._give_back(ticket)
        if isinstance(status, Unrequested):
            self._clear(hash_, status.len)
        elif ticket is None:
            self.unrequest(hash_)
        else:
            self.request_status_for[hash_] = replace(status, maybe_ticket=None)

    @call(index=2, weight=weights.REQUEST_PREIMAGE)
    def request_preimage(self, origin: Origin, hash_: Hash) -> None:
        """Asks for a preimage: whoever notes it pays nothing, and nobody takes it away.

        Origin: root. Events: `Requested`. Errors: none.
        """
        origin.ensure_root()
        self.request(hash_)

    @call(index=3, weight=weights.UNREQUEST_PREIMAGE)
    def unrequest_preimage(self, origin: Origin, hash_: Hash) -> None:
        """Takes one request back; with the last, what nobody pays for is removed.

        Origin: root. Events: `Cleared`. Errors: `NotRequested`.
        """
        origin.ensure_root()
        self.unrequest(hash_)

    # --- Preimages

    def get_preimage(self, content_hash: Hash, size_bytes: int) -> bytes | None:
        """The bytes, if they are there and of this length."""
        return self.preimage_for.get((content_hash, size_bytes))

    def note(self, content: bytes) -> Hash:
        """Stores bytes, without a deposit, and requests them once; returns their hash."""
        content_hash = self._compute_hash(content)
        self.request(content_hash)
        if (content_hash, len(content)) not in self.preimage_for:
            self._store_requested(content_hash, content)
        return content_hash

    def request(self, content_hash: Hash) -> None:
        """One more thing needs the preimage."""
        status = self.request_status_for.get(content_hash)
        match status:
            case None:
                wanted = RequestedStatus(None, 1, None)
            case Unrequested(ticket, size_bytes):
                wanted = RequestedStatus(ticket, 1, size_bytes)
            case RequestedStatus():
                wanted = replace(status, count=status.count + 1)
        self.request_status_for[content_hash] = wanted
        if wanted.count == 1:
            self._deposit_event(Requested(content_hash))

    def unrequest(self, content_hash: Hash) -> None:
        """One thing less needs the preimage; `NotRequested` if none did."""
        status = self.request_status_for.get(content_hash)
        if not isinstance(status, RequestedStatus):
            raise NotRequested
        if status.count > 1:
            self.request_status_for[content_hash] = replace(status, count=status.count - 1)
        elif status.maybe_len is None:
            del self.request_status_for[content_hash]
        elif status.maybe_ticket is None:
            self._clear(content_hash, status.maybe_len)
        else:
            kept = Unrequested(status.maybe_ticket, status.maybe_len)
            self.request_status_for[content_hash] = kept

    def get_deposits(self) -> Counter[AccountId]:
        """What everybody has deposited; unbounded, for checks of the whole state."""
        held: Counter[AccountId] = Counter()
        for status in dict(self.request_status_for.items()).values():
            ticket = _get_ticket(status)
            if ticket is not None:
                held[ticket[0]] += ticket[1]
        return held

    def try_state(self) -> None:
        """Every preimage has the hash, length and status it is kept under; deposits are held."""
        sizes: dict[Hash, int] = {}
        for (content_hash, length), content in self.preimage_for.items():
            assert blake2_256(content) == content_hash, f"{content_hash}: other bytes"
            assert len(content) == length, f"{content_hash}: another length"
            sizes[content_hash] = length
        for content_hash, status in self.request_status_for.items():
            assert _get_size(status) == sizes.pop(content_hash, None), (
                f"{content_hash}: there, or not"
            )
            is_needed = isinstance(status, Unrequested) or status.count > 0
            assert is_needed, f"{content_hash}: requested by nothing"
        assert not sizes, f"preimages without a status: {sizes}"
        for who, amount in self.get_deposits().items():
            on_hold = self._money.get_held(REASON, who)
            assert amount == on_hold, f"{who}: {amount} deposited, {on_hold} on hold"

    # --- parts of the above

    def _compute_hash(self, content: bytes) -> Hash:
        if len(content) > self.bytes_max:
            raise TooBig
        return Hash(blake2_256(content))

    def _store_requested(self, content_hash: Hash, content: bytes) -> None:
        status = self.request_status_for[content_hash]
        assert isinstance(status, RequestedStatus), "it was requested before; qed"
        self._store(content_hash, content, replace(status, maybe_len=len(content)))

    def _store(self, content_hash: Hash, content: bytes, status: RequestStatus) -> None:
        self.request_status_for[content_hash] = status
        self.preimage_for[content_hash, len(content)] = content
        self._deposit_event(Noted(content_hash))

    def _clear(self, content_hash: Hash, size_bytes: int) -> None:
        del self.request_status_for[content_hash]
        del self.preimage_for[content_hash, size_bytes]
        self._deposit_event(Cleared(content_hash))

    def _give_back(self, ticket: Ticket | None) -> None:
        if ticket is not None:
            self._money.release(REASON, *ticket)

    def _deposit_event(self, event: Event) -> None:
        self._system.deposit_event(self, event)
