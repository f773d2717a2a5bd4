"""A device in a process of its own, so that its work never holds up the node's loop."""

import logging
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

import trio

from chain.miner.device import DeviceLost
from chain.miner.frames import (
    LENGTH_BYTES,
    BadFrame,
    FailedFrame,
    FoundFrame,
    FromDevice,
    NoteFrame,
    ReadyFrame,
    SearchFrame,
    StopFrame,
    pack,
    to_found,
    to_search_frame,
    unpack_from_device,
    unpack_length,
)
from chain.miner.memory import SHARED_BYTES_MIN, NoMemory, SharedArea, compute_area_bytes
from chain.miner.search import Found, Search
from consensus.pouw.solve import MatrixWork

log = logging.getLogger(__name__)

START_S: Final = 120
"""A backend may compile its kernels before it answers for the first time."""

READ_BYTES: Final = 2**20
SEND_S: Final = 10
END_S: Final = 2


class ProcessDevice:
    """One backend in one process; made by `open_process_device`."""

    def __init__(self, process: trio.Process, backend: str, area: SharedArea | None = None) -> None:
        self._process = process
        self._backend = backend
        self._area = area
        self._shared_number = 0
        """The search that the shared memory is used for; 0 for none."""

        self._buffer = bytearray()
        self._awaited: int | None = None
        """The size of a message that was begun to be read."""

        self._numbers = 0
        self._is_torn = False
        self._lock = trio.Lock()

    @property
    def name(self) -> str:
        """The backend's, and the process."""
        return f"{self._backend} (process {self._process.pid})"

    async def wait_ready(self) -> None:
        """Until the backend has tested itself. Errors: DeviceLost."""
        with trio.move_on_after(START_S):
            while isinstance(frame := await self._receive(), NoteFrame):
                log.info(frame.text)
            if isinstance(frame, ReadyFrame):
                self._backend = frame.backend
                return
            why = frame.why if isinstance(frame, FailedFrame) else "answered before it was asked"
            raise DeviceLost(self.name, why)
        raise DeviceLost(self.name, f"expected it ready within {START_S} s")

    async def search(self, search: Search, stop: trio.Event) -> Found:
        """Asks the process; a stop is passed on and the answer waited for."""
        async with self._lock:
            self._numbers += 1
            number = self._numbers
            await self._send(pack(await self._make_frame(number, search)))
            answer: Found | DeviceLost | None = None
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._pass_on, stop, number)
                try:
                    answer = await self._receive_found(number, search)
                except DeviceLost as error:
                    answer = error
                except trio.Cancelled:
                    await self._call_off(number)  # the next search is not to wait for it
                    raise
                nursery.cancel_scope.cancel()
            if isinstance(answer, Found):
                return answer
            assert answer is not None, "only cancelling leaves the nursery without one; qed"
            raise answer

    async def _make_frame(self, number: int, search: Search) -> SearchFrame:
        """The search as it travels; large operands through shared memory, if there is some.

        It is not touched while the process may still write the product of a search that was given
        up into it.
        """
        work, area = search.work, self._area
        if area is None or self._shared_number or not isinstance(work, MatrixWork):
            return to_search_frame(number, search)
        size = compute_area_bytes(len(work.a), len(work.bt), int(work.a.shape[1]))
        if size < SHARED_BYTES_MIN:
            return to_search_frame(number, search)
        try:
            # In a thread: copying so much would hold up the loop.
            frame = await trio.to_thread.run_sync(to_search_frame, number, search, area)
        except NoMemory as error:
            log.warning("a product goes through pipes", extra={"why": str(error)})
            return to_search_frame(number, search)
        self._shared_number = number
        return frame

    async def _pass_on(self, stop: trio.Event, number: int) -> None:
        await stop.wait()
        await self._call_off(number)

    async def _call_off(self, number: int) -> None:
        with suppress(DeviceLost):  # whoever waits for the answer learns of it
            await self._send(pack(StopFrame(number)))

    async def _receive_found(self, number: int, search: Search) -> Found:
        while True:
            frame = await self._receive()
            if isinstance(frame, FailedFrame):
                raise DeviceLost(self.name, frame.why)
            if not isinstance(frame, FoundFrame):
                continue
            area = None
            if frame.number == self._shared_number:
                self._shared_number, area = 0, self._area
            if frame.number == number:
                try:
                    # In a thread, as the way there.
                    return await trio.to_thread.run_sync(to_found, frame, search, area)
                except BadFrame as error:
                    raise DeviceLost(self.name, str(error)) from error

    async def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None, "opened with a pipe; qed"
        if self._is_torn:
            raise DeviceLost(self.name, "a message to it was cut off")
        self._is_torn = True
        try:
            # Half a message would be the end of the device: who is cancelled waits for the rest.
            with trio.move_on_after(SEND_S, shield=True) as scope:
                await self._process.stdin.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise DeviceLost(self.name, "its process has ended") from error
        if scope.cancelled_caught:
            raise DeviceLost(self.name, f"expected it to read within {SEND_S} s")
        self._is_torn = False

    async def _receive(self) -> FromDevice:
        try:
            if self._awaited is None:
                self._awaited = unpack_length(await self._read(LENGTH_BYTES))
            body = await self._read(self._awaited)
            self._awaited = None
            return unpack_from_device(body)
        except BadFrame as error:
            raise DeviceLost(self.name, str(error)) from error

    async def _read(self, size: int) -> bytes:
        assert self._process.stdout is not None, "opened with a pipe; qed"
        while len(self._buffer) < size:
            try:
                data = await self._process.stdout.receive_some(READ_BYTES)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                data = b""
            if not data:
                raise DeviceLost(self.name, "its process has ended")
            self._buffer += data
        found = bytes(self._buffer[:size])
        del self._buffer[:size]
        return found


@asynccontextmanager
async def open_process_device(
    backend: str, threads: int, gpu: int | None = None
) -> AsyncGenerator[ProcessDevice]:
    """A device that is ready, until the block ends; ``gpu`` is the one that it is to see.

    The process ends by itself when the node does, however that ends. Errors: DeviceLost.
    """
    seen = {} if gpu is None else {"CUDA_VISIBLE_DEVICES": str(gpu)}
    with _open_area() as area:
        shared = () if area is None else (area.descriptor,)
        process = await trio.lowlevel.open_process(
            [sys.executable, "-m", "chain.miner.child", backend, str(threads), *map(str, shared)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            pass_fds=shared,
            env={**os.environ, **seen},
        )
        try:
            device = ProcessDevice(process, backend, area)
            await device.wait_ready()
            log.info("a device is ready", extra={"device": device.name, "threads": threads})
            yield device
        finally:
            with trio.CancelScope(shield=True):
                await _end(process)


@contextmanager
def _open_area() -> Generator[SharedArea | None]:
    """Memory to share with one process; None where the system gives none."""
    try:
        area = SharedArea.create()
    except NoMemory as error:
        log.warning("products go through pipes", extra={"why": str(error)})
        yield None
        return
    try:
        yield area
    finally:
        area.close()


async def _end(process: trio.Process) -> None:
    assert process.stdin is not None, "opened with a pipe; qed"
    await process.stdin.aclose()
    with trio.move_on_after(END_S):
        await process.wait()
    if process.returncode is None:
        process.kill()
        await process.wait()
    if process.stdout is not None:
        await process.stdout.aclose()
