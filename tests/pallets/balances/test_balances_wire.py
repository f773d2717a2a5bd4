"""What clients read of balances: names, indices and bytes, as Substrate has them."""

from typing import Any

from pallets.balances import Balances
from pallets.balances.types import BalanceLock, BalanceStatus, HeldAmount, Reasons
from runtime.codec import codec_of
from runtime.codec.typeinfo import Variant
from runtime.frame.traits import HoldReason
from tests.helpers.mock_runtime import ALICE, BOB, MockRuntime, signed, to

CALLS = [
    (0, "transfer_allow_death", ["dest", "value"]),
    (2, "force_transfer", ["source", "dest", "value"]),
    (3, "transfer_keep_alive", ["dest", "value"]),
    (4, "transfer_all", ["dest", "keep_alive"]),
    (5, "force_unreserve", ["who", "amount"]),
    (6, "upgrade_accounts", ["who"]),
    (8, "force_set_balance", ["who", "new_free"]),
    (9, "force_adjust_total_issuance", ["direction", "delta"]),
    (10, "burn", ["value", "keep_alive"]),
]
EVENTS = {
    "Endowed": ["account", "free_balance"],
    "DustLost": ["account", "amount"],
    "Transfer": ["from", "to", "amount"],
    "BalanceSet": ["who", "free"],
    "Reserved": ["who", "amount"],
    "Unreserved": ["who", "amount"],
    "ReserveRepatriated": ["from", "to", "amount", "destination_status"],
    "Deposit": ["who", "amount"],
    "Withdraw": ["who", "amount"],
    "Slashed": ["who", "amount"],
    "Minted": ["who", "amount"],
    "Burned": ["who", "amount"],
    "Suspended": ["who", "amount"],
    "Restored": ["who", "amount"],
    "Upgraded": ["who"],
    "Issued": ["amount"],
    "Rescinded": ["amount"],
    "Locked": ["who", "amount"],
    "Unlocked": ["who", "amount"],
    "Frozen": ["who", "amount"],
    "Thawed": ["who", "amount"],
    "TotalIssuanceForced": ["old", "new"],
    "Held": ["reason", "who", "amount"],
    "BurnedHeld": ["reason", "who", "amount"],
    "TransferOnHold": ["reason", "source", "dest", "amount"],
    "TransferAndHold": ["reason", "source", "dest", "transferred"],
    "Released": ["reason", "who", "amount"],
}
ERRORS = """VestingBalance LiquidityRestrictions InsufficientBalance ExistentialDeposit
Expendability ExistingVestingSchedule DeadAccount TooManyReserves TooManyHolds TooManyFreezes
IssuanceDeactivated DeltaZero"""
STORAGE = "TotalIssuance InactiveIssuance Account Locks Reserves Holds Freezes"


def test_calls() -> None:
    calls = [(c.index, c.name, [name for name, _ in c.params]) for c in Balances.spec.calls]
    assert calls == CALLS


def test_events() -> None:
    assert Balances.spec.events is not None
    node: Any = Balances.spec.events.node
    assert isinstance(node, Variant)
    assert node.path == ("pallet_balances", "pallet", "Event")
    shown = {each.name: [field.name for field in each.fields] for each in node.variants}
    assert shown == EVENTS
    assert [each.index for each in node.variants] == list(range(27))


def test_errors() -> None:
    assert [error.__name__ for error in Balances.spec.errors] == ERRORS.split()
    assert [error.INDEX for error in Balances.spec.errors] == list(range(12))


def test_storage_and_constants() -> None:
    assert [item.name for item in Balances.spec.storage] == STORAGE.split()
    runtime = MockRuntime()
    constants = {
        constant.name: getattr(runtime.balances, constant.attribute)
        for constant in Balances.spec.constants
    }
    assert constants == {
        "ExistentialDeposit": 100,
        "MaxLocks": 50,
        "MaxReserves": 50,
        "MaxFreezes": 0,
    }


def test_the_issuance_lies_where_every_client_looks() -> None:
    key = MockRuntime().balances.total_issuance.key
    assert key.hex() == "c2261276cc9d1f8598ea4b6a74b15c2f57c875e4cff74148e4628f264b974c80"


def test_bytes_of_a_transfer() -> None:
    runtime = MockRuntime([(ALICE, 1_000)])
    call = runtime.make_call(runtime.balances, "transfer_keep_alive", to(BOB), 1_000)
    assert runtime.calls.encode(call) == bytes([6, 3, 0]) + BOB + bytes.fromhex("a10f")


def test_bytes_of_what_is_stored() -> None:
    held = HeldAmount(HoldReason.ESCROW, 5)
    assert codec_of(HeldAmount).encode(held) == bytes([2, 5]) + bytes(15)
    lock = BalanceLock(b"democrac", 7, Reasons.ALL)
    assert codec_of(BalanceLock).encode(lock) == b"democrac" + bytes([7]) + bytes(15) + b"\x02"
    assert codec_of(BalanceStatus).encode(BalanceStatus.RESERVED) == b"\x01"


def test_events_of_a_block_decode() -> None:
    runtime = MockRuntime([(ALICE, 1_000)])
    call = runtime.make_call(runtime.balances, "transfer_allow_death", to(BOB), 950)
    runtime.dispatch(call, signed(ALICE))
    runtime.money.hold(HoldReason.BOND, BOB, 5)
    records = runtime.get_records()
    assert len(records) == 6
    assert runtime.events.decode(runtime.events.encode(records)) == records
