"""`registry_search` and `verify_claim`: what there is to hire, and how results were judged."""

import pytest

from chain.rpc.namespaces import search_methods
from pallets.registry.types import Attribute, KindPrice, Provider
from runtime.frame.ai_types import JobKind
from tests.chain.rpc.namespaces.test_economy_methods import (
    DATASET,
    JOB,
    MANIFEST,
    MODEL,
    PROVIDER,
    Economy,
)
from tests.helpers.node_stage import ALICE, BOB
from tests.helpers.rpc_stage import RpcStage, run_rpc_stage

FAST = PROVIDER + 1


async def register_all(stage: RpcStage) -> Economy:
    """The economy's records, and another provider of BOB's, with a GPU and for pictures."""
    economy = Economy(stage)
    await economy.register()
    prices = (KindPrice(JobKind.RENDER, 1),)
    body = Provider("https://f.example", (Attribute("gpu", "H200"),), prices, 8)
    await stage.make_block(economy.sign(BOB, "Registry", "register", body, MANIFEST, (), 0, 1_000))
    return economy


async def search(stage: RpcStage, *given: object) -> list[int]:
    answer = await stage.ask("registry_search", *given)
    assert answer["next"] is None
    return [each["id"] for each in answer["found"]]


def test_records_are_found_by_what_they_are() -> None:
    async def test(stage: RpcStage) -> None:
        await register_all(stage)
        everything = [DATASET, MODEL, PROVIDER, FAST]
        assert await search(stage) == everything
        assert await search(stage, "provider") == [PROVIDER, FAST]
        assert await search(stage, None, ALICE.address) == [MODEL]
        assert await search(stage, None, None, DATASET) == [MODEL]
        assert await search(stage, None, None, None, "infer") == [PROVIDER]
        assert await search(stage, None, None, None, None, "gpu=H200") == [FAST]
        assert await search(stage, "provider", BOB.address, None, "render", "gpu=H200") == [FAST]
        assert await search(stage, "model", BOB.address) == []
        shown = (await stage.ask("registry_search", "provider"))["found"][1]
        assert shown["current"]["body"]["attributes"] == [{"name": "gpu", "value": "H200"}]

    run_rpc_stage(test)


def test_a_long_search_goes_on_where_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(stage: RpcStage) -> None:
        await register_all(stage)
        none = (None,) * 5
        first = await stage.ask("registry_search", *none, 0, 2)
        assert ([each["id"] for each in first["found"]], first["next"]) == ([0, 1], 2)
        assert await search(stage, *none, 2) == [2, 3]
        monkeypatch.setattr(search_methods, "SCAN_MAX", 1)
        scanned = await stage.ask("registry_search", "model")
        assert scanned == {"found": [], "next": 1}

    run_rpc_stage(test)


@pytest.mark.parametrize(
    "params, expected",
    [
        (("tree",), "kind"),
        ((None, "nobody"), "owner"),
        ((None, None, -1), "parent"),
        ((None, None, None, "weave"), "job_kind: expected one of "),
    ],
)
def test_what_cannot_be_searched_for(params: tuple[object, ...], expected: str) -> None:
    async def test(stage: RpcStage) -> None:
        code, message, data = await stage.refuse("registry_search", *params)
        assert code == -32602
        assert expected in f"{message}: {data}"

    run_rpc_stage(test)


def test_a_claim_about_a_slot() -> None:
    async def test(stage: RpcStage) -> None:
        assert await stage.ask("verify_claim", JOB, 0) is None
        economy = await register_all(stage)
        await economy.post()
        await economy.settle()
        claim = await stage.ask("verify_claim", JOB, 0)
        assert (claim["job"], claim["slot"], claim["claimant"]) == (JOB, 0, BOB.address)
        assert (claim["verifier"], claim["pending"]) == ("replay", None)
        assert await stage.ask("verify_claim", JOB, 1) is None

    run_rpc_stage(test)
