"""US-1, negative: jobs and models that name what is not there are refused, and cost a fee only."""

from collections.abc import Generator
from dataclasses import dataclass, replace

import pytest
import trio

from chain.wallet.publishing import (
    JobRequest,
    RecordTerms,
    get_model_blobs,
    make_model_body,
    make_post_call,
    make_register_call,
)
from chain.wallet.transaction import make_call
from pallets.transaction_payment import TransactionFeePaid
from runtime.frame import Call
from runtime.frame.ai_types import VerifierId
from runtime.primitives import Root
from runtime.tensor.blob import blob_root
from tests.stories.hand_chain import HandChain, open_hand_chain
from tests.stories.inference_story import (
    CHEAT,
    MODEL_OWNER,
    PRICE,
    REQUESTER,
    TERMS,
    TTL_BLOCKS,
    Cast,
    publish,
    train_cast,
)
from tests.stories.live_node import find, get_account, send_well


@dataclass(frozen=True, slots=True)
class Scene:
    """A chain with a model and the requester's rows."""

    chain: HandChain
    cast: Cast
    model: int

    def make_post(self, model: int | None = None, rows: int = 450) -> Call:
        """A good job unless another model or number of rows is named."""
        images = self.cast.digits.test_images[:rows]
        number = self.model if model is None else model
        request = JobRequest(number, images, 50, PRICE, VerifierId.REPLAY, TERMS)
        return make_post_call(self.chain.runtime, request)

    def ensure_refused(self, name: str, call: Call, failure: str) -> None:
        """The call fails with its error and takes nothing but its fee."""
        who, runtime = get_account(name), self.chain.runtime
        before, jobs = runtime.system.account[who].data, runtime.market.next_job.get()
        included = trio.run(self.chain.send, name, call)
        assert included.failure == failure
        fee = find(included, TransactionFeePaid).actual_fee
        after = self.chain.runtime.system.account[who].data
        assert after == replace(before, free=before.free - fee)
        assert self.chain.runtime.market.next_job.get() == jobs


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Generator[Scene]:
    cast = train_cast()

    async def prepare(chain: HandChain) -> int:
        model = await publish(chain, cast)
        put = make_call(chain.runtime.registry.put_blob, cast.digits.test_images.tobytes())
        await send_well(chain, REQUESTER, put)
        return model

    with open_hand_chain(tmp_path_factory.mktemp("refusals")) as chain:
        yield Scene(chain, cast, trio.run(prepare, chain))


def test_a_job_for_a_model_that_is_not_there(scene: Scene) -> None:
    scene.ensure_refused(REQUESTER, scene.make_post(model=77), "Market.NoSuchModel")


def test_a_job_for_a_record_that_is_no_model(scene: Scene) -> None:
    dataset = scene.model - 1
    scene.ensure_refused(REQUESTER, scene.make_post(model=dataset), "Market.NoSuchModel")


def test_a_job_whose_rows_nobody_has_stored(scene: Scene) -> None:
    scene.ensure_refused(REQUESTER, scene.make_post(rows=449), "Market.InputMissing")


def test_a_job_with_the_root_of_something_else(scene: Scene) -> None:
    """The root of a tensor is a blob's, but not that of 450 rows."""
    good = scene.make_post()
    weights = blob_root(get_model_blobs(scene.cast.model)[0])
    spec = replace(good.args[0], inputs=weights)
    wrong = replace(good, args=(spec, *good.args[1:]))
    scene.ensure_refused(REQUESTER, wrong, "Market.WrongInputSize")


def test_a_model_whose_tensor_has_another_root(scene: Scene) -> None:
    body = make_model_body(scene.cast.model)
    first = body.tensors[0]
    forged = replace(first, root=Root(bytes(31) + b"\1"))
    wrong = replace(body, tensors=(forged, *body.tensors[1:]))
    call = make_register_call(scene.chain.runtime, wrong, Root.zero(), RecordTerms(0, TTL_BLOCKS))
    scene.ensure_refused(MODEL_OWNER, call, "Registry.RootMismatch")


def test_a_model_whose_tensors_are_nobodys(scene: Scene) -> None:
    """Somebody else's blobs do not do: who registers a model pays for its tensors."""
    body = make_model_body(scene.cast.model)
    call = make_register_call(scene.chain.runtime, body, Root.zero(), RecordTerms(0, TTL_BLOCKS))
    scene.ensure_refused(CHEAT, call, "Registry.BlobMissing")


def test_the_good_job_is_taken(scene: Scene) -> None:
    """What the others are refused for is all that is wrong with them."""
    included = trio.run(scene.chain.send, REQUESTER, scene.make_post())
    assert included.failure is None
