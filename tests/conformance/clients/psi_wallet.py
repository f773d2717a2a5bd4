"""What a wallet does, done by py-substrate-interface: prints one JSON object of what it saw.

Usage: python psi_wallet.py ws://127.0.0.1:9944
"""

import hashlib
import json
import sys
import warnings

from substrateinterface import Keypair, KeypairType, SubstrateInterface
from substrateinterface.exceptions import SubstrateRequestException

UNIT = 10**12
DEV_SEED = bytes.fromhex("fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e")


def derive_ed25519(name):
    """`//name` of the development phrase; this client derives no ed25519 keys itself."""
    junction = (bytes([len(name) << 2]) + name.encode()).ljust(32, b"\0")
    text = b"\x2cEd25519HDKD" + DEV_SEED + junction
    seed = hashlib.blake2b(text, digest_size=32).digest()
    return Keypair.create_from_seed(seed.hex(), crypto_type=KeypairType.ED25519)


def get_free(chain, key):
    """The free balance of an account at the best block."""
    return chain.query("System", "Account", [key.ss58_address]).value["data"]["free"]


def send(chain, key, call, *, final=False, **options):
    """Signs and submits; the receipt once it is in a block, or final."""
    extrinsic = chain.create_signed_extrinsic(call, key, **options)
    return chain.submit_extrinsic(
        extrinsic, wait_for_inclusion=not final, wait_for_finalization=final
    )


def get_names(receipt):
    """The events of an extrinsic as `Pallet.Event`."""
    records = (event.value for event in receipt.triggered_events)
    return [f"{record['module_id']}.{record['event_id']}" for record in records]


def look_around(chain):
    """Connects and reads, signing nothing."""
    number = chain.get_block_number(chain.get_chain_head())
    version = chain.runtime_call("Core", "version").value
    return {
        "chain": chain.chain,
        "name": chain.name,
        "properties": chain.properties,
        "spec": [version["spec_name"], version["spec_version"]],
        "spec_used": chain.runtime_version,
        "deposit": chain.get_constant("Balances", "ExistentialDeposit").value,
        "prefix": chain.get_constant("System", "SS58Prefix").value,
        "genesis": chain.query("System", "BlockHash", [0]).value,
        "genesis_by_number": chain.get_block_hash(0),
        "nobody": chain.query("System", "Account", ["0x" + "99" * 32]).value["data"],
        "types": len(chain.get_type_registry()),
        "number": number,
        "pallets": [each["name"] for each in chain.get_metadata_modules()],
    }


def transfer(chain, alice, sr_alice, dest):
    """A transfer by each kind of key, its fee asked for first."""
    seen = []
    for key in (alice, sr_alice):
        call = chain.compose_call(
            "Balances", "transfer_keep_alive", {"dest": dest.ss58_address, "value": 5 * UNIT}
        )
        before = get_free(chain, key)
        fee = chain.get_payment_info(call, key)
        receipt = send(chain, key, call)
        seen.append(
            {
                "success": receipt.is_success,
                "asked_fee": fee["partialFee"],
                "paid_fee": receipt.total_fee_amount,
                "spent": before - get_free(chain, key),
                "events": get_names(receipt),
                "index": receipt.extrinsic_idx,
            }
        )
    call = chain.compose_call(
        "Balances", "transfer_allow_death", {"dest": dest.ss58_address, "value": UNIT}
    )
    receipt = send(chain, alice, call, final=True, era={"period": 64}, tip=7)
    block = chain.get_block(block_hash=receipt.block_hash)
    mortal = block["extrinsics"][receipt.extrinsic_idx].value
    return {
        "transfers": seen,
        "mortal": {
            "success": receipt.is_success,
            "finalized": receipt.finalized,
            "era": mortal["era"],
            "tip": mortal["tip"],
            "fee": receipt.total_fee_amount,
        },
        "received": get_free(chain, dest),
    }


