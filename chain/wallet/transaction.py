"""Transactions: a call as the runtime declares it, signed, and what it will cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, Final, ParamSpec

from chain.keystore import KeyPair
from chain.wallet.chain_reader import ChainReader, from_hex, to_hex
from chain.wallet.errors import BadAnswer
from runtime.codec import U32, codec_of
from runtime.crypto.hashing import blake2_256
from runtime.crypto.ss58 import encode_ss58
from runtime.era import Era
from runtime.errors import CodecError
from runtime.extensions import (
    SignedExtra,
    SigningContext,
    compute_signing_payload,
    encode_extra,
)
from runtime.extrinsic import encode_signed
from runtime.fees import RuntimeDispatchInfo
from runtime.frame import Call, Origin, Pallet, PostDispatch
from runtime.primitives import Hash
from runtime.version import VERSION

P = ParamSpec("P")
ERA_BLOCKS: Final = 64
_LENGTH: Final = codec_of(U32)
_DISPATCH_INFO: Final = codec_of(RuntimeDispatchInfo)


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction, ready to send."""

    raw: bytes
    nonce: int

    @property
    def hash(self) -> Hash:
        """By which nodes know it."""
        return Hash(blake2_256(self.raw))


def make_call(
    method: Callable[Concatenate[Origin, P], PostDispatch | None],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Call:
    """A call of a pallet's method: `make_call(runtime.balances.burn, amount, True)`."""
    pallet = getattr(method, "__self__", None)
    assert isinstance(pallet, Pallet), "a call is a pallet's method; qed"
    name = getattr(method, "__name__", "")
    spec = next(spec for spec in pallet.spec.calls if spec.name == name)
    rest = (kwargs[param] for param, _ in spec.params[len(args) :])
    return Call(pallet.index, pallet.spec.name, spec, (*args, *rest))


async def sign_call(
    chain: ChainReader, pair: KeyPair, call: Call, *, tip: int = 0, nonce: int | None = None
) -> SignedTransaction:
    """A transaction of a call, valid for `ERA_BLOCKS`; the nonce comes from the pool."""
    if nonce is None:
        method = "system_accountNextIndex"
        nonce = await chain.rpc.call(int, method, encode_ss58(pair.account))
    birth_hash = await chain.get_finalised_head()
    birth = (await chain.get_header(birth_hash)).number
    extra = SignedExtra(Era.mortal(ERA_BLOCKS, birth), nonce, tip)
    encoded = chain.runtime.calls.encode(call)
    payload = compute_signing_payload(
        encoded + encode_extra(extra),
        SigningContext(
            VERSION.spec_version, VERSION.transaction_version, chain.genesis_hash, birth_hash
        ),
    )
    return SignedTransaction(encode_signed(pair.account, pair.sign(payload), extra, encoded), nonce)


async def estimate_fee(chain: ChainReader, transaction: SignedTransaction) -> int:
    """What the transaction will cost at most, in planck, the tip not counted."""
    method = "TransactionPaymentApi_query_info"
    data = transaction.raw + _LENGTH.encode(len(transaction.raw))
    answer = await chain.rpc.call(str, "state_call", method, to_hex(data))
    try:
        info: RuntimeDispatchInfo = _DISPATCH_INFO.decode(from_hex(answer, method))
    except CodecError as error:
        raise BadAnswer(method, str(error)) from error
    return info.partial_fee
