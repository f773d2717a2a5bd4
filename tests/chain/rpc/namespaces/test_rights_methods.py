"""`assets_*` and `rights_*`: what is sold of records, and who earns with them."""

from collections import Counter

from chain.keystore import KeyPair
from pallets.registry.types import Attribute, Dataset
from pallets.rights.types import LicenceTerms, LicenceUse, get_purse
from runtime.address import Id
from runtime.crypto.ss58 import encode_ss58
from runtime.frame.ai_types import Role
from runtime.primitives import Root
from tests.helpers.node_stage import ALICE, BOB, CHARLIE
from tests.helpers.rpc_stage import RpcStage, run_rpc_stage

UNIT = 10**12
ROOT = Root(b"d" * 32)
TERMS = LicenceTerms(LicenceUse.TRAIN, None, 1_000)


class Sellers:
    """Alice's dataset, with shares and an offer."""

    def __init__(self, stage: RpcStage) -> None:
        self.stage = stage
        self._nonces: Counter[str] = Counter()

    def sign(self, pair: KeyPair, pallet: str, name: str, *args: object) -> bytes:
        call = self.stage.wallet.make_call(pallet, name, *args)
        nonce = self._nonces[pair.address]
        self._nonces[pair.address] += 1
        return self.stage.wallet.sign(pair, call, nonce)

    async def begin(self) -> None:
        dataset = Dataset(ROOT, None, None, 10, 1_024, 4_096, ROOT, None)
        await self.stage.make_block(
            self.sign(ALICE, "Registry", "register", dataset, ROOT, (), 0, 1_000),
            self.sign(ALICE, "Rights", "issue_shares", 0, 1_024),
            self.sign(ALICE, "Assets", "transfer", 0, Id(BOB.account), 256),
            self.sign(ALICE, "Rights", "offer", 0, 100 * UNIT, TERMS, 5),
        )
        await self.stage.make_block(
            self.sign(BOB, "Rights", "stake_shares", 0, 256),
            self.sign(BOB, "Bonds", "bond", Role.AUDITOR, 150 * UNIT),
            self.sign(BOB, "Registry", "attest", 0, (Attribute("rows", "10"),), 100),
        )
        await self.stage.make_block(self.sign(CHARLIE, "Rights", "buy", 0, 0))


def test_what_is_sold_and_who_earns() -> None:
    async def test(stage: RpcStage) -> None:
        assert await stage.ask("rights_getShares", 0) is None
        assert await stage.ask("assets_getAsset", 0) is None
        assert await stage.ask("rights_offers", 0) == []
        await Sellers(stage).begin()
        share = await stage.ask("assets_getAsset", 0)
        assert (share["kind"], share["supply"]) == ("share", "1024")
        holding = await stage.ask("assets_getHolding", 0, BOB.address)
        assert (holding["free"], holding["held"]) == ("0", "256")
        assert await stage.ask("assets_getHolding", 0, CHARLIE.address) is None
        (offer,) = await stage.ask("rights_offers", 0)
        assert (offer["offer"], offer["terms"]["sold"], offer["terms"]["cap"]) == (0, 1, 5)
        assert await stage.ask("rights_isLicensed", 0, 0, CHARLIE.address) is True
        assert await stage.ask("rights_isLicensed", 0, 0, BOB.address) is False
        shares = await stage.ask("rights_getShares", 0)
        assert shares == {
            "asset": 0,
            "supply": "1024",
            "staked": "256",
            "purse": encode_ss58(get_purse(0)),
            "revenue": str(98 * UNIT),
        }
        stake = await stage.ask("rights_getStake", 0, BOB.address)
        assert stake == {"staked": "256", "claimable": str(98 * UNIT)}
        assert await stage.ask("rights_getStake", 0, ALICE.address) is None
        (said,) = await stage.ask("registry_attestations", 0)
        assert (said["auditor"], said["isValid"]) == (BOB.address, True)
        assert said["bond"] == str(150 * UNIT)
        assert said["said"]["attributes"] == [{"name": "rows", "value": "10"}]

    run_rpc_stage(test)


def test_a_bad_account_is_refused() -> None:
    async def test(stage: RpcStage) -> None:
        for method, *arguments in (
            ("assets_getHolding", 0),
            ("rights_isLicensed", 0, 0),
            ("rights_getStake", 0),
        ):
            code, message, _ = await stage.refuse(str(method), *arguments, "nobody")
            assert code == -32602
            assert message.startswith("Invalid params: account: ")

    run_rpc_stage(test)
