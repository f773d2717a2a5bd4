"""How `soberana label show` shows a round, and the sheet of its labels."""

from pathlib import Path

from chain.cli.output import print_fields, print_json, print_table
from chain.cli.session import Session
from chain.png import dump_png
from chain.wallet.amount import format_amount
from chain.wallet.errors import WalletError
from chain.wallet.label_sheet import draw_sheet
from chain.wallet.labelling import RoundStanding
from runtime.crypto.ss58 import encode_ss58


async def save_sheet(session: Session, standing: RoundStanding, path: Path) -> None:
    """Draws every item above its label, in red where those who count did not agree."""
    spec = standing.round.spec
    content = await session.chain.read(lambda runtime: runtime.registry.blob.get(spec.items))
    if content is None:
        raise WalletError(f"round {standing.number}: its items are gone")
    pixels = draw_sheet(content, spec.item_bytes, list(standing.labels), standing.is_sure)
    _write(path, dump_png(pixels))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise WalletError(f"{path}: cannot be written: {error.strerror}") from error


def show_round(session: Session, standing: RoundStanding) -> None:
    """A round and its labellers."""
    entry = standing.round
    judge = None if entry.judge is None else entry.judge.name.lower()
    if session.settings.as_json:
        print_json(
            {
                "round": standing.number,
                "owner": encode_ss58(entry.owner),
                "phase": entry.phase.name.lower(),
                "endsAt": entry.ends_at,
                "items": entry.items,
                "classes": entry.spec.classes,
                "task": entry.spec.task,
                "pool": str(entry.spec.pool),
                "seatBond": str(entry.seat_bond),
                "goldItems": entry.spec.gold_items,
                "judge": judge,
                "labels": list(standing.labels),
                "seats": [
                    {
                        "account": encode_ss58(who),
                        "record": seat.record,
                        "state": seat.state.name.lower(),
                        "right": seat.right,
                        "weight": seat.weight,
                        "paid": str(seat.paid),
                    }
                    for who, seat in standing.seats
                ],
            }
        )
        return
    ends = "since" if entry.phase.is_final else "until"
    print_fields(
        f"round {standing.number}: {entry.phase.name.lower()} {ends} block #{entry.ends_at}",
        {
            "owner": session.show(entry.owner),
            "task": entry.spec.task or "(none)",
            "items": f"{entry.items} in {entry.spec.classes} classes",
            "pool": format_amount(entry.spec.pool),
            "seats": f"{entry.joined} of {entry.spec.seats} taken",
            "bond": format_amount(entry.seat_bond),
            "judged by": judge or "nobody yet",
        },
    )
    rows = [
        (
            session.show(who),
            seat.record,
            seat.state.name.lower(),
            seat.right,
            seat.weight,
            format_amount(seat.paid),
        )
        for who, seat in standing.seats
    ]
    print_table("", ("labeller", "record", "state", "right", "weight", "paid"), rows)
