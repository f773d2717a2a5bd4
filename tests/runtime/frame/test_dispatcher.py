"""Dispatch: one transaction a call, errors rolled back, anything else passed on."""

from dataclasses import dataclass
from typing import Annotated

import pytest

from runtime import errors
from runtime.codec import U8, MaxLen
from runtime.errors import (
    BadOrigin,
    CodecError,
    CorruptState,
    DispatchError,
    Exhausted,
    ModuleError,
    Overflow,
)
from runtime.frame import (
    FREE_ON_SUCCESS,
    Call,
    Dispatcher,
    Event,
    Origin,
    Pallet,
    PostDispatch,
    RuntimeCall,
    StorageValue,
    call,
    compile_calls,
    value,
)
from runtime.frame.call import CALL_DEPTH_MAX
from runtime.frame.dispatch_error import (
    Arithmetic,
    ArithmeticErrorKind,
    Module,
    ModuleErrorValue,
    Other,
    Token,
    TokenErrorKind,
    to_value,
)
from runtime.frame.dispatcher import DISPATCH_DEPTH_MAX
from runtime.frame.origin import OriginKind
from runtime.primitives import AccountId, Weight
from runtime.state.backend import DictBackend
from runtime.state.overlay import Overlay
from tests.helpers.noop import assert_noop

ALICE = AccountId(b"\1" * 32)


@dataclass(frozen=True, slots=True)
class Counted(Event, index=0):
    """The count has changed."""

    count: U8


class TooMuch(ModuleError, index=2):
    """It is too much."""


class Counter(Pallet, events=Counted, errors=TooMuch):
    """Counts, and fails on request."""

    count: StorageValue[U8] = value(default=0)

    def __init__(self, state: Overlay, *, index: int, failure: Exception | None = None) -> None:
        super().__init__(state, index=index)
        self.failure = failure
        self.dispatcher: Dispatcher | None = None

    @call(index=0, weight=lambda amount: Weight(2 * amount))
    def add(self, origin: Origin, amount: U8) -> PostDispatch | None:
        """Add to the count, then fail if a failure waits."""
        count = self.count.get() + amount
        self.count.put(count)
        self.state.emit(Counted(count))
        if self.failure is not None:
            raise self.failure
        return PostDispatch(Weight(amount - 1)) if amount > 1 else None

    @call(index=1, weight=Weight())
    def nest(self, origin: Origin, inner: RuntimeCall) -> PostDispatch:
        """Dispatch a call, count that, and shrug off its failure."""
        assert self.dispatcher is not None, "the test has set it; qed"
        try:
            result = self.dispatcher.dispatch(inner, origin)
        except TooMuch:
            result = FREE_ON_SUCCESS
        self.count.put(self.count.get() + 1)
        return result

    @call(index=2, weight=Weight())
    def note(self, origin: Origin, text: Annotated[bytes, MaxLen(3)]) -> None:
        """Take a short text."""


class Other_(Pallet, name="Other"):  # noqa: N801 - a second pallet beside the error's name
    """Has nothing."""


def make(failure: Exception | None = None) -> tuple[Overlay, Counter]:
    state = Overlay(DictBackend({}))
    counter = Counter(state, index=7, failure=failure)
    counter.dispatcher = Dispatcher(state, (Other_(state, index=1), counter))
    return state, counter


def make_call(name: str, *args: object) -> Call:
    spec = next(each for each in Counter.spec.calls if each.name == name)
    return Call(7, "Counter", spec, args)


def dispatch(counter: Counter, made: Call) -> PostDispatch:
    assert counter.dispatcher is not None
    return counter.dispatcher.dispatch(made, Origin.signed(ALICE))


def test_a_call_changes_the_state_and_says_what_it_took() -> None:
    state, counter = make()
    assert dispatch(counter, make_call("add", 1)) == PostDispatch()
    assert dispatch(counter, make_call("add", 3)) == PostDispatch(Weight(2))
    assert counter.count.get() == 4
    assert state.events == [Counted(1), Counted(4)]


@pytest.mark.parametrize("failure", [TooMuch(), BadOrigin(), KeyError("defect"), DispatchError()])
def test_a_failed_call_leaves_nothing(failure: Exception) -> None:
    state, counter = make()
    dispatch(counter, make_call("add", 1))
    counter.failure = failure
    with assert_noop(state, type(failure)):
        dispatch(counter, make_call("add", 1))
    counter.failure = None
    dispatch(counter, make_call("add", 1))
    assert counter.count.get() == 2


def test_a_value_that_leaves_its_type_is_an_overflow() -> None:
    state, counter = make()
    dispatch(counter, make_call("add", 200))
    with assert_noop(state, Overflow):
        dispatch(counter, make_call("add", 56))
    dispatch(counter, make_call("add", 55))
    assert counter.count.get() == 255


def test_a_corrupt_state_stops_the_node() -> None:
    state, counter = make()
    state.put(counter.count.key, b"")
    with assert_noop(state, CorruptState):
        dispatch(counter, make_call("add", 1))


def nest(depth: int, inner: Call) -> Call:
    for _ in range(depth):
        inner = make_call("nest", inner)
    return inner


def test_the_inner_failure_is_undone_alone() -> None:
    state, counter = make(TooMuch())
    result = dispatch(counter, nest(2, make_call("add", 100)))
    assert result == FREE_ON_SUCCESS
    assert counter.count.get() == 2
    assert state.events == []


def test_dispatches_nest_as_deep_as_the_limit() -> None:
    state, counter = make()
    dispatch(counter, nest(DISPATCH_DEPTH_MAX - 1, make_call("add", 1)))
    assert counter.count.get() == DISPATCH_DEPTH_MAX
    with assert_noop(state, Exhausted):
        dispatch(counter, nest(DISPATCH_DEPTH_MAX, make_call("add", 1)))
    dispatch(counter, nest(DISPATCH_DEPTH_MAX - 1, make_call("add", 1)))  # the depth was undone


