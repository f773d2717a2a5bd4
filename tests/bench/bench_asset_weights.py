"""What dispatches of the assets pallet cost here, in the form of `bench_weights`.

Each call makes or ends every entry that it can: a new holding, a swept one, an approval's last.
"""

from pallets.runtime import Runtime
from runtime.address import Id
from runtime.frame import Origin
from runtime.frame.asset_traits import AssetHoldReason
from runtime.host import ReferenceHost
from runtime.primitives import UNIT, AccountId, Hash
from runtime.state import DictBackend, Overlay
from tests.bench.bench_weights import ALICE, BOB, CONFIG, NOBODY, Cost, make_call, measure_call

EXPIRES_AT = 9
LEAST = 10
STAKED = AssetHoldReason.STAKED_SHARES


def build_assets() -> DictBackend:
    """Assets of Alice's: one in three hands, one in nobody's, one that expired in Bob's."""
    state = Overlay(DictBackend({}))
    runtime = Runtime(state, ReferenceHost(), CONFIG)
    runtime.balances.build_genesis([(ALICE, 1_000 * UNIT), (BOB, 1_000 * UNIT)])

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


def measure_calls(backend: DictBackend) -> dict[str, Cost]:
    """Every call of the pallet."""

    def at(name: str, who: AccountId, *args: object) -> Cost:
        return measure_call(backend, "Assets", name, Origin.signed(who), *args)

    return {
        "assets.create": at("create", ALICE, 6, LEAST, True, EXPIRES_AT, Hash.zero()),
        "assets.mint(a new holding)": at("mint", ALICE, 0, Id(NOBODY), 100),
        "assets.burn(the rest is swept)": at("burn", BOB, 0, 95),
        "assets.transfer(a new holding, a swept one)": at("transfer", BOB, 0, Id(NOBODY), 95),
        "assets.approve": at("approve", ALICE, 0, Id(BOB), 5),
        "assets.transfer_from(the same)": at("transfer_from", ALICE, 0, Id(BOB), Id(NOBODY), 95),
        "assets.freeze": at("freeze", ALICE, 0, Id(BOB), True),
        "assets.set_owner": at("set_owner", ALICE, 0, Id(BOB)),
        "assets.destroy": at("destroy", ALICE, 1),
        "assets.poke(with a hold)": at("poke", ALICE, 2, Id(BOB)),
    }


def main() -> None:
    """Prints a row for each."""
    for name, cost in measure_calls(build_assets()).items():
        print(f"{name:46} {cost}")


if __name__ == "__main__":
    main()
