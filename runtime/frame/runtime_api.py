"""How a runtime API is described: enough for metadata to list it and for a node to call it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ApiMethod:
    """One method; clients call it by the API's name, an underscore and its own."""

    name: str
    inputs: tuple[tuple[str, Any], ...]
    """Names and annotations of the arguments."""

    output: Any
    """The annotation of the result."""

    function: Callable[..., Any]
    docs: str


@dataclass(frozen=True, slots=True)
class Api:
    """A runtime API: a name, a version, methods."""

    name: str
    version: int
    methods: tuple[ApiMethod, ...]
    docs: str
