"""The claim that a refused action leaves no trace."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from runtime.state.overlay import Overlay


@contextmanager
def assert_noop(state: Overlay, error: type[Exception]) -> Iterator[None]:
    """Fails unless the block raises exactly this error and changes no value and no event.

    Dispatch undoes what a failed call wrote. A call that relies on it is dispatched inside the
    block; one that checks before it writes can be called there plainly.
    """
    changes, events = state.changes(), list(state.events)
    with pytest.raises(error) as raised:
        yield
    assert type(raised.value) is error, f"expected {error.__name__}, got {raised.value!r}"
    assert state.changes() == changes, "the state has changed"
    assert state.events == events, "events have been deposited"
