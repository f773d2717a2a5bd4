"""A backend that remembers what was read through it."""

from runtime.state.backend import Backend


class RecordingBackend:
    """Another backend's state, and what execution read of it: for weights and proofs."""

    __slots__ = ("_backend", "reads", "steps")

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.reads: dict[bytes, bytes | None] = {}
        """Each key asked for, with its value or None."""
        self.steps: dict[bytes, bytes | None] = {}
        """Each key that an iteration asked the successor of, with that successor or None."""

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None; noted in `reads`."""
        value = self._backend.get(key)
        self.reads[key] = value
        return value

    def next_key(self, key: bytes) -> bytes | None:
        """The first key after `key` in lexicographic order, or None; noted in `steps`."""
        successor = self._backend.next_key(key)
        self.steps[key] = successor
        return successor
