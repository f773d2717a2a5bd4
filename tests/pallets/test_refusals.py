"""Nothing that a pallet declares stays untested: every error is raised, every origin is refused."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from pallets.balances import errors as balances
from pallets.runtime import Runtime, RuntimeConfig
from runtime.errors import BadOrigin, DispatchError, InvalidBlock, ModuleError
from runtime.frame import Call, CallSpec, Origin, Pallet
from runtime.host import ReferenceHost
from runtime.primitives import AccountId
from runtime.state import DictBackend, Overlay
from tests.helpers.noop import assert_noop

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]

# Clients of Substrate know these by their numbers; the rules they name are others here.
NEVER_RAISED: tuple[type[ModuleError], ...] = (
    balances.VestingBalance,
    balances.LiquidityRestrictions,
    balances.InsufficientBalance,
    balances.ExistentialDeposit,
    balances.Expendability,
    balances.ExistingVestingSchedule,
    balances.DeadAccount,
    balances.TooManyReserves,
    balances.TooManyHolds,
    balances.TooManyFreezes,
)

ORIGINS = {
    "signed": Origin.signed(AccountId(b"a" * 32)),
    "root": Origin.root(),
    "none": Origin.none(),
}


def make_runtime() -> Runtime:
    """The runtime as it is composed, over nothing."""
    return Runtime(Overlay(DictBackend({})), ReferenceHost(), RuntimeConfig(1_000, 10))


RUNTIME = make_runtime()
ERRORS = [error for pallet in RUNTIME.pallets for error in pallet.spec.errors]
CALLS = [(pallet, spec) for pallet in RUNTIME.pallets for spec in pallet.spec.calls]


# --- errors


def resolve(node: ast.expr, names: dict[str, object]) -> object:
    """What `name` or `module.name` stands for in a module; None for anything else."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(resolve(node.value, names), node.attr, None)
    return None


def is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, DispatchError)


def iter_refused(function: ast.FunctionDef, names: dict[str, object]) -> Iterator[object]:
    """The errors that a test expects of a refusal: named there, or in a table that it runs over."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        if called not in ("assert_noop", "refused"):
            continue
        given = resolve(node.args[-1], names)
        if is_error(given):
            yield given
        else:
            yield from iter_named(function, names)


def iter_named(function: ast.FunctionDef, names: dict[str, object]) -> Iterator[object]:
    """Every error that a test names, its parameters included."""
    for node in ast.walk(function):
        if isinstance(node, ast.Name | ast.Attribute):
            value = resolve(node, names)
            if is_error(value):
                yield value


def read_refusals(source: str, module: ModuleType) -> set[object]:
    """The errors whose refusals the tests of a module check for traces."""
    tests = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    return {error for test in tests for error in iter_refused(test, vars(module))}


def collect_refusals() -> set[object]:
    """The same of every module here."""
    found: set[object] = set()
    for path in sorted(HERE.rglob("test_*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found |= read_refusals(path.read_text("utf-8"), import_module(name))
    return found


def test_every_error_is_raised_by_a_test_that_looks_for_traces() -> None:
    refused = collect_refusals()
    missing = [error for error in ERRORS if error not in refused and error not in NEVER_RAISED]
    assert missing == []


def test_what_is_never_raised_is_not() -> None:
    raised: set[str] = set()
    for path in [*ROOT.glob("pallets/**/*.py"), *ROOT.glob("runtime/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and node.exc is not None:
                raised.add(ast.unparse(node.exc).split("(")[0])
    assert raised & {error.__name__ for error in NEVER_RAISED} == set()
    assert set(NEVER_RAISED) <= set(ERRORS)


def test_the_reader_sees_what_is_refused_and_nothing_else() -> None:
    module = import_module("tests.pallets.test_refusals")
    source = """
def test_one():
    with assert_noop(state, BadOrigin):
        pass
    raise balances.DeltaZero
def test_table(error):
    for error in (balances.DeltaZero, balances.VestingBalance):
        with stage.refused(error):
            pass
def no_test():
    with assert_noop(state, balances.DeadAccount):
        pass
"""
    expected = {BadOrigin, balances.DeltaZero, balances.VestingBalance}
    assert read_refusals(source, module) == expected
    first, _, _ = source.partition("def test_table")
    assert read_refusals(first, module) == {BadOrigin}


# --- origins


def dispatch(runtime: Runtime, call: Call, origin: Origin) -> Exception | None:
    """What a call is refused with, if it is."""
    try:
        runtime.dispatcher.dispatch(call, origin)
    except (DispatchError, InvalidBlock) as refusal:
        return refusal
    return None


@pytest.mark.parametrize(
    "pallet, spec", CALLS, ids=lambda part: part.name if isinstance(part, CallSpec) else ""
)
def test_a_call_refuses_every_origin_but_those_it_names(pallet: Pallet, spec: CallSpec) -> None:
    stated = re.search(r"Origin: ([a-z, ]+)", spec.docs)
    assert stated is not None, f"{spec.name}: its docstring names no origin"
    named = {name for name in ORIGINS if name in re.split(r"[, ]+", stated[1])}
    assert named
    runtime = make_runtime()
    zeros = bytes((pallet.index, spec.index)) + bytes(8_192)
    call, _ = runtime.calls.decode_from(zeros, 0)
    for name, origin in ORIGINS.items():
        if name not in named:
            with assert_noop(runtime.state, BadOrigin):
                runtime.dispatcher.dispatch(call, origin)
            continue
        refusal = dispatch(runtime, call, origin)
        assert not isinstance(refusal, BadOrigin), f"{spec.name}: {name} is named"


def test_every_call_says_what_it_emits_and_raises() -> None:
    for _, spec in CALLS:
        assert re.search(r"Events( and errors)?:", spec.docs), spec.name
        assert re.search(r"[Ee]rrors:", spec.docs), spec.name
