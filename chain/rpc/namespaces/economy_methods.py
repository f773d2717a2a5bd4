"""`registry_*`, `market_*` and `work_*`: the AI economy as explorers read it, at the best block."""

from itertools import islice
from typing import Final, Literal, cast

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.errors import StatePruned, UnknownBlock
from chain.miner.statistics import MinerStatistics
from chain.provider.service import ProviderStatistics
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import to_hash, to_hex
from chain.rpc.namespaces.runtime_json import to_camel, to_json
from chain.rpc.parameters import Number32, Number64
from pallets.work.types import Receipt
from runtime.frame.ai_types import RecordKind
from runtime.pre_digest import compute_work
from runtime.primitives import BPS, Hash, Root

PAGE_MAX: Final = 1_000
ANCESTORS_MAX: Final = 64

Json = dict[str, object]
KindName = Literal["model", "dataset", "provider"]


class RegistryMethods:
    """Models, datasets, providers and blobs."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("registry_getRecord", aliases=("registry_get",), safe=True)
    def get_record(self, record: Number64) -> object:
        """A record with its current version; null if there is none."""
        registry = get_runtime(self._client).registry
        entry = registry.record.get(record)
        if entry is None:
            return None
        version = registry.version.get((record, entry.version))
        return {"id": record, **_as_object(entry), "current": to_json(version) if version else None}

    @rpc("registry_getBlob", safe=True)
    def get_blob(self, root: bytes) -> str | None:
        """The bytes behind a root."""
        found = get_runtime(self._client).registry.records.get_blob(
            Root(to_hash(root, Root.zero()))
        )
        return None if found is None else to_hex(found)

    @rpc("registry_list", safe=True)
    def list_records(self, kind: KindName, start: Number64 = 0, count: Number32 = 100) -> object:
        """Records of one kind, from a number on, with their owners."""
        registry = get_runtime(self._client).registry
        found: list[Json] = []
        for number in range(start, registry.next_id.get()):
            if len(found) >= min(count, PAGE_MAX):
                break
            entry = registry.record.get(number)
            if entry is not None and entry.kind is RecordKind[kind.upper()]:
                found.append({"id": number, **_as_object(entry)})
        return found

    @rpc("registry_provenance", safe=True)
    def get_provenance(self, record: Number64) -> object:
        """The record and its ancestors: nodes, and edges with relation and royalty."""
        registry = get_runtime(self._client).registry
        nodes: list[Json] = []
        edges: list[Json] = []
        waiting = [record]
        seen = [record]
        while waiting and len(nodes) < ANCESTORS_MAX:
            number = waiting.pop(0)
            entry = registry.record.get(number)
            if entry is None:
                continue
            nodes.append({"id": number, **_as_object(entry)})
            version = registry.version.get((number, entry.version))
            for parent in () if version is None else version.parents:
                edges.append({"child": number, **_as_object(parent)})
                if parent.record not in seen:
                    seen.append(parent.record)
                    waiting.append(parent.record)
        return {"nodes": nodes, "edges": edges}


class MarketMethods:
    """Jobs, slots, bids and results."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("market_getJob", aliases=("market_job",), safe=True)
    def get_job(self, job: Number64) -> object:
        """A job that is not closed; null otherwise."""
        entry = get_runtime(self._client).market.job.get(job)
        if entry is None:
            return None
        return {"id": job, "kind": entry.kind.name.lower(), **_as_object(entry)}

    @rpc("market_getSlots", aliases=("market_slots",), safe=True)
    def get_slots(self, job: Number64) -> object:
        """The slots of a job in order."""
        slots = get_runtime(self._client).market.slot.items(job)
        found = [({"job": job, "slot": key[1], **_as_object(each)}, key[1]) for key, each in slots]
        return [each for each, _ in sorted(found, key=lambda pair: pair[1])]

    @rpc("market_openSlots", aliases=("market_open",), safe=True)
    def list_open_slots(self, start: Number32 = 0, count: Number32 = 100) -> object:
        """Slots that wait for somebody."""
        market = get_runtime(self._client).market
        keys = islice(market.open_slots.items(), start, start + min(count, PAGE_MAX))
        return [{"job": job, "slot": slot, "isLate": late} for (job, slot), late in keys]

    @rpc("market_getBids", aliases=("market_bids",), safe=True)
    def get_bids(self, job: Number64) -> object:
        """What providers ask for the slots of a job, the least first."""
        bids = list(get_runtime(self._client).market.bid_.items(job))
        bids.sort(key=lambda item: (item[1].price, item[0]))
        return [{"provider": to_json(who), **_as_object(bid)} for (_, who), bid in bids]

    @rpc("market_getRecurring", aliases=("market_recurring",), safe=True)
    def get_recurring(self, number: Number64) -> object:
        """A job that is posted again; null where there are no more runs."""
        entry = get_runtime(self._client).market.recurring.get(number)
        return None if entry is None else {"id": number, **_as_object(entry)}

    @rpc("market_getOutput", safe=True)
    def get_output(self, job: Number64, slot: Number32) -> str | None:
        """The output of a settled slot."""
        output = get_runtime(self._client).market.output.get((job, slot))
        return None if output is None else to_hex(output)

    @rpc("market_getStats", safe=True)
    def get_stats(self, provider: Number64) -> object:
        """The history of a provider's record."""
        return to_json(get_runtime(self._client).market.stats[provider])


