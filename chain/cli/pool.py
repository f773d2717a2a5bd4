"""`soberana pool`: contribute data and be paid by what it teaches, or have it collected."""

from pathlib import Path
from typing import Annotated

import typer

from chain.cli.failure import run_command
from chain.cli.model import find_known_blobs
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import Json, print_line
from chain.cli.pool_open import app as opening
from chain.cli.pool_open import get_secrets
from chain.cli.pool_view import show_pool
from chain.cli.sending import Outcome, get_event, send_one, show_sent
from chain.cli.session import Session, open_session
from chain.wallet.errors import WalletError
from chain.wallet.model_file import dump_rows_file
from chain.wallet.pooling import gather_examples, load_examples_file, read_pool
from chain.wallet.publishing import batch_calls, make_blob_calls
from chain.wallet.secret_files import make_salt
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.pools import SeatState, compute_shard_commitment
from pallets.pools import declarations as declared
from runtime.frame import Call
from runtime.tensor.blob import blob_root

app = typer.Typer(no_args_is_help=True)
app.add_typer(opening)

PoolArgument = Annotated[int, typer.Argument(metavar="POOL", min=0, help="The pool's number.")]


@app.command()
@expand_options
def commit(
    number: PoolArgument,
    shard: Annotated[
        Path, typer.Argument(metavar="SHARD", help="What you give: int8, label last (.npy).")
    ],
    *,
    signing: Signing,
) -> None:
    """Bind yourself to examples; they are kept below the base path until you reveal them."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            runtime, pair = session.chain.runtime, session.get_key(signing)
            standing = await session.chain.read(lambda runtime: read_pool(runtime, number))
            spec = standing.pool.spec
            table = load_examples_file(shard, spec.classes)
            if table.shape[1] != spec.cols + 1 or len(table) > spec.shard_rows:
                expected = f"at most {spec.shard_rows} rows of {spec.cols} columns and a label"
                raise WalletError(f"{shard}: expected {expected}, got {list(table.shape)}")
            content, salt = table.tobytes(), make_salt()
            commitment = compute_shard_commitment(
                session.chain.genesis_hash, number, pair.account, blob_root(content), salt
            )
            get_secrets(session).keep(commitment, content, salt)
            call = make_call(runtime.pools.commit, number, commitment)
            inclusion = await session.send(pair, call, signing, "committing")
            seat = get_event(inclusion, declared.Committed).seat
            fields: dict[str, Json] = {"pool": number, "seat": seat}
            amounts = {"deposit": standing.pool.seat_deposit}
            said = f"{len(table)} examples are committed to"
            show_sent(session, said, fields, amounts, (inclusion,))

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def reveal(number: PoolArgument, *, signing: Signing) -> None:
    """Reveal the examples that you committed to; the deposit returns."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            account = session.get_key(signing).account
            standing = await session.chain.read(lambda runtime: read_pool(runtime, number))
            mine = [seat.commitment for seat in standing.seats if seat.who == account]
            if not mine:
                raise WalletError(f"expected a commitment of yours in pool {number}, got none")
            content, salt = get_secrets(session).get(mine[0])
            call = make_call(session.chain.runtime.pools.reveal, number, blob_root(content), salt)
            inclusions = await _send_with_blob(session, signing, content, call, "revealing")
            event = get_event(inclusions[-1], declared.Revealed)
            fields: dict[str, Json] = {"pool": number, "seat": event.seat}
            show_sent(session, f"{event.rows} examples are revealed", fields, {}, inclusions)

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def validate(number: PoolArgument, *, signing: Signing) -> None:
    """Show the examples that you hid: from now on shards can be scored by them."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            standing = await session.chain.read(lambda runtime: read_pool(runtime, number))
            content, salt = get_secrets(session).get(standing.pool.spec.validation_commitment)
            call = session.chain.runtime.pools.show_validation
            shown = make_call(call, number, blob_root(content), salt)
            inclusions = await _send_with_blob(session, signing, content, shown, "validating")
            event = get_event(inclusions[-1], declared.ValidationShown)
            rows = standing.pool.spec.validation_rows
            fields: dict[str, Json] = {
                "pool": number,
                "base alone": f"{event.base_right} of {rows}",
            }
            said = f"pool {number} can be scored"
            show_sent(session, said, fields, {"deposit": event.validation_deposit}, inclusions)

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def score(
    number: PoolArgument,
    *,
    signing: Signing,
    seat: Annotated[
        int | None, typer.Option("--seat", min=0, help="Only this one; all that wait otherwise.")
    ] = None,
) -> None:
    """Have shards tried, which anybody may; with the last one the pool is settled."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            pair = session.get_key(signing)
            standing = await session.chain.read(lambda runtime: read_pool(runtime, number))
            waiting = [
                index
                for index, each in enumerate(standing.seats)
                if each.state is SeatState.REVEALED
            ]
            chosen = waiting if seat is None else [seat]
            if not chosen:
                raise WalletError(f"expected shards of pool {number} to be scored, got none")
            call = session.chain.runtime.pools.score
            calls = tuple(make_call(call, number, index) for index in chosen)
            inclusions = await session.send_all(pair, calls, signing, "scoring")
            scored = [get_event(each, declared.Scored) for each in inclusions]
            fields: dict[str, Json] = {"pool": number}
            fields |= {f"seat {event.seat}": event.points for event in scored}
            show_sent(session, f"{len(scored)} shards are scored", fields, {}, tuple(inclusions))

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def claim(number: PoolArgument, *, signing: Signing) -> None:
    """Claim the shares that you earned; staked, they earn what the record earns."""

    def tell(sent: Inclusion) -> Outcome:
        shares = get_event(sent, declared.SharesClaimed).shares
        return Outcome(f"{shares} shares are yours", {"pool": number, "shares": shares})

    send_one(
        signing, lambda runtime: make_call(runtime.pools.claim_shares, number), "claiming", tell
    )


