from numba.core.typing.templates import Signature

class Type:
    def __call__(self, *args: Type) -> Signature: ...

class Integer(Type): ...

class Array(Type):
    dtype: Type

class Tuple(Type):
    types: tuple[Array, ...]
    """Kernels pass tuples of arrays."""

class UniTuple(Type): ...

void: Type
int16: Integer
int32: Integer
int64: Integer
uint8: Integer
