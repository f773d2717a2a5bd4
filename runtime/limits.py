"""How much fits in a block: `frame_system::limits`."""

from typing import ClassVar

from runtime.codec import U32, U64
from runtime.frame.dispatch import DispatchClass
from runtime.frozen import frozen
from runtime.primitives import Weight

NO_WEIGHT = Weight()


@frozen
class WeightsPerClass:
    """The limits of one dispatch class."""

    SCALE_PATH: ClassVar[str] = "frame_system::limits::WeightsPerClass"

    base_extrinsic: Weight
    max_extrinsic: Weight | None
    max_total: Weight | None
    reserved: Weight | None


@frozen
class WeightsByClass:
    """The limits of every dispatch class."""

    SCALE_PATH: ClassVar[str] = "frame_support::dispatch::PerDispatchClass"

    normal: WeightsPerClass
    operational: WeightsPerClass
    mandatory: WeightsPerClass

    def get_limits(self, class_: DispatchClass) -> WeightsPerClass:
        """The limits of one class."""
        return (self.normal, self.operational, self.mandatory)[class_]


@frozen
class BlockWeights:
    """The limits of a block's weight."""

    SCALE_PATH: ClassVar[str] = "frame_system::limits::BlockWeights"

    base_block: Weight
    max_block: Weight
    per_class: WeightsByClass


@frozen
class ConsumedWeight:
    """What a block has used so far."""

    SCALE_PATH: ClassVar[str] = "frame_support::dispatch::PerDispatchClass"

    normal: Weight = NO_WEIGHT
    operational: Weight = NO_WEIGHT
    mandatory: Weight = NO_WEIGHT

    def get_used(self, class_: DispatchClass) -> Weight:
        """What one class has used."""
        return (self.normal, self.operational, self.mandatory)[class_]

    @property
    def total(self) -> Weight:
        """The weight of all classes."""
        return self.normal + self.operational + self.mandatory


@frozen
class LengthsByClass:
    """Bytes for each dispatch class."""

    SCALE_PATH: ClassVar[str] = "frame_support::dispatch::PerDispatchClass"

    normal: U32
    operational: U32
    mandatory: U32

    def get_length(self, class_: DispatchClass) -> int:
        """The bytes of one class."""
        return (self.normal, self.operational, self.mandatory)[class_]


@frozen
class BlockLength:
    """The limits of a block's bytes."""

    SCALE_PATH: ClassVar[str] = "frame_system::limits::BlockLength"

    max: LengthsByClass


@frozen
class RuntimeDbWeight:
    """Picoseconds of one database read and write."""

    SCALE_PATH: ClassVar[str] = "sp_weights::RuntimeDbWeight"

    read: U64
    write: U64


PICOSECONDS = 1_000_000_000_000


def make_block_weights(base_extrinsic: Weight, base_block: Weight) -> BlockWeights:
    """Two seconds of execution a block, three quarters of them for normal calls."""
    full = Weight(2 * PICOSECONDS, 16 * 1024 * 1024)
    normal = Weight(3 * full.ref_time // 4, 3 * full.proof_size // 4)
    none = NO_WEIGHT
    return BlockWeights(
        base_block,
        full,
        WeightsByClass(
            WeightsPerClass(base_extrinsic, normal, normal, none),
            WeightsPerClass(base_extrinsic, full, full, none),
            WeightsPerClass(base_extrinsic, None, None, None),
        ),
    )


BLOCK_BYTES_MAX = 5 * 1024 * 1024
BLOCK_LENGTH = BlockLength(
    LengthsByClass(3 * BLOCK_BYTES_MAX // 4, BLOCK_BYTES_MAX, BLOCK_BYTES_MAX),
)