@app.command()
@expand_options
def poke(number: PoolArgument, *, signing: Signing) -> None:
    """Apply what is due of a pool because time has passed."""
    send_one(
        signing,
        lambda runtime: make_call(runtime.pools.poke, number),
        "poking",
        lambda _: Outcome(f"pool {number} went on", {"pool": number}),
    )


@app.command()
@expand_options
def close(number: PoolArgument, *, signing: Signing) -> None:
    """Remove a pool that is over, whose shares are claimed; the deposit returns."""

    def tell(sent: Inclusion) -> Outcome:
        amounts = {"deposit": get_event(sent, declared.PoolClosed).deposit}
        return Outcome(f"pool {number} is gone", {"pool": number}, amounts)

    send_one(signing, lambda runtime: make_call(runtime.pools.close, number), "closing", tell)


@app.command()
@expand_options
def show(
    number: PoolArgument,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE", help="Write base and what earned here (.npy)."),
    ] = None,
    *,
    settings: Settings,
) -> None:
    """Show how a pool stands and who earned what."""

    async def run() -> None:
        async with open_session(settings) as session:
            standing = await session.chain.read(lambda runtime: read_pool(runtime, number))
            if save is not None:
                table = await session.chain.read(lambda runtime: gather_examples(runtime, number))
                dump_rows_file(table, save)
            show_pool(session, standing)
            if save is not None and not settings.as_json:
                print_line(f"written: {save}")

    run_command(run, as_json=settings.as_json)


async def _send_with_blob(
    session: Session, signing: Signing, content: bytes, call: Call, said: str
) -> tuple[Inclusion, ...]:
    """A call, behind the one that puts what it names into the state."""
    runtime, pair = session.chain.runtime, session.get_key(signing)
    known = await find_known_blobs(session, pair.account, (content,))
    calls = batch_calls(runtime, [*make_blob_calls(runtime, known, (content,)), call])
    return await session.send_all(pair, calls, signing, said)
