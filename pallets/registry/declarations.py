"""The events and errors of the registry."""

from runtime.codec import U32
from runtime.errors import ModuleError
from runtime.frame import Event
from runtime.frame.ai_types import RecordKind
from runtime.frozen import frozen
from runtime.primitives import AccountId, BlockNumber, Id, Root


@frozen
class Registered(Event, index=0):
    """A record came into being, with its first version."""

    record: Id
    kind: RecordKind
    owner: AccountId
    expires_at: BlockNumber


@frozen
class Updated(Event, index=1):
    """A record has a new version."""

    record: Id
    version: U32


@frozen
class Heartbeat(Event, index=2):
    """An owner showed that a record is alive."""

    record: Id
    expires_at: BlockNumber


@frozen
class Transferred(Event, index=3):
    """A record has a new owner."""

    record: Id
    from_: AccountId
    to: AccountId


@frozen
class Retired(Event, index=4):
    """A record can no longer be used; it stays readable while jobs need it."""

    record: Id


@frozen
class Removed(Event, index=5):
    """A retired record is needed by no job any more and is gone; its deposit is returned."""

    record: Id


@frozen
class BlobStored(Event, index=6):
    """Somebody pays for a blob in the state."""

    root: Root
    payer: AccountId
    size_bytes: U32


@frozen
class BlobDropped(Event, index=7):
    """Somebody no longer pays for a blob; with its last payer the blob is gone."""

    root: Root
    payer: AccountId


@frozen
class Attested(Event, index=8):
    """An auditor said something of a record."""

    record: Id
    auditor: AccountId
    expires_at: BlockNumber


@frozen
class Revoked(Event, index=9):
    """What an auditor said of a record is no longer there."""

    record: Id
    auditor: AccountId


class BadBody(ModuleError, index=0):
    """The body breaks a rule of its kind, for a model those of its graph."""


class BadParent(ModuleError, index=1):
    """A parent does not exist, is retired, or is named twice."""


class RoyaltyTooHigh(ModuleError, index=2):
    """The royalties of one settlement would exceed the cap."""


class TooManyShares(ModuleError, index=3):
    """The royalties of one settlement would go to too many records."""


class NoSuchRecord(ModuleError, index=4):
    """There is no record with this number."""


class NotOwner(ModuleError, index=5):
    """The record is somebody else's."""


class ExpiredRecord(ModuleError, index=6):
    """The record has expired; a heartbeat revives it."""


class RetiredRecord(ModuleError, index=7):
    """The record is retired."""


class WrongKind(ModuleError, index=8):
    """A record keeps its kind for life."""


class BadTtl(ModuleError, index=9):
    """A record lives at least one block and at most so many before its next heartbeat."""


class TooManyVersions(ModuleError, index=10):
    """Jobs need every version that is kept; there is no room for another."""


class BlobTooBig(ModuleError, index=11):
    """The blob is too big for the state."""


class BlobMissing(ModuleError, index=12):
    """The signer pays for no such blob."""


class BlobStoredAlready(ModuleError, index=13):
    """The signer pays for this blob already."""


class BlobInUse(ModuleError, index=14):
    """A version of the signer's, or a job, needs this blob."""


class BlockFull(ModuleError, index=15):
    """This block takes no more blobs."""


class RootMismatch(ModuleError, index=16):
    """A blob's bytes are not what the tensor's root commits to."""


class NoAttestation(ModuleError, index=17):
    """The auditor says nothing of this record."""
