"""What one signed transfer costs the runtime: decoded, judged by the pool, dispatched, applied.

Microseconds of processor time for each transfer: the median of some rounds over the same thousand
transfers, each on a fresh overlay of the same state. More rounds are an argument:
`python -m tests.bench.bench_dispatch 50`.
"""

import sys
from collections.abc import Callable
from statistics import median
from time import process_time_ns

from genesis.build import build_genesis, make_api
from runtime.api import RuntimeApi
from runtime.crypto.multisignature import Ecdsa, Ed25519, Sr25519
from runtime.extrinsic import Extrinsic, encode_bare
from runtime.frame import Origin
from runtime.header import Header
from runtime.host import ReferenceHost, SignedMessage
from runtime.primitives import AccountId, Hash
from runtime.programs import Inputs, Program
from runtime.state import Backend, DictBackend
from tests.helpers.clock import START_MS
from tests.helpers.many_accounts import make_rich_spec, make_senders, make_transfers
from tests.helpers.node_stage import Wallet, open_client

TRANSFERS = 1_000
ROUNDS = 5


class TrustingHost:
    """Takes every signature for good: what is left is the runtime's own work."""

    def expect(self, signed: tuple[SignedMessage, ...]) -> None:
        """Nothing is to be checked."""

    def is_signed(
        self, signature: Ed25519 | Sr25519 | Ecdsa, message: bytes, account: AccountId
    ) -> bool:
        del signature, message, account
        return True

    def run_program(self, program: Program, slot: int, inputs: Inputs) -> bytes:
        """By its own rules."""
        return program.run(slot, inputs)


class Bench:
    """A thousand transfers between a thousand accounts, and the state they start from."""

    def __init__(self) -> None:
        senders = make_senders(TRANSFERS)
        spec = make_rich_spec(senders)
        client = open_client(spec=spec)
        self.head = client.best.value
        self.backend: Backend = DictBackend(build_genesis(spec, ReferenceHost()).state)
        self.raws = tuple(make_transfers(Wallet(client), senders, TRANSFERS))
        self.api = make_api(spec, ReferenceHost())
        self.trusting = make_api(spec, TrustingHost())
        self.decoded = tuple(map(self.api.decode, self.raws))

    def decode(self) -> None:
        for raw in self.raws:
            self.api.decode(raw)

    def validate(self, api: RuntimeApi) -> None:
        for extrinsic in self.decoded:
            api.begin_validation(self.backend, self.head.hash).validate(extrinsic)

    def dispatch(self) -> None:
        runtime = self.api.make_runtime(self.backend)
        for extrinsic in self.decoded:
            assert extrinsic.signer is not None
            runtime.dispatcher.dispatch(
                extrinsic.call, Origin.signed(extrinsic.signer.get_account())
            )

    def apply(self, api: RuntimeApi, extrinsics: tuple[Extrinsic, ...]) -> None:
        header = Header(self.head.hash, 1, Hash.zero(), Hash.zero())
        execution = api.begin_block(self.backend, header)
        time = api.make_call("Timestamp", "set", START_MS)
        execution.apply(api.decode(encode_bare(api.calls.encode(time))))
        for extrinsic in extrinsics:
            outcome = execution.apply(extrinsic)
            assert outcome.error is None, outcome.error
        execution.finish()

    def do_all(self) -> None:
        self.apply(self.api, tuple(map(self.api.decode, self.raws)))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    bench = Bench()
    steps: dict[str, Callable[[], object]] = {
        "decode": bench.decode,
        "validate for the pool, signature included": lambda: bench.validate(bench.api),
        "validate for the pool, signature known": lambda: bench.validate(bench.trusting),
        "dispatch the call alone": bench.dispatch,
        "apply (nonce, fee, call, events), signature known": lambda: bench.apply(
            bench.trusting, bench.decoded
        ),
        "all: decode, signature, apply": bench.do_all,
    }
    times: dict[str, list[int]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            begun = process_time_ns()
            step()
            times[name].append(process_time_ns() - begun)
    print(f"us per transfer, median of {rounds} rounds of {TRANSFERS}")
    for name, took in times.items():
        print(f"  {median(took) / TRANSFERS / 1_000:8.1f}  {name}")


if __name__ == "__main__":
    main()
