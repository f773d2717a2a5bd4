"""The values that the pallets of AI work hand each other: kinds, records, duties, claims, slots.

Who asks whom for them stands in `runtime/frame/ai_traits.py`. Amounts are in planck.
"""

from enum import IntEnum, nonmember
from typing import Annotated, ClassVar, TypeAlias

from runtime.codec import U32, Compact, MaxLen, Name, variant
from runtime.frozen import frozen
from runtime.primitives import BPS, AccountId, Hash, Id, Root, Weight

BLOB_BYTES_MAX = 64 * 1024
"""The largest blob that lives in the state."""

GRAPH_BYTES_MAX = 4 * 1024
TENSORS_MAX = 32
TENSOR_NAME_BYTES_MAX = 32

ROYALTY_BPS_MAX = 4_000
"""All royalties of one settlement together, own and ancestors'."""

ROYALTY_DEPTH_MAX = 4
"""Generations that a royalty reaches; what would go further stays with the parent."""

ROYALTY_SHARES_MAX = 32
"""Records that one settlement pays royalties to."""

BONUS_BPS_MAX = 9_500
"""What useful mining may return of what its slot burned; below a whole, so that nobody gains by
paying himself."""

PRICE_STEP_BPS_MAX = 200
"""The most that a going price moves in a block."""

BURNED_BPS_MIN = 4_000
"""The least part of a slash that is burned: who reports himself loses at least this."""


class RecordKind(IntEnum):
    """What a record of the registry identifies; 3 and above are kept for later kinds."""

    SCALE_PATH = nonmember("pallet_registry::types::RecordKind")

    MODEL = 0
    DATASET = 1
    PROVIDER = 2


class JobKind(IntEnum):
    """What a job asks for."""

    SCALE_PATH = nonmember("pallet_market::types::JobKind")

    INFER = 0
    TRAIN = 1
    RENDER = 2
    LABEL = 3
    COLLECT = 4
    STORE = 5
    COMPUTE_TO_DATA = 6
    EVAL = 7
    RENT = 8
    PROVE = 9
    PRODUCT = 10
    COMMISSION = 11


class VerifierId(IntEnum):
    """How a result is checked."""

    SCALE_PATH = nonmember("pallet_verify::types::VerifierId")

    REPLAY = 0
    FREIVALDS = 1
    BISECT = 2
    ZK = 3
    POR = 4
    COMMITTEE = 5
    SAMPLED = 6
    BUYER_ACCEPT = 7
    COURT = 8
    SPOT_CHECK = 9
    TILE_PROOF = 10


class TensorType(IntEnum):
    """The element type of a tensor, numbered as i8graph numbers it."""

    SCALE_PATH = nonmember("pallet_registry::types::TensorType")

    INT8 = 0
    INT32 = 1


# Records: what the registry tells the others.


@frozen
class TensorInfo:
    """One tensor of a model, row-major, numbers little endian, as the graph names it."""

    SCALE_PATH: ClassVar[str] = "pallet_registry::types::TensorInfo"

    name: Annotated[str, MaxLen(TENSOR_NAME_BYTES_MAX)]
    rows: Compact[U32]
    cols: Compact[U32]
    dtype: TensorType
    root: Root
    """INT8: the matrix root of the transposed tensor, padded, as a seal's root_B names it.

    INT32 (biases, never mined): the blob root of the bytes.
    """

    blob: Root | None
    """The blob with its bytes (rows * cols * 1 or 4), where the model is on chain."""


@frozen
class RecordVersion:
    """A version of a record."""

    SCALE_PATH: ClassVar[str] = "pallet_registry::types::RecordVersion"

    record: Id
    version: U32


@frozen
class ModelInfo:
    """A version of a model."""

    id: Id
    owner: AccountId
    version: int
    graph: bytes
    tensors: tuple[TensorInfo, ...]
    macs_per_row: int
    expires_at: int
    is_active: bool
    """Whether it can be hired: neither expired, retired nor frozen."""


@frozen
class ProviderInfo:
    """A provider's current version."""

    id: Id
    owner: AccountId
    version: int
    prices: tuple[tuple[JobKind, int], ...]
    """The kinds of jobs it takes, with the least unit price it asks for each."""

    max_parallel: int
    expires_at: int
    is_hireable: bool

    @property
    def kinds(self) -> tuple[JobKind, ...]:
        """The kinds of jobs it takes."""
        return tuple(kind for kind, _ in self.prices)


