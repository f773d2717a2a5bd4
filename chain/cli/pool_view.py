"""How `soberana pool show` shows a pool."""

from chain.cli.output import print_fields, print_json, print_table
from chain.cli.session import Session
from chain.wallet.amount import format_amount
from chain.wallet.pooling import PoolStanding
from runtime.crypto.ss58 import encode_ss58


def show_pool(session: Session, standing: PoolStanding) -> None:
    """A pool and its contributors."""
    if session.settings.as_json:
        _print_json(standing)
        return
    entry = standing.pool
    ends = "since" if entry.phase.is_final else "until"
    judge = "nobody yet" if entry.judge is None else entry.judge.name.lower()
    grant = entry.spec.shares
    print_fields(
        f"pool {standing.number}: {entry.phase.name.lower()} {ends} block #{entry.ends_at}",
        {
            "owner": session.show(entry.owner),
            "task": entry.spec.task or "(none)",
            "examples": f"{entry.spec.cols} columns in {entry.spec.classes} classes",
            "shards": f"at most {entry.spec.shard_rows} rows each",
            "total": format_amount(entry.spec.total),
            "shares": "none" if grant is None else f"{grant.supply} of record {grant.record}",
            "seats": f"{entry.committed} of {entry.spec.seats} taken",
            "base alone": f"{entry.base_right} of {entry.spec.validation_rows} right",
            "judged by": judge,
        },
    )
    rows = [
        (
            index,
            session.show(seat.who),
            seat.state.name.lower(),
            seat.fresh_rows,
            seat.right,
            seat.points,
            format_amount(seat.paid),
            seat.shares,
        )
        for index, seat in enumerate(standing.seats)
    ]
    head = ("seat", "contributor", "state", "new rows", "right", "points", "paid", "to claim")
    print_table("", head, rows)


def _print_json(standing: PoolStanding) -> None:
    entry, grant = standing.pool, standing.pool.spec.shares
    print_json(
        {
            "pool": standing.number,
            "owner": encode_ss58(entry.owner),
            "phase": entry.phase.name.lower(),
            "endsAt": entry.ends_at,
            "task": entry.spec.task,
            "columns": entry.spec.cols,
            "classes": entry.spec.classes,
            "shardRows": entry.spec.shard_rows,
            "total": str(entry.spec.total),
            "shares": None if grant is None else {"record": grant.record, "supply": grant.supply},
            "validationRows": entry.spec.validation_rows,
            "baseRight": entry.base_right,
            "judge": None if entry.judge is None else entry.judge.name.lower(),
            "seats": [
                {
                    "account": encode_ss58(seat.who),
                    "state": seat.state.name.lower(),
                    "freshRows": seat.fresh_rows,
                    "right": seat.right,
                    "points": seat.points,
                    "paid": str(seat.paid),
                    "shares": seat.shares,
                }
                for seat in standing.seats
            ],
        }
    )
