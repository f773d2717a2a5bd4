"""What clients and nodes rely on, in hashes: remade by `python -m tests.helpers.metadata_vectors`.

Documentation is left out: it changes nothing that anybody signs or stores.
"""

import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

from genesis.build import build_genesis, make_api
from genesis.spec import load_preset
from runtime.host import ReferenceHost
from tests.helpers.metadata_reader import read_metadata

PATH = Path(__file__).parent.parent / "vectors" / "metadata" / "dev.json"


def make_vectors() -> dict[str, Any]:
    """The hashes and version numbers of the development chain as the code makes them."""
    spec, host = load_preset("dev"), ReferenceHost()
    api = make_api(spec, host)
    whole = read_metadata(api.get_metadata(15))
    types = whole["types"]
    signed = [whole["extrinsic"]["call"], whole["extrinsic"]["address"]]
    signed += [whole["extrinsic"]["signature"], whole["extrinsic"]["extra"]]
    signed += [each["additional"] for each in whole["extrinsic"]["extensions"]]
    return {
        "spec_version": api.version.spec_version,
        "transaction_version": api.version.transaction_version,
        "genesis_hash": build_genesis(spec, host).hash.hex(),
        "metadata": compute_hash(strip(whole)),
        "signed": compute_hash([describe(types, number, ()) for number in signed]),
    }


def compute_hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=bytes.hex)
    return blake2b(text.encode(), digest_size=32).hexdigest()


def strip(value: Any) -> Any:
    """The same without documentation, and without the version that the file names beside it."""
    if isinstance(value, dict):
        if value.get("name") == "Version":
            return "version"
        return {key: strip(each) for key, each in value.items() if key not in ("docs", "used")}
    if isinstance(value, list | tuple):
        return [strip(each) for each in value]
    return value


def describe(types: list[dict[str, Any]], number: int, outer: tuple[int, ...]) -> Any:
    """A type and all it contains, whatever their numbers: what a wallet signs is made of these."""
    if number in outer:
        return ["above", len(outer) - outer.index(number)]
    kind, detail = types[number]["def"]
    inner = (*outer, number)
    match kind:
        case "primitive":
            return detail
        case "sequence" | "compact":
            return [kind, describe(types, detail, inner)]
        case "array":
            return [detail[0], describe(types, detail[1], inner)]
        case "tuple":
            return [describe(types, each, inner) for each in detail]
        case "composite":
            return describe_fields(types, detail, inner)
        case _:
            return {
                each["index"]: [each["name"], describe_fields(types, each["fields"], inner)]
                for each in detail
            }


def describe_fields(
    types: list[dict[str, Any]], fields: list[dict[str, Any]], outer: tuple[int, ...]
) -> Any:
    return [[field["name"], describe(types, field["type"], outer)] for field in fields]


def main() -> None:
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(json.dumps(make_vectors(), indent=2) + "\n")


if __name__ == "__main__":
    main()
