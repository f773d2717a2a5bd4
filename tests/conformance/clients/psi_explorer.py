"""An explorer: reads a whole chain over JSON-RPC alone, and prints one JSON object of what it saw.

It knows the chain by its metadata, checks proofs of the state by itself, and adds up what it shows
from blocks and events. Usage: python psi_explorer.py ws://127.0.0.1:9944 ACCOUNT...
"""

import hashlib
import json
import sys
from collections import Counter

from scalecodec.base import ScaleBytes
from substrateinterface import SubstrateInterface


def ask(chain, method, *params):
    """The result of one call."""
    return chain.rpc_request(method, list(params))["result"]


# --- blocks and events


def read_block(chain, number):
    """A block: who made it of what work, its calls, and its events."""
    block_hash = chain.get_block_hash(number)
    block = chain.get_block(block_hash=block_hash)
    calls = [
        f"{each.value['call']['call_module']}.{each.value['call']['call_function']}"
        for each in block["extrinsics"]
    ]
    events = [
        (f"{each.value['module_id']}.{each.value['event_id']}", each.value["attributes"])
        for each in chain.get_events(block_hash)
    ]
    return {
        "number": number,
        "hash": block_hash,
        "state_root": block["header"]["stateRoot"],
        "work": ask(chain, "work_block", block_hash),
        "calls": calls,
        "events": events,
    }


def sum_up(events):
    """What happened, in numbers that only events tell."""
    sums = Counter()
    for name, told in events:
        if name == "TransactionPayment.TransactionFeePaid":
            sums["fees"] += told["actual_fee"]
        elif name == "Market.Settled":
            for part in ("price", "burned", "treasury", "royalties", "paid", "bonus"):
                sums[part] += told[part]
            sums["settled"] += 1
        elif name == "Work.WorkNoted":
            sums["useful_macs"] += told["useful_macs"]
            sums["total_macs"] += told["total_macs"]
        elif name == "Vault.Released":
            sums["sales"] += told["price"]
        elif name == "Verify.VerdictGiven":
            sums["verdicts"] += 1
    return sums


# --- proofs


def hash_tagged(data, is_leaf):
    """A node's hash: its highest bit tells leaves from inner nodes."""
    digest = bytearray(hashlib.blake2b(data, digest_size=32).digest())
    digest[0] = digest[0] | 0x80 if is_leaf else digest[0] & 0x7F
    return bytes(digest)


def decode_proof(data):
    """The siblings from the root down, and the leaf: a path and the hash of a value, or nothing."""
    scale = ScaleBytes(data)
    first = scale.get_next_bytes(1)[0]
    count = first >> 2
    if first & 3 == 1:
        count |= scale.get_next_bytes(1)[0] << 6
    siblings = [bytes(scale.get_next_bytes(32)) for _ in range(count)]
    has_leaf = scale.get_next_bytes(1)[0]
    leaf = tuple(bytes(scale.get_next_bytes(32)) for _ in range(2)) if has_leaf else None
    return siblings, leaf


def check_proof(root, key, data):
    """The hash of the value that the proof shows under a key, None for its absence."""
    siblings, leaf = decode_proof(data)
    path = hashlib.blake2b(key, digest_size=32).digest()
    bits = int.from_bytes(path, "big")
    node = bytes(32) if leaf is None else hash_tagged(b"".join(leaf), is_leaf=True)
    for level in reversed(range(len(siblings))):
        is_right = bits >> (255 - level) & 1
        pair = (siblings[level], node) if is_right else (node, siblings[level])
        node = hash_tagged(b"".join(pair), is_leaf=False)
    assert node == root, f"the proof leads to {node.hex()}, not to {root.hex()}"
    return leaf[1] if leaf is not None and leaf[0] == path else None


def read_proven(chain, head, accounts):
    """Values at the head, each with its proof; what is not there is proven too."""
    root = bytes.fromhex(chain.get_block_header(head)["header"]["stateRoot"][2:])
    items = [("Balances", "TotalIssuance", []), ("System", "Number", [])]
    items += [("System", "Account", [account]) for account in accounts]
    items.append(("Registry", "Record", [4_000_000]))
    keys = [chain.create_storage_key(*item).to_hex() for item in items]
    answer = ask(chain, "state_getReadProof", keys, head)
    assert answer["at"] == head
    proven = []
    for key, proof in zip(keys, answer["proof"], strict=True):
        found = check_proof(root, bytes.fromhex(key[2:]), proof)
        value = ask(chain, "state_getStorage", key, head)
        if value is None:
            assert found is None, key
        else:
            raw = bytes.fromhex(value[2:])
            assert found == hashlib.blake2b(raw, digest_size=32).digest(), key
        proven.append(value)
    return {"root": "0x" + root.hex(), "values": proven}


# --- the economy


def read_providers(chain):
    """The table of providers: what they say, what they stake, what they have done and proven."""
    table = []
    for record in ask(chain, "registry_list", "provider"):
        current = ask(chain, "registry_getRecord", record["id"])["current"]
        bond = chain.query("Bonds", "Bond", [record["owner"], "Provider"]).value
        table.append(
            {
                "record": record["id"],
                "owner": record["owner"],
                "says": current["body"],
                "bond": bond,
                "stats": ask(chain, "market_getStats", record["id"]),
                "proven": ask(chain, "work_benchmark", record["owner"]),
            }
        )
    return table


def look_at_head(chain, accounts):
    """What is read at the best block alone, again until no block has come in between."""
    for _ in range(100):
        head = chain.get_chain_head()
        models = ask(chain, "registry_list", "model")
        seen = {
            "ratio": ask(chain, "work_usefulRatio"),
            "providers": read_providers(chain),
            "models": [model["id"] for model in models],
            "provenance": [ask(chain, "registry_provenance", model["id"]) for model in models],
            "slots": [ask(chain, "market_getSlots", job) for job in range(2)],
        }
        if chain.get_chain_head() == head:
            return head, {**seen, "proven": read_proven(chain, head, accounts)}
    raise AssertionError("the chain never stood still")


def main():
    url, *accounts = sys.argv[1:]
    chain = SubstrateInterface(url=url)
    head, seen = look_at_head(chain, accounts)
    best = chain.get_block_number(head)
    blocks = [read_block(chain, number) for number in range(1, best + 1)]
    events = [event for block in blocks for event in block["events"]]
    for block in blocks:
        block["events"] = [name for name, _ in block["events"]]
    accounts = chain.query_map("System", "Account", block_hash=head)
    jobs = chain.query_map("Market", "Job", block_hash=head)
    orders = chain.query_map("Vault", "Order", block_hash=head)
    data = {key.value: info.value["data"] for key, info in accounts}
    seen |= {
        "best": best,
        "blocks": blocks,
        "sums": sum_up(events),
        "verdicts": [told for name, told in events if name == "Verify.VerdictGiven"],
        "totals": {who: each["free"] + each["reserved"] for who, each in data.items()},
        "issuance": chain.query("Balances", "TotalIssuance", block_hash=head).value,
        "jobs": {key.value: describe_job(entry.value) for key, entry in jobs},
        "orders": [key.value for key, _ in orders],
    }
    chain.close()
    print(json.dumps(seen, default=str))


def describe_job(entry):
    """A job by its metadata."""
    return {"kind": next(iter(entry["spec"])), "escrow": entry["escrow"], "owner": entry["owner"]}


main()