def register(chain, alice):
    """A call of the chain's own: a dataset in the registry, then an error of that pallet."""
    root = "0x" + "11" * 32
    dataset = {
        "plain_root": root,
        "cipher_root": None,
        "key_commit": None,
        "items": 10,
        "chunk_bytes": 1024,
        "size_bytes": 4096,
        "schema_hash": root,
        "gold_commit": None,
    }
    params = {
        "body": {"Dataset": dataset},
        "manifest_root": root,
        "parents": [],
        "royalty_bps": 100,
        "ttl": 1000,
    }
    receipt = send(chain, alice, chain.compose_call("Registry", "register", params))
    missing = send(chain, alice, chain.compose_call("Registry", "heartbeat", {"record": 99}))
    no_job = send(chain, alice, chain.compose_call("Market", "cancel", {"job": 99}))
    return {
        "success": receipt.is_success,
        "events": get_names(receipt),
        "record": chain.query("Registry", "Record", [0]).value,
        "version": chain.query("Registry", "Version", [0, 1]).value,
        "absent": chain.query("Registry", "Record", [99]).value,
        "records": [key.value for key, _ in chain.query_map("Registry", "Record")],
        "missing": {"success": missing.is_success, "error": missing.error_message},
        "no_job": {"success": no_job.is_success, "error": no_job.error_message},
    }


def fail(chain, alice, dest):
    """What is refused: by the ledger, and by the pool."""
    call = chain.compose_call(
        "Balances", "transfer_keep_alive", {"dest": dest.ss58_address, "value": 10**30}
    )
    receipt = send(chain, alice, call)
    [failed] = [
        event.value["attributes"]
        for event in receipt.triggered_events
        if event.value["event_id"] == "ExtrinsicFailed"
    ]
    refused = {}
    stale = chain.create_signed_extrinsic(call, alice, nonce=0)
    forged = chain.create_signed_extrinsic(call, alice)
    forged.value["signature"] = forged.value["signature"]
    data = bytearray(forged.data.data)
    data[-1] ^= 1  # the amount: the signature is of another call
    for name, raw in (("stale", stale.data.data), ("forged", bytes(data)), ("garbage", b"\x04x")):
        try:
            chain.rpc_request("author_submitExtrinsic", ["0x" + bytes(raw).hex()])
        except SubstrateRequestException as error:
            refused[name] = error.args[0]
    return {"success": receipt.is_success, "token": failed, "refused": refused}


def read_back(chain, alice, bob):
    """Blocks, maps, several keys at once, subscriptions, and a payload that is signed hashed."""
    remark = chain.compose_call("System", "remark_with_event", {"remark": b"x" * 400})
    receipt = send(chain, bob, remark)
    block = chain.get_block(block_hash=receipt.block_hash)
    keys = [
        chain.create_storage_key("System", "Number"),
        chain.create_storage_key("System", "Account", [alice.ss58_address]),
    ]
    heads, numbers = [], []

    def on_head(found, _number, _subscription):
        heads.append(found["header"]["number"])
        return True if len(heads) == 3 else None

    def on_number(found, _number, _subscription):
        numbers.append(found.value)
        return True if len(numbers) == 2 else None

    chain.subscribe_block_headers(on_head)
    chain.query("System", "Number", subscription_handler=on_number)
    return {
        "long": [receipt.is_success, get_names(receipt)],
        "calls": [each.value["call"]["call_function"] for each in block["extrinsics"]],
        "hash": block["header"]["hash"] == receipt.block_hash,
        "events": len(chain.get_events(receipt.block_hash)),
        "multi": chain.query_multi(keys)[0][1].value > 0,
        "accounts": len(list(chain.query_map("System", "Account", page_size=3))),
        "nonce": chain.get_account_nonce(alice.ss58_address),
        "nonce_by_api": chain.runtime_call(
            "AccountNonceApi", "account_nonce", [alice.ss58_address]
        ).value,
        "heads": heads,
        "numbers": numbers,
        "pending": len(chain.retrieve_pending_extrinsics()),
    }


def main():
    """Runs every part in order; later parts rely on the money moved by earlier ones."""
    chain = SubstrateInterface(url=sys.argv[1])
    alice, bob, dest = (derive_ed25519(name) for name in ("Alice", "Bob", "Somebody"))
    sr_alice = Keypair.create_from_uri("//Alice", crypto_type=KeypairType.SR25519)
    seen = {
        "around": look_around(chain),
        "transfer": transfer(chain, alice, sr_alice, dest),
        "register": register(chain, alice),
        "fail": fail(chain, alice, dest),
        "back": read_back(chain, alice, bob),
    }
    chain.close()
    print(json.dumps(seen))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
