"""The operands of products that are asked for, fetched from nodes that serve them, each proven.

A provider takes a product only once both operands are in its store.
"""

import logging
from dataclasses import dataclass, field
from typing import Final

from chain.blobs import BlobError, BlobStore
from chain.provider.access import ChainAccess
from chain.provider.bids import OPEN_SLOTS_READ_MAX
from chain.provider.caution import is_answerable
from chain.wallet.connect import NodeUrl
from chain.wallet.errors import WalletError
from chain.wallet.fetching import fetch_operands
from chain.wallet.rpc import RpcTimeouts, open_rpc
from pallets.market import Product
from pallets.runtime import Runtime
from runtime.frame.ai_types import JobKind
from runtime.primitives import AccountId
from runtime.programs import MatrixProduct

log = logging.getLogger(__name__)

OPERANDS_BYTES_MAX: Final = 2**30
"""Larger ones have to be brought by hand."""

RETRY_BLOCKS: Final = 20
"""What no node served is asked for again after so many blocks."""


@dataclass(frozen=True, slots=True)
class OperandKeeper:
    """All that a fetcher of operands works with."""

    access: ChainAccess
    store: BlobStore
    sources: tuple[NodeUrl, ...]
    tried: dict[int, int] = field(default_factory=dict[int, int])
    """When each job's operands were asked for last."""


async def keep_operands(keeper: OperandKeeper) -> None:
    """The service: looks for products that it lacks the operands of, at every new best block."""
    access = keeper.access
    async for tip in access.follow():
        wanted = await access.read(
            lambda runtime: find_wanted(runtime, access.account, keeper.store), tip.hash
        )
        for old in set(keeper.tried) - set(wanted):
            del keeper.tried[old]
        for job, program in wanted.items():
            if tip.number >= keeper.tried.get(job, -RETRY_BLOCKS) + RETRY_BLOCKS:
                keeper.tried[job] = tip.number
                await _fetch(keeper, job, program)


def find_wanted(runtime: Runtime, account: AccountId, store: BlobStore) -> dict[int, MatrixProduct]:
    """Open products of which an operand is missing, if the account takes products at all."""
    records = (record for (_, record), _ in runtime.registry.by_owner.items(account))
    found = (runtime.registry.records.get_provider(record) for record in records)
    if not any(each and each.is_hireable and JobKind.PRODUCT in each.kinds for each in found):
        return {}
    wanted: dict[int, MatrixProduct] = {}
    for number in {slot.job for slot in runtime.market.get_open_slots(OPEN_SLOTS_READ_MAX)}:
        job = runtime.market.job[number]
        spec = job.spec
        if not isinstance(spec, Product) or not is_answerable(job):
            continue
        program = spec.program
        is_small = (program.m + program.n) * program.k <= OPERANDS_BYTES_MAX
        if is_small and not (program.a in store and program.b in store):
            wanted[number] = program
    return wanted


async def _fetch(keeper: OperandKeeper, job: int, program: MatrixProduct) -> None:
    """From the first node that serves them."""
    for url in keeper.sources:
        try:
            async with open_rpc(url, RpcTimeouts()) as rpc:
                await fetch_operands(rpc, program, keeper.store)
        except (WalletError, BlobError) as error:
            log.info("operands were not served", extra={"job": job, "why": str(error)})
        else:
            log.info("operands fetched", extra={"job": job, "node": str(url)})
            return
