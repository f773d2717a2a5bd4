"""What a claim and the first block of an era cost, in the worst case."""

from pallets.work import Era
from runtime.primitives import AccountId
from tests.helpers.chain_stage import CONFIG, make_call
from tests.helpers.economy import BOB, EVE
from tests.helpers.weighing import Book
from tests.helpers.whole_stage import begin_economy


def weigh_eras(book: Book) -> None:
    """A claim that makes two accounts; a block that ends an era and forgets parts of another."""
    chain, length = begin_economy(), CONFIG.era_blocks
    author = AccountId(b"a" * 32)
    for _ in range(length):
        work = chain.runtime.work
        work.authored[work.get_era_index(), author] = 10**6
        chain.next_block(BOB)
    claim = make_call("Work", "claim_era", 0, author)
    book.call("work.CLAIM_ERA", "a new account", chain, EVE, claim)
    work = chain.runtime.work
    index = work.params.eras_kept + 2
    for crowd in range(20):
        work.authored[0, AccountId(bytes([crowd + 1]) * 32)] = 1
    work.era[index - 1] = Era((index - 1) * length, blocks=length, total_macs=10**9)
    first = index * length
    ends = "the first block of an era"
    book.run("work.ON_INITIALIZE", ends, chain, lambda: work.on_initialize(first))


def weigh(book: Book) -> None:
    """The calls and hooks that eras bring."""
    weigh_eras(book)


if __name__ == "__main__":
    weigh(Book())
