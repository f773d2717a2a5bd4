"""A change of what nodes compute or wallets sign comes with a new version number."""

import json

from tests.helpers.metadata_vectors import PATH, make_vectors

REMAKE = "then `python -m tests.helpers.metadata_vectors`"


def test_changes_raise_the_version_numbers() -> None:
    known, made = json.loads(PATH.read_text()), make_vectors()
    if made["signed"] != known["signed"]:
        assert made["transaction_version"] != known["transaction_version"], (
            "calls or signed extensions have changed: "
            f"raise transaction_version in runtime/version.py, {REMAKE}"
        )
    if (made["metadata"], made["genesis_hash"]) != (known["metadata"], known["genesis_hash"]):
        assert made["spec_version"] != known["spec_version"], (
            "storage, events, errors, constants, types or the genesis of the development chain "
            f"have changed: raise spec_version in runtime/version.py, {REMAKE}"
        )
    assert made == known, f"the versions are new: {REMAKE}"
