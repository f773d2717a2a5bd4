"""How a job looks in the terminal and as JSON."""

from chain.cli.output import print_fields, print_json, print_table
from chain.cli.session import Session
from chain.wallet.amount import format_amount
from chain.wallet.jobs import JobStanding
from pallets.market import (
    Commission,
    ComputeToData,
    Evaluate,
    Infer,
    JobSpec,
    Product,
    Render,
    Train,
)
from runtime.crypto.ss58 import encode_ss58
from runtime.frame.ai_types import JobKind, RecordVersion


def name_kind(kind: JobKind) -> str:
    """A kind in words."""
    return kind.name.lower().replace("_", " ")


def describe_source(source: RecordVersion | None) -> dict[str, int | None]:
    """The record that a job works with, for JSON."""
    if source is None:
        return {"record": None, "version": None}
    return {"record": source.record, "version": source.version}


def show_source(source: RecordVersion | None) -> str:
    """The same in words."""
    return "none" if source is None else f"record {source.record}, version {source.version}"


def describe_work(spec: JobSpec) -> str:
    """How much a job asks for."""
    match spec:
        case Infer(rows=rows):
            return f"{rows} rows"
        case Evaluate(program=program):
            return f"{program.count} rows with labels"
        case Train(program=program):
            return f"{program.steps} steps on {program.count} rows"
        case Render(program=program):
            return f"{program.width} x {program.height} pixels"
        case ComputeToData(program=program):
            return f"{program.groups} groups of {program.count} rows"
        case Product(program=program):
            return f"{program.m} x {program.k} by {program.k} x {program.n}"
        case Commission(results=results, review_blocks=blocks):
            return f"{results} files that its owner reviews, each within {blocks} blocks"


def show_job(session: Session, standing: JobStanding) -> None:
    """A job and its slots."""
    job = standing.job
    if session.settings.as_json:
        print_json(
            {
                "job": standing.number,
                "owner": encode_ss58(job.owner),
                "kind": job.kind.name.lower(),
                **describe_source(job.source),
                "finished": standing.is_finished,
                "escrow": str(job.escrow),
                "bids": job.bids,
                "replicas": job.slots // job.parts,
                "slots": [
                    {
                        "slot": index,
                        "state": slot.state.name.lower(),
                        "provider": None if slot.provider is None else encode_ss58(slot.provider),
                        "price": str(slot.price),
                        "failures": slot.failures,
                    }
                    for index, slot in enumerate(standing.slots)
                ],
            }
        )
        return
    print_fields(
        f"job {standing.number}: {'finished' if standing.is_finished else 'not finished'}",
        {
            "owner": session.show(job.owner),
            "kind": name_kind(job.kind),
            "source": show_source(job.source),
            "what": f"{describe_work(job.spec)}, in {job.slots} slots",
            "checked by": job.verifier.name.lower(),
            "in escrow": format_amount(job.escrow),
            "bids": job.bids,
        },
    )
    rows = [
        (
            index,
            slot.state.name.lower().replace("_", " "),
            "" if slot.provider is None else session.show(slot.provider),
            format_amount(slot.price) if slot.price else "",
        )
        for index, slot in enumerate(standing.slots)
    ]
    print_table("", ("slot", "state", "provider", "price"), rows)
