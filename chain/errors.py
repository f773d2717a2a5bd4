"""The errors of the node: what it refuses, and why, in words for an operator.

The runtime has a tree of its own. Nothing here is caught by a broad `except`.
"""


class NodeError(Exception):
    """Any error that the node raises on purpose."""


class ConfigError(NodeError):
    """A setting is unknown, of the wrong type or out of range."""


class SubscriberTooSlow(NodeError):
    """A reader fell behind what its sender keeps for it, and was cut off."""

    def __init__(self, capacity: int) -> None:
        super().__init__(f"expected a reader at most {capacity} items behind, got one further back")
        self.capacity = capacity


class DatabaseError(NodeError):
    """The database cannot be read or written; the text says what to do."""


class DatabaseLocked(DatabaseError):
    """Another process, or this one, has the database open."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"expected to be alone on {path}, got a lock held by another node; "
            "stop that node or choose another --base-path"
        )
        self.path = path


class DatabaseCorrupted(DatabaseError):
    """The files are damaged: a checksum, a record or a file is not what it was."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"expected intact files in {path}, got: {why}; check the disk, then restore a copy, "
            "or remove the folder and let the node synchronise again"
        )
        self.path = path
        self.why = why


class SchemaMismatch(DatabaseError):
    """The database was written by a node of another schema version."""

    def __init__(self, expected: int, got: int) -> None:
        super().__init__(
            f"expected database schema {expected}, got {got}; run the node that wrote it, "
            "or choose another --base-path"
        )
        self.expected = expected
        self.got = got


class GenesisMismatch(DatabaseError):
    """The database belongs to another chain."""

    def __init__(self, expected: bytes, got: bytes) -> None:
        super().__init__(
            f"expected the chain with genesis 0x{expected.hex()}, got 0x{got.hex()}; "
            "choose another --base-path"
        )
        self.expected = expected
        self.got = got


class StatePruned(DatabaseError):
    """The state of a finalised block is no longer kept."""

    def __init__(self, number: int, oldest: int) -> None:
        super().__init__(
            f"expected a block from #{oldest} on, got #{number}, whose state was pruned; "
            "a node with --archive keeps every state from the day it runs so"
        )
        self.number = number
        self.oldest = oldest


class UnknownBlock(NodeError):
    """No block of this hash is known, or it lost against one that is final."""

    def __init__(self, block_hash: bytes) -> None:
        super().__init__(f"expected the hash of a known block, got 0x{block_hash.hex()}")
        self.block_hash = block_hash
