"""The messages between the node and a device's process: frames of msgpack with a length before.

Both ends are this program, yet every frame is decoded by type and has a limit.
"""

from typing import Final, TypeAlias

import msgspec
import numpy as np

from chain.errors import NodeError
from chain.miner.memory import NoMemory, SharedArea, compute_area_bytes
from chain.miner.search import Found, Search, SeededRun
from consensus.pouw.params import PowParams, SeededShape
from consensus.pouw.seal import SEAL
from consensus.pouw.solve import MatrixWork
from consensus.pouw.witness import WITNESS
from runtime.errors import CodecError
from runtime.primitives import AccountId, Hash
from runtime.tensor.commitment import Int8Matrix, Int32Matrix
from runtime.work_summary import Lane

FRAME_BYTES_MAX: Final = 2**31
LENGTH_BYTES: Final = 8


class BadFrame(NodeError):
    """The other end said something that is no message."""


class SearchFrame(msgspec.Struct, frozen=True, tag="search", array_like=True):
    """To the device: begin."""

    number: int
    pre_hash: bytes
    author: bytes
    target: bytes
    seeded: tuple[int, int, int]
    lane: int
    first: int
    count: int
    shape: tuple[int, int, int]
    """m, n, k of the operands; zeros in the Seeded lane."""
    a: bytes
    bt: bytes
    is_shared: bool = False
    """Whether the operands are in the shared memory, where the product is to go as well."""


class StopFrame(msgspec.Struct, frozen=True, tag="stop", array_like=True):
    """To the device: a search is no longer wanted."""

    number: int


class NoteFrame(msgspec.Struct, frozen=True, tag="note", array_like=True):
    """From the device, before it is ready: what a person may want to know."""

    text: str


class ReadyFrame(msgspec.Struct, frozen=True, tag="ready", array_like=True):
    """From the device: it has passed its own test."""

    backend: str


class FailedFrame(msgspec.Struct, frozen=True, tag="failed", array_like=True):
    """From the device: it cannot work; the process ends."""

    why: str


class FoundFrame(msgspec.Struct, frozen=True, tag="found", array_like=True):
    """From the device: the answer to one search."""

    number: int
    seal: bytes | None
    witness: bytes | None
    product: bytes | None
    products: int
    macs: int
    tickets: int
    best_ticket: bytes
    is_shared: bool = False
    """Whether the product is in the shared memory."""


ToDevice: TypeAlias = SearchFrame | StopFrame
FromDevice: TypeAlias = NoteFrame | ReadyFrame | FailedFrame | FoundFrame
_ENCODER: Final = msgspec.msgpack.Encoder()
_TO_DEVICE: Final = msgspec.msgpack.Decoder(SearchFrame | StopFrame)
_FROM_DEVICE: Final = msgspec.msgpack.Decoder(NoteFrame | ReadyFrame | FailedFrame | FoundFrame)


def pack(frame: ToDevice | FromDevice) -> bytes:
    """A frame with its length, u64 little endian, in front."""
    body = _ENCODER.encode(frame)
    return len(body).to_bytes(LENGTH_BYTES, "little") + body


def unpack_length(head: bytes) -> int:
    """How many bytes the frame has; `BadFrame` beyond the limit."""
    size = int.from_bytes(head, "little")
    if size > FRAME_BYTES_MAX:
        raise BadFrame(f"expected a frame of at most {FRAME_BYTES_MAX} bytes, got {size}")
    return size


def unpack_to_device(body: bytes) -> ToDevice:
    """What the node said; `BadFrame` if it is no message."""
    try:
        frame: ToDevice = _TO_DEVICE.decode(body)
    except msgspec.DecodeError as error:
        raise BadFrame(f"expected a message to a device: {error}") from None
    return frame


def unpack_from_device(body: bytes) -> FromDevice:
    """What the device said; `BadFrame` if it is no message."""
    try:
        frame: FromDevice = _FROM_DEVICE.decode(body)
    except msgspec.DecodeError as error:
        raise BadFrame(f"expected a message from a device: {error}") from None
    return frame


