"""Programs run by their rules until their compiled twins are ready, and by these from then on.

Most nodes never see a program, so numba is loaded only once one has been run: in the background,
after a process of its own has compiled the twins into the cache, so that the node goes on serving.
"""

import logging
import subprocess
import sys
from collections.abc import Callable
from threading import Lock, Thread

from runtime.programs import Inputs, Program, ProgramRunner

log = logging.getLogger(__name__)

COMPILE_SECONDS_MAX = 300


class NoTwins(Exception):
    """The twins cannot be used here; the reason is the message."""


class FastPrograms:
    """A `ProgramRunner`. Safe from several threads."""

    def __init__(
        self,
        load: Callable[[], ProgramRunner],
        start: Callable[[Callable[[], None]], None],
    ) -> None:
        """``start`` runs ``load`` somewhere, now or later; `NoTwins` keeps the rules in use."""
        self._load = load
        self._start = start
        self._lock = Lock()
        self._is_started = False
        self._twins: ProgramRunner | None = None

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        """The output of a slot. Errors: `ProgramError`."""
        if self._twins is not None:
            return self._twins.run_program(program, slot, inputs)
        with self._lock:
            is_first, self._is_started = not self._is_started, True
        if is_first:
            self._start(self._take)
        return program.run(slot, inputs)

    def _take(self) -> None:
        try:
            self._twins = self._load()
        except NoTwins as error:
            log.warning("programs run by their rules alone", extra={"reason": str(error)})
        else:
            log.info("programs run compiled")


def load_twins() -> ProgramRunner:
    """Compiles the twins where that has not been done, and tries them. Errors: `NoTwins`."""
    command = [sys.executable, "-m", "consensus.kernels.programs"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=COMPILE_SECONDS_MAX)
    except (OSError, subprocess.SubprocessError) as error:
        raise NoTwins(f"compiling them failed: {error}") from error
    from consensus.kernels import programs  # noqa: PLC0415 - numba is large, see above

    try:
        programs.ensure_twins_exact()
    except programs.TwinFault as error:
        raise NoTwins(str(error)) from error
    return programs.ProgramTwins()


def start_in_thread(work: Callable[[], None]) -> None:
    """Runs work beside the node, which does not wait for its end."""
    Thread(target=work, name="program twins", daemon=True).start()
