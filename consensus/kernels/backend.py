"""The interface of the code that multiplies fast; what it must compute is in `docs/spec/matpow.md`.

A backend knows nothing of headers, blocks or targets. It gets operands with their noise and a key
for the tickets, and returns the best ticket and, where it is wanted, the exact product.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from consensus.kernels.fold import Words
from runtime.primitives import Hash
from runtime.tensor.commitment import Int8Matrix, Int32Matrix

Columns: TypeAlias = npt.NDArray[np.intp]
IsCancelled: TypeAlias = Callable[[], bool]


class Cancelled(Exception):
    """The work was called off between two blocks; nothing of it is returned."""


class BackendUnavailable(Exception):
    """The machine lacks what the backend needs; the message says what."""


def never_cancelled() -> bool:
    """Lets the work run to its end."""
    return False


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """Noise of rank 64 as its factors: E[i, c] = left[i, plus[c]] - left[i, minus[c]]."""

    left: Int8Matrix
    """int8[rows, 64], in [-32, 31]."""
    plus: Columns
    """intp[k], in 0..63."""
    minus: Columns
    """intp[k], in 0..63."""


@dataclass(frozen=True, slots=True, eq=False)
class Peel:
    """What takes the noise off again: A.B = A'.B' - (A.F_L).F_R - E_L.(E_R.B')."""

    a: Int8Matrix
    """A as it was before the noise: int8[m, k]."""
    noise_a: Noise
    noise_b: Noise


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """One side of a product: what is multiplied, and the noise that is added first."""

    matrix: Int8Matrix
    """int8[rows, k], padded, in [-63, 63]."""
    noise: Noise
    key: bytes | None = None
    """Names the noised matrix: equal keys, equal bytes. A backend may keep what it made of B for
    the next product with the same key; None where there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class BestTicket:
    """What one search yields: the smallest ticket, the first of them in row-major order."""

    ticket: bytes
    i: int
    j: int
    product: Int32Matrix | None
    """A.B mod 2^32, int32[m, n]; only where it was asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """What one multiplication yields."""

    transcripts: Words
    """uint32[m / 32, n / 32, 32]: T_S of every tile."""
    product: Int32Matrix | None
    """A.B mod 2^32, int32[m, n]; only where the backend was told how to peel."""


class ProductBackend(Protocol):
    """Multiplies noised operands and keeps the transcript of every tile."""

    @property
    def name(self) -> str:
        """The name by which it is chosen."""
        ...

    def run(
        self,
        a_noised: Int8Matrix,
        bt_noised: Int8Matrix,
        peel: Peel | None,
        is_cancelled: IsCancelled,
    ) -> Product:
        """Multiplies int8[m, k] by the transpose of int8[n, k].

        Shapes are padded, values in [-126, 126]. Asks ``is_cancelled`` between two blocks
        of work, many times a second. Errors: Cancelled.
        """
        ...

    def search(
        self,
        a: Operand,
        b: Operand,
        seed_a: bytes,
        is_cancelled: IsCancelled,
        *,
        wants_product: bool,
    ) -> BestTicket:
        """All a miner does with one product: noise, transcripts, tickets keyed by ``seed_a``, peel.

        B is given transposed. The same bytes as from `run` and the tickets of its transcripts,
        which need not leave the device here. Errors: Cancelled.
        """
        ...

    def compute_leaves(self, matrix: Int8Matrix) -> tuple[Hash, ...]:
        """The leaves of a padded operand's commitment."""
        ...


class Cores(Protocol):
    """Where a backend's jobs run: threads of the node's, since none are made here."""

    @property
    def count(self) -> int:
        """How many jobs run at once."""
        ...

    def run(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Runs every job to its end, in no order; raises what the first that failed raised."""
        ...


class OneCore:
    """Runs jobs one after another in the caller's thread."""

    @property
    def count(self) -> int:
        """One."""
        return 1

    def run(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Runs every job."""
        for job in jobs:
            job()


ONE_CORE: Final = OneCore()
