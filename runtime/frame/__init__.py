"""How a pallet is declared and composed: everything a pallet's file imports."""

from runtime.frame.call import Call, CallSpec, RuntimeCall, call, compile_calls
from runtime.frame.dispatch import (
    FREE_ON_SUCCESS,
    DispatchClass,
    DispatchInfo,
    Pays,
    PostDispatch,
)
from runtime.frame.dispatcher import Dispatcher
from runtime.frame.event import Event
from runtime.frame.hashers import blake2_128_concat, blake2_256, identity, twox_64_concat
from runtime.frame.origin import Origin
from runtime.frame.pallet import Constant, Pallet, PalletSpec
from runtime.frame.storage import StorageMap, StorageValue, mapping, value

__all__ = [
    "FREE_ON_SUCCESS",
    "Call",
    "CallSpec",
    "Constant",
    "DispatchClass",
    "DispatchInfo",
    "Dispatcher",
    "Event",
    "Origin",
    "Pallet",
    "PalletSpec",
    "Pays",
    "PostDispatch",
    "RuntimeCall",
    "StorageMap",
    "StorageValue",
    "blake2_128_concat",
    "blake2_256",
    "call",
    "compile_calls",
    "identity",
    "mapping",
    "twox_64_concat",
    "value",
]
