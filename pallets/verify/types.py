"""What verify stores of claims, and what decides how long they wait."""

from typing import Annotated, ClassVar

from runtime.codec import U32, MaxLen
from runtime.frame.ai_types import Verdict, VerifierId
from runtime.frozen import frozen
from runtime.primitives import AccountId, Balance, BlockNumber, Bps, Id, Root

SAMPLE_PIXELS = 64
"""Pixels of a tile that are drawn again."""

DRAW_BLOCKS = 1
"""The block whose hash draws them comes so long after the one that opens the claim."""

DEMANDS_MAX = 16
"""Tiles of one claim that are asked for at the same time."""


@frozen
class Claim:
    """The latest claim about a slot, and what became of it."""

    SCALE_PATH: ClassVar[str] = "pallet_verify::types::Claim"

    id: Id
    verifier: VerifierId
    claimant: AccountId
    out_root: Root
    opened_at: BlockNumber
    verdict: Verdict | None
    """None while it can be challenged."""


@frozen
class Demand:
    """Somebody asks to see a tile of a result, and has a deposit on hold for it."""

    SCALE_PATH: ClassVar[str] = "pallet_verify::types::Demand"

    tile: U32
    who: AccountId
    deposit: Balance
    due: BlockNumber
    """The last block for the answer."""


@frozen
class Pending:
    """What a claim waits for that has no verdict yet."""

    SCALE_PATH: ClassVar[str] = "pallet_verify::types::Pending"

    until: BlockNumber
    """The last block in which a tile can be asked for; an answer may move it."""

    latest: BlockNumber
    """No answer moves it further."""

    answer_blocks: BlockNumber = 0
    """A tile that is asked for is shown within so many blocks: what was set when it opened."""

    react_blocks: BlockNumber = 0
    """Who was shown a tile has at least so long to go on from it, likewise."""

    is_checked: bool = False
    """Whether the drawn sample was found to be right."""

    demands: Annotated[tuple[Demand, ...], MaxLen(DEMANDS_MAX)] = ()
    """At most one for each tile."""

    def find(self, tile: int) -> Demand | None:
        """The demand of a tile."""
        return next((each for each in self.demands if each.tile == tile), None)


@frozen
class VerifyParams:
    """Times in blocks, deposits in planck."""

    SCALE_PATH: ClassVar[str] = "pallet_verify::types::VerifyParams"

    spot_blocks: BlockNumber = 60
    """A drawing can be challenged for so long."""

    proof_blocks: BlockNumber = 100
    """A product can be challenged for so long."""

    answer_blocks: BlockNumber = 20
    """A tile that is asked for is shown within so many blocks."""

    react_blocks: BlockNumber = 10
    """Who was shown a tile has at least so long to go on from it."""

    demand_bps: Bps = 1_000
    """A demand's deposit, in basis points of the collateral that answers for the claim."""

    demand_min: Balance = 0
    """The least deposit of a demand."""
