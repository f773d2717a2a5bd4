"""A walk through the composed runtime: calls of every pallet, most of which succeed, in blocks.

Arguments come from types (`walk_values`) or, where they must fit a hash, from what everybody's
secrets make of the state (`walk_secrets`). Several are tried on the state and undone; one that
succeeds is sent, now and then one that does not.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from runtime.errors import DispatchError, InvalidTransaction
from runtime.frame import Call, Origin
from runtime.frame.call import CallSpec
from runtime.primitives import AccountId
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.economy_books import ensure_money_adds_up, ensure_only_paid
from tests.helpers.stored_values import ensure_read_back
from tests.helpers.walk_names import Secrets
from tests.helpers.walk_values import Pools, Values

TRIES = 4
FAILING_PART = 0.15

Attempt = tuple[AccountId, tuple[Any, ...]]


class Walk:
    """Over a chain whose block is open."""

    def __init__(self, chain: ChainStage, pools: Pools, secrets: Secrets, seed: int) -> None:
        self.chain = chain
        self._pools = pools
        self._secrets = secrets
        self._rng = Random(seed)
        self.succeeded: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def step(self, pallet: str, spec: CallSpec) -> None:
        """One call, of the kind that is named."""
        chosen = self.choose(pallet, spec)
        if chosen is not None:
            self.send(*chosen)

    def choose(self, pallet: str, spec: CallSpec) -> tuple[AccountId, Call] | None:
        """One call, of the kind that is named, and who could send it."""
        attempts = self._list_attempts(pallet, spec)
        wanted_to_fail = self._rng.random() < FAILING_PART
        for who, args in attempts:
            call = make_call(pallet, spec.name, *args)
            if wanted_to_fail or self.is_possible(who, call):
                return who, call
        return None

    def _list_attempts(self, pallet: str, spec: CallSpec) -> Sequence[Attempt]:
        rng, runtime = self._rng, self.chain.runtime
        find = self._secrets.get(f"{pallet}.{spec.name}")
        known: list[Attempt] = [] if find is None else find(self.chain, rng)
        values = Values(rng, self._pools, runtime, pallet)
        drawn = [values.draw_all(spec.params) for _ in range(TRIES if not known else 1)]
        made = [(who, args) for args in drawn for who in self._pools.accounts]
        rng.shuffle(known)
        rng.shuffle(made)
        return [*known, *made]

    def is_possible(self, who: AccountId, call: Call) -> bool:
        """Whether a call would succeed now; it is undone."""
        runtime = self.chain.runtime
        mark = runtime.state.mark()
        try:
            runtime.dispatcher.dispatch(call, Origin.signed(who))
        except DispatchError:
            return False
        finally:
            runtime.state.rollback_to(mark)
        return True

    def send(self, who: AccountId, call: Call) -> None:
        """A transaction; one that fails leaves a fee, a nonce, and nothing else."""
        chain, name = self.chain, f"{call.pallet_name}.{call.spec.name}"
        before, info = chain.runtime.state.changes(), chain.runtime.system.account[who]
        first = len(chain.runtime.state.events)
        try:
            outcome = chain.apply(who, call)
        except InvalidTransaction:
            assert chain.runtime.state.changes() == before
            return
        if outcome.error is None:
            self.succeeded[name] += 1
            return
        self.failed[name] += 1
        ensure_only_paid(chain.runtime, who, before, info, chain.get_events(first))

    def step_as_root(self, pallet: str, spec: CallSpec) -> None:
        """One call that only root may make, as a vote would; it may fail, and does nothing then."""
        runtime = self.chain.runtime
        values = Values(self._rng, self._pools, runtime, pallet)
        for _ in range(TRIES):
            call = make_call(pallet, spec.name, *values.draw_all(spec.params))
            mark = runtime.state.mark()
            try:
                runtime.dispatcher.dispatch(call, Origin.root())
            except DispatchError:
                runtime.state.rollback_to(mark)
                continue
            self.succeeded[f"{pallet}.{spec.name}"] += 1
            return

    def pass_blocks(self, count: int) -> None:
        """So many blocks end, each with everything in order."""
        for _ in range(count):
            ensure_money_adds_up(self.chain.runtime)
            ensure_read_back(self.chain.runtime)
            self.chain.end_block()
            self.chain.try_state()
            self.chain.begin_block(self._rng.choice(self._pools.accounts))
