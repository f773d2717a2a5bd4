"""What dispatches of the assets pallet cost; see `tests/helpers/weighing.py`.

Each call makes or ends every entry that it can: a new holding, a swept one, an approval's last.
Everybody has something on hold for every reason.
"""

from pallets.runtime import Runtime
from runtime.address import Id
from runtime.frame import Origin
from runtime.frame.asset_traits import AssetHoldReason
from runtime.host import ReferenceHost
from runtime.primitives import UNIT, AccountId, Hash
from runtime.state import DictBackend, Overlay
from tests.bench.bench_weights import ALICE, BOB, CONFIG, NOBODY, Scale, make_call
from tests.helpers.weighing import Book
from tests.helpers.whole_stage import hold_everything

EXPIRES_AT = 9
LEAST = 10
STAKED = AssetHoldReason.STAKED_SHARES


def build_assets() -> DictBackend:
    """Assets of Alice's: one in three hands, one in nobody's, one that expired in Bob's."""
    state = Overlay(DictBackend({}))
    runtime = Runtime(state, ReferenceHost(), CONFIG)
    runtime.balances.build_genesis([(ALICE, 1_000 * UNIT), (BOB, 1_000 * UNIT)])
    hold_everything(runtime)

    def apply(who: AccountId, name: str, *args: object) -> None:
        call = make_call(runtime, "Assets", name, *args)
        runtime.dispatcher.dispatch(call, Origin.signed(who))

    for expires_at in (None, None, 1):
        apply(ALICE, "create", 6, LEAST, True, expires_at, Hash.zero())
    for asset in (0, 2):
        apply(ALICE, "mint", asset, Id(ALICE), 100)
        apply(ALICE, "mint", asset, Id(BOB), 100)
    runtime.assets.book.hold(STAKED, 2, BOB, 50)
    apply(BOB, "approve", 0, Id(ALICE), 95)
    return DictBackend({key: raw for key, raw in state.changes().items() if raw is not None})


def weigh(book: Book) -> None:
    """Every call of the pallet."""
    backend, scale = build_assets(), Scale(book, "Assets")

    def at(name: str, who: AccountId, *args: object) -> None:
        scale.call(name.upper(), name, backend, Origin.signed(who), name, *args)

    at("create", ALICE, 6, LEAST, True, EXPIRES_AT, Hash.zero())
    at("mint", ALICE, 0, Id(NOBODY), 100)
    at("burn", BOB, 0, 95)
    at("transfer", BOB, 0, Id(NOBODY), 95)
    at("approve", ALICE, 0, Id(BOB), 5)
    at("transfer_from", ALICE, 0, Id(BOB), Id(NOBODY), 95)
    at("freeze", ALICE, 0, Id(BOB), True)
    at("set_owner", ALICE, 0, Id(BOB))
    at("destroy", ALICE, 1)
    at("poke", ALICE, 2, Id(BOB))


if __name__ == "__main__":
    weigh(Book())
