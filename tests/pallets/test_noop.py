"""`assert_noop` fails where it should: it is what other tests rely on."""

from collections.abc import Callable

import pytest

from runtime.errors import DispatchError, TokenError
from runtime.state import DictBackend, Overlay
from tests.helpers.noop import assert_noop


@pytest.fixture
def state() -> Overlay:
    return Overlay(DictBackend({b"old": b"1"}))


def test_a_refusal_without_a_trace_passes(state: Overlay) -> None:
    state.put(b"before", b"1")
    with assert_noop(state, TokenError):
        raise TokenError


def test_what_a_transaction_undoes_is_no_trace(state: Overlay) -> None:
    with assert_noop(state, TokenError), state.transaction():
        state.delete(b"old")
        state.emit("event")
        raise TokenError


def refuse_after(state: Overlay, action: Callable[[], None]) -> None:
    with assert_noop(state, TokenError):
        action()
        raise TokenError


def test_a_write_is_a_trace(state: Overlay) -> None:
    with pytest.raises(AssertionError, match="state has changed"):
        refuse_after(state, lambda: state.put(b"new", b"1"))


def test_an_event_is_a_trace(state: Overlay) -> None:
    with pytest.raises(AssertionError, match="events"):
        refuse_after(state, lambda: state.emit("event"))


def test_success_is_no_refusal(state: Overlay) -> None:
    with pytest.raises(pytest.fail.Exception), assert_noop(state, TokenError):
        pass


def test_the_error_is_meant_exactly(state: Overlay) -> None:
    unlike = pytest.raises(AssertionError, match="expected DispatchError")
    with unlike, assert_noop(state, DispatchError):
        raise TokenError
