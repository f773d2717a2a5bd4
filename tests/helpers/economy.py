"""A chain with a model for hire, inputs, two providers with bonds, and people with money."""

from functools import cache

from pallets.market import Job, Slot, SlotState
from pallets.registry.types import KindPrice, Provider
from runtime.frame.ai_types import JobKind, Role, SlotId
from runtime.primitives import UNIT, AccountId, Hash, Root
from runtime.tensor.blob import blob_root
from runtime.work_summary import WorkSummary
from tests.helpers.chain_stage import ChainStage, make_call
from tests.helpers.market_stage import make_classifier, make_inputs
from tests.helpers.slot_work import commit_result, run_slot, stack_slots

ALICE, BOB, CAROL, DAVE, EVE, MODEL_OWNER, GHOST = (AccountId(bytes([n]) * 32) for n in range(1, 8))
"""A requester, two providers, somebody, somebody poor, a model's owner, and nobody yet."""

PEOPLE = (ALICE, BOB, CAROL, DAVE, EVE, MODEL_OWNER)
FUNDS = 10_000 * UNIT
POOR = 2 * UNIT
BOND = 1_000 * UNIT
ROYALTY_BPS = 1_500
TTL = 5_000
MANIFEST = Root(b"m" * 32)
MODEL = 0
INPUTS = make_inputs()
INPUT_ROOT = blob_root(INPUTS)
RECORD_OF = {BOB: 1, CAROL: 2}
"""The providers' records."""


def make_provider(max_parallel: int = 8) -> Provider:
    """A provider of inference."""
    return Provider("https://p.example", (), (KindPrice(JobKind.INFER, 1),), max_parallel)


@cache
def _make_first_chain() -> ChainStage:
    rich = (ALICE, BOB, CAROL, DAVE, MODEL_OWNER)
    chain = ChainStage([*((who, FUNDS) for who in rich), (EVE, POOR)])
    weights = make_classifier()
    chain.begin_block(BOB)
    calls = [
        *((MODEL_OWNER, make_call("Registry", "put_blob", blob)) for blob in weights.blobs),
        (
            MODEL_OWNER,
            make_call("Registry", "register", weights.body, MANIFEST, (), ROYALTY_BPS, TTL),
        ),
        (ALICE, make_call("Registry", "put_blob", INPUTS)),
    ]
    for who in RECORD_OF:
        calls += [
            (who, make_call("Registry", "register", make_provider(), MANIFEST, (), 0, TTL)),
            (who, make_call("Bonds", "bond", Role.PROVIDER, BOND)),
        ]
    for who, call in calls:
        outcome = chain.apply(who, call)
        assert outcome.error is None, outcome
    chain.end_block()
    return chain


def make_economy() -> ChainStage:
    """The chain after its first block."""
    return _make_first_chain().copy()


# --- slots


def get_job(chain: ChainStage, job: int) -> Job:
    """A job as it is stored."""
    return chain.runtime.market.job[job]


def get_slot(chain: ChainStage, at: tuple[int, int]) -> Slot:
    """A slot as it is stored."""
    return chain.runtime.market.slot[at]


def find_slots(chain: ChainStage, *states: SlotState) -> list[tuple[int, int]]:
    """The slots in one of these states, in order."""
    return sorted(at for at, slot in chain.runtime.market.slot.items() if slot.state in states)


def run(chain: ChainStage, at: tuple[int, int]) -> bytes:
    """The right payload of a slot."""
    return run_slot(chain.runtime.registry.records, get_job(chain, at[0]), at[1])


def commit(chain: ChainStage, at: tuple[int, int], who: AccountId, payload: bytes) -> Hash:
    """The commitment that goes with a payload."""
    genesis = chain.runtime.system.get_genesis_hash()
    return commit_result(genesis, SlotId(*at), get_job(chain, at[0]), who, payload)


def summarise(chain: ChainStage, at: tuple[int, int], layer: int) -> WorkSummary:
    """The work of a block that mines with a slot's rows at a layer."""
    job = get_job(chain, at[0])
    return stack_slots(chain.runtime.registry.records, at[0], job, (at[1],), layer)
