"""What calls of a labelling round cost; see `tests/helpers/weighing.py`.

Sixteen seats, 4,096 items of 256 classes, 256 of them gold: there is no larger round. Everything is
measured on the whole runtime.
"""

from collections.abc import Callable

from pallets.rounds import GoldLabel
from pallets.rounds.types import CLASSES_MAX, GOLD_MAX, GOLD_MIN, ITEMS_MAX, SEATS_MAX
from runtime.frame.ai_types import Role
from runtime.primitives import UNIT, AccountId, Root
from tests.helpers.economy import TTL
from tests.helpers.weighing import Book, Cost
from tests.helpers.whole_stage import make_largest_provider, make_whole
from tests.pallets.rounds import stage as rounds
from tests.pallets.rounds.stage import FUNDS, GOLD_SALT, OWNER, STRANGER, RoundStage

PEOPLE = tuple(AccountId(bytes([n]) * 32) for n in range(120, 120 + SEATS_MAX))
LABELS = [item % CLASSES_MAX for item in range(ITEMS_MAX)]
GOLD = tuple(GoldLabel(item, LABELS[item]) for item in range(GOLD_MAX))


def make_stage() -> RoundStage:
    """A stage with as many labellers as a round may have."""
    stage = RoundStage()
    for who in PEOPLE:
        stage.money.mint(who, FUNDS)
        stage.record_of[who] = stage.registry.next_id.get()
        terms = (make_largest_provider(), Root.zero(), (), 0, TTL)
        stage.dispatch(stage.registry, "register", who, *terms)
        stage.dispatch(stage.bonds, "bond", who, Role.LABELLER, 200 * UNIT)
    stage.items = stage.put_blob(OWNER, bytes(16 * ITEMS_MAX))
    return stage


def post(stage: RoundStage) -> int:
    """The largest round."""
    return stage.post(
        items=stage.items, item_bytes=16, classes=CLASSES_MAX, seats=SEATS_MAX, gold=GOLD
    )


def act_all(act: Callable[..., object], number: int, people: tuple[AccountId, ...]) -> None:
    """Everybody does something with the same labels."""
    for who in people:
        act(number, who, LABELS, CLASSES_MAX)


def weigh_settling(book: Book, stage: RoundStage, seats: int, items: int, classes: int) -> Cost:
    """Judging a round of this size by agreement: it weighs the most answers."""
    gold = tuple(GoldLabel(item, item % classes) for item in range(GOLD_MIN))
    labels, people = [item % classes for item in range(items)], PEOPLE[:seats]
    blob = stage.put_blob(OWNER, bytes((seats, classes % 256)) * 8 * items)
    number = stage.post(items=blob, item_bytes=16, classes=classes, seats=seats, gold=gold)
    stage.join(number, *people)
    for act in (stage.commit, stage.reveal):
        for who in people:
            act(number, who, labels, classes)
    stage.pass_phase(number)
    case = f"settling {seats} seats, {items} items, {classes} classes"
    whole = make_whole(stage)
    cost = book.call("", case, whole, STRANGER, whole.make_call("Rounds", "poke", number))
    stage.poke(number)
    return cost


def weigh_judging(book: Book, stage: RoundStage) -> None:
    """What each seat, item, answer and class adds."""

    def at(seats: int, items: int, classes: int) -> Cost:
        return weigh_settling(book, stage, seats, items, classes)

    few, most = GOLD_MIN * 3, ITEMS_MAX
    base, seats, items = at(1, few, 2), at(SEATS_MAX, few, 2), at(1, most, 2)
    answers, classes = at(SEATS_MAX, most, 2), at(SEATS_MAX, most, CLASSES_MAX)
    more = SEATS_MAX - 1
    book.note("rounds.SETTLE", "one seat, few items", base)
    book.slope("rounds.SETTLE_SEAT", "a seat", base, seats, more)
    book.slope("rounds.SETTLE_ITEM", "an item", base, items, most - few)
    added = answers - (seats - base)
    book.slope("rounds.SETTLE_ANSWER", "an item of a seat", items, added, more * (most - few))
    book.slope("rounds.SETTLE_CLASS", "a class of an item", answers, classes, most * CLASSES_MAX)


def weigh_gold(book: Book, stage: RoundStage) -> None:
    """Showing the most gold, beside settling: of one seat, for many take long enough to hide it."""
    labels, people = LABELS[: 3 * GOLD_MAX], PEOPLE[:1]
    blob = stage.put_blob(OWNER, bytes(16 * len(labels)))
    number = stage.post(items=blob, item_bytes=16, classes=CLASSES_MAX, seats=1, gold=GOLD)
    stage.join(number, *people)
    for act in (stage.commit, stage.reveal):
        act(number, people[0], labels, CLASSES_MAX)
    whole = make_whole(stage)
    show = whole.make_call("Rounds", "reveal_gold", number, GOLD, GOLD_SALT)
    shown = book.call("", "reveal_gold(1 seat)", whole, OWNER, show)
    stage.pass_phase(number)
    whole = make_whole(stage)
    poke = whole.make_call("Rounds", "poke", number)
    agreed = book.call("", "settle by agreement(1 seat)", whole, STRANGER, poke)
    book.note("rounds.POKE", "showing the gold", shown - agreed)
    stage.poke(number)


def weigh(book: Book) -> None:
    """Every call, in the order of a round's life."""
    stage, last = make_stage(), PEOPLE[-1]

    def at(figure: str, case: str, who: AccountId, name: str, *args: object) -> Cost:
        full, whole = f"rounds.{figure}" if figure else "", make_whole(stage)
        return book.call(full, case, whole, who, whole.make_call("Rounds", name, *args))

    weigh_judging(book, stage)
    weigh_gold(book, stage)
    number = post(stage)
    spec = stage.get(number).spec
    at("POST", "post", OWNER, "post", spec, rounds.TERMS)
    stage.join(number, *PEOPLE[:-1])
    at("JOIN", "the last seat", last, "join", number, stage.record_of[last])
    stage.join(number, last)
    act_all(stage.commit, number, PEOPLE[:-1])
    at("COMMIT", "the last", last, "commit", number, spec.gold_commitment)
    stage.pass_phase(number)
    at("POKE", "a miss", STRANGER, "poke", number)
    act_all(stage.reveal, number, PEOPLE[:-2])
    packed, salt = bytes(LABELS), rounds.get_salt(PEOPLE[-2])
    most = at("", "reveal(4,096 labels)", PEOPLE[-2], "reveal", number, packed, salt)
    book.note("rounds.REVEAL", "4,096 labels", most)
    book.slope("rounds.REVEAL_BYTE", "a label", Cost(0, 0), most, ITEMS_MAX)
    stage.reveal(number, PEOPLE[-2], LABELS, CLASSES_MAX)
    at("", "reveal_gold", OWNER, "reveal_gold", number, GOLD, GOLD_SALT)
    stage.pass_phase(number)
    at("", "settle by agreement", STRANGER, "poke", number)
    stage.poke(number)
    at("CLOSE", "close", OWNER, "close", number)
    number = post(stage)
    stage.skip(rounds.FREEZE_BLOCKS)
    stage.join(number, *PEOPLE)
    stage.pass_phase(number)
    misses = at("", "16 misses", STRANGER, "poke", number)
    book.slope("rounds.MISS", "a miss", Cost(0, 0), misses, SEATS_MAX)


if __name__ == "__main__":
    weigh(Book())