def to_search_frame(number: int, search: Search, area: SharedArea | None = None) -> SearchFrame:
    """A search as it travels; its operands in shared memory, if some is given. Errors: NoMemory."""
    work, seeded = search.work, search.params.seeded
    run, shape, a, bt, lane = SeededRun(0, 0), (0, 0, 0), b"", b"", Lane.SEEDED
    if isinstance(work, MatrixWork):
        lane, shape = work.lane, (len(work.a), len(work.bt), int(work.a.shape[1]))
        if area is None:
            a, bt = work.a.tobytes(), work.bt.tobytes()
        else:
            area.reserve(compute_area_bytes(*shape))
            area.put_operands(work.a, work.bt)
    else:
        run = work
    return SearchFrame(
        number,
        bytes(search.pre_hash),
        bytes(search.author),
        search.target.to_bytes(32, "little"),
        (seeded.m, seeded.n, seeded.k),
        int(lane),
        run.first,
        run.count,
        shape,
        a,
        bt,
        area is not None,
    )


def to_search(frame: SearchFrame, area: SharedArea | None = None) -> Search:
    """A search as it came; `BadFrame` if its parts do not fit."""
    try:
        lane, params = Lane(frame.lane), PowParams(SeededShape(*frame.seeded))
        work: SeededRun | MatrixWork = SeededRun(frame.first, frame.count)
        if lane is not Lane.SEEDED:
            work = MatrixWork(lane, *_get_operands(frame, area))
        pre_hash, author = Hash(frame.pre_hash), AccountId(frame.author)
    except (ValueError, NoMemory) as error:
        raise BadFrame(f"expected a search, got one that does not fit: {error}") from None
    return Search(pre_hash, author, int.from_bytes(frame.target, "little"), params, work)


def _get_operands(frame: SearchFrame, area: SharedArea | None) -> tuple[Int8Matrix, Int8Matrix]:
    m, n, k = frame.shape
    if frame.is_shared:
        if area is None:
            raise NoMemory("expected operands in the frame, got none")
        return area.get_operands(m, n, k)
    a = np.frombuffer(frame.a, np.int8).reshape(m, k)
    return a, np.frombuffer(frame.bt, np.int8).reshape(n, k)


def to_found_frame(number: int, found: Found, area: Int32Matrix | None = None) -> FoundFrame:
    """An answer as it travels; its product in ``area``, if given."""
    product, is_shared = None, found.product is not None and area is not None
    if found.product is not None:
        if area is None:
            product = found.product.astype("<i4").tobytes()
        else:
            np.copyto(area, found.product)
    return FoundFrame(
        number,
        None if found.seal is None else SEAL.encode(found.seal),
        None if found.witness is None else WITNESS.encode(found.witness),
        product,
        found.products,
        found.macs,
        found.tickets,
        found.best_ticket,
        is_shared,
    )


def to_found(frame: FoundFrame, search: Search, area: SharedArea | None = None) -> Found:
    """An answer as it came, copied from shared memory; `BadFrame` if it does not fit the search."""
    product = None
    try:
        if frame.is_shared:
            product = _take_product(search, area)
        elif frame.product is not None:
            shape = (0, 0)
            if isinstance(search.work, MatrixWork):
                shape = (len(search.work.a), len(search.work.bt))
            product = np.frombuffer(frame.product, "<i4").astype(np.int32).reshape(shape)
        seal = None if frame.seal is None else SEAL.decode(frame.seal)
        witness = None if frame.witness is None else WITNESS.decode(frame.witness)
    except (ValueError, CodecError, NoMemory) as error:
        raise BadFrame(f"expected an answer, got one that does not fit: {error}") from None
    return Found(
        seal,
        witness,
        product,
        frame.products,
        frame.macs,
        frame.tickets,
        frame.best_ticket,
    )


def _take_product(search: Search, area: SharedArea | None) -> Int32Matrix:
    work = search.work
    if area is None or not isinstance(work, MatrixWork):
        raise NoMemory("expected the product in the frame, got none")
    return area.get_product(len(work.a), len(work.bt), int(work.a.shape[1])).copy()
