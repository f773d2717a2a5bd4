"""What happens in the tour and has no command: people who cheat, and time that passes."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import trio

from chain.cli.options import Settings, Signing
from chain.cli.session import Session, open_session
from chain.wallet.errors import TransactionFailed
from chain.wallet.model_file import load_model_file
from chain.wallet.submit import Inclusion
from chain.wallet.transaction import make_call
from pallets.market.declarations import Slashed
from runtime.claim import compute_claim_roots, compute_commitment
from runtime.crypto.sealed_box import seal
from runtime.frame import Call, Event
from runtime.frame.ai_types import SlotId
from runtime.tensor import run_graph

T = TypeVar("T")
CHEAT: Final = "//Ferdie"
PASSER_BY: Final = "//Eve"
ROWS_PER_SLOT: Final = 50


def visit(url: str, doing: Callable[[Session], Awaitable[T]]) -> T:
    """Does something at a node and leaves."""

    async def run() -> T:
        async with open_session(Settings(url, as_json=False, base_path=None)) as session:
            return await doing(session)

    return trio.run(run)


async def send(session: Session, name: str, call: Call) -> Inclusion:
    """A call by a development account, in a block."""
    signing = Signing(name)
    return await session.send(session.get_key(signing), call, signing, call.spec.name)


def answer_wrongly(url: str, job: int, slot: int, record: int, files: tuple[Path, Path]) -> Slashed:
    """Takes a slot, computes it, and answers with one logit one higher."""

    async def cheat(session: Session) -> Slashed:
        market = session.chain.runtime.market
        await send(session, CHEAT, make_call(market.lock, job, slot, record))
        model, rows = load_model_file(files[0]), np.load(files[1])
        part = rows[slot * ROWS_PER_SLOT : (slot + 1) * ROWS_PER_SLOT]
        scores = np.array(run_graph(model.checked.graph, model.tensors, part))
        scores[7, 2] += 1
        output = scores.astype("<i4").tobytes()
        who = session.get_account(CHEAT)
        roots, genesis = compute_claim_roots(output, b""), session.chain.genesis_hash
        commitment = compute_commitment(genesis, SlotId(job, slot), who, roots)
        call = make_call(market.submit, job, slot, commitment, output)
        sent = await send(session, CHEAT, call)
        (slashed,) = [event for event in sent.events if isinstance(event, Slashed)]
        return slashed

    return visit(url, cheat)


def deliver_wrongly(url: str, order: int) -> None:
    """Seals another key than the one that was listed."""

    async def cheat(session: Session) -> None:
        vault = session.chain.runtime.vault
        entry = await session.chain.read(lambda runtime: runtime.vault.order_[order])
        await send(session, CHEAT, make_call(vault.deliver, order, seal(b"w" * 32, entry.once_pk)))

    visit(url, cheat)


def poke_lease(url: str, lease: int) -> tuple[Event, ...]:
    """What is due of a lease, which whoever passes by may apply; nothing where nothing is."""

    async def poke(session: Session) -> tuple[Event, ...]:
        call = make_call(session.chain.runtime.leases.poke, lease)
        try:
            return (await send(session, PASSER_BY, call)).events
        except TransactionFailed:
            return ()

    return visit(url, poke)


def let_pass(url: str, blocks: int) -> None:
    """So many blocks, each made because somebody remarks something."""

    async def remark(session: Session) -> None:
        for _ in range(blocks):
            call = make_call(session.chain.runtime.system.remark, b"time passes")
            await send(session, PASSER_BY, call)

    visit(url, remark)
