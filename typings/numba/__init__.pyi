"""What consensus/kernels uses of numba."""

from collections.abc import Callable, Mapping
from typing import Generic, ParamSpec, TypeVar

from numba import types as types

_P = ParamSpec("_P")
_R = TypeVar("_R")

class Dispatcher(Generic[_P, _R]):
    """A function that is compiled, or loaded, when it is first called with its types."""

    targetoptions: Mapping[str, object]
    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R: ...

def njit(*, nogil: bool, cache: bool) -> Callable[[Callable[_P, _R]], Dispatcher[_P, _R]]: ...
