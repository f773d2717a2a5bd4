"""The pure functions a runtime asks of its node, which may answer from caches or in parallel."""

from typing import Protocol

from runtime.crypto.multisignature import Ecdsa, Ed25519, Sr25519, verify_multisignature
from runtime.primitives import AccountId
from runtime.programs import Inputs, Program


class Host(Protocol):
    """Every implementation answers the same for the same arguments, on every node, for ever."""

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

    def is_signed(
        self, signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId
    ) -> bool:
        """Whether the account signed the message; ECDSA never counts as signed."""
        return verify_multisignature(signature, message, account)

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        """The output of a slot, by the program's own rules. Errors: `ProgramError`."""
        return program.run(slot, inputs)
