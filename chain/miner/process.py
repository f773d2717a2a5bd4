"""A device in a process of its own, so that its work never holds up the node's loop."""

import logging
import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
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
    StopFrame,
    pack,
    to_found,
    to_search_frame,
    unpack_from_device,
    unpack_length,
)
from chain.miner.search import Found, Search

log = logging.getLogger(__name__)

START_S: Final = 120
"""A backend may compile its kernels before it answers for the first time."""

READ_BYTES: Final = 2**20
END_S: Final = 2


class ProcessDevice:
    """One backend in one process; made by `open_process_device`."""

    def __init__(self, process: trio.Process, backend: str) -> None:
        self._process = process
        self._backend = backend
        self._buffer = bytearray()
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
            await self._send(pack(to_search_frame(number, search)))
            answer: Found | DeviceLost | None = None
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._pass_on, stop, number)
                try:
                    answer = await self._receive_found(number, search)
                except DeviceLost as error:
                    answer = error
                nursery.cancel_scope.cancel()
            if isinstance(answer, Found):
                return answer
            assert answer is not None, "only cancelling leaves the nursery without one; qed"
            raise answer

    async def _pass_on(self, stop: trio.Event, number: int) -> None:
        await stop.wait()
        with suppress(DeviceLost):  # whoever waits for the answer learns of it
            await self._send(pack(StopFrame(number)))

    async def _receive_found(self, number: int, search: Search) -> Found:
        while True:
            frame = await self._receive()
            if isinstance(frame, FailedFrame):
                raise DeviceLost(self.name, frame.why)
            if isinstance(frame, FoundFrame) and frame.number == number:
                try:
                    return to_found(frame, search)
                except BadFrame as error:
                    raise DeviceLost(self.name, str(error)) from error

    async def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None, "opened with a pipe; qed"
        if self._is_torn:
            raise DeviceLost(self.name, "a message to it was cut off")
        self._is_torn = True
        try:
            await self._process.stdin.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise DeviceLost(self.name, "its process has ended") from error
        self._is_torn = False

    async def _receive(self) -> FromDevice:
        try:
            size = unpack_length(await self._read(LENGTH_BYTES))
            return unpack_from_device(await self._read(size))
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
    command = [sys.executable, "-m", "chain.miner.child", backend, str(threads)]
    seen = {} if gpu is None else {"CUDA_VISIBLE_DEVICES": str(gpu)}
    process = await trio.lowlevel.open_process(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, **seen},
    )
    try:
        device = ProcessDevice(process, backend)
        await device.wait_ready()
        log.info("a device is ready", extra={"device": device.name, "threads": threads})
        yield device
    finally:
        with trio.CancelScope(shield=True):
            await _end(process)


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
