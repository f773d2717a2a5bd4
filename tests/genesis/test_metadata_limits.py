"""What clients of the Substrate family cannot read is not in the metadata."""

from genesis.build import make_api
from genesis.spec import load_preset
from runtime.host import ReferenceHost
from tests.helpers.metadata_reader import read_metadata

ARRAY_MAX = 2_048
"""polkadot.js refuses a chain whose metadata has a longer array of a fixed length."""


def test_no_array_is_longer_than_polkadot_js_allows() -> None:
    api = make_api(load_preset("dev"), ReferenceHost())
    kinds = [each["def"] for each in read_metadata(api.get_metadata(14))["types"]]
    lengths = [what[0] for kind, what in kinds if kind == "array"]
    assert lengths
    assert max(lengths) <= ARRAY_MAX
