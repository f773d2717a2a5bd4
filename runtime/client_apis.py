"""The runtime APIs that clients call through `state_call`."""

from collections.abc import Callable
from typing import Annotated, Optional, TypeAlias

from runtime.codec import U32, MaxLen, Name, Opaque
from runtime.codec.annotation import ComposedMark
from runtime.composed import ComposedRuntime
from runtime.errors import InvalidTransaction
from runtime.executive import validate_transaction
from runtime.extrinsic import Extrinsic
from runtime.fees import FeeDetails, RuntimeDispatchInfo
from runtime.frame.runtime_api import Api, ApiMethod
from runtime.metadata.build import METADATA_VERSIONS
from runtime.primitives import AccountId, Hash, Nonce
from runtime.transaction_result import TransactionResult, to_result
from runtime.validity import TransactionSource
from runtime.version import API_VERSIONS, RuntimeVersion

ExtrinsicArgument: TypeAlias = Annotated[Extrinsic, ComposedMark("UncheckedExtrinsic")]
GetMetadata = Callable[[int], bytes]


def make_apis(get_metadata: GetMetadata) -> tuple[Api, ...]:
    """Every API with its methods; the callable builds metadata in one version."""
    return (
        _make_api(
            "Core",
            "The core of every runtime.",
            (ApiMethod("version", (), RuntimeVersion, _get_version, "The runtime's version."),),
        ),
        _make_metadata_api(get_metadata),
        _make_api(
            "TaggedTransactionQueue",
            "What the transaction pool asks.",
            (
                ApiMethod(
                    "validate_transaction",
                    (
                        ("source", TransactionSource),
                        ("tx", ExtrinsicArgument),
                        ("block_hash", Hash),
                    ),
                    TransactionResult,
                    _validate_transaction,
                    "Whether a transaction may wait in the pool.",
                ),
            ),
        ),
        _make_api(
            "AccountNonceApi",
            "Nonces.",
            (
                ApiMethod(
                    "account_nonce",
                    (("account", AccountId),),
                    Nonce,
                    _get_account_nonce,
                    "The nonce of an account's next transaction.",
                ),
            ),
        ),
        _make_api(
            "TransactionPaymentApi",
            "Fees.",
            (
                ApiMethod(
                    "query_info",
                    (("uxt", ExtrinsicArgument), ("len", U32)),
                    RuntimeDispatchInfo,
                    _query_info,
                    "Weight, class and fee of a transaction.",
                ),
                ApiMethod(
                    "query_fee_details",
                    (("uxt", ExtrinsicArgument), ("len", U32)),
                    FeeDetails,
                    _query_fee_details,
                    "The parts of a transaction's fee.",
                ),
            ),
        ),
    )


def _make_api(name: str, docs: str, methods: tuple[ApiMethod, ...]) -> Api:
    return Api(name, API_VERSIONS[name], methods, docs)


def _make_metadata_api(get_metadata: GetMetadata) -> Api:
    def metadata(_: ComposedRuntime) -> bytes:
        return get_metadata(METADATA_VERSIONS[0])

    def metadata_at_version(_: ComposedRuntime, version: int) -> bytes | None:
        return get_metadata(version) if version in METADATA_VERSIONS else None

    def metadata_versions(_: ComposedRuntime) -> tuple[int, ...]:
        return METADATA_VERSIONS

    versions = Annotated[tuple[U32, ...], MaxLen(16)]
    opaque = Annotated[Opaque, Name("OpaqueMetadata")]
    return _make_api(
        "Metadata",
        "What clients must know of the runtime.",
        (
            ApiMethod("metadata", (), opaque, metadata, "The metadata in its oldest version."),
            ApiMethod(
                "metadata_at_version",
                (("version", U32),),
                Optional[opaque],  # noqa: UP045 - an alias made at run time
                metadata_at_version,
                "The metadata in a version, if it is one of `metadata_versions`.",
            ),
            ApiMethod("metadata_versions", (), versions, metadata_versions, "The versions known."),
        ),
    )


def _get_version(runtime: ComposedRuntime) -> RuntimeVersion:
    return runtime.version


def _validate_transaction(
    runtime: ComposedRuntime, source: TransactionSource, extrinsic: Extrinsic, block_hash: Hash
) -> TransactionResult:
    del source  # every source is judged alike
    try:
        return to_result(validate_transaction(runtime, extrinsic, block_hash))
    except InvalidTransaction as error:
        return to_result(error)


def _get_account_nonce(runtime: ComposedRuntime, account: AccountId) -> int:
    return runtime.system.get_nonce(account)


def _query_info(
    runtime: ComposedRuntime, extrinsic: Extrinsic, length_bytes: int
) -> RuntimeDispatchInfo:
    info = extrinsic.call.get_dispatch_info()
    details = _query_fee_details(runtime, extrinsic, length_bytes)
    fee = 0 if details.inclusion_fee is None else details.inclusion_fee.total
    return RuntimeDispatchInfo(info.weight, info.class_, fee)


def _query_fee_details(
    runtime: ComposedRuntime, extrinsic: Extrinsic, length_bytes: int
) -> FeeDetails:
    info = extrinsic.call.get_dispatch_info()
    tip = 0 if extrinsic.signer is None else extrinsic.signer.extra.tip
    return runtime.fees.compute_fee_details(length_bytes, info, tip)
