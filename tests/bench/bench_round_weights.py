"""What calls of a labelling round cost here, beside the weight that they declare.

Each row is one call in the worst case there is: sixteen seats, 4,096 items of 256 classes, 256 of
them gold. The time is the smallest of some runs; a ratio below one is a weight that does not cover
its call.
"""

from collections.abc import Callable
from time import perf_counter_ns

from pallets.rounds import GoldLabel
from pallets.rounds.types import CLASSES_MAX, GOLD_MAX, ITEMS_MAX, SEATS_MAX
from runtime.frame import Call, Origin
from runtime.frame.ai_types import Role
from runtime.primitives import AccountId
from tests.pallets.rounds import stage as rounds
from tests.pallets.rounds.stage import BOND, FUNDS, GOLD_SALT, OWNER, STRANGER, RoundStage

RUNS = 7
PEOPLE = tuple(AccountId(bytes([n]) * 32) for n in range(120, 120 + SEATS_MAX))
LABELS = [item % CLASSES_MAX for item in range(ITEMS_MAX)]
GOLD = tuple(GoldLabel(item, LABELS[item]) for item in range(GOLD_MAX))


def report(name: str, stage: RoundStage, who: AccountId, call: Call) -> None:
    """Measures a call on the stage as it is and shows it beside what it declares."""
    best = float("inf")
    for _ in range(RUNS):
        mark = stage.state.mark()
        begin = perf_counter_ns()
        post = stage.runtime.dispatch(call, Origin.signed(who))
        best = min(best, (perf_counter_ns() - begin) / 1_000)
        stage.state.rollback_to(mark)
    actual = post.actual_weight or call.get_dispatch_info().weight
    declared = actual.ref_time / 10**6
    print(f"{name:40} {best:10.1f} us  weighs {declared:12.1f} us  x{declared / best:8.1f}")


def make_stage() -> RoundStage:
    """A stage with as many labellers as a round may have."""
    stage = RoundStage()
    for who in PEOPLE:
        stage.money.mint(who, FUNDS)
        stage.record_of[who] = stage.register(who)
        stage.dispatch(stage.bonds, "bond", who, Role.LABELLER, BOND)
    stage.items = stage.put_blob(OWNER, bytes(16 * ITEMS_MAX))
    return stage


def post(stage: RoundStage) -> int:
    """The largest round."""
    return stage.post(
        items=stage.items, item_bytes=16, classes=CLASSES_MAX, seats=SEATS_MAX, gold=GOLD
    )


def make_call(stage: RoundStage, name: str, *args: object) -> Call:
    """A call of the pallet."""
    return stage.runtime.make_call(stage.rounds, name, *args)


def act_all(act: Callable[..., object], number: int, people: tuple[AccountId, ...]) -> None:
    """Everybody does something with the same labels."""
    for who in people:
        act(number, who, LABELS, CLASSES_MAX)


def main() -> None:
    """Prints a row for each call."""
    stage, last = make_stage(), PEOPLE[-1]
    number = post(stage)
    spec = stage.get(number).spec
    report("rounds.post", stage, OWNER, make_call(stage, "post", spec, rounds.TERMS))
    stage.join(number, *PEOPLE[:-1])
    join = make_call(stage, "join", number, stage.record_of[last])
    report("rounds.join(the last seat)", stage, last, join)
    stage.join(number, last)
    act_all(stage.commit, number, PEOPLE[:-1])
    commit = make_call(stage, "commit", number, spec.gold_commitment)
    report("rounds.commit(the last)", stage, last, commit)
    stage.pass_phase(number)
    report("rounds.poke(a miss)", stage, STRANGER, make_call(stage, "poke", number))
    act_all(stage.reveal, number, PEOPLE[:-2])
    packed, salt = bytes(LABELS), rounds.get_salt(PEOPLE[-2])
    reveal = make_call(stage, "reveal", number, packed, salt)
    report("rounds.reveal(4,096 labels)", stage, PEOPLE[-2], reveal)
    stage.reveal(number, PEOPLE[-2], LABELS, CLASSES_MAX)
    gold = make_call(stage, "reveal_gold", number, GOLD, GOLD_SALT)
    report("rounds.reveal_gold", stage, OWNER, gold)
    stage.pass_phase(number)
    report("rounds.poke(settle by agreement)", stage, STRANGER, make_call(stage, "poke", number))
    stage.poke(number)
    report("rounds.close", stage, OWNER, make_call(stage, "close", number))
    number = post(stage)
    stage.skip(rounds.FREEZE_BLOCKS)
    stage.join(number, *PEOPLE)
    stage.pass_phase(number)
    report("rounds.poke(16 misses)", stage, STRANGER, make_call(stage, "poke", number))


if __name__ == "__main__":
    main()
