"""`work_*` about money: what blocks earn, what was proven, and what work costs."""

from itertools import islice
from typing import Literal

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import to_account
from chain.rpc.namespaces.listing import PAGE_MAX
from chain.rpc.namespaces.runtime_json import to_json
from chain.rpc.parameters import Number32, Number64
from pallets.runtime import Runtime
from pallets.work.emission import compute_cap, compute_emission
from runtime.frame.ai_types import JobKind
from runtime.primitives import AccountId

KindName = Literal["infer", "train", "render", "compute_to_data", "eval"]


class EarningMethods:
    """Rewards of eras, benchmarks and going prices, at the best block."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("work_emission", safe=True)
    def get_emission(self) -> object:
        """What was minted for blocks, what could have been so far, and what ever can be."""
        runtime = get_runtime(self._client)
        work, number = runtime.work, runtime.system.get_block_number()
        emission = work.params.emission
        return {
            "era": work.get_era_index(),
            "blockReward": str(compute_emission(emission, number, 1)),
            "minted": str(work.emitted.get()),
            "scheduled": str(compute_emission(emission, 0, number + 1)),
            "cap": str(compute_cap(emission)),
            "halvingBlocks": emission.halving_blocks,
        }

    @rpc("work_rewards", safe=True)
    def list_rewards(self, account: str) -> object:
        """What an author's blocks of past eras earned that nobody has claimed yet."""
        work, who = get_runtime(self._client).work, to_account("account", account)
        return [
            {"era": era, "reward": str(payout.reward), "tithe": str(payout.tithe)}
            for era, payout in work.iter_payouts(who)
        ]

    @rpc("work_benchmark", safe=True)
    def get_benchmark(self, account: str) -> object:
        """What an account's blocks proved: in all, and for each block of the chain lately."""
        return _describe_rate(get_runtime(self._client), to_account("account", account))

    @rpc("work_benchmarks", safe=True)
    def list_benchmarks(self, start: Number32 = 0, count: Number32 = 100) -> object:
        """The same of every author, in the order of the state."""
        runtime = get_runtime(self._client)
        page = islice(runtime.work.rate.keys(), start, start + min(count, PAGE_MAX))
        return [_describe_rate(runtime, who) for who in page]

    @rpc("work_price", safe=True)
    def get_price(self, kind: KindName = "infer", model: Number64 | None = None) -> object:
        """The going price of a unit of work with a model, or of a kind of job without one."""
        work = get_runtime(self._client).work
        key = JobKind[kind.upper()], model
        entry = work.price[key]
        return {
            "kind": kind,
            "model": model,
            "unit": str(work.prices.get_unit_price(*key)),
            "usedBps": entry.used_bps,
            "takenAt": entry.taken_at or None,
        }


def _describe_rate(runtime: Runtime, who: AccountId) -> object:
    rate = runtime.work.rate[who]
    return {
        "account": to_json(who),
        "macsPerBlock": str(runtime.work.get_benchmark(who)),
        "peak": str(rate.peak),
        "provenMacs": str(rate.proven_macs),
        "lastBlock": rate.last_block or None,
    }
