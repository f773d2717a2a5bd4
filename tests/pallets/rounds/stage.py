"""Labelling rounds over the real base pallets, the registry and bonds; labellers with records."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from pallets.bonds import Bonds, RoleTerms
from pallets.registry import Registry
from pallets.registry.types import KindPrice, Provider
from pallets.rounds import (
    GoldLabel,
    Partners,
    Round,
    RoundParams,
    Rounds,
    RoundSpec,
    RoundTerms,
    Seat,
    compute_answer_commitment,
    compute_gold_commitment,
    pack_labels,
)
from runtime.errors import DispatchError
from runtime.frame import Event, Origin, Pallet, PostDispatch
from runtime.frame.ai_types import JobKind, Role
from runtime.header import Digest, Header
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.blob import blob_root
from tests.helpers.mock_runtime import MockRuntime
from tests.helpers.noop import assert_noop
from tests.helpers.set_parameters import SetParameters

OWNER = AccountId(b"\x01" * 32)
LABELLERS = tuple(AccountId(bytes([n]) * 32) for n in range(11, 20))
STRANGER = AccountId(b"\x63" * 32)
FUNDS = 10**15
BOND, BOND_MIN = 10**12, 1_000
POOL = 1_000_003
"""A prime, so that rounding shows."""

ITEMS, ITEM_BYTES, CLASSES, GOLD_ITEMS, SEATS = 60, 3, 10, 20, 3
GENESIS = Hash(b"g" * 32)
TERMS = RoundTerms(join_blocks=10, commit_blocks=6, reveal_blocks=5, gold_blocks=4)
PARAMS = RoundParams(
    bond_min=BOND_MIN, gold_deposit_min=5_000, round_deposit=7_000, byte_deposit=1, result_blocks=30
)
GRACE_BLOCKS, FREEZE_BLOCKS = 500, 2
GOLD_SALT = b"s" * 32

TRUTH = tuple((7 * item + item // 5) % CLASSES for item in range(ITEMS))
"""The labels of the items."""

GOLD = tuple(GoldLabel(item, TRUTH[item]) for item in range(0, 3 * GOLD_ITEMS, 3))


def make_answers(accuracy_bps: int, seed: int, truth: Sequence[int] = TRUTH) -> list[int]:
    """Labels of which about this part is right."""
    rng = np.random.default_rng(seed)
    is_right = rng.integers(0, 10_000, len(truth)) < accuracy_bps
    wrong = rng.integers(1, CLASSES, len(truth))
    return [
        label if right else (label + int(shift)) % CLASSES
        for label, right, shift in zip(truth, is_right, wrong, strict=True)
    ]


class RoundStage:
    """A requester, nine labellers with records and bonds, and a blob of items."""

    def __init__(self, params: RoundParams = PARAMS) -> None:
        people = (OWNER, *LABELLERS, STRANGER)
        self.runtime = runtime = MockRuntime([(who, FUNDS) for who in people])
        self.state, self.system, self.money = runtime.state, runtime.system, runtime.money
        self.parameters = SetParameters()
        self.registry = Registry(
            self.state,
            self.system,
            self.money,
            index=20,
            record_deposit=5_000,
            byte_deposit=1,
            parameters=self.parameters,
        )
        self.bonds = Bonds(
            self.state,
            self.system,
            self.money,
            index=21,
            role_terms=(RoleTerms(BOND_MIN, 20),) * len(Role),
            grace_blocks=GRACE_BLOCKS,
            freeze_blocks=FREEZE_BLOCKS,
        )
        partners = Partners(
            self.money, self.registry.records, self.bonds, self.system, self.parameters
        )
        self.rounds = Rounds(self.state, self.system, partners, index=26, params=params)
        runtime.add(self.registry, self.bonds, self.rounds)
        self.number = 0
        self.next_block()
        self.items = self.put_blob(OWNER, bytes(ITEMS * ITEM_BYTES))
        self.record_of = {who: self.register(who) for who in (OWNER, *LABELLERS)}
        for who in LABELLERS:
            self.dispatch(self.bonds, "bond", who, Role.LABELLER, BOND)
        self.take_events()

    # --- blocks

    def next_block(self) -> None:
        """The next block begins; the last one left everything in order."""
        if self.number > 0:
            self.registry.on_finalize(self.number)
            self.try_state()
        self.number += 1
        parent = GENESIS if self.number == 1 else Hash.zero()
        self.system.initialize(Header(parent, self.number, Hash.zero(), Hash.zero(), Digest()))
        self.registry.on_initialize(self.number)

    def skip(self, blocks: int) -> None:
        """So many blocks pass."""
        for _ in range(blocks):
            self.next_block()

    def pass_phase(self, number: int) -> None:
        """The first block in which the round's phase is over."""
        self.skip(self.get(number).ends_at + 1 - self.number)

    def try_state(self) -> None:
        """Checks the invariants of these pallets."""
        for pallet in (self.registry, self.bonds, self.rounds):
            pallet.try_state()

    # --- dispatching

    def dispatch(self, pallet: Pallet, name: str, who: AccountId, *args: Any) -> PostDispatch:
        """A signed call, encoded and decoded on its way."""
        call = self.runtime.make_call(pallet, name, *args)
        post = self.runtime.dispatch(call, Origin.signed(who))
        declared = call.get_dispatch_info().weight
        assert post.actual_weight is None or post.actual_weight.is_within(declared)
        return post

    @contextmanager
    def refused(self, error: type[DispatchError]) -> Iterator[None]:
        """Fails unless what is dispatched raises the error and leaves no trace."""
        with assert_noop(self.state, error):
            yield

    def take_events(self) -> list[Event]:
        """The events since the last time."""
        return self.runtime.take_events()

    def find_event(self, kind: type[Event]) -> Any:
        """The one event of a kind since the last time."""
        (found,) = [event for event in self.take_events() if isinstance(event, kind)]
        return found

    # --- registry

    def put_blob(self, who: AccountId, content: bytes) -> Root:
        """Puts a blob; returns its root."""
        self.dispatch(self.registry, "put_blob", who, content)
        return blob_root(content)

    def register(self, who: AccountId, kind: JobKind = JobKind.LABEL) -> int:
        """A provider record; returns its number."""
        number = self.registry.next_id.get()
        body = Provider("", (), (KindPrice(kind, 1),), 8)
        args = (body, Root(b"m" * 32), (), 0, 50_000)
        self.dispatch(self.registry, "register", who, *args)
        return number

    # --- rounds

    def make_spec(self, **changes: Any) -> RoundSpec:
        """Sixty items of ten classes, twenty of them gold, three seats."""
        gold = changes.pop("gold", GOLD)
        items = changes.get("items", self.items)
        fields: dict[str, Any] = {
            "items": items,
            "item_bytes": ITEM_BYTES,
            "classes": CLASSES,
            "task": "which digit is it?",
            "seats": SEATS,
            "pool": POOL,
            "gold_items": len(gold),
            "gold_commitment": compute_gold_commitment(GENESIS, OWNER, items, gold, GOLD_SALT),
        }
        return RoundSpec(**(fields | changes))

    def post(self, terms: RoundTerms = TERMS, **changes: Any) -> int:
        """Posts a round of the owner's; returns its number."""
        number = self.rounds.next_round.get()
        self.dispatch(self.rounds, "post", OWNER, self.make_spec(**changes), terms)
        return number

    def join(self, number: int, *labellers: AccountId) -> None:
        """Takes seats."""
        for who in labellers:
            self.dispatch(self.rounds, "join", who, number, self.record_of[who])

    def commit(
        self, number: int, who: AccountId, answers: Sequence[int], classes: int = CLASSES
    ) -> PostDispatch:
        """Commits to labels under the labeller's own salt."""
        packed = pack_labels(answers, classes)
        commitment = compute_answer_commitment(GENESIS, number, who, packed, get_salt(who))
        return self.dispatch(self.rounds, "commit", who, number, commitment)

    def reveal(
        self, number: int, who: AccountId, answers: Sequence[int], classes: int = CLASSES
    ) -> PostDispatch:
        """Reveals labels under the labeller's own salt."""
        packed = pack_labels(answers, classes)
        return self.dispatch(self.rounds, "reveal", who, number, packed, get_salt(who))

    def answer_all(self, number: int, answers: dict[AccountId, list[int]]) -> None:
        """Everybody commits, then everybody reveals."""
        for who, labels in answers.items():
            self.commit(number, who, labels)
        for who, labels in answers.items():
            self.reveal(number, who, labels)

    def reveal_gold(self, number: int, gold: tuple[GoldLabel, ...] = GOLD) -> PostDispatch:
        """Shows the gold."""
        return self.dispatch(self.rounds, "reveal_gold", OWNER, number, gold, GOLD_SALT)

    def poke(self, number: int, who: AccountId = STRANGER) -> PostDispatch:
        """Applies what is due."""
        return self.dispatch(self.rounds, "poke", who, number)

    def get(self, number: int) -> Round:
        """A round as it is stored."""
        return self.rounds.round[number]

    def get_seat(self, number: int, who: AccountId) -> Seat:
        """A seat as it is stored."""
        return self.rounds.seat[number, who]

    def get_wealth(self, who: AccountId) -> int:
        """Everything an account has, on hold or not."""
        return self.system.get_data(who).total

    def get_total(self) -> int:
        """The sum of all accounts."""
        return sum(info.data.total for _, info in self.system.account.items())


def get_salt(who: AccountId) -> bytes:
    """A labeller's salt; a real one is random."""
    return bytes(reversed(who[:31])) + b"\x77"
