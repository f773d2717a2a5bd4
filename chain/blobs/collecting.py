"""What may be deleted: uploads that nobody goes on with, and files that the chain does not name."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from chain.blobs.store import BlobStore
from chain.clock import WallClock
from chain.worker import Worker
from pallets.leases import Replica
from pallets.market import Commission
from pallets.registry.types import Dataset, Model
from pallets.runtime import Runtime
from runtime.primitives import Root

log = logging.getLogger(__name__)

EVERY_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Collector:
    """Deletes what was left of uploads and fetches."""

    store: BlobStore
    worker: Worker
    clock: WallClock
    incomplete_s: int
    """How long nothing may be added to one."""


async def collect_incomplete(collector: Collector, news: AsyncIterator[object]) -> None:
    """The service: looks at some news, at most once an hour; without an end."""
    last_ms: int | None = None
    async for _ in news:
        now_ms = collector.clock.now_ms()
        if last_ms is not None and 0 <= now_ms - last_ms < EVERY_MS:
            continue
        last_ms = now_ms
        before_s = now_ms / 1_000 - collector.incomplete_s
        freed = await collector.worker.run(partial(collector.store.collect_partials, before_s))
        if freed:
            log.info("unfinished files were deleted", extra={"bytes": freed})


def find_pinned_roots(runtime: Runtime) -> frozenset[Root]:
    """Every root that a version of a record, a lease or a commission's result names."""
    versions = [version for _, version in runtime.registry.version.items()]
    subjects = [lease.subject for _, lease in runtime.leases.lease.items()]
    found = {version.manifest_root for version in versions}
    found |= {subject.root for subject in subjects if isinstance(subject, Replica)}
    market = runtime.market
    commissions = [n for n, job in market.job.items() if isinstance(job.spec, Commission)]
    found |= {Root(root) for each in commissions for _, root in market.output.items(each)}
    for version in versions:
        if isinstance(version.body, Model):
            found |= {tensor.root for tensor in version.body.tensors}
        elif isinstance(version.body, Dataset):
            found |= {version.body.plain_root, version.body.cipher_root or version.body.plain_root}
    return frozenset(found)