class WorkMethods:
    """Where the chain's work goes."""

    def __init__(
        self, client: Client, miner: MinerStatistics, provider: ProviderStatistics
    ) -> None:
        self._client = client
        self._miner = miner
        self._provider = provider

    @rpc("work_status", safe=True)
    def get_status(self) -> object:
        """What this node's miner and provider have done since it started."""
        miner, provider = self._miner, self._provider
        return {
            "products": miner.products,
            "macs": miner.macs,
            "macsPerS": miner.macs_per_s,
            "tickets": miner.tickets,
            "bestTicket": to_hex(miner.best_ticket[::-1]),
            "lane": miner.lane.name.lower(),
            "stale": miner.stale,
            "staleShare": miner.stale_share,
            "blocks": {lane.name.lower(): count for lane, count in miner.blocks.items()},
            "slotsLocked": provider.locked,
            "slotsSubmitted": provider.submitted,
            "productsSealed": provider.sealed,
        }

    @rpc("work_usefulRatio", safe=True)
    def get_useful_ratio(self, era: Number32 | None = None) -> object:
        """Useful and total multiply-accumulates of an era, the current one unless named."""
        work = get_runtime(self._client).work
        found = work.get_era(era)
        if found is None:
            return None
        return {
            "usefulMacs": str(found.useful_macs),
            "totalMacs": str(found.total_macs),
            "usefulBps": found.useful_macs * BPS // max(found.total_macs, 1),
        }

    @rpc("work_era", safe=True)
    def get_era(self, era: Number32 | None = None) -> object:
        """The totals of an era, the current one unless named."""
        found = get_runtime(self._client).work.get_era(era)
        return None if found is None else to_json(found)

    @rpc("work_block", safe=True)
    def get_block(self, block_hash: bytes | None = None) -> object:
        """What a block's work was: author, lane, target, accumulated score, useful part."""
        named = to_hash(block_hash, self._client.best.value.hash)
        header = self._client.get_header(named)
        digest = self._client.get_pre_digest(named)
        if header is None or digest is None:
            return None
        shown: Json = {
            "number": header.number,
            "hash": to_hex(named),
            "timeMs": digest.time_ms,
            "author": to_json(digest.author),
            "target": hex(digest.target),
            "difficulty": str(compute_work(digest.target)),
            "score": str(digest.score),
            "driftMs": digest.drift,
        }
        receipt = self._get_receipt(header.number, named)
        if receipt is not None:
            shown["lane"] = to_camel(receipt.lane.name.lower())
            shown["totalMacs"] = str(receipt.total_macs)
            shown["usefulMacs"] = str(receipt.useful_macs)
        return shown

    def _get_receipt(self, number: int, block_hash: Hash) -> Receipt | None:
        """What the block's own state says, or a later one that still tells of its number."""
        client = self._client
        try:
            return get_runtime(client, block_hash).work.receipt.get(number)
        except StatePruned:
            return get_runtime(client).work.receipt.get(number)
        except UnknownBlock:
            return None  # it lost against a final block


def _as_object(value: object) -> Json:
    shown = to_json(value)
    assert isinstance(shown, dict), "a dataclass is an object; qed"
    return cast("Json", shown)
