"""Fees against plain numbers: who pays, what is burned, what the author gets."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pallets.transaction_payment import FIXED_ONE, FixedU128
from pallets.weights import balances as balances_weights
from pallets.weights import utility as utility_weights
from runtime.crypto.multisignature import Ed25519, Signature
from runtime.era import Era
from runtime.errors import InvalidTransaction, Payment
from runtime.executive import apply_extrinsic
from runtime.extensions import SignedExtra
from runtime.extrinsic import decode_extrinsic, encode_signed
from runtime.frame import Call
from runtime.primitives import AccountId
from tests.helpers.chain_stage import TrustingHost
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, EXISTENTIAL_DEPOSIT, MockRuntime, to

AUTHOR = CHARLIE
PEOPLE = (ALICE, BOB, AUTHOR)
TRANSFER = balances_weights.TRANSFER_KEEP_ALIVE.ref_time
FUNDS = 60_000
AMOUNTS = st.sampled_from((0, 1, 99, 100, 5_000, 70_000))
TIPS = st.sampled_from((0, 1, 99, 100, 3_000, 70_000))


def divide_up(amount: int, by: int) -> int:
    return (amount + by - 1) // by


class FeesMachine(RuleBasedStateMachine):
    """Transfers and batches, tips, a multiplier that moves, and an author without an account."""

    def __init__(self) -> None:
        super().__init__()
        self.runtime = MockRuntime(
            [(ALICE, FUNDS), (BOB, FUNDS)], author=AUTHOR, host=TrustingHost()
        )
        self.free = {ALICE: FUNDS, BOB: FUNDS}
        self.nonces = dict.fromkeys(PEOPLE, 0)
        self.multiplier = FIXED_ONE

    def give(self, who: AccountId, amount: int) -> Call:
        return self.runtime.make_call(self.runtime.balances, "transfer_keep_alive", to(who), amount)

    def compute_fee(self, length: int, ref_time: int) -> int:
        """3 planck a million of weight, times the multiplier; 2 a byte; 6 for each extrinsic."""
        weighed = divide_up(3 * ref_time, 10**6)
        return 6 + 2 * length + divide_up(weighed * self.multiplier, FIXED_ONE)

    def transfer(self, who: AccountId, dest: AccountId, amount: int) -> bool:
        """What a transfer does, whether or not it may."""
        if amount == 0 or (dest == who and self.free[who] - amount >= EXISTENTIAL_DEPOSIT):
            return True
        rest, gained = self.free[who] - amount, self.free.get(dest, 0) + amount
        if rest < EXISTENTIAL_DEPOSIT or gained < EXISTENTIAL_DEPOSIT or dest == who:
            return False
        self.free[who], self.free[dest] = rest, gained
        return True

    @rule(
        who=st.sampled_from(PEOPLE),
        amounts=st.lists(AMOUNTS, min_size=1, max_size=3),
        tip=TIPS,
        dest=st.sampled_from(PEOPLE),
    )
    def send(self, who: AccountId, amounts: list[int], tip: int, dest: AccountId) -> None:
        runtime = self.runtime
        gifts = tuple(self.give(dest, amount) for amount in amounts)
        call = runtime.make_call(runtime.utility, "batch", gifts)
        extra = SignedExtra(Era(), self.nonces[who], tip)
        signature = Ed25519(Signature(bytes(64)))
        raw = encode_signed(who, signature, extra, runtime.calls.encode(call))
        base = utility_weights.batch(len(amounts)).ref_time
        most = self.compute_fee(len(raw), base + TRANSFER * len(amounts)) + tip
        before = runtime.state.changes()
        try:
            apply_extrinsic(runtime, decode_extrinsic(raw, runtime.calls))
        except InvalidTransaction as error:
            refusal: InvalidTransaction | None = error
        else:
            refusal = None
        if self.free.get(who, 0) - most < EXISTENTIAL_DEPOSIT:
            assert isinstance(refusal, Payment)
            assert runtime.state.changes() == before
            return
        assert refusal is None
        self.nonces[who] += 1
        self.free[who] -= most
        done = 0
        for amount in amounts:
            done += 1
            if not self.transfer(who, dest, amount):
                break
        self.free[who] += most - self.compute_fee(len(raw), base + TRANSFER * done) - tip
        if tip and self.free.get(AUTHOR, 0) + tip >= EXISTENTIAL_DEPOSIT:
            self.free[AUTHOR] = self.free.get(AUTHOR, 0) + tip

    @rule(thousandths=st.sampled_from((1, 500, 1_000, 1_001, 2_500)))
    def move_the_multiplier(self, thousandths: int) -> None:
        self.multiplier = thousandths * FIXED_ONE // 1_000
        self.runtime.fees.next_fee_multiplier.put(FixedU128(self.multiplier))

    @invariant()
    def books_agree(self) -> None:
        self.runtime.try_state()
        for who in PEOPLE:
            assert self.runtime.money.get_free(who) == self.free.get(who, 0)
            assert self.runtime.system.get_nonce(who) == self.nonces[who]
        assert self.runtime.money.get_issuance() == sum(self.free.values())


TestFeesMachine = FeesMachine.TestCase
TestFeesMachine.settings = settings(
    max_examples=settings().max_examples // 3, stateful_step_count=25
)
