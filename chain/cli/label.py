"""`soberana label`: have items labelled by many, or label them, and be judged by hidden gold."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from chain.cli.failure import WrongUse, run_command
from chain.cli.label_view import save_sheet, show_round
from chain.cli.model import find_known_blobs
from chain.cli.options import Settings, Signing, expand_options
from chain.cli.output import Json, print_line
from chain.cli.sending import Outcome, get_event, send_one, show_sent
from chain.cli.session import Session, open_session
from chain.wallet.amount import parse_amount
from chain.wallet.errors import WalletError
from chain.wallet.labelling import (
    LabelSecrets,
    RoundRequest,
    ensure_gold,
    load_gold,
    load_labels,
    make_post_call,
    pack_answers,
    read_round,
)
from chain.wallet.model_file import load_rows_file
from chain.wallet.publishing import batch_calls, make_blob_calls
from chain.wallet.secret_files import make_salt
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.rounds import (
    GoldLabel,
    RoundTerms,
    compute_answer_commitment,
    compute_gold_commitment,
)
from pallets.rounds import declarations as declared
from runtime.frame.ai_types import Role
from runtime.tensor.blob import blob_root

app = typer.Typer(no_args_is_help=True)

RoundArgument = Annotated[int, typer.Argument(metavar="ROUND", min=0, help="The round's number.")]


@app.command()
@expand_options
def post(
    items: Annotated[Path, typer.Argument(metavar="ITEMS", help="An item a row: int8 (.npy).")],
    gold: Annotated[
        Path, typer.Argument(metavar="GOLD", help="Labels you know: an item and a label a line.")
    ],
    *,
    signing: Signing,
    classes: Annotated[int, typer.Option("--classes", min=2, max=256)] = 10,
    seats: Annotated[int, typer.Option("--seats", min=1, max=16, help="How many labellers.")] = 7,
    pool: Annotated[
        str, typer.Option("--pool", metavar="AMOUNT", help="What they earn together.")
    ] = "70 SBR",
    task: Annotated[str, typer.Option("--task", help="What a label means, in words.")] = "",
    windows: Annotated[
        str, typer.Option("--blocks", help="To join, to commit, to reveal, and for the gold.")
    ] = "600,300,150,150",
) -> None:
    """Post items to be labelled; what you know of them is hidden until you show it."""

    async def run() -> None:
        rows = load_rows_file(items)
        content = rows.tobytes()
        request = RoundRequest(
            blob_root(content),
            rows.shape[1],
            classes,
            task,
            seats,
            parse_amount(pool),
            load_gold(gold),
            parse_windows(windows),
        )
        ensure_gold(request.gold, len(rows), classes)
        async with open_session(signing.settings) as session:
            await _post(session, signing, content, request)

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def join(
    number: RoundArgument,
    *,
    signing: Signing,
    record: Annotated[
        int, typer.Option("--record", min=0, help="Your provider record; it takes labelling.")
    ],
    bond: Annotated[
        str | None, typer.Option("--bond", metavar="AMOUNT", help="Added to your bond before.")
    ] = None,
) -> None:
    """Take a seat in a round."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            runtime, pair = session.chain.runtime, session.get_key(signing)
            calls = [make_call(runtime.rounds.join, number, record)]
            if bond is not None:
                amount = parse_amount(bond)
                calls.insert(0, make_call(runtime.bonds.bond, Role.LABELLER, amount))
            calls_sent = batch_calls(runtime, calls)
            inclusions = await session.send_all(pair, calls_sent, signing, "joining")
            event = get_event(inclusions[-1], declared.SeatTaken)
            fields: dict[str, Json] = {"round": number, "record": event.record}
            show_sent(
                session, f"a seat in round {number}", fields, {"bond": event.bond}, inclusions
            )

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def commit(
    number: RoundArgument,
    labels: Annotated[
        Path, typer.Argument(metavar="LABELS", help="A label an item: .npy, or numbers in a text.")
    ],
    *,
    signing: Signing,
) -> None:
    """Bind yourself to labels; they are kept below the base path until you reveal them."""

    async def run() -> None:
        answers = load_labels(labels)
        async with open_session(signing.settings) as session:
            runtime, pair = session.chain.runtime, session.get_key(signing)
            standing = await session.chain.read(lambda runtime: read_round(runtime, number))
            packed, salt = pack_answers(standing.round, answers), make_salt()
            genesis = session.chain.genesis_hash
            commitment = compute_answer_commitment(genesis, number, pair.account, packed, salt)
            _get_secrets(session).keep(commitment, answers, salt)
            call = make_call(runtime.rounds.commit, number, commitment)
            inclusion = await session.send(pair, call, signing, "committing")
            said = f"{len(answers)} labels are committed to"
            show_sent(session, said, {"round": number}, {}, (inclusion,))

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def reveal(number: RoundArgument, *, signing: Signing) -> None:
    """Reveal the labels that you committed to."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            runtime, pair = session.chain.runtime, session.get_key(signing)
            standing = await session.chain.read(lambda runtime: read_round(runtime, number))
            seat = dict(standing.seats).get(pair.account)
            if seat is None or seat.commitment is None:
                raise WalletError(f"expected a commitment of yours in round {number}, got none")
            answers, _, salt = _get_secrets(session).get(seat.commitment)
            packed = pack_answers(standing.round, answers)
            call = make_call(runtime.rounds.reveal, number, packed, salt)
            inclusion = await session.send(pair, call, signing, "revealing")
            said = f"{len(answers)} labels are revealed"
            show_sent(session, said, {"round": number}, {}, (inclusion,))

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def gold(number: RoundArgument, *, signing: Signing) -> None:
    """Show the labels that you hid: everybody is judged and paid."""

    async def run() -> None:
        async with open_session(signing.settings) as session:
            runtime, pair = session.chain.runtime, session.get_key(signing)
            standing = await session.chain.read(lambda runtime: read_round(runtime, number))
            commitment = standing.round.spec.gold_commitment
            labels, items, salt = _get_secrets(session).get(commitment)
            hidden = tuple(map(GoldLabel, items, labels))
            call = make_call(runtime.rounds.reveal_gold, number, hidden, salt)
            inclusion = await session.send(pair, call, signing, "showing the gold")
            settled = get_event(inclusion, declared.RoundSettled)
            fields: dict[str, Json] = {"round": number, "judged by": settled.judge.name.lower()}
            amounts = {"paid": settled.paid, "burned": settled.burned}
            show_sent(session, f"round {number} is settled", fields, amounts, (inclusion,))

    run_command(run, as_json=signing.as_json)


@app.command()
@expand_options
def poke(number: RoundArgument, *, signing: Signing) -> None:
    """Apply what is due of a round because time has passed."""
    send_one(
        signing,
        lambda runtime: make_call(runtime.rounds.poke, number),
        "poking",
        lambda _: Outcome(f"round {number} went on", {"round": number}),
    )


@app.command()
@expand_options
def close(number: RoundArgument, *, signing: Signing) -> None:
    """Remove a round that is over, with its labels; the deposit returns."""

    def tell(sent: Inclusion) -> Outcome:
        amounts = {"deposit": get_event(sent, declared.RoundClosed).deposit}
        return Outcome(f"round {number} is gone", {"round": number}, amounts)

    send_one(signing, lambda runtime: make_call(runtime.rounds.close, number), "closing", tell)


@app.command()
@expand_options
def show(
    number: RoundArgument,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the labels here (.npy).")
    ] = None,
    sheet: Annotated[
        Path | None,
        typer.Option("--sheet", metavar="FILE", help="Draw the items with their labels (.png)."),
    ] = None,
    *,
    settings: Settings,
) -> None:
    """Show how a round stands, who earned what, and the labels."""

    async def run() -> None:
        async with open_session(settings) as session:
            standing = await session.chain.read(lambda runtime: read_round(runtime, number))
            if (save or sheet) and not standing.labels:
                raise WalletError(f"expected round {number} to be settled, it has no labels")
            if save is not None:
                _save_labels(save, standing.labels)
            if sheet is not None:
                await save_sheet(session, standing, sheet)
            show_round(session, standing)
            for path in (save, sheet):
                if path is not None and not settings.as_json:
                    print_line(f"written: {path}")

    run_command(run, as_json=settings.as_json)


def parse_windows(text: str) -> RoundTerms:
    """Four numbers of blocks with commas between."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4 or not all(part.isdecimal() for part in parts):
        raise WrongUse(f"--blocks: expected four numbers such as 600,300,150,150, got {text!r}")
    return RoundTerms(*map(int, parts))


