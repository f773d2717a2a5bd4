"""`blob_*`: strips that prove themselves, from nodes that want to serve them only."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chain.blobs import BlobStore, get_blobs_folder
from chain.rpc.jsonrpc import RpcError
from chain.rpc.namespaces.blob_methods import BlobMethods
from runtime.primitives import Hash, Root
from runtime.tensor.chunks import verify_chunk
from runtime.tensor.commitment import verify_strip
from tests.helpers.node_stage import make_config
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage


def draw() -> np.ndarray:
    return np.random.default_rng(1).integers(-63, 64, (70, 100), np.int8)


def test_a_node_serves_strips_that_prove_themselves(tmp_path: Path) -> None:
    store = BlobStore(get_blobs_folder(tmp_path))
    root, bias = store.put_matrix(draw()), store.put_bytes(b"bias")
    quiet = make_config()
    config = replace(quiet, base_path=tmp_path, rpc=replace(quiet.rpc, blobs=True))

    async def play(stage: RpcStage) -> None:
        for index in range(3):
            found = await stage.ask("blob_getStrip", hex_of(root), index)
            strip, path = bytes.fromhex(found["strip"][2:]), found["path"]
            nodes = tuple(Hash(bytes.fromhex(node[2:])) for node in path)
            verify_strip(root, found["rows"], found["cols"], index, strip, nodes)
        assert (found["rows"], found["cols"]) == (96, 128)
        assert await stage.ask("blob_getBytes", hex_of(bias)) == hex_of(b"bias")
        for method, rest in (("blob_getStrip", (0,)), ("blob_getBytes", ())):
            assert await stage.ask(method, "0x" + "ab" * 32, *rest) is None

    run_rpc_stage(play, config=config)


def test_a_node_serves_chunks_that_prove_themselves(tmp_path: Path) -> None:
    content = bytes(range(200)) * 20
    root = BlobStore(get_blobs_folder(tmp_path)).put_chunks(content)
    quiet = make_config()
    config = replace(quiet, base_path=tmp_path, rpc=replace(quiet.rpc, blobs=True))

    async def play(stage: RpcStage) -> None:
        fetched = b""
        for index in range(4):
            found = await stage.ask("blob_getChunk", hex_of(root), index)
            chunk = bytes.fromhex(found["chunk"][2:])
            path = tuple(Hash(bytes.fromhex(node[2:])) for node in found["path"])
            verify_chunk(root, int(found["size"]), index, chunk, path)
            fetched += chunk
        assert fetched == content
        assert await stage.ask("blob_getChunk", "0x" + "ab" * 32, 0) is None

    run_rpc_stage(play, config=config)


def test_a_node_serves_nothing_unless_it_is_told_to() -> None:
    async def play(stage: RpcStage) -> None:
        methods = await stage.ask("rpc_methods")
        assert not [name for name in methods["methods"] if name.startswith("blob_")]

    run_rpc_stage(play)


def test_what_is_damaged_or_beyond_the_end_is_an_error(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    methods, root, bias = BlobMethods(store), store.put_matrix(draw()), store.put_bytes(b"bias")
    file = store.put_chunks(b"a file")
    with pytest.raises(RpcError, match="a strip below 3, got 3"):
        methods.get_strip(root, 3)
    with pytest.raises(RpcError, match="a chunk below 1, got 1"):
        methods.get_chunk(file, 1)
    for path in tmp_path.glob("*/*"):
        path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
    with pytest.raises(RpcError, match="strip 2 has other bytes"):
        methods.get_strip(root, 2)
    with pytest.raises(RpcError, match="is damaged"):
        methods.get_bytes(bias)
    with pytest.raises(RpcError, match="is damaged: chunk 0"):
        methods.get_chunk(file, 0)
    with pytest.raises(RpcError, match="a hash of 32 bytes, got 5"):
        methods.get_bytes(b"short")
    assert methods.get_bytes(Root(b"x" * 32)) is None