def test_calls_decode_as_deep_as_the_limit() -> None:
    codec = compile_calls((make()[1].get_calls(),))
    deepest = nest(CALL_DEPTH_MAX, make_call("add", 9))
    raw = bytes([7, 1]) * CALL_DEPTH_MAX + bytes([7, 0, 9])
    assert codec.encode(deepest) == raw
    assert codec.decode(raw) == deepest
    with pytest.raises(CodecError, match=f"nested deeper than {CALL_DEPTH_MAX}"):
        codec.decode(bytes([7, 1]) + raw)
    with pytest.raises(CodecError, match="nested deeper"):
        codec.decode(bytes([7, 1]) * 50_000)
    with pytest.raises(CodecError, match="nested deeper"):
        codec.encode(nest(CALL_DEPTH_MAX + 1, make_call("add", 9)))


@pytest.mark.parametrize(
    "text, why",
    [
        ("", "RuntimeCall: expected 2 bytes at offset 0, got 0"),
        ("07", "RuntimeCall: expected 2 bytes at offset 0, got 1"),
        ("0700", "u8: expected 1 bytes at offset 2"),
        ("0600ff", r"RuntimeCall: no call 6\.0 \(offset 0\)"),
        ("0703ff", r"RuntimeCall: no call 7\.3"),
        ("07010709", r"RuntimeCall: no call 7\.9 \(offset 2\)"),
        ("0700ffff", "1 bytes remain after offset 3"),
        ("070210", "expected at most 3 bytes, got 4"),
    ],
)
def test_bytes_that_are_no_call(text: str, why: str) -> None:
    codec = compile_calls((make()[1].get_calls(),))
    with pytest.raises(CodecError, match=why):
        codec.decode(bytes.fromhex(text))


def test_what_a_call_costs() -> None:
    info = make_call("add", 9).get_dispatch_info()
    assert info.weight == Weight(18)
    assert make_call("nest", make_call("add", 9)).get_dispatch_info().weight == Weight()


def test_pallets_of_one_runtime_are_told_apart() -> None:
    state = Overlay(DictBackend({}))
    with pytest.raises(TypeError, match="two pallets share an index"):
        Dispatcher(state, (Counter(state, index=7), Other_(state, index=7)))
    with pytest.raises(TypeError, match="two pallets share a name"):
        Dispatcher(state, (Counter(state, index=7), Counter(state, index=8)))


# --- errors as events carry them


class Undeclared(ModuleError, index=0):
    """No pallet's error."""


class Unlisted(DispatchError):
    """An error of no variant."""


def test_module_errors_name_their_pallet() -> None:
    dispatcher = make()[1].dispatcher
    assert dispatcher is not None
    value_ = to_value(TooMuch(), dispatcher.get_module_index)
    assert value_ == Module(ModuleErrorValue(7, b"\2\0\0\0"))
    with pytest.raises(AssertionError, match="Undeclared is declared by no pallet"):
        to_value(Undeclared(), dispatcher.get_module_index)


def get_no_index(error: ModuleError) -> int:
    raise AssertionError(f"{error!r} is no module error")


INDICES = {
    errors.CannotLookup: 1,
    errors.BadOrigin: 2,
    errors.ConsumerRemaining: 4,
    errors.NoProviders: 5,
    errors.TooManyConsumers: 6,
    errors.Exhausted: 10,
    errors.RootNotAllowed: 13,
}


@pytest.mark.parametrize("error", INDICES)
def test_plain_errors_have_the_indices_of_substrate(error: type[DispatchError]) -> None:
    made = to_value(error(), get_no_index)
    assert type(made).__name__ == error.__name__
    assert getattr(type(made), "SCALE_INDEX") == error.DISPATCH_INDEX == INDICES[error]  # noqa: B009


def test_other_errors() -> None:
    assert to_value(Unlisted(), get_no_index) == Other()
    overflow = Arithmetic(ArithmeticErrorKind.OVERFLOW)
    assert to_value(Overflow("too large"), get_no_index) == overflow
    assert to_value(errors.Underflow(), get_no_index) != overflow


TOKEN_ERRORS = {
    errors.FundsUnavailable: TokenErrorKind.FUNDS_UNAVAILABLE,
    errors.OnlyProvider: TokenErrorKind.ONLY_PROVIDER,
    errors.BelowMinimum: TokenErrorKind.BELOW_MINIMUM,
    errors.CannotCreate: TokenErrorKind.CANNOT_CREATE,
    errors.Frozen: TokenErrorKind.FROZEN,
    errors.CannotCreateHold: TokenErrorKind.CANNOT_CREATE_HOLD,
    errors.NotExpendable: TokenErrorKind.NOT_EXPENDABLE,
}


@pytest.mark.parametrize("error", errors.TokenError.__subclasses__())
def test_every_token_error_has_its_kind(error: type[errors.TokenError]) -> None:
    assert to_value(error(), get_no_index) == Token(TOKEN_ERRORS[error])


# --- origins


def test_origins() -> None:
    root, none, alice = Origin.root(), Origin.none(), Origin.signed(ALICE)
    assert [each.kind for each in (root, none, alice)] == [
        OriginKind.ROOT,
        OriginKind.NONE,
        OriginKind.SIGNED,
    ]
    assert alice.ensure_signed() == ALICE
    root.ensure_root()
    none.ensure_none()
    for refuse in (
        root.ensure_signed,
        none.ensure_signed,
        alice.ensure_root,
        none.ensure_root,
        alice.ensure_none,
        root.ensure_none,
    ):
        with pytest.raises(BadOrigin):
            refuse()
