"""Governance and the treasury as they are composed: from a proposal to money in a hand."""

import pytest

from pallets.governance import TREASURER
from pallets.governance.types import Conviction, ProposalState, Side
from pallets.runtime_parameters import TREASURY
from runtime.address import Id
from runtime.frame import Call, Origin
from runtime.primitives import UNIT, AccountId
from tests.helpers.chain_stage import CONFIG, ChainStage, make_call

ALICE, BOB, CAROL = (AccountId(bytes([n]) * 32) for n in range(1, 4))
PERIOD = CONFIG.voting_period_blocks
FUNDS = 10_000 * UNIT


def pass_blocks(chain: ChainStage, count: int) -> None:
    """So many blocks, without what is in them."""
    system = chain.runtime.system
    system.number.put(system.number.get() + count)


def send(chain: ChainStage, who: AccountId, name: str, *args: object) -> None:
    """A call of governance that has to succeed."""
    call = make_call("Governance", name, *args)
    chain.runtime.dispatcher.dispatch(call, Origin.signed(who))


def carry(chain: ChainStage, track: int, call: Call) -> int:
    """A proposal that everybody is for, up to its enactment."""
    number = chain.runtime.governance.next_proposal.get()
    send(chain, ALICE, "propose", track, call)
    send(chain, ALICE, "place_decision_deposit", number)
    pass_blocks(chain, PERIOD // 10)
    send(chain, CAROL, "poke", number)
    for who in (ALICE, BOB):
        send(chain, who, "vote", number, Side.AYE, FUNDS // 2, Conviction.LOCKED1X)
    pass_blocks(chain, PERIOD)
    send(chain, CAROL, "enact", number, call)
    return number


def try_state(chain: ChainStage) -> None:
    """What is checked within a block."""
    for pallet in (chain.runtime.governance, chain.runtime.treasury, chain.runtime.balances):
        pallet.try_state()


@pytest.fixture
def chain() -> ChainStage:
    chain = ChainStage([(ALICE, FUNDS), (BOB, FUNDS), (CAROL, UNIT), (TREASURY, 100 * UNIT)])
    chain.begin_block(ALICE)
    return chain


def test_the_treasurers_voters_pay_from_the_treasury(chain: ChainStage) -> None:
    issuance = chain.runtime.balances.ledger.get_issuance()
    spend = make_call("Treasury", "spend", Id(CAROL), 5 * UNIT, 2)
    number = carry(chain, TREASURER, spend)
    assert chain.runtime.governance.proposal[number].state is ProposalState.ENACTED
    before = chain.get_wealth(CAROL)
    payout = make_call("Treasury", "payout", 0)
    chain.runtime.dispatcher.dispatch(payout, Origin.signed(BOB))
    assert chain.get_wealth(CAROL) == before + 5 * UNIT
    assert chain.get_wealth(TREASURY) == 95 * UNIT
    assert chain.runtime.balances.ledger.get_issuance() == issuance
    try_state(chain)


def test_a_killed_proposal_pays_the_treasury(chain: ChainStage) -> None:
    send(chain, ALICE, "propose", TREASURER, make_call("System", "remark", b""))
    send(chain, ALICE, "place_decision_deposit", 0)
    deposit = chain.runtime.governance.proposal[0].deposit
    chain.runtime.dispatcher.dispatch(make_call("Governance", "kill", 0), Origin.root())
    assert chain.get_wealth(TREASURY) == 100 * UNIT + deposit + 50 * UNIT
    try_state(chain)


def test_the_treasury_burns_at_the_end_of_its_period(chain: ChainStage) -> None:
    pass_blocks(chain, PERIOD - 1 - chain.number)
    chain.runtime.treasury.on_initialize(PERIOD)
    assert chain.get_wealth(TREASURY) == 99 * UNIT
    try_state(chain)
