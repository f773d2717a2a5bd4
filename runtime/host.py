"""The pure functions a runtime asks of its node, which may answer from caches or in parallel."""

from typing import NamedTuple, Protocol

from runtime.crypto.multisignature import Ecdsa, Ed25519, Sr25519, verify_multisignature
from runtime.primitives import AccountId
from runtime.programs import Inputs, Program


class SignedMessage(NamedTuple):
    """A message, and who is said to have signed it."""

    signature: Ed25519 | Sr25519 | Ecdsa
    message: bytes
    account: AccountId


class Host(Protocol):
    """Every implementation answers the same for the same arguments, on every node, for ever."""

    def expect(self, signed: tuple[SignedMessage, ...]) -> None:
        """What `is_signed` is about to be asked, in this order: it may be checked meanwhile."""
        ...

    def is_signed(
        self, signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId
    ) -> bool:
        """Whether the account signed the message."""
        ...

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        """The output of a slot, of inputs that `plan` has accepted. Errors: `ProgramError`."""
        ...


class ReferenceHost:
    """Computes every answer afresh."""

    def expect(self, signed: tuple[SignedMessage, ...]) -> None:
        """Waits to be asked."""

    def is_signed(
        self, signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId
    ) -> bool:
        """Whether the account signed the message; ECDSA never counts as signed."""
        return verify_multisignature(signature, message, account)

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        """The output of a slot, by the program's own rules. Errors: `ProgramError`."""
        return program.run(slot, inputs)
