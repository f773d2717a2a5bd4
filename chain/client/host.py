"""The node's answers to the runtime: a signature is checked once, programs run fast."""

from collections import OrderedDict
from threading import Lock
from typing import Final, Protocol

from runtime.crypto.hashing import blake2_256
from runtime.crypto.multisignature import Ecdsa, Ed25519, Sr25519, verify_multisignature
from runtime.host import SignedMessage
from runtime.primitives import AccountId
from runtime.programs import Inputs, Program, ProgramRunner, ReferenceRunner

SIGNATURES_REMEMBERED_MAX: Final = 65_536

AHEAD_MIN: Final = 16
"""Fewer signatures are not worth asking for."""


class Ahead(Protocol):
    """Checks signatures beside the thread that will want the answers, which never waits."""

    def begin(self, signed: tuple[SignedMessage, ...]) -> bool:
        """Takes them in place of what it had before; whether it does."""
        ...

    def is_good(self, place: int) -> bool:
        """Whether that one of them is known to be signed by now; no says nothing."""
        ...


class CachingHost:
    """Remembers good signatures from pool to proposal to import; a bad one is checked anew.

    Safe from several threads.
    """

    def __init__(self, runner: ProgramRunner | None = None, ahead: Ahead | None = None) -> None:
        """Programs are run by ``runner``, by their own rules where there is none.

        ``ahead`` checks the signatures of a block while it is executed.
        """
        self._runner = runner or ReferenceRunner()
        self._ahead = ahead
        self._places: dict[bytes, int] = {}
        """Which of the signatures that are checked ahead it is."""

        self._good: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def expect(self, signed: tuple[SignedMessage, ...]) -> None:
        """Has those that nobody has seen checked ahead."""
        if self._ahead is None:
            return
        unseen = {
            key: each
            for each in signed
            if not isinstance(each.signature, Ecdsa)
            and (key := _compute_key(*each)) not in self._good
        }
        with self._lock:
            if len(unseen) >= AHEAD_MIN and self._ahead.begin(tuple(unseen.values())):
                self._places = {key: place for place, key in enumerate(unseen)}

    def is_signed(
        self, signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId
    ) -> bool:
        """Whether the account signed the message."""
        key = _compute_key(signature, message, account)
        if key in self._good:
            return True
        if not (self._is_good_ahead(key) or verify_multisignature(signature, message, account)):
            return False
        with self._lock:
            self._good[key] = None
            if len(self._good) > SIGNATURES_REMEMBERED_MAX:
                self._good.popitem(last=False)
        return True

    def _is_good_ahead(self, key: bytes) -> bool:
        if self._ahead is None or not self._places:
            return False
        with self._lock:
            place = self._places.get(key)
            return place is not None and self._ahead.is_good(place)

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        """The output of a slot. Errors: `ProgramError`."""
        return self._runner.run_program(program, slot, inputs)


def _compute_key(signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId) -> bytes:
    return blake2_256(type(signature).__name__.encode() + signature.signature + account + message)
