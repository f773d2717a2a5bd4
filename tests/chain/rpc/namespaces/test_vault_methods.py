"""`vault_*`: offers and orders as explorers read them."""

from collections import Counter

from chain.keystore import KeyPair
from pallets.vault import SaleTerms
from pallets.vault.types import BoxKey
from runtime.crypto.sealed_box import public_of_secret, seal
from runtime.frame.ai_types import Role
from tests.helpers.node_stage import ALICE, BOB, CHARLIE
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage
from tests.helpers.sale_stage import KEY, MANIFEST, SEALED, SECRET

UNIT = 10**12
TERMS = SaleTerms(1, 3 * UNIT, 20, 30)
ONCE_PK = BoxKey(public_of_secret(SECRET))


async def sell(stage: RpcStage) -> None:
    """CHARLIE offers, BOB orders, twice."""
    nonces: Counter[str] = Counter()

    def sign(pair: KeyPair, pallet: str, name: str, *args: object) -> bytes:
        nonces[pair.address] += 1
        call = stage.wallet.make_call(pallet, name, *args)
        return stage.wallet.sign(pair, call, nonces[pair.address] - 1)

    await stage.make_block(
        sign(CHARLIE, "Registry", "register", SEALED.body, MANIFEST, (), 0, 1_000),
        sign(CHARLIE, "Bonds", "bond", Role.KEEPER, 100 * UNIT),
    )
    await stage.make_block(sign(CHARLIE, "Vault", "offer", 0, TERMS))
    order = ("Vault", "order", 0, TERMS, ONCE_PK)
    await stage.make_block(sign(BOB, *order), sign(BOB, *order))
    await stage.make_block(sign(CHARLIE, "Vault", "deliver", 0, seal(KEY, ONCE_PK)))


def test_offers_and_orders() -> None:
    async def test(stage: RpcStage) -> None:
        for method in ("vault_getOffer", "vault_getOrder"):
            assert await stage.ask(method, 0) is None
        await sell(stage)
        offer = await stage.ask("vault_getOffer", 0)
        assert (offer["record"], offer["seller"]) == (0, CHARLIE.address)
        assert offer["terms"]["price"] == str(3 * UNIT)
        order = await stage.ask("vault_getOrder", 0)
        assert (order["order"], order["buyer"], order["state"]) == (0, BOB.address, "delivered")
        assert order["oncePk"] == hex_of(ONCE_PK)
        assert len(order["sealedBox"]) == 2 + 160
        waiting = await stage.ask("vault_getOrder", 1)
        assert (waiting["state"], waiting["sealedBox"]) == ("ordered", None)
        assert await stage.ask("vault_getOrder", 2) is None

    run_rpc_stage(test)


def test_what_a_seller_owes() -> None:
    async def test(stage: RpcStage) -> None:
        await sell(stage)
        assert await stage.ask("vault_awaiting", CHARLIE.address) == [1]
        assert await stage.ask("vault_awaiting", CHARLIE.address, 0) == []
        assert await stage.ask("vault_awaiting", ALICE.address) == []
        code, message, data = await stage.refuse("vault_awaiting", "nobody")
        assert (code, data) == (-32602, None)
        assert message.startswith("Invalid params: seller: ")

    run_rpc_stage(test)
