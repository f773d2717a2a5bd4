from collections.abc import Sequence

import numpy as np

from cupy.cuda import Stream

class Function:
    ptr: int
    def __call__(
        self,
        grid: tuple[int, ...],
        block: tuple[int, ...],
        args: Sequence[np.generic],
        shared_mem: int = ...,
        stream: Stream | None = ...,
    ) -> None: ...

class Module:
    def load(self, cubin: bytes) -> None: ...
    def get_function(self, name: str) -> Function: ...
