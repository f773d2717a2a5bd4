"""`blob_getRows`: a product, strip by strip, from nodes that want to serve it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chain.blobs import BlobStore, get_blobs_folder
from runtime.tensor.commitment import result_root
from tests.helpers.node_stage import make_config
from tests.helpers.rpc_stage import Refused, RpcStage, hex_of, run_rpc_stage


def test_a_node_serves_products_by_their_rows(tmp_path: Path) -> None:
    result = np.random.default_rng(2).integers(-(2**31), 2**31, (64, 96), np.int32)
    root = BlobStore(get_blobs_folder(tmp_path)).put_result(result)
    quiet = make_config()
    config = replace(quiet, base_path=tmp_path, rpc=replace(quiet.rpc, blobs=True))

    async def play(stage: RpcStage) -> None:
        data = b""
        for first in (0, 32):
            found = await stage.ask("blob_getRows", hex_of(root), first, 32)
            assert (found["rows"], found["cols"]) == (64, 96)
            data += bytes.fromhex(found["data"][2:])
        again = np.frombuffer(data, "<i4").reshape(64, 96).astype(np.int32)
        assert result_root(again) == root
        assert await stage.ask("blob_getRows", "0x" + "ab" * 32, 0, 1) is None
        for first, count in ((0, 0), (0, 33), (60, 5)):
            with pytest.raises(Refused):
                await stage.ask("blob_getRows", hex_of(root), first, count)

    run_rpc_stage(play, config=config)
