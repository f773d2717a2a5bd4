"""`assets_*` and `rights_*`: tokens, licences and shares, at the best block."""

from itertools import islice
from typing import Final

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import to_account
from chain.rpc.namespaces.runtime_json import to_json
from chain.rpc.parameters import Number32, Number64
from pallets.rights.types import get_purse
from runtime.crypto.ss58 import encode_ss58
from runtime.frame.ai_types import Role

PAGE_MAX: Final = 1_000


class AssetMethods:
    """Tokens beside the native one."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("assets_getAsset", safe=True)
    def get_asset(self, asset: Number64) -> object:
        """An asset: owner, kind, supply, expiry; null if there is none."""
        return to_json(get_runtime(self._client).assets.asset.get(asset))

    @rpc("assets_getHolding", safe=True)
    def get_holding(self, asset: Number64, account: str) -> object:
        """What an account has of an asset; null if it has nothing."""
        who = to_account("account", account)
        return to_json(get_runtime(self._client).assets.holding.get((asset, who)))


class RightsMethods:
    """Licences of records, shares in them, and what auditors say of them."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("registry_attestations", safe=True)
    def list_attestations(self, record: Number64, count: Number32 = 100) -> object:
        """What auditors say of a record, whether it still counts, and how each is bonded."""
        runtime = get_runtime(self._client)
        said = islice(runtime.registry.attestation.items(record), min(count, PAGE_MAX))
        return [
            {
                "auditor": encode_ss58(auditor),
                "isValid": runtime.registry.attestations.get_valid(record, auditor) is not None,
                "bond": str(runtime.bonds.get_bonded(auditor, Role.AUDITOR)),
                "said": to_json(each),
            }
            for (_, auditor), each in said
        ]

    @rpc("rights_offers", safe=True)
    def list_offers(self, record: Number64, count: Number32 = 100) -> object:
        """A record's offers of licences, closed ones included while somebody holds one."""
        offers = get_runtime(self._client).rights.offer_.items(record)
        found = sorted((key[1], each) for key, each in islice(offers, min(count, PAGE_MAX)))
        return [{"offer": number, "terms": to_json(each)} for number, each in found]

    @rpc("rights_isLicensed", safe=True)
    def is_licensed(self, record: Number64, offer: Number64, account: str) -> bool:
        """Whether an account holds a licence of an offer that has not expired."""
        who = to_account("account", account)
        return get_runtime(self._client).rights.sales.is_licensed(record, offer, who)

    @rpc("rights_getShares", safe=True)
    def get_shares(self, record: Number64) -> object:
        """A record's shares and its purse; null where there are none."""
        runtime = get_runtime(self._client)
        pool = runtime.rights.pool.get(record)
        if pool is None:
            return None
        purse = get_purse(record)
        held = runtime.balances.ledger.get_free(purse) - pool.endowment
        return {
            "asset": pool.asset,
            "supply": str(runtime.assets.book.get_supply(pool.asset)),
            "staked": str(pool.staked),
            "purse": encode_ss58(purse),
            "revenue": str(held),
        }

    @rpc("rights_getStake", safe=True)
    def get_stake(self, record: Number64, account: str) -> object:
        """An account's staked shares of a record, and what it can claim; null without any."""
        who = to_account("account", account)
        rights = get_runtime(self._client).rights
        stake = rights.stake.get((record, who))
        if stake is None:
            return None
        claimable = rights.revenue.get_claimable(record, who)
        return {"staked": str(stake.amount), "claimable": str(claimable)}
