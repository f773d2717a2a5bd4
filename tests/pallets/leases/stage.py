"""The leases pallet over the real base pallets, with tenants, and providers who can be hired."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pallets.bonds import Bonds, RoleTerms
from pallets.leases import (
    Lease,
    LeaseParams,
    Leases,
    Machines,
    MachineTerms,
    Opening,
    Partners,
    Replica,
    StorageTerms,
)
from pallets.registry import Registry
from pallets.registry.types import Attribute, KindPrice, Provider
from runtime.audit import draw_audit
from runtime.crypto.hashing import blake2_256
from runtime.errors import DispatchError
from runtime.frame import Event, Origin, Pallet, PostDispatch
from runtime.frame.ai_types import JobKind, Role
from runtime.header import Header
from runtime.primitives import AccountId, Hash, Root
from runtime.tensor.chunks import ChunkTree, commit_chunks, get_chunk
from tests.helpers.mock_runtime import MockRuntime
from tests.helpers.noop import assert_noop
from tests.helpers.set_parameters import SetParameters

ALICE, BOB, CAROL, DAVE, POOR, TREASURY = (AccountId(bytes([n]) * 32) for n in range(1, 7))
"""A tenant, two providers, somebody, somebody poor, and the treasury."""

FUNDS = 10**12
BOND = 10**10
BOND_MIN = 1_000
RATE = 1_000
TTL = 50_000
PARAMS = LeaseParams(
    TREASURY,
    bond_min=10 * BOND_MIN,
    bond_blocks=100,
    offer_deposit=3_000,
    lease_deposit=2_000,
    accept_blocks=10,
)
MACHINES = MachineTerms(review_blocks=5)
STORAGE = StorageTerms(proof_every=20, proof_blocks=5, draws=4)
NOTICE = 60
CONTENT = bytes(range(256)) * 21  # 5 chunks and a quarter
TREE = commit_chunks(CONTENT)
REPLICA = Replica(TREE.root, len(CONTENT))
GENESIS = Hash(b"g" * 32)
HASHES = 16
"""As many recent ones are known of blocks in which nothing happened."""


def make_hash(number: int) -> Hash:
    """The hash of a block of the stage."""
    return GENESIS if number == 0 else Hash(blake2_256(b"block" + number.to_bytes(4, "little")))


def open_chunks(content: bytes, tree: ChunkTree, drawn: tuple[int, ...]) -> tuple[Opening, ...]:
    """The openings of some chunks."""
    return tuple(Opening(get_chunk(content, index), tree.get_path(index)) for index in drawn)


class LeaseStage:
    """ALICE rents from BOB and CAROL, who have records and bonds."""

    def __init__(self, params: LeaseParams = PARAMS) -> None:
        rich = [(who, FUNDS) for who in (ALICE, BOB, CAROL, DAVE)]
        self.runtime = runtime = MockRuntime([*rich, (POOR, 200_000)])
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
            grace_blocks=50,
            freeze_blocks=10,
        )
        partners = Partners(
            self.money, self.registry.records, self.bonds, self.system, self.parameters
        )
        self.leases = Leases(self.state, self.system, partners, index=25, params=params)
        runtime.add(self.registry, self.bonds, self.leases)
        self.number = 0
        self.go_to(1)
        self.record_of = {who: self.register(who) for who in (BOB, CAROL)}
        for who in (BOB, CAROL):
            for role in (Role.PROVIDER, Role.STORAGE):
                self.dispatch(self.bonds, "bond", who, role, BOND)
        self.take_events()

    # --- blocks

    def go_to(self, number: int) -> None:
        """Block ``number`` begins; nothing happened in those between."""
        for passed in range(max(self.number, number - HASHES), number):
            self.system.block_hash[passed] = make_hash(passed)
        self.number = number
        self.system.initialize(Header(make_hash(number - 1), number, Hash.zero(), Hash.zero()))
        self.registry.on_initialize(number)

    def skip(self, blocks: int) -> None:
        """So many blocks pass."""
        self.go_to(self.number + blocks)

    def try_state(self) -> None:
        """Checks the invariants."""
        for pallet in (self.registry, self.bonds, self.leases):
            pallet.try_state()

    # --- dispatching

    def dispatch(self, pallet: Pallet, name: str, who: AccountId, *args: Any) -> PostDispatch:
        """A signed call, encoded and decoded on its way."""
        call = self.runtime.make_call(pallet, name, *args)
        return self.runtime.dispatch(call, Origin.signed(who))

    def call(self, name: str, who: AccountId, *args: Any) -> PostDispatch:
        """A call of the pallet; the invariants hold after it."""
        result = self.dispatch(self.leases, name, who, *args)
        self.try_state()
        return result

    @contextmanager
    def refused(self, error: type[DispatchError]) -> Iterator[None]:
        """Fails unless what is dispatched raises the error and leaves no trace."""
        with assert_noop(self.state, error):
            yield

    def take_events(self) -> list[Event]:
        """The events since the last time."""
        return self.runtime.take_events()

    # --- providers and offers

    def register(
        self, who: AccountId, kinds: tuple[JobKind, ...] = (JobKind.STORE, JobKind.RENT)
    ) -> int:
        """Registers a provider; returns the record's number."""
        number = self.registry.next_id.get()
        prices = tuple(KindPrice(kind, 1) for kind in kinds)
        body = Provider("https://p.example", (Attribute("gpu", "none"),), prices, 8)
        manifest = Root(b"m" * 32)
        self.dispatch(self.registry, "register", who, body, manifest, (), 0, TTL)
        return number

    def offer(
        self,
        terms: MachineTerms | StorageTerms = MACHINES,
        who: AccountId = BOB,
        *,
        rate: int = RATE,
        least: int = 10,
        notice: int = NOTICE,
        capacity: int = 4,
    ) -> int:
        """Posts an offer; returns its number."""
        number = self.leases.next_offer.get()
        record = self.record_of[who]
        self.call("post_offer", who, record, terms, rate, least, notice, capacity)
        return number

    # --- leases

    def start(
        self, offer: int, subject: Machines | Replica | None = None, amount: int = 100 * RATE
    ) -> int:
        """ALICE starts a lease, of what the offer is of; returns its number."""
        if subject is None:
            is_storage = isinstance(self.leases.offer[offer].terms, StorageTerms)
            subject = REPLICA if is_storage else Machines(1)
        number = self.leases.next_lease.get()
        self.call("start_lease", ALICE, offer, subject, amount)
        return number

    def rent(self, amount: int = 100 * RATE, **changes: Any) -> int:
        """A lease of one of BOB's machines, which he has accepted."""
        lease = self.start(self.offer(**changes), amount=amount)
        self.call("accept_lease", BOB, lease)
        return lease

    def store(self, amount: int = 100 * RATE, **changes: Any) -> int:
        """A lease of storage with BOB, which he has accepted."""
        lease = self.start(self.offer(STORAGE, **changes), amount=amount)
        self.call("accept_lease", BOB, lease)
        return lease

    def get(self, lease: int) -> Lease:
        """A lease as it is stored."""
        return self.leases.lease[lease]

    def draw(self, lease: int) -> tuple[int, ...]:
        """The chunks that the next audit of a lease draws."""
        entry = self.get(lease)
        assert isinstance(entry.terms, StorageTerms)
        assert isinstance(entry.subject, Replica)
        block_hash = make_hash(entry.audit_at)
        size, draws = entry.subject.size_bytes, entry.terms.draws
        return draw_audit(GENESIS, lease, block_hash, size, draws)

    def answer(self, lease: int) -> tuple[Opening, ...]:
        """The right answer to the next audit of a lease of `CONTENT`."""
        return open_chunks(CONTENT, TREE, self.draw(lease))

    def respond(self, lease: int, who: AccountId = BOB) -> PostDispatch:
        """Answers the audit that is open, rightly."""
        return self.call("por_respond", who, lease, self.answer(lease))

    # --- money

    def get_wealth(self, who: AccountId) -> int:
        """Everything an account has, on hold or not."""
        return self.system.get_data(who).total

    def get_total(self) -> int:
        """The sum of all accounts; the issuance, if nothing is lost."""
        return sum(info.data.total for _, info in self.system.account.items())
