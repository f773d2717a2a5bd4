"""The program that checks signatures for the node: `python -m chain.client.signature_child FD`.

Questions come by the socket of that descriptor, one behind another: `QUESTION`, then the message.
Each is answered by one byte, 1 for signed, in their order. The end of the input ends the process.
"""

import socket
import sys
from contextlib import suppress
from struct import Struct
from typing import Final

from runtime.crypto import ed25519, sr25519

QUESTION: Final = Struct("<?32s64sH")
"""Whether the scheme is sr25519, not ed25519; account; signature; the length of the message."""

READ_BYTES: Final = 1 << 16
ANSWERS_AT_ONCE: Final = 8
"""So many answers are sent together: few system calls, and who asked does not wait for long."""


def take_answers(questions: bytearray) -> bytes:
    """Answers the next whole questions, and takes them out; nothing if there is none."""
    answers, offset = bytearray(), 0
    while len(answers) < ANSWERS_AT_ONCE and len(questions) >= offset + QUESTION.size:
        is_sr25519, account, signature, size = QUESTION.unpack_from(questions, offset)
        begin = offset + QUESTION.size
        if len(questions) < begin + size:
            break
        message, offset = bytes(questions[begin : begin + size]), begin + size
        verify = sr25519.verify if is_sr25519 else ed25519.verify
        answers.append(verify(account, message, signature))
    del questions[:offset]
    return bytes(answers)


def serve(connection: socket.socket) -> None:
    """Answers until the other end is gone."""
    questions = bytearray()
    with suppress(ConnectionError):
        while data := connection.recv(READ_BYTES):
            questions += data
            while answers := take_answers(questions):
                connection.sendall(answers)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as given:
        serve(given)
