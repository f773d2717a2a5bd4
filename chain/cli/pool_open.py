"""`soberana pool open`: what is collected, how it is judged, and for how much."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from chain.cli.failure import WrongUse, run_command
from chain.cli.model import find_known_blobs
from chain.cli.options import Signing, expand_options
from chain.cli.output import Json
from chain.cli.sending import get_event, show_sent
from chain.cli.session import Session, open_session
from chain.wallet.amount import parse_amount
from chain.wallet.pooling import PoolSecrets, load_examples_file
from chain.wallet.publishing import batch_calls, make_blob_calls
from chain.wallet.secret_files import make_salt
from chain.wallet.transaction import make_call
from pallets.pools import (
    PoolSpec,
    PoolTerms,
    ShareGrant,
    Training,
    compute_validation_commitment,
)
from pallets.pools import declarations as declared
from runtime.primitives import Hash
from runtime.tensor.blob import blob_root
from runtime.tensor.value import Int8Array

app = typer.Typer()


BATCH, MARGIN, SHIFT, RATE, HIDDEN_RATE = 32, 2_000, 7, 7, 4
"""What suits rows of some dozens of columns; `soberana train` says what each is."""


@app.command("open")
@expand_options
def open_pool(
    base: Annotated[
        Path,
        typer.Argument(metavar="BASE", help="Examples to begin with: int8, label last (.npy)."),
    ],
    hidden: Annotated[
        Path, typer.Argument(metavar="HIDDEN", help="Examples to judge by, the same way.")
    ],
    *,
    signing: Signing,
    classes: Annotated[int, typer.Option("--classes", min=2, max=64)] = 10,
    seats: Annotated[int, typer.Option("--seats", min=1, max=32, help="How many may give.")] = 10,
    shard_rows: Annotated[
        int, typer.Option("--shard-rows", min=1, help="Examples that one may give.")
    ] = 100,
    total: Annotated[
        str, typer.Option("--total", metavar="AMOUNT", help="What they earn together.")
    ] = "100 SBR",
    shares: Annotated[
        str, typer.Option("--shares", metavar="RECORD:SUPPLY", help="Of your record, for them.")
    ] = "",
    task: Annotated[str, typer.Option("--task", help="What is wanted, in words.")] = "",
    width: Annotated[
        int, typer.Option("--hidden-width", min=0, max=256, help="0 for a linear model.")
    ] = 0,
    steps: Annotated[int, typer.Option("--steps", min=1, help="How long each is tried.")] = 200,
    windows: Annotated[
        str, typer.Option("--blocks", help="To commit, to reveal, to validate and to score.")
    ] = "600,150,150,300",
) -> None:
    """Open a pool; what it is judged by is hidden until all have shown what they give."""

    async def run() -> None:
        seed = Hash(secrets.token_bytes(32))
        training = Training(width, BATCH, MARGIN, SHIFT, RATE, HIDDEN_RATE, seed, steps)
        grant, amount = parse_shares(shares), parse_amount(total)
        files = load_examples_file(base, classes), load_examples_file(hidden, classes)
        wanted = Wanted(classes, training, task, seats, shard_rows, amount, grant)
        async with open_session(signing.settings) as session:
            await _open(session, signing, wanted, files, parse_windows(windows))

    run_command(run, as_json=signing.as_json)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options say of a pool."""

    classes: int
    training: Training
    task: str
    seats: int
    shard_rows: int
    total: int
    shares: ShareGrant | None


def parse_windows(text: str) -> PoolTerms:
    """Four numbers of blocks with commas between."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4 or not all(part.isdecimal() for part in parts):
        raise WrongUse(f"--blocks: expected four numbers such as 600,150,150,300, got {text!r}")
    return PoolTerms(*map(int, parts))


def parse_shares(text: str) -> ShareGrant | None:
    """A record and how many shares of it, with a colon between; none for nothing."""
    if not text:
        return None
    parts = text.split(":")
    if len(parts) != 2 or not all(part.isdecimal() for part in parts):
        raise WrongUse(f"--shares: expected a record and a supply such as 0:1000, got {text!r}")
    return ShareGrant(int(parts[0]), int(parts[1]))


async def _open(
    session: Session,
    signing: Signing,
    wanted: Wanted,
    files: tuple[Int8Array, Int8Array],
    terms: PoolTerms,
) -> None:
    base, hidden = files
    if base.shape[1] != hidden.shape[1]:
        raise WrongUse(f"expected {base.shape[1]} columns in both files, got {hidden.shape[1]}")
    runtime, pair = session.chain.runtime, session.get_key(signing)
    genesis, salt = session.chain.genesis_hash, make_salt()
    content, root = hidden.tobytes(), blob_root(base.tobytes())
    commitment = compute_validation_commitment(
        genesis, pair.account, root, blob_root(content), salt
    )
    get_secrets(session).keep(commitment, content, salt)
    spec = PoolSpec(
        root,
        base.shape[1] - 1,
        wanted.classes,
        wanted.training,
        wanted.task,
        wanted.seats,
        wanted.shard_rows,
        wanted.total,
        wanted.shares,
        len(hidden),
        commitment,
    )
    known = await find_known_blobs(session, pair.account, (base.tobytes(),))
    calls = [
        *make_blob_calls(runtime, known, (base.tobytes(),)),
        make_call(runtime.pools.open, spec, terms),
    ]
    inclusions = await session.send_all(pair, batch_calls(runtime, calls), signing, "opening")
    event = get_event(inclusions[-1], declared.PoolOpened)
    fields: dict[str, Json] = {"pool": event.pool, "seats": event.seats, "until": event.ends_at}
    amounts = {"total": event.total, "validationDeposit": event.validation_deposit}
    show_sent(session, f"pool {event.pool} is open", fields, amounts, inclusions)


def get_secrets(session: Session) -> PoolSecrets:
    """What this person has committed to."""
    return PoolSecrets(session.places.base_path / "pools")
