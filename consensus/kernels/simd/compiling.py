"""Tells that kernels are being compiled, which happens once on a machine and takes a while."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from numba.core.event import Event, Listener, install_listener

COMPILING = "numba: compiling kernels, once for this machine; it takes some ten seconds"


class _Announcer(Listener):
    """Speaks once, when the first kernel is not found ready on disk."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._has_spoken = False

    def on_start(self, event: Event) -> None:  # noqa: ARG002 - numba's signature
        """The first is told."""
        if not self._has_spoken:
            self._has_spoken = True
            self._note(COMPILING)

    def on_end(self, event: Event) -> None:
        """The end of one kernel is no news."""


@contextmanager
def announce_compiling(note: Callable[[str], None]) -> Generator[None]:
    """Notes the first compilation inside, if there is one."""
    with install_listener("numba:compile", _Announcer(note)):
        yield
