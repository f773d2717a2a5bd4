"""`registry_search` and `verify_*`: what there is to hire, and how results were judged."""

from collections.abc import Callable
from typing import Literal

from chain.client.client import Client
from chain.client.typed_state import get_runtime
from chain.rpc.methods import rpc
from chain.rpc.namespaces.json_forms import invalid_params, to_account
from chain.rpc.namespaces.listing import PAGE_MAX, SCAN_MAX
from chain.rpc.namespaces.runtime_json import to_json, to_numbered_json
from chain.rpc.parameters import Number32, Number64
from pallets.registry.types import Attribute, Provider, Record, Version
from runtime.frame.ai_types import JobKind, RecordKind

Test = Callable[[Record, Version], bool]
KindName = Literal["model", "dataset", "provider", "pool"]


class SearchMethods:
    """Records by what they are."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("registry_search", safe=True)
    def search(
        self,
        kind: KindName | None = None,
        owner: str | None = None,
        parent: Number64 | None = None,
        job_kind: str | None = None,
        attribute: str | None = None,
        start: Number64 = 0,
        count: Number32 = 100,
    ) -> object:
        """Records that are all of it, from a number on, with their current versions.

        ``parent`` is a record they are made from; ``job_kind`` and ``attribute`` (`gpu=H200`) are
        of providers. `next` is where to go on; null at the end.
        """
        registry = get_runtime(self._client).registry
        tests = _make_tests(kind, owner, parent, job_kind, attribute)
        found: list[object] = []
        number, end = start, registry.next_id.get()
        while number < min(end, start + SCAN_MAX) and len(found) < min(count, PAGE_MAX):
            record = registry.record.get(number)
            version = None if record is None else registry.version.get((number, record.version))
            if record is not None and version is not None:
                if all(test(record, version) for test in tests):
                    shown = to_numbered_json("id", number, record)
                    found.append({**shown, "current": to_json(version)})
            number += 1
        return {"found": found, "next": number if number < end else None}


def _make_tests(
    kind: str | None,
    owner: str | None,
    parent: int | None,
    job_kind: str | None,
    attribute: str | None,
) -> list[Test]:
    tests: list[Test] = []
    if kind is not None:
        wanted = RecordKind[kind.upper()]
        tests.append(lambda record, _: record.kind is wanted)
    if owner is not None:
        who = to_account("owner", owner)
        tests.append(lambda record, _: record.owner == who)
    if parent is not None:
        tests.append(lambda _, version: any(each.record == parent for each in version.parents))
    if job_kind is not None:
        number = _parse_job_kind(job_kind)
        tests.append(lambda _, version: number in _get_job_kinds(version))
    if attribute is not None:
        name, _, value = attribute.partition("=")
        asked = Attribute(name, value)
        tests.append(lambda _, version: asked in _get_attributes(version))
    return tests


def _parse_job_kind(text: str) -> JobKind:
    known = {each.name.lower(): each for each in JobKind}
    if text not in known:
        raise invalid_params(f"job_kind: expected one of {', '.join(known)}, got {text[:64]!r}")
    return known[text]


def _get_job_kinds(version: Version) -> tuple[JobKind, ...]:
    body = version.body
    return tuple(each.kind for each in body.prices) if isinstance(body, Provider) else ()


def _get_attributes(version: Version) -> tuple[Attribute, ...]:
    body = version.body
    return body.attributes if isinstance(body, Provider) else ()


class VerifyMethods:
    """Claims about results."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @rpc("verify_claim", safe=True)
    def get_claim(self, job: Number64, slot: Number32) -> object:
        """The latest claim about a slot: by whom, its verdict, what it waits for; null if none."""
        verify = get_runtime(self._client).verify
        claim = verify.claim.get((job, slot))
        if claim is None:
            return None
        shown = to_numbered_json("job", job, claim)
        pending = verify.pending.get((job, slot))
        return {**shown, "slot": slot, "pending": None if pending is None else to_json(pending)}
