"""Signatures checked by a process of their own while a block is executed.

A process and not a thread: one thread at a time works in Python, so that one which checks beside
the executing thread holds it up, with sr25519 all the time. The process starts with the first block
that needs it, and ends with the node, however that ends.
"""

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Final

from chain.client.signature_child import QUESTION
from runtime.crypto.multisignature import Sr25519
from runtime.host import SignedMessage

log = logging.getLogger(__name__)

COMMAND: Final = (sys.executable, "-m", "chain.client.signature_child")
ANSWERS_READ: Final = 4_096
END_S: Final = 2
CORES_MIN: Final = 2
"""On fewer, the process would only take turns with who asks."""


class SignatureProcess:
    """Checks the signatures of one block at a time, asked by one thread at a time.

    Nobody waits for it. Once the process is lost, nothing is taken any more.
    """

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        """``command`` is followed by the descriptor of the socket that it is asked by."""
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        """None before the start and after a loss."""

        self._has_started = False
        self._unsent = memoryview(b"")
        self._answers = bytearray()
        self._asked = 0

    def begin(self, signed: tuple[SignedMessage, ...]) -> bool:
        """Takes them in place of what it had before, unless some of that is unanswered yet."""
        if not self._has_started:
            self._start()
        self._exchange()
        if self._socket is None or len(self._answers) < self._asked:
            return False
        self._unsent = memoryview(b"".join(map(encode, signed)))
        self._answers, self._asked = bytearray(), len(signed)
        self._exchange()
        return True

    def is_good(self, place: int) -> bool:
        """Whether that one of them is known to be signed by now; no says nothing."""
        if place >= len(self._answers):
            self._exchange()
        return place < len(self._answers) and self._answers[place] == 1

    def _start(self) -> None:
        self._has_started = True
        try:
            self._socket, theirs = socket.socketpair()
            with theirs:
                number = theirs.fileno()
                self._process = subprocess.Popen(
                    (*self._command, str(number)), pass_fds=(number,), start_new_session=True
                )
        except OSError as error:
            self._lose(str(error))

    def _exchange(self) -> None:
        """Sends and receives what is possible at once."""
        if self._socket is None:
            return
        try:
            with suppress(BlockingIOError):
                while self._unsent:
                    sent = self._socket.send(self._unsent, socket.MSG_DONTWAIT)
                    self._unsent = self._unsent[sent:]
            with suppress(BlockingIOError):
                answers = self._socket.recv(ANSWERS_READ, socket.MSG_DONTWAIT)
                if not answers:
                    raise ConnectionResetError("its process has ended")
                self._answers += answers
        except OSError as error:
            self._lose(str(error))

    def _lose(self, why: str) -> None:
        log.warning("signatures are not checked beside execution", extra={"why": why})
        self._close_socket()

    def _close_socket(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def close(self) -> None:
        """Ends the process."""
        self._close_socket()
        if self._process is not None:
            try:
                self._process.wait(END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def encode(signed: SignedMessage) -> bytes:
    """A question to the process."""
    scheme, message = isinstance(signed.signature, Sr25519), signed.message
    return QUESTION.pack(scheme, signed.account, signed.signature.signature, len(message)) + message


@contextmanager
def open_signature_process() -> Generator[SignatureProcess | None]:
    """What checks signatures beside execution, until the block ends; None on a single core."""
    if len(os.sched_getaffinity(0)) < CORES_MIN:
        yield None
        return
    process = SignatureProcess()
    try:
        yield process
    finally:
        process.close()
