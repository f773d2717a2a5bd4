"""What calls of governance, treasury and parameters cost here, beside the weight they declare.

As in `bench_ai_weights`: one call a row on a fresh overlay, in the worst case that is easily made.
A ratio below one is a weight that does not cover its call.
"""

from time import perf_counter_ns

from pallets.governance import ROOT
from pallets.governance.types import VOTES_MAX, Conviction, Side
from pallets.runtime import TREASURY
from runtime.address import Id
from runtime.frame import Call, Origin
from runtime.frame.parameters import Param
from runtime.primitives import UNIT, AccountId
from tests.bench.bench_ai_weights import ROUNDS, measure, report, show
from tests.helpers.chain_stage import CONFIG, ChainStage, make_call

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


def report_root(name: str, chain: ChainStage, each: Call) -> None:
    """As `report`, for a call of root."""
    show(
        name, measure(chain, each, Origin.root()), each.get_dispatch_info().weight.ref_time / 10**6
    )


def measure_proposals() -> None:
    """Their making, their end, and what an enacted call costs beside itself."""
    chain = make_chain()
    report("governance.propose(16 KB)", chain, ALICE, call("propose", ROOT, LARGE))
    report("governance.propose(500 calls)", chain, ALICE, call("propose", ROOT, MANY))
    report("governance.poke(to a seat)", chain, BOB, call("poke", 4))
    report_root("governance.cancel", chain, call("cancel", 0))
    report_root("governance.kill", chain, call("kill", 0))
    apply(chain, ALICE, call("propose", 1, LARGE))
    report(
        "governance.place_decision_deposit", chain, BOB, call("place_decision_deposit", VOTES_MAX)
    )
    pass_blocks(chain, PERIOD)
    report("governance.poke(to an end)", chain, BOB, call("poke", 0))
    report("governance.close", chain, BOB, call("close", 1))


def measure_enact() -> None:
    """A call as large as one may be."""
    chain = make_chain()
    for name, inner in (("16 KB", LARGE), ("500 calls", MANY)):
        number = chain.runtime.governance.next_proposal.get()
        apply(chain, ALICE, call("propose", 1, inner), call("place_decision_deposit", number))
        pass_blocks(chain, PERIOD // 10)
        apply(chain, ALICE, call("poke", number))
        for who in (ALICE, BOB, CAROL, DAVE):
            apply(chain, who, call("vote", number, Side.AYE, FUNDS // 2, Conviction.LOCKED1X))
        pass_blocks(chain, PERIOD)
        report(f"governance.enact({name})", chain, BOB, call("enact", number, inner))


def measure_votes() -> None:
    """An account with as many votes as it may have."""
    chain = make_chain()
    for number in range(VOTES_MAX - 1):
        apply(chain, BOB, vote(number))
    report("governance.vote", chain, BOB, vote(VOTES_MAX - 1))
    apply(chain, BOB, vote(VOTES_MAX - 1))
    report("governance.remove_vote", chain, BOB, call("remove_vote", 0))
    delegate = call("delegate", Id(BOB), SIX, FUNDS)
    report("governance.delegate(32 votes)", chain, CAROL, delegate)
    apply(chain, CAROL, delegate)
    report("governance.undelegate(32 votes)", chain, CAROL, call("undelegate"))
    for number in range(VOTES_MAX):
        chain.runtime.dispatcher.dispatch(call("cancel", number), Origin.root())
    report("governance.unlock(32 votes)", chain, DAVE, call("unlock", Id(BOB)))


def measure_treasury() -> None:
    """Promises, payments, the end of a period, and parameters."""
    chain = make_chain()
    set_param = make_call("Parameters", "set_param", Param.BURN_BPS, 900)
    report_root("parameters.set_param", chain, set_param)
    spend = make_call("Treasury", "spend", Id(DAVE), UNIT, 2)
    report_root("treasury.spend", chain, spend)
    chain.runtime.dispatcher.dispatch(spend, Origin.root())
    report("treasury.payout", chain, ALICE, make_call("Treasury", "payout", 0))
    report_root("treasury.void_spend", chain, make_call("Treasury", "void_spend", 0))
    times: list[float] = []
    for _ in range(ROUNDS):
        begin = perf_counter_ns()
        weight = chain.runtime.treasury.on_initialize(PERIOD)
        times.append((perf_counter_ns() - begin) / 1_000)
    show("treasury.on_initialize", min(times), weight.ref_time / 10**6)


def main() -> None:
    """Prints a row for each."""
    measure_treasury()
    measure_proposals()
    measure_enact()
    measure_votes()


if __name__ == "__main__":
    main()
