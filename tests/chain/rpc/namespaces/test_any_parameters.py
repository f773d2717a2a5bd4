"""Whatever parameters a client makes up, every method answers, and never with a defect."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.node_stage import ALICE, BOB
from tests.helpers.rpc_stage import Refused, RpcStage, hex_of, run_rpc_stage

INTERNAL_ERROR = -32603

numbers = st.one_of(
    st.sampled_from([0, 1, -1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64 - 1, 2**64, 2**70, 10**40]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
hexes = st.one_of(
    st.binary(max_size=40).map(hex_of),
    st.sampled_from([0, 1, 31, 32, 33, 64, 200]).map(lambda size: "0x" + "5a" * size),
    st.sampled_from(["", "0x", "0x0", "0x5", "0xffffffffffffffff", "3a636f6465", "0xzz"]),
)
names = st.sampled_from(
    [
        "Core_version",
        "Metadata_metadata_at_version",
        "AccountNonceApi_account_nonce",
        "TransactionPaymentApi_query_info",
        "TaggedTransactionQueue_validate_transaction",
        "model",
        "seeded",
        ALICE.address,
        BOB.address,
    ]
)
items = st.fixed_dictionaries(
    {
        "key": hexes,
        "type": st.sampled_from(["value", "hash", "descendantsValues", "odd"]),
    }
)
special = st.sampled_from(["<best>", "<genesis>", "<follow>"])
scalars = st.one_of(st.none(), st.booleans(), numbers, hexes, names, st.text(max_size=8), special)
values = st.one_of(scalars, st.lists(st.one_of(scalars, items), max_size=3), items)
parameters = st.lists(values, max_size=5)


def fill(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [fill(each, known) for each in value]
    return known.get(value, value) if isinstance(value, str) else value


async def get_code(stage: RpcStage, method: str, params: list[Any]) -> int:
    try:
        await stage.ask(method, *params)
    except Refused as refused:
        return refused.code
    return 0


# An example is a call of every method: an eighth of what the profile asks for is plenty.
@settings(max_examples=settings().max_examples // 8)
@given(st.data())
def test_no_parameters_find_a_defect(data: st.DataObject) -> None:
    async def test(stage: RpcStage) -> None:
        await stage.make_block(stage.wallet.transfer(BOB, ALICE.account, 5, 0))
        known = {
            "<best>": await stage.make_block(),
            "<genesis>": hex_of(stage.client.genesis_hash),
            "<follow>": await stage.ask("chainHead_v1_follow", False),
        }
        methods = (await stage.ask("rpc_methods"))["methods"]
        for method in data.draw(st.permutations(methods)):
            if method == "chainHead_v1_unfollow":
                continue
            params = fill(data.draw(parameters), known)
            code = await get_code(stage, method, params)
            assert code != INTERNAL_ERROR, (method, params)
        assert await stage.ask("system_name") == "soberana"

    run_rpc_stage(test)
