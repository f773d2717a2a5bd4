from typing import TypedDict

class CUDARuntimeError(RuntimeError): ...

class _Properties(TypedDict):
    name: bytes
    major: int
    minor: int
    multiProcessorCount: int

memcpyHostToDevice: int
memcpyDeviceToHost: int

def getDeviceCount() -> int: ...
def getDeviceProperties(device: int) -> _Properties: ...
def memcpyAsync(dst: int, src: int, size: int, kind: int, stream: int) -> None: ...
def memsetAsync(ptr: int, value: int, size: int, stream: int) -> None: ...
