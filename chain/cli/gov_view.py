"""How `soberana gov` shows proposals, voters and parameters."""

from collections.abc import Mapping, Sequence

from chain.cli.output import Json, print_fields, print_json, print_table
from chain.cli.session import Session
from chain.wallet.amount import format_amount
from chain.wallet.chain_reader import to_hex
from pallets.governance.types import Proposal, Voting
from pallets.parameters import BOUNDS
from pallets.treasury import Spend
from runtime.crypto.ss58 import encode_ss58
from runtime.frame.parameters import Param
from runtime.primitives import AccountId


def show_sent(session: Session, what: str, extra: Mapping[str, Json], fee: int) -> None:
    """What was done, and what it cost."""
    if session.settings.as_json:
        print_json({**extra, "fee": str(fee)})
    else:
        print_fields(what, {"fees": format_amount(fee)})


def show_proposals(session: Session, found: Sequence[tuple[int, Proposal]]) -> None:
    """A line for each."""
    if session.settings.as_json:
        print_json([_proposal_to_json(number, entry) for number, entry in found])
        return
    tracks = session.chain.runtime.governance.terms.tracks
    rows = [
        (
            number,
            tracks[entry.track].name,
            name_state(entry),
            format_amount(entry.tally.ayes),
            format_amount(entry.tally.nays),
            format_amount(entry.tally.support),
            session.show(entry.proposer),
        )
        for number, entry in found
    ]
    columns = ("proposal", "track", "state", "ayes", "nays", "support", "proposer")
    print_table("", columns, rows)


def show_proposal(session: Session, number: int, entry: Proposal, raw: bytes) -> None:
    """One, with its call."""
    call = session.chain.runtime.calls.decode(raw)
    name = f"{call.pallet_name}.{call.spec.name}"
    if session.settings.as_json:
        shown = {**_proposal_to_json(number, entry), "call": to_hex(raw), "name": name}
        print_json(shown)
        return
    arguments = zip(call.spec.params, call.args, strict=True)
    print_fields(
        f"proposal {number}",
        {
            "track": session.chain.runtime.governance.terms.tracks[entry.track].name,
            "state": name_state(entry),
            "proposer": session.show(entry.proposer),
            "call": name,
            **{f"  {param}": value for (param, _), value in arguments},
            "submitted at": f"block #{entry.submitted_at}",
            "ayes": format_amount(entry.tally.ayes),
            "nays": format_amount(entry.tally.nays),
            "support": format_amount(entry.tally.support),
            "voters": entry.voters,
            "deposit": format_amount(entry.deposit),
        },
    )


def show_voting(session: Session, who: AccountId, voting: Voting) -> None:
    """A voter's votes and locks."""
    delegation = voting.delegation
    if session.settings.as_json:
        print_json(
            {
                "account": encode_ss58(who),
                "locked": str(voting.locked),
                "received": {
                    "votes": str(voting.received.votes),
                    "capital": str(voting.received.capital),
                },
                "delegatesTo": None if delegation is None else encode_ss58(delegation.to),
                "votes": [
                    {
                        "proposal": vote.proposal,
                        "side": vote.side.name.lower(),
                        "conviction": int(vote.conviction),
                        "amount": str(vote.amount),
                    }
                    for vote in voting.votes
                ],
            }
        )
        return
    print_fields(
        session.show(who),
        {
            "locked": format_amount(voting.locked),
            "delegates to": "nobody" if delegation is None else session.show(delegation.to),
            "received": format_amount(voting.received.votes),
        },
    )
    rows = [
        (vote.proposal, vote.side.name.lower(), format_amount(vote.amount), int(vote.conviction))
        for vote in voting.votes
    ]
    if rows:
        print_table("", ("proposal", "side", "amount", "conviction"), rows)


def show_params(session: Session, values: Mapping[Param, int]) -> None:
    """Every parameter within its bounds."""
    names = {param: param.name.lower().replace("_", "-") for param in values}
    if session.settings.as_json:
        print_json(
            {
                names[param]: {
                    "value": str(value),
                    "least": str(BOUNDS[param].least),
                    "most": str(BOUNDS[param].most),
                }
                for param, value in values.items()
            }
        )
        return
    rows = [
        (names[param], value, BOUNDS[param].least, BOUNDS[param].most)
        for param, value in values.items()
    ]
    print_table("", ("parameter", "value", "at least", "at most"), rows)


def show_spends(session: Session, balance: int, found: Sequence[tuple[int, Spend]]) -> None:
    """What the treasury has, and a line for each promise."""
    if session.settings.as_json:
        promises: list[Json] = [
            {
                "id": number,
                "to": encode_ss58(spend.to),
                "tranche": str(spend.tranche),
                "left": spend.left,
                "due": spend.due,
            }
            for number, spend in found
        ]
        print_json({"balance": str(balance), "promises": promises})
        return
    print_fields("treasury", {"balance": format_amount(balance)})
    rows = [
        (number, session.show(each.to), format_amount(each.tranche), each.left, f"#{each.due}")
        for number, each in found
    ]
    if rows:
        print_table("", ("promise", "to", "a part", "parts left", "next from"), rows)


def name_state(entry: Proposal) -> str:
    """How a proposal stands, as far as somebody has looked."""
    if entry.confirming is not None and entry.state.is_ongoing:
        return "confirming"
    return entry.state.name.lower().replace("_", " ")


def _proposal_to_json(number: int, entry: Proposal) -> dict[str, Json]:
    return {
        "id": number,
        "track": entry.track,
        "state": name_state(entry),
        "proposer": encode_ss58(entry.proposer),
        "callHash": to_hex(entry.call_hash),
        "submittedAt": entry.submitted_at,
        "ayes": str(entry.tally.ayes),
        "nays": str(entry.tally.nays),
        "support": str(entry.tally.support),
        "voters": entry.voters,
    }
