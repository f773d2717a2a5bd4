"""What a wallet does, done by async-substrate-interface: prints one JSON object of what it saw.

Usage: python asi_wallet.py ws://127.0.0.1:9944
"""

import asyncio
import json
import sys

from async_substrate_interface import AsyncSubstrateInterface
from async_substrate_interface.errors import SubstrateRequestException
from bittensor_wallet import Keypair

UNIT = 10**12
ED25519, SR25519 = 0, 1


def plain(found):
    """A value without the wrapper that some calls put around it."""
    return getattr(found, "value", found)


async def send(chain, key, call, *, final=False, **options):
    """Signs and submits; the receipt once it is in a block, or final."""
    extrinsic = await chain.create_signed_extrinsic(call, key, **options)
    return await chain.submit_extrinsic(
        extrinsic, wait_for_inclusion=not final, wait_for_finalization=final
    )


async def get_names(receipt):
    """The events of an extrinsic as `Pallet.Event`."""
    found = await receipt.triggered_events
    records = (each.get("event", each) for each in map(plain, found))
    return [f"{each['module_id']}.{each['event_id']}" for each in records]


async def get_free(chain, key):
    """The free balance of an account at the best block."""
    account = plain(await chain.query("System", "Account", [key.ss58_address]))
    return account["data"]["free"]


async def look_around(chain):
    """Connects and reads, signing nothing."""
    return {
        "chain": chain.chain,
        "properties": await chain.properties,
        "deposit": plain(await chain.get_constant("Balances", "ExistentialDeposit")),
        "genesis": await chain.get_block_hash(0),
        "finalised": await chain.get_chain_finalised_head(),
    }


async def transfer(chain, alice, sr_alice, dest):
    """A transfer by each kind of key, its fee asked for first; then one with an era and a tip."""
    seen = []
    for key in (alice, sr_alice):
        call = await chain.compose_call(
            "Balances", "transfer_keep_alive", {"dest": dest.ss58_address, "value": 5 * UNIT}
        )
        before = await get_free(chain, key)
        fee = plain(await chain.get_payment_info(call, key))
        receipt = await send(chain, key, call)
        seen.append(
            {
                "success": await receipt.is_success,
                "asked_fee": int(fee["partial_fee"]),
                "paid_fee": await receipt.total_fee_amount,
                "spent": before - await get_free(chain, key),
                "events": await get_names(receipt),
            }
        )
    call = await chain.compose_call(
        "Balances", "transfer_allow_death", {"dest": dest.ss58_address, "value": UNIT}
    )
    receipt = await send(chain, alice, call, final=True, era={"period": 64}, tip=7)
    return {
        "transfers": seen,
        "mortal": {"success": await receipt.is_success, "finalized": receipt.finalized},
        "received": await get_free(chain, dest),
    }


async def register(chain, alice):
    """A call of the chain's own: a provider in the registry, then an error of that pallet."""
    prices = [{"kind": "Infer", "unit_price": 5}]
    provider = {"endpoint": "local", "attributes": [], "prices": prices, "max_parallel": 1}
    params = {
        "body": {"Provider": provider},
        "manifest_root": "0x" + "22" * 32,
        "parents": [],
        "royalty_bps": 0,
        "ttl": 1000,
    }
    call = await chain.compose_call("Registry", "register", params)
    receipt = await send(chain, alice, call)
    missing = await send(
        chain, alice, await chain.compose_call("Registry", "heartbeat", {"record": 99})
    )
    return {
        "success": await receipt.is_success,
        "events": await get_names(receipt),
        "record": plain(await chain.query("Registry", "Record", [0])),
        "missing": {"success": await missing.is_success, "error": await missing.error_message},
    }


async def read_back(chain, alice, receipt_call):
    """Blocks, maps, runtime APIs, heads, and a transaction that is too old."""
    receipt = await send(chain, alice, receipt_call)
    block = await chain.get_block(block_hash=receipt.block_hash)
    accounts = 0
    async for _ in await chain.query_map("System", "Account", page_size=3):
        accounts += 1
    stale = await chain.create_signed_extrinsic(receipt_call, alice, nonce=0)
    refused = ""
    try:
        await chain.submit_extrinsic(stale, wait_for_inclusion=True)
    except SubstrateRequestException as error:
        refused = str(error)
    heads = []

    async def on_head(found):
        heads.append(found["header"]["number"])
        return True if len(heads) == 2 else None

    await chain.subscribe_block_headers(on_head)
    nonce = await chain.runtime_call("AccountNonceApi", "account_nonce", [alice.ss58_address])
    return {
        "number": block["header"]["number"],
        "extrinsics": len(block["extrinsics"]),
        "events": len(await chain.get_events(receipt.block_hash)),
        "accounts": accounts,
        "nonce": plain(nonce),
        "next_nonce": await chain.get_account_next_index(alice.ss58_address, use_cache=False),
        "refused": refused,
        "heads": heads,
    }


async def main():
    """Runs every part in order."""
    alice = Keypair.create_from_uri("//Alice", crypto_type=ED25519)
    sr_alice = Keypair.create_from_uri("//Alice", crypto_type=SR25519)
    dest = Keypair.create_from_uri("//Somebody", crypto_type=ED25519)
    async with AsyncSubstrateInterface(sys.argv[1]) as chain:
        remark = await chain.compose_call(
            "System", "remark_with_event", {"remark": "0x" + "61" * 400}
        )
        seen = {
            "around": await look_around(chain),
            "transfer": await transfer(chain, alice, sr_alice, dest),
            "register": await register(chain, alice),
            "back": await read_back(chain, alice, remark),
        }
    print(json.dumps(seen))


if __name__ == "__main__":
    asyncio.run(main())
