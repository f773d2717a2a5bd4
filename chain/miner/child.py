"""The program of a device's process: `python -m chain.miner.child BACKEND THREADS [DESCRIPTOR]`.

Messages come in by standard input and go out by what was standard output; whatever else writes
there goes to standard error. The end of the input ends the process at once. The descriptor is that
of memory shared with the node, for large operands and products.
"""

import os
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import BinaryIO, Final

from chain.miner.cores import ThreadCores
from chain.miner.cubins import CubinFolder, get_default_folder
from chain.miner.frames import (
    LENGTH_BYTES,
    BadFrame,
    FailedFrame,
    FromDevice,
    NoteFrame,
    ReadyFrame,
    SearchFrame,
    pack,
    to_found_frame,
    to_search,
    unpack_length,
    unpack_to_device,
)
from chain.miner.memory import SharedArea
from chain.miner.search import run_search
from consensus.kernels.backend import BackendUnavailable, ProductBackend
from consensus.kernels.select import select_backend
from consensus.kernels.selftest import BackendFault

END_OF_INPUT: Final = 0
BAD_INPUT: Final = 3


class Inbox:
    """What the node asks: searches in their order, and which of them are called off."""

    def __init__(self, source: BinaryIO, end: Callable[[int], None]) -> None:
        self._source = source
        self._end = end
        self._stopped = 0
        self.searches: SimpleQueue[SearchFrame] = SimpleQueue()

    def is_stopped(self, number: int) -> bool:
        """Whether this search, or a later one, was called off."""
        return self._stopped >= number

    def read_all(self) -> None:
        """Reads until there is nothing more, then ends the process."""
        try:
            while head := self._source.read(LENGTH_BYTES):
                frame = unpack_to_device(self._source.read(unpack_length(head)))
                if isinstance(frame, SearchFrame):
                    self.searches.put(frame)
                else:
                    self._stopped = frame.number
        except BadFrame as error:
            print(f"device: {error}", file=sys.stderr)
            self._end(BAD_INPUT)
        self._end(END_OF_INPUT)


def serve(
    backend: ProductBackend,
    inbox: Inbox,
    send: Callable[[FromDevice], None],
    area: SharedArea | None,
) -> None:
    """Answers searches for ever."""
    while True:
        frame = inbox.searches.get()
        number = frame.number
        search = to_search(frame, area)
        found = run_search(search, backend, lambda: inbox.is_stopped(number))  # noqa: B023
        place = area.get_product(*frame.shape) if area is not None and frame.is_shared else None
        send(to_found_frame(number, found, place))


def main(arguments: list[str]) -> None:
    """Takes the name of a backend, a number of threads, and perhaps a descriptor."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def send(frame: FromDevice) -> None:
        try:
            output.write(pack(frame))
            output.flush()
        except BrokenPipeError:  # the node is gone
            os._exit(END_OF_INPUT)

    name, threads, *rest = arguments
    area = SharedArea(int(rest[0])) if rest else None
    try:
        backend = select_backend(
            name,
            ThreadCores(int(threads)),
            lambda text: send(NoteFrame(text)),
            CubinFolder(get_default_folder()),
        )
    except (BackendFault, BackendUnavailable, ValueError) as error:
        send(FailedFrame(str(error)))
        return
    inbox = Inbox(sys.stdin.buffer, os._exit)
    threading.Thread(target=inbox.read_all, daemon=True).start()
    send(ReadyFrame(backend.name))
    serve(backend, inbox, send, area)


if __name__ == "__main__":
    main(sys.argv[1:])
