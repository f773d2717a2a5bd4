"""How a runtime API is described: enough for metadata to list it and for a node to call it."""

from collections.abc import Callable
from typing import Any

from runtime.frozen import frozen


@frozen
class ApiMethod:
    """One method; clients call it by the API's name, an underscore and its own."""

    name: str
    inputs: tuple[tuple[str, Any], ...]
    """Names and annotations of the arguments."""

    output: Any
    """The annotation of the result."""

    function: Callable[..., Any]
    docs: str


@frozen
class Api:
    """A runtime API: a name, a version, methods."""

    name: str
    version: int
    methods: tuple[ApiMethod, ...]
    docs: str
