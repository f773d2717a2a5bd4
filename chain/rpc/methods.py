"""The methods that the server knows: a table made of plain objects with tagged methods.

A namespace is an object; `@rpc("state_getStorage", safe=True)` on one of its methods says what
clients call it. The table is made once, by an explicit list of namespaces.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Final, TypeVar

from chain.rpc.jsonrpc import METHOD_NOT_FOUND, RpcError
from chain.rpc.parameters import Parameters, compile_parameters
from chain.rpc.subscriptions import Subscriber, Subscriptions

FunctionT = TypeVar("FunctionT", bound=Callable[..., object])

_TAG: Final = "_rpc_tag"


class Kind(Enum):
    """How a method runs."""

    IMMEDIATE = auto()
    """A plain function: it answers at once."""
    WORKER = auto()
    """A plain function that takes a while: it runs in the worker."""
    ASYNC = auto()
    """A coroutine function."""
    SUBSCRIPTION = auto()
    """A coroutine function that sends notifications."""


@dataclass(frozen=True, slots=True)
class Tag:
    """What `@rpc` says about a method."""

    name: str
    aliases: tuple[str, ...]
    safe: bool
    in_worker: bool
    notification: str
    unsubscribe: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Method:
    """One method of the server."""

    name: str
    function: Callable[..., object]
    kind: Kind
    safe: bool
    """Whether anybody may call it; the others change or reveal what is the operator's."""
    aliases: tuple[str, ...]
    parameters: Parameters
    notification: str
    """The method name of a subscription's notifications; empty for the other kinds."""


def rpc(
    name: str,
    *,
    aliases: tuple[str, ...] = (),
    safe: bool = False,
    in_worker: bool = False,
    notification: str = "",
    unsubscribe: tuple[str, ...] = (),
) -> Callable[[FunctionT], FunctionT]:
    """Makes a method callable by clients under `name` and the aliases.

    With `notification` it is a subscription: a coroutine function whose first parameter is a
    `Subscriber`, which runs until it returns, is unsubscribed or the connection ends.
    With `in_worker` a plain function runs in the worker, in another thread.
    """

    def tag(function: FunctionT) -> FunctionT:
        setattr(function, _TAG, Tag(name, aliases, safe, in_worker, notification, unsubscribe))
        return function

    return tag


class Methods:
    """The table of methods. `rpc_methods` is part of it unless a namespace brings its own."""

    def __init__(self, namespaces: Sequence[object], *, unsafe_allowed: bool) -> None:
        """Raises ValueError for two methods of one name, TypeError for a wrong signature."""
        self._unsafe_allowed = unsafe_allowed
        self._table: dict[str, Method] = {}
        for namespace in namespaces:
            for function, tag in _find_tagged(namespace):
                self._add(_compile(function, tag))
                if tag.notification:
                    self._add(_compile_unsubscribe(tag))
        if "rpc_methods" not in self._table:
            parameters = compile_parameters(self._list, ())
            self._add(Method("rpc_methods", self._list, Kind.IMMEDIATE, True, (), parameters, ""))

    @property
    def names(self) -> list[str]:
        """Every name, aliases included, sorted."""
        return sorted(self._table)

    @property
    def table(self) -> Mapping[str, Method]:
        """Every method by each of its names."""
        return MappingProxyType(self._table)

    def get(self, name: str) -> Method:
        """The method of that name. Raises `RpcError` if there is none for this client."""
        method = self._table.get(name)
        if method is None:
            raise RpcError(METHOD_NOT_FOUND, "Method not found", name[:100])
        if not method.safe and not self._unsafe_allowed:
            raise RpcError(METHOD_NOT_FOUND, "RPC call is unsafe to be called externally")
        return method

    def _list(self) -> object:
        return {"methods": self.names}

    def _add(self, method: Method) -> None:
        for name in (method.name, *method.aliases):
            if name in self._table:
                raise ValueError(f"expected one method called {name}, got two")
            self._table[name] = method


def _find_tagged(namespace: object) -> list[tuple[Callable[..., object], Tag]]:
    found: list[tuple[Callable[..., object], Tag]] = []
    for name in dir(type(namespace)):
        tag = getattr(inspect.getattr_static(namespace, name), _TAG, None)
        if isinstance(tag, Tag):
            found.append((getattr(namespace, name), tag))
    return found


def _compile(function: Callable[..., object], tag: Tag) -> Method:
    is_async = inspect.iscoroutinefunction(function)
    parameters = compile_parameters(function, (Subscriber, Subscriptions))
    if tag.notification:
        kind = Kind.SUBSCRIPTION
        _require(is_async and parameters.injected == (Subscriber,), tag.name, "async, a Subscriber")
        _require(bool(tag.unsubscribe), tag.name, "a method to unsubscribe")
    else:
        kind = Kind.ASYNC if is_async else Kind.WORKER if tag.in_worker else Kind.IMMEDIATE
        _require(Subscriber not in parameters.injected, tag.name, "a notification's name")
        _require(not (is_async and tag.in_worker), tag.name, "a plain function for the worker")
    return Method(tag.name, function, kind, tag.safe, tag.aliases, parameters, tag.notification)


def _require(holds: bool, name: str, expected: str) -> None:
    if not holds:
        raise TypeError(f"{name}: expected {expected}")


def _compile_unsubscribe(tag: Tag) -> Method:
    def unsubscribe(subscriptions: Subscriptions, subscription: str | int) -> bool:
        return subscriptions.close(str(subscription), tag.notification)

    parameters = compile_parameters(unsubscribe, (Subscriptions,))
    name, *aliases = tag.unsubscribe
    return Method(name, unsubscribe, Kind.IMMEDIATE, tag.safe, tuple(aliases), parameters, "")
