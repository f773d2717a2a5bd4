"""Finding a wrong tile in a result that its maker shows tile by tile, or not at all.

Whoever knows the right result knows its whole tree. A tile that is shown comes with the siblings
along its path: where the roots differ, the tile or one of the siblings differs too, and the
wrong tile lies beneath the lowest sibling that does. Each answer at least halves the part of the
tree that is left.
"""

from dataclasses import dataclass

from runtime.primitives import Root
from runtime.programs import TileOpening
from runtime.tensor.commitment import Commitment, compute_leaf


@dataclass(frozen=True, slots=True)
class Wrong:
    """A tile that is wrong, as its maker has shown it."""

    tile: int
    opening: TileOpening


@dataclass(frozen=True, slots=True)
class Ask:
    """The tile to ask for next."""

    tile: int


class TileSearch:
    """One search through a claimed result, beside the tree of the right one."""

    def __init__(self, right: Commitment, claimed: Root) -> None:
        self._right = right
        self._claimed = claimed

    def begin(self) -> Ask | None:
        """Where to begin; None where the claim is right."""
        return None if self._right.root == self._claimed else Ask(0)

    def note(self, tile: int, opening: TileOpening) -> Wrong | Ask:
        """What follows from a tile that was shown with a path that belongs to the claimed root.

        Nobody can show a path beside a wrong filler, so that a tree whose fillers alone are wrong
        ends with a tile that is not shown.
        """
        if compute_leaf(opening.tile) != self._right.levels[0][tile]:
            return Wrong(tile, opening)
        for height, sibling in enumerate(opening.path):
            index = (tile >> height) ^ 1
            if sibling != self._right.levels[height][index]:
                return Ask(index << height)
        raise AssertionError("a path of right siblings leads to the right root; qed")
