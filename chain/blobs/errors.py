"""What can go wrong with stored blobs."""

from chain.errors import NodeError
from runtime.primitives import Root


class BlobError(NodeError):
    """A blob cannot be kept or had."""


class BlobMissing(BlobError):
    """Nothing is stored under the root."""

    def __init__(self, root: Root) -> None:
        super().__init__(f"no blob with root 0x{root.hex()} is stored")
        self.root = root


class BlobCorrupt(BlobError):
    """The stored bytes are not those that the root names."""

    def __init__(self, root: Root, why: str) -> None:
        super().__init__(
            f"the blob with root 0x{root.hex()} is damaged: {why}; delete it and get it again"
        )
        self.root = root


class StoreFull(BlobError):
    """The blob would exceed the quota."""

    def __init__(self, wanted_bytes: int, used_bytes: int, quota_bytes: int) -> None:
        super().__init__(
            f"expected room for {wanted_bytes} bytes, got {quota_bytes - used_bytes} "
            f"of a quota of {quota_bytes}"
        )


class BlobBusy(BlobError):
    """Somebody else is writing what the root names."""

    def __init__(self, root: Root) -> None:
        super().__init__(f"what 0x{root.hex()} names is being written by somebody else")


class WrongBytes(BlobError):
    """A whole file has another root than the one it was to have."""

    def __init__(self, expected: Root, got: Root) -> None:
        super().__init__(
            f"expected bytes with root 0x{expected.hex()}, got some with 0x{got.hex()}; "
            "they were thrown away"
        )
