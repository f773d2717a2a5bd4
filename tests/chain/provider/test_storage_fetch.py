"""A keeper fetches what it is to keep from the tenant's node, and accepts the lease then."""

from collections.abc import Sequence
from pathlib import Path

import trio
from trio.testing import wait_all_tasks_blocked

from chain.blobs import BlobStore
from chain.blobs.fetcher import Fetcher
from chain.provider.access import LocalAccess
from chain.provider.sender import Sender
from chain.provider.storage import StorageKeeper, keep_storage
from chain.wallet.connect import parse_node_url
from chain.worker import InlineWorker
from tests.helpers.blob_server import serve_blobs
from tests.helpers.job_stage import add_block
from tests.helpers.lease_stage import CONTENT, ROOT, set_up_lease
from tests.helpers.node_stage import CHARLIE, BlockMaker, open_client, run_stage

LIMIT_S = 20


def keep_until_fetched(store: BlobStore, urls: Sequence[str], ends: int = 1) -> StorageKeeper:
    """Runs a keeper on a chain with a lease of `CONTENT` until so many fetches have ended.

    No block comes after the one that starts the lease, unless a fetch is to be tried again.
    """
    keepers: list[StorageKeeper] = []

    async def main() -> None:
        client = open_client()
        with trio.fail_after(LIMIT_S):
            async with run_stage(client) as node, trio.open_nursery() as services:
                await set_up_lease(node)
                worker = InlineWorker()
                fetcher = Fetcher(store, worker, [parse_node_url(url) for url in urls])
                access = LocalAccess(client, Sender(client, node.pool, CHARLIE))
                keeper = StorageKeeper(access, store, worker, fetcher=fetcher)
                services.start_soon(fetcher.run)
                services.start_soon(keep_storage, keeper)
                for end in range(ends):
                    while fetcher.finished.value == end and fetcher.has_sources:
                        await fetcher.finished.wait_after(fetcher.finished.seen.version)
                    for _ in range(4 if end + 1 < ends else 0):
                        await add_block(client, BlockMaker(client), node)
                await wait_all_tasks_blocked()
                keepers.append(keeper)
                services.cancel_scope.cancel()

    trio.run(main)
    return keepers[0]


def test_bytes_come_from_the_tenants_node(tmp_path: Path) -> None:
    """Though the first node that is asked has others under the name."""
    mine, theirs, liar = (BlobStore(tmp_path / name) for name in ("mine", "theirs", "liar"))
    theirs.put_chunks(CONTENT)
    liar.put_chunks(CONTENT)
    [path] = (tmp_path / "liar").glob("*/*")
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with serve_blobs(liar) as one, serve_blobs(theirs) as other:
        keeper = keep_until_fetched(mine, [one, other])
    assert mine.get_chunked(ROOT) == CONTENT
    assert keeper.statistics.accepted == 1


def test_a_lease_whose_bytes_nobody_has_is_not_accepted(tmp_path: Path) -> None:
    mine = BlobStore(tmp_path / "mine")
    with serve_blobs(BlobStore(tmp_path / "empty")) as url:
        keeper = keep_until_fetched(mine, [url], ends=2)  # it is tried again
    assert keeper.statistics.accepted == 0
    assert not list((tmp_path / "mine").glob("*/*"))
    assert keep_until_fetched(mine, []).statistics.accepted == 0


def test_other_bytes_than_the_lease_says_are_not_fetched(tmp_path: Path) -> None:
    """Only a file of the lease's size will do, however true its root is."""
    mine, theirs = BlobStore(tmp_path / "mine"), BlobStore(tmp_path / "theirs")
    theirs.put_chunks(CONTENT)
    fetcher = Fetcher(mine, InlineWorker(), ())
    with serve_blobs(theirs) as url:

        async def main() -> None:
            async with trio.open_nursery() as services:
                services.start_soon(fetcher.run)
                fetcher.request(ROOT, len(CONTENT) + 1, [parse_node_url(url)])
                await fetcher.finished.wait_after(0)
                services.cancel_scope.cancel()

        trio.run(main)
    fetch = fetcher.get(ROOT)
    assert fetch is not None
    assert (fetch.state.name, ROOT in mine) == ("FAILED", False)
    assert f"a size of {len(CONTENT)} bytes" in fetch.why
