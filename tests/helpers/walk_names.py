"""Calls that name what somebody else did before: an offer, a proxy, an approval, a hash."""

from collections.abc import Callable
from random import Random
from typing import Any

from pallets.multisig.pallet import compute_multisig_account
from runtime.address import Id
from runtime.crypto.hashing import blake2_256
from runtime.primitives import UNIT, AccountId, Hash
from tests.helpers.chain_stage import ChainStage, get_api, make_call
from tests.helpers.economy import PEOPLE

Attempts = list[tuple[AccountId, tuple[Any, ...]]]
Secrets = dict[str, Callable[[ChainStage, Random], Attempts]]

INNER = make_call("System", "remark", b"x")
INNER_HASH = Hash(blake2_256(get_api().calls.encode(INNER)))
WEIGHT = INNER.get_dispatch_info().weight


# --- acting together, for each other, and later


def find_others(who: AccountId) -> tuple[AccountId, ...]:
    return tuple(sorted(each for each in PEOPLE[:3] if each != who))


def as_multi(chain: ChainStage, rng: Random) -> Attempts:
    when = _find_multisig(chain)
    return [(who, (2, find_others(who), when, INNER, WEIGHT)) for who in PEOPLE[:3]]


def approve_as_multi(chain: ChainStage, rng: Random) -> Attempts:
    when = _find_multisig(chain)
    return [(who, (2, find_others(who), when, bytes(INNER_HASH), WEIGHT)) for who in PEOPLE[:3]]


def cancel_as_multi(chain: ChainStage, rng: Random) -> Attempts:
    when = _find_multisig(chain)
    arguments = (when, bytes(INNER_HASH))
    return [(who, (2, find_others(who), *arguments)) for who in PEOPLE[:3] if when is not None]


def _find_multisig(chain: ChainStage) -> Any:
    account = compute_multisig_account(tuple(sorted(PEOPLE[:3])), 2)
    found = chain.runtime.multisig.multisigs.get((account, bytes(INNER_HASH)))
    return None if found is None else found.when


def as_one(chain: ChainStage, rng: Random) -> Attempts:
    return [(who, (find_others(who), INNER)) for who in PEOPLE[:3]]


# --- what names two things, or a hash


def list_offers(chain: ChainStage, rng: Random) -> Attempts:
    keys = list(chain.runtime.rights.offer_.keys())
    return [(who, key) for key in keys for who in PEOPLE]


def resell(chain: ChainStage, rng: Random) -> Attempts:
    return [(who, (*key, UNIT)) for who, key in list_offers(chain, rng)]


def cancel_resale(chain: ChainStage, rng: Random) -> Attempts:
    keys = list(chain.runtime.rights.resale.keys())
    return [(seller, (record, offer, Id(seller))) for record, offer, seller in keys]


def buy_resold(chain: ChainStage, rng: Random) -> Attempts:
    listed = chain.runtime.rights.resale.items()
    return [
        (rng.choice(PEOPLE), (record, offer, Id(seller), each.price))
        for (record, offer, seller), each in listed
    ]


def transfer_from(chain: ChainStage, rng: Random) -> Attempts:
    approvals = chain.runtime.assets.approval.items()
    return [
        (spender, (asset, Id(owner), Id(rng.choice(PEOPLE)), 1))
        for (asset, owner, spender), _ in approvals
    ]


def list_proxies(chain: ChainStage) -> list[tuple[AccountId, Any]]:
    lists = chain.runtime.proxy.proxies.items()
    return [(who, each) for who, (found, _) in lists for each in found]


def by_proxy(chain: ChainStage, rng: Random) -> Attempts:
    return [(each.delegate, (Id(who), None, INNER)) for who, each in list_proxies(chain)]


def remove_proxy(chain: ChainStage, rng: Random) -> Attempts:
    return [
        (who, (Id(each.delegate), each.proxy_type, each.delay)) for who, each in list_proxies(chain)
    ]


def announce(chain: ChainStage, rng: Random) -> Attempts:
    return [(each.delegate, (Id(who), bytes(INNER_HASH))) for who, each in list_proxies(chain)]


def reject_announcement(chain: ChainStage, rng: Random) -> Attempts:
    return [(who, (Id(each.delegate), bytes(INNER_HASH))) for who, each in list_proxies(chain)]


def proxy_announced(chain: ChainStage, rng: Random) -> Attempts:
    return [
        (rng.choice(PEOPLE), (Id(each.delegate), Id(who), None, INNER))
        for who, each in list_proxies(chain)
    ]


def list_preimages(chain: ChainStage, rng: Random) -> Attempts:
    noted = list(chain.runtime.preimage.request_status_for.keys())
    return [(who, (each,)) for each in noted for who in PEOPLE]


NAMES: Secrets = {
    "Rights.buy": list_offers,
    "Rights.close_offer": list_offers,
    "Rights.resell": resell,
    "Rights.cancel_resale": cancel_resale,
    "Rights.buy_resold": buy_resold,
    "Assets.transfer_from": transfer_from,
    "Proxy.proxy": by_proxy,
    "Proxy.remove_proxy": remove_proxy,
    "Proxy.announce": announce,
    "Proxy.remove_announcement": announce,
    "Proxy.reject_announcement": reject_announcement,
    "Proxy.proxy_announced": proxy_announced,
    "Preimage.unnote_preimage": list_preimages,
    "Multisig.as_multi": as_multi,
    "Multisig.approve_as_multi": approve_as_multi,
    "Multisig.cancel_as_multi": cancel_as_multi,
    "Multisig.as_multi_threshold_1": as_one,
}
