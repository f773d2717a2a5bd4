"""Blob roots."""

from blake3 import blake3

from runtime.tensor.blob import blob_root


def test_root_is_pinned() -> None:
    assert (
        blob_root(b"").hex() == "ca44a9e008de59291f3be7f1248553cc160aef001becc75bef7be37cd1bfb0ca"
    )
    assert (
        blob_root(b"soberana").hex()
        == "187ba13b343b7ea3ef1ec26662f061b255d0bd40adc19bdfd54e39c4a6c7f3dc"
    )


def test_root_is_apart_from_a_plain_hash() -> None:
    assert blob_root(b"soberana") != blake3(b"soberana").digest()
