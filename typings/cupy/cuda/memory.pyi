class OutOfMemoryError(MemoryError): ...

class MemoryPointer:
    ptr: int
