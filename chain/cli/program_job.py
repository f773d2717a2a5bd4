"""What the commands of programs share: post a job, wait, read its outputs."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from chain.cli.job import Describe, wait_finished
from chain.cli.job_options import parse_price
from chain.cli.model import find_known_blobs
from chain.cli.options import Signing
from chain.cli.session import Session
from chain.wallet.errors import BadAnswer, WalletError
from chain.wallet.jobs import read_outputs
from chain.wallet.publishing import batch_calls, make_blob_calls
from chain.wallet.transaction import make_call
from pallets.market import JobSpec, Terms
from pallets.market.declarations import JobPosted
from runtime.frame.ai_types import VerifierId

TERMS = Terms(600, 100, 3)

LabelledRowsArgument: TypeAlias = Annotated[
    Path, typer.Argument(metavar="ROWS", help="int8 in [-63, 63] (.npy).")
]
LabelsArgument: TypeAlias = Annotated[
    Path, typer.Argument(metavar="LABELS", help="A class a row (.npy).")
]


@dataclass(frozen=True, slots=True)
class Order:
    """What is posted, and how long it may take."""

    spec: JobSpec
    contents: tuple[bytes, ...]
    price: str
    timeout_s: float
    verifier: VerifierId = VerifierId.REPLAY


async def run_program(
    session: Session, order: Order, signing: Signing, describe: Describe | None = None
) -> tuple[int, tuple[bytes, ...]]:
    """Posts the job, shows its progress, and returns its number and the outputs of its slots.

    ``describe`` says what is to be shown of each look at the job.
    """
    pair, runtime = session.get_key(signing), session.chain.runtime
    known = await find_known_blobs(session, pair.account, order.contents)
    price = parse_price(order.price)
    post = make_call(runtime.market.post, order.spec, price, order.verifier, TERMS)
    calls = [*make_blob_calls(runtime, known, order.contents), post]
    inclusions = await session.send_all(pair, batch_calls(runtime, calls), signing, "posting")
    number = _find_number(event for each in inclusions for event in each.events)
    await wait_finished(session, number, order.timeout_s, describe)
    outputs = await session.chain.read(lambda runtime: read_outputs(runtime, number))
    return number, outputs


def read_file(path: Path) -> bytes:
    """A file's bytes; `WalletError`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise WalletError(f"{path}: cannot be read: {error.strerror}") from error


def write_file(path: Path, content: bytes) -> None:
    """Writes a file; `WalletError`."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise WalletError(f"{path}: cannot be written: {error.strerror}") from error


def _find_number(events: Iterable[object]) -> int:
    for event in events:
        if isinstance(event, JobPosted):
            return event.job
    raise BadAnswer("System.Events", "no job was posted")
