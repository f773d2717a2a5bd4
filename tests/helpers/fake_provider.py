"""Charlie at work on a fake node: whatever is posted is locked, run and submitted at once."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from chain.provider.programs import load_run
from pallets.runtime import Runtime
from runtime.claim import compute_claim_roots, compute_commitment
from runtime.extensions import SignedExtra, SigningContext, compute_signing_payload, encode_extra
from runtime.extrinsic import encode_signed
from runtime.frame.ai_types import RecordKind, SlotId
from runtime.state.backend import DictBackend
from tests.helpers.cli_stage import CliStage
from tests.helpers.fake_node import FakeNode
from tests.helpers.node_stage import CHARLIE, IMMORTAL
from tests.helpers.rpc_server import serve

SUBMIT = "author_submitAndWatchExtrinsic"


class FakeProvider:
    """Does all that waits, one call a block."""

    def __init__(self, node: FakeNode) -> None:
        self.node = node

    def get_runtime(self) -> Runtime:
        """The state after the best block."""
        runtime = self.node.api.make_runtime(DictBackend(self.node.best.state))
        assert isinstance(runtime, Runtime)
        return runtime

    def work(self) -> None:
        """Until nothing is open that it takes."""
        while (runtime := self.get_runtime()).market.get_open_slots(1):
            records = [
                number
                for (_, number), kind in runtime.registry.by_owner.items(CHARLIE.account)
                if kind is RecordKind.PROVIDER
            ]
            ready = [at for at in runtime.market.get_open_slots(256) if runtime.market.is_ready(at)]
            if not records or not ready:
                return
            self.fill(ready[0], records[0])

    def fill(self, at: SlotId, record: int) -> None:
        """Locks a slot and submits its result."""
        self.send("lock", at.job, at.slot, record)
        run = load_run(self.get_runtime(), at)
        assert run is not None
        output, genesis = run.compute(), self.node.blocks[0].hash
        roots = compute_claim_roots(output, b"")
        commitment = compute_commitment(genesis, at, CHARLIE.account, roots)
        self.send("submit", at.job, at.slot, commitment, output)

    def send(self, name: str, *args: object) -> None:
        """A market call of Charlie's, in a block of its own."""
        api, genesis = self.node.api, self.node.blocks[0].hash
        nonce = self.get_runtime().system.get_nonce(CHARLIE.account)
        call = api.calls.encode(api.make_call("Market", name, *args))
        extra = SignedExtra(IMMORTAL, nonce, 0)
        version = api.version
        context = SigningContext(
            version.spec_version, version.transaction_version, genesis, genesis
        )
        signature = CHARLIE.sign(compute_signing_payload(call + encode_extra(extra), context))
        self.node.make_block(api.decode(encode_signed(CHARLIE.account, signature, extra, call)))


@contextmanager
def open_provided_stage(base_path: Path) -> Generator[CliStage]:
    """A stage on which a provider works after every transaction."""
    node = FakeNode()
    provider, methods = FakeProvider(node), node.get_methods()
    submit = methods[SUBMIT]

    def submit_and_work(raw: str) -> object:
        answer: object = submit(raw)
        provider.work()
        return answer

    with serve({**methods, SUBMIT: submit_and_work}) as server:
        yield CliStage(node, server, base_path)
