"""Weights are measured: none is typed, every call has a bench, the figures are what it found."""

import ast
from pathlib import Path

import pytest

from pallets.registry.types import Attribute
from pallets.runtime import Runtime
from runtime.errors import CodecError
from runtime.frame.traits import HoldReason
from runtime.frozen import replace
from runtime.primitives import AccountId, Weight
from runtime.state import DictBackend, Overlay
from tests.helpers.chain_stage import CONFIG, TrustingHost, make_call
from tests.helpers.economy import DAVE, MANIFEST, PEOPLE, TTL
from tests.helpers.market_stage import MarketStage
from tests.helpers.mock_runtime import EXISTENTIAL_DEPOSIT
from tests.helpers.weighing import Cost, round_up
from tests.helpers.weights_writer import (
    MODULES,
    ROOT,
    SYSTEM,
    Measured,
    compute_weights,
    find_benches,
    load,
    set_figure,
    write,
)
from tests.helpers.whole_stage import begin_economy, make_largest_provider, make_whole

HOW = "add a row to a bench in tests/bench/, then `make weights BENCH=<its name>`"
PACKAGES = ("runtime", "pallets", "consensus", "genesis", "chain")


def find_typed(source: str) -> list[tuple[str | None, int]]:
    """Every `Weight(…)` of numbers above zero: its constant, if it is one, and its line."""
    tree = ast.parse(source)
    constants = {
        id(node.value): node.targets[0].id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    found: list[tuple[str | None, int]] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func).split(".")[-1] != "Weight":
            continue
        parts = (*node.args, *(each.value for each in node.keywords))
        if any(is_number(each) for part in parts for each in ast.walk(part)):
            found.append((constants.get(id(node)), node.lineno))
    return found


def is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value > 0


def find_sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def test_no_weight_is_typed_by_hand() -> None:
    weights = compute_weights(load())
    typed: list[str] = []
    for path in find_sources():
        is_ours = path == SYSTEM or path.parent == MODULES
        module = "system" if path == SYSTEM else path.stem
        for constant, line in find_typed(path.read_text()):
            if not is_ours or f"{module}.{constant}" not in weights:
                typed.append(f"{path.relative_to(ROOT)}:{line}: {constant or 'a weight'}")
    assert not [each for each in typed if not is_limit(each)], f"{HOW}: {typed}"


def is_limit(place: str) -> bool:
    """How much fits in a block, and how much of it root's tasks may take, is chosen."""
    return place.startswith("runtime/limits.py:") or place.endswith(": TASKS_WEIGHT_MAX")


def test_every_call_has_a_bench() -> None:
    measured = {call for each in load().values() for call in each.calls}
    runtime = Runtime(Overlay(DictBackend({})), TrustingHost(), CONFIG)
    specs = [pallet.spec for pallet in runtime.pallets]
    calls = {f"{spec.name}.{call.name}" for spec in specs for call in spec.calls}
    assert sorted(calls - measured) == [], HOW
    assert sorted(measured - calls) == [], "these calls are gone; run `make weights` again"


def test_every_bench_was_run() -> None:
    assert sorted(load()) == find_benches()


def test_the_figures_are_those_that_were_measured() -> None:
    assert write(compute_weights(load()), is_kept=False) == []


@pytest.mark.parametrize(
    "source, found",
    [
        ("A = Weight(1_000, 2)", [("A", 1)]),
        ("def f(n: int) -> Weight:\n    return A + Weight(5 * n)", [(None, 2)]),
        ("def f(n: int) -> Weight:\n    return A + Weight(n, proof_size=7)", [(None, 2)]),
        ("A = B + Weight(1)", [(None, 1)]),
        ("@call(index=0, weight=weights.Weight(5))\ndef f(): pass", [(None, 1)]),
        ("A = Weight()\nB = A * 3\nC = Weight(0, 0)\nD = Weight(a, b)", []),
    ],
)
def test_typed_weights_are_found(source: str, found: list[tuple[str | None, int]]) -> None:
    assert find_typed(source) == found


def test_a_figure_is_replaced_where_it_stands() -> None:
    text = "A = Weight(1, 2)\n\nAB = Weight(0, 0)\n"
    assert set_figure(text, "A", Weight(3_000, 4)) == "A = Weight(3_000, 4)\n\nAB = Weight(0, 0)\n"
    assert set_figure(text, "B", Weight(3, 4)) is None


def test_the_dearest_case_counts_twice_its_time() -> None:
    cheap, dear = Cost(1_040, 100), Cost(1_049, 99)
    one, other = Measured({"a.A": cheap}, ()), Measured({"a.A": dear}, ())
    assert compute_weights({"x": one, "y": other}) == {"a.A": Weight(2_100, 100)}
    items = Measured({"a.A": Cost(1, 2_000)}, ())
    assert compute_weights({"x": items}) == {"a.A": Weight(2, 3_000)}


def has_all_holds(runtime: Runtime, who: AccountId) -> bool:
    """Whether an account has at least a planck on hold for every reason."""
    return all(runtime.balances.ledger.get_held(reason, who) for reason in HoldReason)


def test_whoever_is_weighed_has_something_on_hold_for_every_reason() -> None:
    runtime = begin_economy().runtime
    assert [who for who in PEOPLE if not has_all_holds(runtime, who)] == []
    runtime.balances.try_state()


def test_a_stage_is_lifted_with_its_state_and_stays_as_it_was() -> None:
    stage, poor = MarketStage(), AccountId(b"p" * 32)
    stage.money.mint(poor, EXISTENTIAL_DEPOSIT)
    before, whole = stage.state.changes(), make_whole(stage).runtime
    assert stage.state.changes() == before
    assert whole.registry.next_id.get() == stage.registry.next_id.get() > 0
    assert [who for who in PEOPLE if not has_all_holds(whole, who)] == []
    assert whole.balances.ledger.get_free(poor) == EXISTENTIAL_DEPOSIT, "it has nothing to spare"
    whole.balances.try_state()


def test_the_largest_provider_is_as_large_as_there_may_be() -> None:
    chain, largest = begin_economy(), make_largest_provider()
    terms = (MANIFEST, (), 0, TTL)
    assert chain.apply(DAVE, make_call("Registry", "register", largest, *terms)).error is None
    more, (first, *others) = Attribute("b", ""), largest.attributes
    longer = (replace(first, name=first.name + "b"), replace(first, value=first.value + "v"))
    for one_more in (
        *(replace(largest, attributes=(each, *others)) for each in longer),
        replace(largest, endpoint=largest.endpoint + "e"),
        replace(largest, attributes=(*largest.attributes, more)),
        replace(largest, prices=(*largest.prices, largest.prices[-1])),
    ):
        with pytest.raises(CodecError):
            make_call("Registry", "register", one_more, *terms)


@pytest.mark.parametrize(
    "number, rounded",
    [(0, 0), (7, 7), (99, 99), (100, 100), (101, 110), (9_901, 10_000), (123_456, 130_000)],
)
def test_figures_have_two_digits_rounded_up(number: int, rounded: int) -> None:
    assert round_up(number) == rounded
