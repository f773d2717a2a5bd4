"""Who runs a program: the reference, or a twin of it that gives the same bytes sooner."""

from typing import Protocol

from runtime.programs.program import Inputs, Program


class ProgramRunner(Protocol):
    """Every implementation gives the bytes of `Program.run`, and its errors."""

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        """The output of a slot, of inputs that `plan` has accepted. Errors: `ProgramError`."""
        ...


class ReferenceRunner:
    """Runs every program by its own rules."""

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        """The output of a slot. Errors: `ProgramError`."""
        return program.run(slot, inputs)
