"""What calls of governance, treasury and parameters cost; see `tests/helpers/weighing.py`.

Everybody has something on hold for every reason.
"""

from pallets.governance import ROOT
from pallets.governance.types import VOTES_MAX, Conviction, Side
from pallets.runtime_parameters import TREASURY
from runtime.address import Id
from runtime.frame import Call, Origin
from runtime.frame.parameters import Param
from runtime.primitives import UNIT, AccountId
from tests.helpers.chain_stage import CONFIG, ChainStage, make_call
from tests.helpers.weighing import Book
from tests.helpers.whole_stage import hold_everything

FUNDS = 100_000 * UNIT
ALICE, BOB, CAROL, DAVE = (AccountId(bytes([n]) * 32) for n in range(1, 5))
SIX = Conviction.LOCKED6X
PERIOD = CONFIG.voting_period_blocks
LARGE = make_call("System", "remark", bytes(16_000))
MANY = make_call("Utility", "batch", (make_call("System", "remark", b""),) * 500)


def call(name: str, *args: object) -> Call:
    """A call of governance."""
    return make_call("Governance", name, *args)


def vote(number: int) -> Call:
    """All that somebody has, for a proposal."""
    return call("vote", number, Side.AYE, FUNDS, SIX)


def apply(chain: ChainStage, who: AccountId, *calls: Call) -> None:
    """Calls that have to succeed."""
    for each in calls:
        chain.runtime.dispatcher.dispatch(each, Origin.signed(who))


def make_chain() -> ChainStage:
    """As many proposals as one account can vote on; four of them are being decided."""
    chain = ChainStage([(who, FUNDS) for who in (ALICE, BOB, CAROL, DAVE, TREASURY)])
    chain.begin_block(BOB)
    hold_everything(chain.runtime)
    for number in range(VOTES_MAX):
        apply(chain, ALICE, call("propose", number % 4, LARGE))
        apply(chain, ALICE, call("place_decision_deposit", number))
    pass_blocks(chain, PERIOD // 10)
    for number in range(4):
        apply(chain, ALICE, call("poke", number))
    return chain


def pass_blocks(chain: ChainStage, count: int) -> None:
    """So many blocks, for governance alone."""
    system = chain.runtime.system
    system.number.put(system.number.get() + count)


def weigh_proposals(book: Book) -> None:
    """Their making, their end, and what an enacted call costs beside itself."""
    chain = make_chain()
    book.call("governance.PROPOSE", "propose(16 KB)", chain, ALICE, call("propose", ROOT, LARGE))
    book.call("", "propose(500 calls)", chain, ALICE, call("propose", ROOT, MANY))
    book.call("governance.POKE", "poke(to a seat)", chain, BOB, call("poke", 4))
    book.call("governance.CANCEL", "cancel", chain, Origin.root(), call("cancel", 0))
    book.call("governance.KILL", "kill", chain, Origin.root(), call("kill", 0))
    apply(chain, ALICE, call("propose", 1, LARGE))
    deposit = call("place_decision_deposit", VOTES_MAX)
    book.call("governance.PLACE_DECISION_DEPOSIT", "", chain, BOB, deposit)
    pass_blocks(chain, PERIOD)
    book.call("governance.POKE", "poke(to an end)", chain, BOB, call("poke", 0))
    book.call("governance.CLOSE", "close", chain, BOB, call("close", 1))


def weigh_enact(book: Book) -> None:
    """A call as large as one may be."""
    chain = make_chain()
    for name, inner, figure in (("16 KB", LARGE, "governance.ENACT"), ("500 calls", MANY, "")):
        number = chain.runtime.governance.next_proposal.get()
        apply(chain, ALICE, call("propose", 1, inner), call("place_decision_deposit", number))
        pass_blocks(chain, PERIOD // 10)
        apply(chain, ALICE, call("poke", number))
        for who in (ALICE, BOB, CAROL, DAVE):
            apply(chain, who, call("vote", number, Side.AYE, FUNDS // 2, Conviction.LOCKED1X))
        pass_blocks(chain, PERIOD)
        cost = book.call(figure, f"enact({name})", chain, BOB, call("enact", number, inner))
        if figure:
            book.note("governance.PROPOSE", "what can be proposed can be enacted", cost)


def weigh_votes(book: Book) -> None:
    """An account with as many votes as it may have."""
    chain = make_chain()
    for number in range(VOTES_MAX - 1):
        apply(chain, BOB, vote(number))
    book.call("governance.VOTE", "vote", chain, BOB, vote(VOTES_MAX - 1))
    apply(chain, BOB, vote(VOTES_MAX - 1))
    book.call("governance.REMOVE_VOTE", "remove_vote", chain, BOB, call("remove_vote", 0))
    delegate = call("delegate", Id(BOB), SIX, FUNDS)
    book.call("governance.DELEGATE", "delegate(32 votes)", chain, CAROL, delegate)
    apply(chain, CAROL, delegate)
    book.call("governance.UNDELEGATE", "undelegate(32 votes)", chain, CAROL, call("undelegate"))
    for number in range(VOTES_MAX):
        chain.runtime.dispatcher.dispatch(call("cancel", number), Origin.root())
    book.call("governance.UNLOCK", "unlock(32 votes)", chain, DAVE, call("unlock", Id(BOB)))


def weigh_treasury(book: Book) -> None:
    """Promises, payments, the end of a period, and parameters."""
    chain = make_chain()
    set_param = make_call("Parameters", "set_param", Param.BURN_BPS, 900)
    book.call("parameters.SET_PARAM", "set_param", chain, Origin.root(), set_param)
    spend = make_call("Treasury", "spend", Id(DAVE), UNIT, 2)
    book.call("treasury.SPEND", "spend", chain, Origin.root(), spend)
    chain.runtime.dispatcher.dispatch(spend, Origin.root())
    book.call("treasury.PAYOUT", "payout", chain, ALICE, make_call("Treasury", "payout", 0))
    book.call(
        "treasury.VOID_SPEND",
        "void_spend",
        chain,
        Origin.root(),
        make_call("Treasury", "void_spend", 0),
    )
    treasury = chain.runtime.treasury
    book.run("treasury.ON_INITIALIZE", "", chain, lambda: treasury.on_initialize(PERIOD))


def weigh(book: Book) -> None:
    """Every call of these pallets."""
    weigh_treasury(book)
    weigh_proposals(book)
    weigh_enact(book)
    weigh_votes(book)


if __name__ == "__main__":
    weigh(Book())
