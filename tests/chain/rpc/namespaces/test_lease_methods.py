"""`lease_*`: what is let, and what audits ask for."""

from chain.client.typed_state import get_runtime
from runtime.audit import draw_audit
from tests.helpers.lease_stage import CONTENT, RATE, ROOT, TERMS, set_up_lease
from tests.helpers.node_stage import ALICE, CHARLIE, DAVE
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage


def test_offers_leases_and_audits() -> None:
    async def test(stage: RpcStage) -> None:
        ask = stage.ask
        assert await ask("lease_offers") == []
        for method in ("lease_getOffer", "lease_get", "lease_audit"):
            assert await ask(method, 0) is None
        await set_up_lease(stage.node)
        (offer,) = await ask("lease_offers")
        assert offer == await ask("lease_getOffer", 0)
        assert (offer["offer"], offer["owner"], offer["taken"]) == (0, CHARLIE.address, 1)
        assert offer["unitRate"] == str(RATE)
        assert await ask("lease_offers", 1) == []
        lease = await ask("lease_get", 0)
        assert (lease["lease"], lease["kind"], lease["tenant"]) == (0, "store", DAVE.address)
        assert lease["subject"]["root"] == hex_of(ROOT)
        assert lease["acceptedAt"] is None
        assert await ask("lease_ofTenant", DAVE.address) == [lease]
        assert await ask("lease_ofProvider", CHARLIE.address) == [lease]
        assert await ask("lease_ofProvider", CHARLIE.address, 0) == []
        assert await ask("lease_ofTenant", ALICE.address) == []
        code, message, _ = await stage.refuse("lease_ofTenant", "nobody")
        assert code == -32602
        assert message.startswith("Invalid params: account: ")

        assert await ask("lease_audit", 0) is None
        call = stage.wallet.make_call("Leases", "accept_lease", 0)
        nonce = get_runtime(stage.client).system.get_nonce(CHARLIE.account)
        await stage.make_block(stage.wallet.sign(CHARLIE, call, nonce))
        audit = await ask("lease_audit", 0)
        assert audit["chunks"] is None
        assert audit["lastBlock"] == audit["block"] + TERMS.proof_blocks
        while stage.client.best.value.number < audit["block"]:
            drawn_by = await stage.make_block()
        genesis, best = stage.client.genesis_hash, stage.client.best.value
        assert hex_of(best.hash) == drawn_by
        drawn = draw_audit(genesis, 0, best.hash, len(CONTENT), TERMS.draws)
        assert await ask("lease_audit", 0) == {**audit, "chunks": list(drawn)}
        await stage.make_block()
        assert (await ask("lease_audit", 0))["chunks"] == list(drawn)

    run_rpc_stage(test)
