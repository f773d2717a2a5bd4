"""The runtime's identity: what clients sign against."""

from typing import Annotated, ClassVar

from runtime.codec import U8, U32, Array, MaxLen, codec_of
from runtime.crypto.hashing import blake2_64
from runtime.frozen import frozen


@frozen
class RuntimeVersion:
    """`sp_version::RuntimeVersion`: any change of the state transition changes `spec_version`."""

    SCALE_PATH: ClassVar[str] = "sp_version::RuntimeVersion"

    spec_name: Annotated[str, MaxLen(64)]
    impl_name: Annotated[str, MaxLen(64)]
    authoring_version: U32
    spec_version: U32
    impl_version: U32
    apis: Annotated[tuple[tuple[Annotated[bytes, Array(8)], U32], ...], MaxLen(64)]
    transaction_version: U32
    system_version: U8


API_VERSIONS = {
    "Core": 5,
    "Metadata": 2,
    "TaggedTransactionQueue": 3,
    "AccountNonceApi": 1,
    "TransactionPaymentApi": 4,
}

VERSION = RuntimeVersion(
    spec_name="soberana",
    impl_name="soberana-python",
    authoring_version=1,
    spec_version=45,
    impl_version=1,
    apis=tuple((blake2_64(name.encode()), version) for name, version in API_VERSIONS.items()),
    transaction_version=2,
    system_version=1,
)

RUNTIME_VERSION = codec_of(RuntimeVersion)