async def _post(session: Session, signing: Signing, content: bytes, request: RoundRequest) -> None:
    runtime, pair = session.chain.runtime, session.get_key(signing)
    genesis, salt = session.chain.genesis_hash, make_salt()
    commitment = compute_gold_commitment(genesis, pair.account, request.items, request.gold, salt)
    labels = [each.label for each in request.gold]
    _get_secrets(session).keep(commitment, labels, salt, [each.item for each in request.gold])
    known = await find_known_blobs(session, pair.account, (content,))
    calls = [
        *make_blob_calls(runtime, known, (content,)),
        make_post_call(runtime, request, commitment),
    ]
    inclusions = await session.send_all(pair, batch_calls(runtime, calls), signing, "posting")
    event = get_event(inclusions[-1], declared.RoundPosted)
    fields: dict[str, Json] = {"round": event.round, "items": event.items, "seats": event.seats}
    amounts = {"pool": event.pool, "goldDeposit": event.gold_deposit}
    said = f"round {event.round} waits for labellers"
    show_sent(session, said, fields, amounts, inclusions)


def _get_secrets(session: Session) -> LabelSecrets:
    return LabelSecrets(session.places.base_path / "labels")


def _save_labels(path: Path, labels: tuple[int, ...]) -> None:
    try:
        np.save(path, np.array(labels, np.uint8), allow_pickle=False)
    except OSError as error:
        raise WalletError(f"{path}: cannot be written: {error.strerror}") from error
