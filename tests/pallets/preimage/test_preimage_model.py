"""Preimages against what the words say: there while paid for or needed, and not longer."""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from runtime.crypto.hashing import blake2_256
from runtime.errors import DispatchError
from runtime.frame import Origin
from runtime.frame.traits import HoldReason
from runtime.primitives import AccountId, Hash
from tests.helpers.account_pallets import PREIMAGE_BASE, PREIMAGE_BYTE, add_preimage
from tests.helpers.mock_runtime import ALICE, BOB, CHARLIE, MockRuntime, signed

PEOPLE = (ALICE, BOB, CHARLIE)
CONTENTS = (b"", b"one", b"two" * 20, b"three" * 40)
FUNDS = 400
WHO = st.sampled_from((*PEOPLE, None))
CONTENT = st.sampled_from(CONTENTS)


@dataclass
class Known:
    """What the model knows of a preimage; it is forgotten when all is back to nothing."""

    payer: AccountId | None = None
    count: int = 0
    is_there: bool = False


class PreimageMachine(RuleBasedStateMachine):
    """Does the same to the runtime and to the definition; None is root."""

    def __init__(self) -> None:
        super().__init__()
        self.runtime = MockRuntime([(who, FUNDS) for who in PEOPLE])
        self.pallet = add_preimage(self.runtime)
        self.known = {content: Known() for content in CONTENTS}

    def send(self, who: AccountId | None, name: str, argument: bytes) -> bool:
        call = self.runtime.make_call(self.pallet, name, argument)
        before = self.runtime.state.changes()
        try:
            self.runtime.dispatch(call, Origin.root() if who is None else signed(who))
        except DispatchError:
            assert self.runtime.state.changes() == before
            return False
        return True

    def settle(self, known: Known) -> None:
        if known.payer is None and known.count == 0:
            known.is_there = False

    @rule(who=WHO, content=CONTENT)
    def note(self, who: AccountId | None, content: bytes) -> None:
        known = self.known[content]
        is_free = known.count > 0 or who is None
        cost = PREIMAGE_BASE + len(content) * PREIMAGE_BYTE
        can = is_free or (who is not None and self.runtime.money.get_free(who) - cost >= 100)
        done = self.send(who, "note_preimage", content)
        assert done == (not known.is_there and can)
        if done:
            known.is_there = True
            known.payer = None if is_free else who
            known.count = max(known.count, 1) if is_free else 0

    @rule(who=WHO, content=CONTENT)
    def unnote(self, who: AccountId | None, content: bytes) -> None:
        known = self.known[content]
        exists = known.payer is not None or known.count > 0
        done = self.send(who, "unnote_preimage", Hash(blake2_256(content)))
        assert done == (exists and (who is None or who == known.payer))
        if done and known.payer is None:
            known.count -= 1
        elif done:
            known.payer = None
        self.settle(known)

    @rule(content=CONTENT, is_call=st.booleans())
    def request(self, content: bytes, is_call: bool) -> None:
        if is_call:
            assert self.send(None, "request_preimage", Hash(blake2_256(content)))
        else:
            self.pallet.note(content)
            self.known[content].is_there = True
        self.known[content].count += 1

    @rule(content=CONTENT)
    def unrequest(self, content: bytes) -> None:
        known = self.known[content]
        done = self.send(None, "unrequest_preimage", Hash(blake2_256(content)))
        assert done == (known.count > 0)
        known.count -= done
        self.settle(known)

    @invariant()
    def everything_is_as_the_model_has_it(self) -> None:
        self.runtime.try_state()
        money, held = self.runtime.money, dict.fromkeys(PEOPLE, 0)
        for content, known in self.known.items():
            found = self.pallet.get_preimage(Hash(blake2_256(content)), len(content))
            assert found == (content if known.is_there else None)
            if known.payer is not None:
                held[known.payer] += PREIMAGE_BASE + len(content) * PREIMAGE_BYTE
        for who in PEOPLE:
            assert money.get_held(HoldReason.PREIMAGE, who) == held[who]
            assert money.get_free(who) == FUNDS - held[who]


TestPreimageMachine = PreimageMachine.TestCase
TestPreimageMachine.settings = settings(
    max_examples=settings().max_examples // 4, stateful_step_count=25
)
