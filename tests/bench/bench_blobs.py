"""Files by root: how fast they are hashed, served, fetched with proofs, uploaded and audited.

The node is a process of its own on the loopback interface. "Plain" asks for the same ranges and
throws them away unproven; "fetched" verifies each, writes it, and hashes the whole file once more
before it gets its name. Medians of some runs. An audit opens 20 chunks, as a lease's does.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import trio

from chain.blobs import BlobStore, get_blobs_folder, open_partial_file
from chain.blobs.audit import audit_copy
from chain.blobs.fetch import Wanted, fetch_blob, find_next_range
from chain.blobs.source import Source
from chain.blobs.upload import LocalFile, hash_file, upload_file
from chain.wallet.connect import NodeUrl, parse_node_url
from chain.worker import InlineWorker
from runtime.primitives import Hash, Root
from runtime.tensor.chunk_ranges import ChunkRange, verify_range
from runtime.tensor.chunks import count_chunks, draw_chunks, verify_chunk
from tests.helpers.rpc_load import run_node

SIZE = 64 << 20
RUNS = 5
DRAWS = 20
MIB = 1 << 20


def ignore(done: int) -> None:
    del done


async def read_plainly(url: NodeUrl, root: Root) -> None:
    """Every range, as `fetch_blob` asks for it."""
    source, done = Source(url), 0
    while (chunks := find_next_range(SIZE, done)) is not None:
        done += len((await source.get_range(root, chunks)).data)
    await source.close()


async def fetch(url: NodeUrl, root: Root, out: Path) -> None:
    wanted = Wanted(root, partial(open_partial_file, out, root))
    await fetch_blob(wanted, [Source(url)], InlineWorker(), ignore)


def time_of(run: Callable[[], object]) -> float:
    begun = perf_counter()
    run()
    return perf_counter() - begun


def show(what: str, seconds: list[float]) -> None:
    speeds = sorted(SIZE / MIB / each for each in seconds)
    print(f"  {what:<34} {median(speeds):7.0f} MiB/s   ({speeds[0]:.0f} to {speeds[-1]:.0f})")


def measure_transfers(folder: Path, file: LocalFile) -> None:
    """Both ways, each run on a store that does not have the file when it is uploaded."""
    base, out = folder / "base", folder / "out"
    store = BlobStore(get_blobs_folder(base))
    times: dict[str, list[float]] = {"upload": [], "plain ranges": [], "fetched and proven": []}
    with run_node(base, "--dev", "--blobs") as node:
        url = parse_node_url(f"http://127.0.0.1:{node.port}")
        work: dict[str, Callable[[], Awaitable[object]]] = {
            "upload": lambda: upload_file(file, url, InlineWorker(), ignore),
            "plain ranges": lambda: read_plainly(url, file.root),
            "fetched and proven": lambda: fetch(url, file.root, out),
        }
        for _ in range(RUNS):
            for name, make in work.items():
                times[name].append(time_of(lambda: trio.run(make)))  # noqa: B023 runs at once
            store.remove_chunks(file.root)
            out.unlink()
        store.put_file(file.path)
        passed = trio.run(audit_copy, Source(url), file.root, Hash(bytes(32)), DRAWS)
    for name, seconds in times.items():
        show(name, seconds)
    print(f"  audit of a served copy, slowest of {DRAWS} answers {passed.slowest_ms:6.2f} ms")


def measure_audits(store: BlobStore, root: Root) -> None:
    """A lease's audit: the keeper opens what is drawn, the chain verifies it."""
    opening, verifying = [], []
    for run in range(20):
        drawn = draw_chunks(Hash(bytes([run]) * 32), count_chunks(SIZE), DRAWS)
        begun = perf_counter()
        with store.open_chunks(root) as reader:
            opened = [reader.open_chunk(index) for index in drawn]
        opening.append(perf_counter() - begun)
        begun = perf_counter()
        for each in opened:
            verify_chunk(root, SIZE, each.index, each.chunk, each.path)
        verifying.append(perf_counter() - begun)
    print(f"  audit, {DRAWS} draws: opened in {median(opening) * 1_000:.2f} ms (verified once)")
    print(f"  audit, {DRAWS} draws: verified in {median(verifying) * 1_000:.2f} ms")


def measure_proofs(store: BlobStore, file: LocalFile, data: bytes) -> None:
    """Hashing and verifying in memory, what the transfers cannot be faster than."""
    show("whole file hashed", [time_of(lambda: hash_file(file.path)) for _ in range(RUNS)])
    chunks = ChunkRange(SIZE, 1_024, 1_024)
    with store.open_chunks(file.root) as reader:
        proof = reader.prove(chunks)
    part = data[chunks.start : chunks.start + chunks.length]
    times = [time_of(lambda: verify_range(file.root, chunks, part, proof)) for _ in range(20)]
    show("ranges of 1 MiB verified", [each * SIZE / MIB for each in times])


def main() -> None:
    print(f"{SIZE // MIB} MiB")
    with TemporaryDirectory(prefix="soberana-bench-") as name:
        folder = Path(name)
        data = np.random.default_rng(1).bytes(SIZE)
        (folder / "file").write_bytes(data)
        file = hash_file(folder / "file")
        store = BlobStore(folder / "store")
        store.put_file(file.path)
        measure_proofs(store, file, data)
        measure_audits(store, file.root)
        measure_transfers(folder, file)


if __name__ == "__main__":
    main()