@frozen
class SealedDataset:
    """A version of an encrypted dataset; both roots are chunk roots of so many bytes."""

    plain_root: Root
    cipher_root: Root
    key_commit: Hash
    size_bytes: int


# Bonds: collateral for duties.


class Role(IntEnum):
    """What a bond vouches for; one account may have a bond in each role."""

    SCALE_PATH = nonmember("pallet_bonds::types::Role")

    PROVIDER = 0
    STORAGE = 1
    AUDITOR = 2
    LABELLER = 3
    JUROR = 4
    REPORTER = 5
    KEEPER = 6
    ARENA = 7


@variant(0)
@frozen
class SlotDuty:
    """To fill one slot of a job."""

    job: Id
    slot: U32


@variant(1)
@frozen
class HashDuty:
    """Any other duty, by a domain-separated hash."""

    hash: Hash


DutyId: TypeAlias = Annotated[SlotDuty | HashDuty, Name("pallet_bonds::types::DutyId")]
"""What a locked part of a bond is locked for."""


@frozen
class SlashSplit:
    """Who gets what of a slash, in basis points; what has no payee is burned, and so is dust.

    At least `BURNED_BPS_MIN` are burned whoever the payees are, so a culprit that poses as its own
    victim and reporter still loses that much.
    """

    burned_bps: int
    injured_bps: int = 0
    reporter_bps: int = 0
    injured: AccountId | None = None
    reporter: AccountId | None = None

    def __post_init__(self) -> None:
        parts = (self.burned_bps, self.injured_bps, self.reporter_bps)
        if min(parts) < 0 or sum(parts) != BPS:
            raise ValueError(f"the parts of a slash are {BPS} basis points, not {parts}")
        if self.burned_bps < BURNED_BPS_MIN:
            raise ValueError(f"a slash burns at least {BURNED_BPS_MIN} bps, not {self.burned_bps}")


@frozen
class SlashOutcome:
    """What a slash really took, and where it went; the parts sum exactly to `slashed`."""

    slashed: int = 0
    burned: int = 0
    injured: int = 0
    reporter: int = 0


# Market and verify.


@frozen
class SlotId:
    """One slot of a job."""

    SCALE_PATH: ClassVar[str] = "pallet_market::types::SlotId"

    job: Id
    slot: U32

    def to_duty(self) -> SlotDuty:
        """The duty of whoever locks the slot."""
        return SlotDuty(self.job, self.slot)


class FaultKind(IntEnum):
    """Why a claim is invalid."""

    SCALE_PATH = nonmember("pallet_verify::types::FaultKind")

    WRONG_OUTPUT = 0
    WRONG_ROOT = 1
    BAD_PAYLOAD = 2
    SILENCE = 3
    REJECTED = 4
    """Whoever asked for the result says so, and nobody can tell."""


@variant(0)
@frozen
class Valid:
    """The claim is true."""


@variant(1)
@frozen
class Invalid:
    """The claim is false, and somebody is to blame."""

    culprit: AccountId
    reason: FaultKind


@variant(2)
@frozen
class Inconclusive:
    """Nobody can tell, or the data is gone: both sides are made whole."""


Verdict: TypeAlias = Annotated[
    Valid | Invalid | Inconclusive, Name("pallet_verify::types::Verdict")
]


@frozen
class OpenedClaim:
    """A claim's number, and its verdict where it is known at once (None: `OnVerdict` follows)."""

    claim: Id
    verdict: Valid | Invalid | Inconclusive | None
    weight: Weight
    """What it took to judge it."""


# Market and work.


class SlotPhase(IntEnum):
    """Where a slot stands, as far as work is concerned."""

    OPEN = 0
    LOCKED = 1
    SUBMITTED = 2
    SETTLED = 3
    CLOSED = 4
    """Refunded or cancelled: it will never be settled."""


@frozen
class SlotWork:
    """The matrix products a slot asks for."""

    phase: SlotPhase
    provider: AccountId | None
    """Who locked or filled it."""

    model: Id
    version: int
    inputs: Root
    row_first: int
    rows: int


@frozen
class SlotOffer:
    """A slot that is paid by the going price."""

    kind: JobKind
    model: Id | None
    """Which model it runs; None for a kind of job that needs none."""

    units: int
    """How much work it is: at least 1."""

    price_max: int
    open_since: int | None
    """The block since which everybody could have taken it at this offer; None where that is not
    so, as of a slot that was in somebody's hands."""
