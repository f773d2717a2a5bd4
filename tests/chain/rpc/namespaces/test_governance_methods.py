"""`gov_*`: what the holders of the token decide, as explorers read it."""

from collections import Counter

from chain.keystore import KeyPair
from pallets.governance import PARAMETERS
from pallets.governance.types import Conviction, Side
from runtime.frame.parameters import Param
from tests.helpers.chain_stage import get_api
from tests.helpers.node_stage import ALICE, BOB
from tests.helpers.rpc_stage import RpcStage, hex_of, run_rpc_stage

UNIT = 10**12


async def propose(stage: RpcStage) -> bytes:
    """ALICE proposes a parameter and votes for it; the call's bytes."""
    nonces: Counter[str] = Counter()

    def sign(pair: KeyPair, name: str, *args: object) -> bytes:
        nonces[pair.address] += 1
        call = stage.wallet.make_call("Governance", name, *args)
        return stage.wallet.sign(pair, call, nonces[pair.address] - 1)

    change = stage.wallet.make_call("Parameters", "set_param", Param.BURN_BPS, 900)
    await stage.make_block(
        sign(ALICE, "propose", PARAMETERS, change),
        sign(ALICE, "vote", 0, Side.AYE, 10 * UNIT, Conviction.LOCKED2X),
    )
    return get_api().calls.encode(change)


def test_proposals_and_voters() -> None:
    async def test(stage: RpcStage) -> None:
        assert await stage.ask("gov_proposals") == []
        assert await stage.ask("gov_getProposal", 0) is None
        assert await stage.ask("gov_getVoting", ALICE.address) is None
        raw = await propose(stage)
        (listed,) = await stage.ask("gov_proposals")
        found = await stage.ask("gov_getProposal", 0)
        assert found == {**listed, "call": hex_of(raw)}
        assert (listed["id"], listed["proposer"]) == (0, ALICE.address)
        assert (listed["state"], listed["track"], listed["voters"]) == ("preparing", PARAMETERS, 1)
        assert listed["tally"] == {
            "ayes": str(20 * UNIT),
            "nays": "0",
            "support": str(10 * UNIT),
        }
        voting = await stage.ask("gov_getVoting", ALICE.address)
        assert voting["locked"] == str(10 * UNIT)
        assert voting["votes"][0]["side"] == "aye"
        assert await stage.ask("gov_getVoting", BOB.address) is None
        assert await stage.ask("gov_proposals", 1) == []
        assert await stage.ask("gov_proposals", 0, 0) == []

    run_rpc_stage(test)


def test_terms_parameters_and_treasury() -> None:
    async def test(stage: RpcStage) -> None:
        terms = await stage.ask("gov_tracks")
        assert [track["name"] for track in terms["tracks"]] == [
            "root",
            "parameters",
            "treasurer",
            "canceller",
        ]
        params = await stage.ask("gov_params")
        assert params["burnBps"] == {
            "value": "1000",
            "default": "1000",
            "least": "100",
            "most": "3000",
        }
        assert len(params) == len(Param)
        treasury = await stage.ask("gov_treasury")
        assert (treasury["promised"], treasury["spends"]) == ("0", [])
        assert int(treasury["cap"]) == int(treasury["free"]) // 5

    run_rpc_stage(test)


def test_wrong_parameters_are_refused() -> None:
    async def test(stage: RpcStage) -> None:
        code, message, _ = await stage.refuse("gov_getVoting", "nobody")
        assert code == -32602
        assert "account" in message
        code, _, _ = await stage.refuse("gov_getProposal", "x")
        assert code == -32602

    run_rpc_stage(test)
