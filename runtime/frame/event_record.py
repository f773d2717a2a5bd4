"""Events as the block stores them: each with the phase in which it happened."""

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, ClassVar, TypeAlias, cast

from runtime.codec import U32, Codec, MaxLen, Name, codec_of, compile_codec, variant
from runtime.codec.annotation import ComposedMark
from runtime.codec.codec import AnyCodec, truncated
from runtime.codec.scalar import encode_compact
from runtime.codec.typeinfo import Placeholder
from runtime.errors import CodecError
from runtime.frame.event import Event
from runtime.frame.pallet import Pallet
from runtime.frozen import frozen, replace
from runtime.primitives import Hash

EVENTS_MAX = 1_000_000
_NO_TOPICS = encode_compact(0)


@variant(0, unnamed=True)
@frozen
class ApplyExtrinsic:
    """While applying the extrinsic of this index."""

    index: U32


@variant(1)
@frozen
class Finalization:
    """After the last extrinsic."""


@variant(2)
@frozen
class Initialization:
    """Before the first extrinsic."""


Phase: TypeAlias = Annotated[
    ApplyExtrinsic | Finalization | Initialization, Name("frame_system::Phase")
]


@frozen
class PalletEvent:
    """An event with the index of its pallet."""

    pallet_index: int
    event: Event


RuntimeEvent: TypeAlias = Annotated[PalletEvent, ComposedMark("RuntimeEvent")]
Topics: TypeAlias = Annotated[tuple[Hash, ...], MaxLen(16)]


@frozen
class EventRecord:
    """One event of a block."""

    SCALE_PATH: ClassVar[str] = "frame_system::EventRecord"
    SCALE_PARAMS: ClassVar[tuple[tuple[str, Any], ...]] = (("E", RuntimeEvent), ("T", Hash))

    phase: Phase
    event: RuntimeEvent
    topics: Topics = ()


EventRecords: TypeAlias = Annotated[tuple[EventRecord, ...], MaxLen(EVENTS_MAX)]

_PHASE = codec_of(Phase)
_TOPICS = codec_of(Topics)

PalletEvents: TypeAlias = tuple[int, type[Pallet]]
"""A pallet's composed index and its class."""


@cache
def compile_events(pallets: tuple[PalletEvents, ...]) -> Codec[tuple[EventRecord, ...]]:
    """The codec of a block's events in a runtime of these pallets."""
    by_index: dict[int, AnyCodec] = {}
    encoders: dict[int, tuple[bytes, Callable[[Event], bytes]]] = {}
    for index, pallet in pallets:
        if pallet.spec.events is not None:
            by_index[index] = pallet.spec.events
            encoders[index] = bytes((index,)), pallet.spec.events.encode

    def encode(value: PalletEvent) -> bytes:
        prefix, encode_event = encoders[value.pallet_index]
        return prefix + encode_event(value.event)

    def decode_from(data: bytes, offset: int) -> tuple[PalletEvent, int]:
        if offset >= len(data):
            raise truncated("RuntimeEvent", data, offset, 1)
        codec = by_index.get(data[offset])
        if codec is None:
            raise CodecError(f"RuntimeEvent: no pallet {data[offset]} (offset {offset})")
        event, end = codec.decode_from(data, offset + 1)
        return PalletEvent(data[offset], event), end

    event = Codec(encode, decode_from, Placeholder("RuntimeEvent"), "RuntimeEvent")
    records = compile_codec(EventRecords, {"RuntimeEvent": event})

    def encode_records(value: tuple[EventRecord, ...]) -> bytes:
        """The same bytes as the compiled codec's: events of one phase share its bytes."""
        if len(value) > EVENTS_MAX:
            return records.encode(value)  # which refuses them
        parts = [encode_compact(len(value))]
        phase: object = None
        encoded_phase = b""
        for record in value:
            if record.phase is not phase:
                phase, encoded_phase = record.phase, _PHASE.encode(record.phase)
            prefix, encode_event = encoders[record.event.pallet_index]
            topics = _TOPICS.encode(record.topics) if record.topics else _NO_TOPICS
            parts += (encoded_phase, prefix, encode_event(record.event.event), topics)
        return b"".join(parts)

    return cast("Codec[tuple[EventRecord, ...]]", replace(records, encode=encode_records))
