from collections.abc import Callable

def intrinsic(function: Callable[..., object]) -> Callable[..., None]:
    """A function that compiled code calls; what it is given returns a signature and a generator."""
