"""The states of finalised blocks against a list of dicts."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chain.db.database import Database
from chain.db.memory import MemoryStore
from chain.db.state import FinalisedBlock, StateStore
from chain.errors import StatePruned
from tests.helpers.chain_of_blocks import hash_of, make_genesis

KEYS = st.binary(max_size=2) | st.sampled_from(
    [b"", b"\x00", b"a", b"a\x00", b"a\x00\xff", b"\xff"]
)
CHANGES = st.dictionaries(KEYS, st.none() | st.binary(max_size=2), max_size=5)
UNDO_BLOCKS = 3


class States(RuleBasedStateMachine):
    """Blocks become final, one or several at a time; the node restarts; any state is read."""

    @initialize(
        entries=st.dictionaries(KEYS, st.binary(max_size=2), max_size=4), archive=st.booleans()
    )
    def begin(self, entries: dict[bytes, bytes], archive: bool) -> None:
        self.store = MemoryStore()
        Database(self.store, make_genesis(entries))
        self.states = StateStore(self.store, archive=archive, undo_blocks=UNDO_BLOCKS)
        self.archive_from = 0 if archive else None
        self.model = [dict(entries)]
        self.views: list[Any] = []

    @rule(blocks=st.lists(CHANGES, min_size=1, max_size=4))
    def finalise(self, blocks: list[dict[bytes, bytes | None]]) -> None:
        first = len(self.model)
        for changes in blocks:
            after = dict(self.model[-1])
            for key, value in changes.items():
                after.pop(key, None)
                if value is not None:
                    after[key] = value
            self.model.append(after)
        self.states.finalise(
            [
                FinalisedBlock(number, hash_of(b"%d" % number), changes)
                for number, changes in enumerate(blocks, first)
            ]
        )

    @rule(archive=st.booleans())
    def restart(self, archive: bool) -> None:
        self.states = StateStore(self.store, archive=archive, undo_blocks=UNDO_BLOCKS)
        self.views.clear()
        if not archive:
            self.archive_from = None
        elif self.archive_from is None:
            self.archive_from = len(self.model) - 1

    @rule(data=st.data())
    def open_view(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, len(self.model) - 1))
        if self.is_kept(number):
            self.views.append(self.states.state_at_finalised(number))

    @rule(data=st.data(), key=KEYS)
    def read(self, data: st.DataObject, key: bytes) -> None:
        number = data.draw(st.integers(0, len(self.model) - 1))
        if not self.is_kept(number):
            with pytest.raises(StatePruned) as caught:
                self.states.state_at_finalised(number)
            assert caught.value.oldest == self.states.oldest > number
            return
        self.check(self.states.state_at_finalised(number), number, key)

    @rule(data=st.data(), key=KEYS)
    def read_view(self, data: st.DataObject, key: bytes) -> None:
        if not self.views:
            return
        view = data.draw(st.sampled_from(self.views))
        if self.is_kept(view.number):
            self.check(view, view.number, key)

    def check(self, backend: Any, number: int, key: bytes) -> None:
        state = self.model[number]
        assert backend.get(key) == state.get(key)
        assert backend.next_key(key) == min((each for each in state if each > key), default=None)

    def is_kept(self, number: int) -> bool:
        newest = len(self.model) - 1
        return number >= newest - UNDO_BLOCKS or (
            self.archive_from is not None and number >= self.archive_from
        )

    @invariant()
    def the_newest_state_is_flat(self) -> None:
        if hasattr(self, "model"):
            assert dict(self.states.entries()) == self.model[-1]
            assert self.states.finalised.number == len(self.model) - 1


TestStates = States.TestCase
TestStates.settings = settings(max_examples=60, stateful_step_count=30)
