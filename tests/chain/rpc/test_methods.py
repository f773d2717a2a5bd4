"""The table of methods."""

from typing import Any

import pytest

from chain.rpc.jsonrpc import RpcError
from chain.rpc.methods import Kind, Methods, rpc
from chain.rpc.subscriptions import Subscriber
from tests.helpers.rpc import Sample


def test_names_aliases_and_kinds() -> None:
    methods = Methods([Sample()], unsafe_allowed=True)
    assert {"echo", "say", "count", "uncount", "unfollow", "un_follow", "rpc_methods"} <= set(
        methods.names
    )
    assert methods.names == sorted(methods.names)
    assert methods.get("say") is methods.get("echo")
    kinds = {name: methods.get(name).kind for name in ("echo", "wait", "work", "count", "uncount")}
    assert list(kinds.values()) == [
        Kind.IMMEDIATE,
        Kind.ASYNC,
        Kind.WORKER,
        Kind.SUBSCRIPTION,
        Kind.IMMEDIATE,
    ]
    assert methods.get("rpc_methods").function() == {"methods": methods.names}


def test_unknown_and_unsafe_methods_are_refused() -> None:
    methods = Methods([Sample()], unsafe_allowed=False)
    for name in ("unsafe_stop", "none", "x" * 10_000):
        with pytest.raises(RpcError) as caught:
            methods.get(name)
        assert caught.value.code == -32601
        assert len(str(caught.value)) < 250
    assert "unsafe_stop" in methods.names
    assert Methods([Sample()], unsafe_allowed=True).get("unsafe_stop").function() == "stopped"


def test_a_namespace_may_bring_its_own_rpc_methods() -> None:
    class Own:
        @rpc("rpc_methods", safe=True)
        def rpc_methods(self) -> str:
            return "own"

    assert Methods([Own()], unsafe_allowed=False).get("rpc_methods").function() == "own"


def test_one_method_a_name() -> None:
    with pytest.raises(ValueError, match="expected one method called add, got two"):
        Methods([Sample(), Sample()], unsafe_allowed=True)


class NotAsync:
    @rpc("a", notification="b", unsubscribe=("c",))
    def a(self, subscriber: Subscriber) -> None: ...


class NoSubscriber:
    @rpc("a", notification="b", unsubscribe=("c",))
    async def a(self) -> None: ...


class NoUnsubscribe:
    @rpc("a", notification="b")
    async def a(self, subscriber: Subscriber) -> None: ...


class NoNotification:
    @rpc("a")
    async def a(self, subscriber: Subscriber) -> None: ...


class AsyncWorker:
    @rpc("a", in_worker=True)
    async def a(self) -> None: ...


class BadAnnotation:
    @rpc("a")
    def a(self, number: float) -> None: ...


@pytest.mark.parametrize(
    "namespace",
    [NotAsync, NoSubscriber, NoUnsubscribe, NoNotification, AsyncWorker, BadAnnotation],
)
def test_a_wrong_signature_fails_when_the_table_is_made(namespace: Any) -> None:
    with pytest.raises(TypeError, match="expected"):
        Methods([namespace()], unsafe_allowed=True)
