"""A treasury among the base pallets."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pallets.treasury import Treasury, TreasuryParams
from runtime.frame import Event, Origin
from runtime.primitives import AccountId
from tests.helpers.mock_runtime import ALICE, MockRuntime, signed
from tests.helpers.noop import assert_noop

ACCOUNT = AccountId(b"modlpy/trsry".ljust(32, b"\0"))
TREASURER = AccountId(b"modlpy/gov/treasurer".ljust(32, b"\0"))
NOBODY = AccountId(b"n" * 32)
PERIOD = 10
FUNDS = 1_000_000


class TreasuryStage:
    """Everything a test of the treasury touches."""

    def __init__(self, funds: int = FUNDS) -> None:
        balances = [(ALICE, FUNDS), *([(ACCOUNT, funds)] if funds else [])]
        self.runtime = MockRuntime(balances)
        self.money = self.runtime.money
        self.treasury = Treasury(
            self.runtime.state,
            self.runtime.system,
            self.money,
            index=29,
            params=TreasuryParams(ACCOUNT, TREASURER, PERIOD),
        )
        self.runtime.add(self.treasury)

    @property
    def now(self) -> int:
        return self.runtime.system.get_block_number()

    def pass_blocks(self, count: int) -> None:
        """So many blocks, each with its hook."""
        for _ in range(count):
            number = self.now + 1
            self.runtime.system.number.put(number)
            self.treasury.on_initialize(number)

    def pass_period(self) -> None:
        """Up to the first block of the next period."""
        self.pass_blocks(PERIOD - self.now % PERIOD)

    def send(self, who: AccountId | Origin, name: str, *args: Any) -> None:
        """A call of the treasury."""
        origin = who if isinstance(who, Origin) else signed(who)
        self.runtime.dispatch(self.runtime.make_call(self.treasury, name, *args), origin)

    @contextmanager
    def refused(self, error: type[Exception]) -> Iterator[None]:
        """What is sent in this block is refused, and changes nothing."""
        with assert_noop(self.runtime.state, error):
            yield

    def get_free(self, who: AccountId = ACCOUNT) -> int:
        return self.money.get_free(who)

    def get_last_event(self) -> Event:
        return self.runtime.get_events()[-1]
