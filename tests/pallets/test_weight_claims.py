"""No call reads more than its weight says, and no refund exceeds what was declared.

On calls with random arguments, in walks through the whole runtime. Time is for
`tests/bench/bench_weight_claims.py`; here only ten times what was charged is too long.
"""

import pytest

from tests.helpers.walk_scene import make_scene
from tests.helpers.weight_claims import GROUPS, walk_charged


@pytest.mark.parametrize("group", GROUPS, ids="-".join)
def test_walks_stay_within_their_weights(group: tuple[str, ...]) -> None:
    count = 0
    for each in walk_charged(make_scene(), GROUPS.index(group), group, runs=1):
        count += 1
        assert each.weight.is_within(each.declared), each
        assert each.proof_bytes <= each.weight.proof_size, each
        assert each.time_ratio < 10, each
    assert count >= 5
