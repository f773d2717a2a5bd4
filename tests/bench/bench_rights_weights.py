"""What dispatches of the rights pallet cost; see `tests/helpers/weighing.py`.

The record sold has as many ancestors as royalties may go to, each of another owner's; each call
makes or ends every entry that it can, and counts what came into the purse. Everybody has something
on hold for every reason.
"""

from pallets.registry.types import Dataset, Parent, Relation
from pallets.rights.types import LicenceTerms, LicenceUse, get_purse
from pallets.runtime import Runtime
from runtime.address import Id
from runtime.frame import Origin
from runtime.frame.ai_types import ROYALTY_SHARES_MAX
from runtime.frame.traits import Preservation
from runtime.host import ReferenceHost
from runtime.primitives import UNIT, AccountId, Hash, Root
from runtime.state import DictBackend, Overlay
from tests.bench.bench_weights import ALICE, BOB, CONFIG, Scale, make_call
from tests.helpers.weighing import Book
from tests.helpers.whole_stage import hold_everything

TERMS = LicenceTerms(LicenceUse.RUN, 1 << 31, 1_000)
DATASET = Dataset(Root(b"d" * 32), None, None, 9, 1_024, 999, Hash(b"s" * 32), None)
PEOPLE = tuple(AccountId(bytes([number]) * 32) for number in range(1, ROYALTY_SHARES_MAX + 1))
PRICE = 100 * UNIT


class Builder:
    """A runtime that calls are applied to."""

    def __init__(self) -> None:
        self.state = Overlay(DictBackend({}))
        self.runtime = Runtime(self.state, ReferenceHost(), CONFIG)
        funded = [(who, 1_000 * UNIT) for who in (ALICE, BOB, *PEOPLE)]
        self.runtime.balances.build_genesis(funded)
        hold_everything(self.runtime)

    def apply(self, who: AccountId, pallet: str, name: str, *args: object) -> None:
        """A call that has to succeed."""
        call = make_call(self.runtime, pallet, name, *args)
        self.runtime.dispatcher.dispatch(call, Origin.signed(who))

    def register(self, who: AccountId, bps: int, parents: tuple[int, ...]) -> int:
        """A record with a royalty of its own and a part for each parent."""
        number = self.runtime.registry.next_id.get()
        named = tuple(Parent(parent, Relation.USES, bps) for parent in parents)
        args = (DATASET, Root.zero(), named, 100, 1_000)
        self.apply(who, "Registry", "register", *args)
        return number

    def pay(self, record: int) -> None:
        """Something came into a purse."""
        self.runtime.balances.ledger.transfer(BOB, get_purse(record), UNIT, Preservation.PRESERVE)


def build_rights() -> tuple[DictBackend, int]:
    """Alice's record with all that there may be of it; its number."""
    builder, people = Builder(), iter(PEOPLE)
    parents: list[int] = []
    for children in (3, 3, 3, 3, 3, 3, 3, 2):
        elders = tuple(builder.register(next(people), 0, ()) for _ in range(children))
        parents.append(builder.register(next(people), 100, elders))
    record = builder.register(ALICE, 450, tuple(parents))
    shares = builder.runtime.registry.version[record, 1].shares
    assert len(shares) == ROYALTY_SHARES_MAX, f"{len(shares)} shares"
    for _ in range(3):
        builder.apply(ALICE, "Rights", "offer", record, PRICE, TERMS, 5)
    builder.apply(BOB, "Rights", "buy", record, 0)
    builder.apply(BOB, "Rights", "buy", record, 2)
    builder.apply(BOB, "Rights", "resell", record, 0, PRICE)
    other = builder.register(BOB, 0, ())
    for number, who in ((record, ALICE), (other, BOB)):
        builder.apply(who, "Rights", "issue_shares", number, 1_000)
        builder.apply(who, "Rights", "stake_shares", number, 500)
        builder.pay(number)
    builder.apply(BOB, "Rights", "unstake_shares", other, 500)
    builder.pay(other)
    changes = builder.state.changes()
    return DictBackend({key: raw for key, raw in changes.items() if raw is not None}), record


def weigh(book: Book) -> None:
    """Every call of the pallet."""
    (backend, record), scale = build_rights(), Scale(book, "Rights")
    other, free = record + 1, PEOPLE[0]

    def at(name: str, who: AccountId, *args: object) -> None:
        scale.call(name.upper(), name, backend, Origin.signed(who), name, *args)

    at("offer", ALICE, record, PRICE, TERMS, 5)
    at("buy", free, record, 0)
    at("close_offer", ALICE, record, 1)
    at("resell", BOB, record, 2, PRICE)
    at("cancel_resale", BOB, record, 0, Id(BOB))
    at("buy_resold", free, record, 0, Id(BOB), PRICE)
    at("issue_shares", PEOPLE[0], 0, 1_000)
    at("stake_shares", ALICE, record, 500)
    at("stake_shares", BOB, other, 500)
    at("unstake_shares", ALICE, record, 500)
    at("claim_revenue", ALICE, record)
    at("redeem_shares", BOB, other)


if __name__ == "__main__":
    weigh(Book())
