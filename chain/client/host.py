"""The node's answers to the runtime: a signature is checked once, programs run fast."""

from collections import OrderedDict
from threading import Lock
from typing import Final

from runtime.crypto.hashing import blake2_256
from runtime.crypto.multisignature import Ecdsa, Ed25519, Sr25519, verify_multisignature
from runtime.primitives import AccountId
from runtime.programs import Inputs, Program, ProgramRunner, ReferenceRunner

SIGNATURES_REMEMBERED_MAX: Final = 65_536


class CachingHost:
    """Remembers good signatures from pool to proposal to import; a bad one is checked anew.

    Safe from several threads.
    """

    def __init__(self, runner: ProgramRunner | None = None) -> None:
        """Programs are run by ``runner``, by their own rules where there is none."""
        self._runner = runner or ReferenceRunner()
        self._good: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def is_signed(
        self, signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId
    ) -> bool:
        """Whether the account signed the message."""
        name = type(signature).__name__.encode()
        key = blake2_256(name + signature.signature + account + message)
        if key in self._good:
            return True
        if not verify_multisignature(signature, message, account):
            return False
        with self._lock:
            self._good[key] = None
            if len(self._good) > SIGNATURES_REMEMBERED_MAX:
                self._good.popitem(last=False)
        return True

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        """The output of a slot. Errors: `ProgramError`."""
        return self._runner.run_program(program, slot, inputs)
