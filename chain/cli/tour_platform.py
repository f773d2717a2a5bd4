"""The tour's chapters about the platform: machines by the block, wash trading, the whole."""

import re
from dataclasses import dataclass
from functools import partial

import msgspec
import numpy as np

from chain.cli.session import Session
from chain.cli.tour_compute import World, find_number
from chain.cli.tour_moves import let_pass, visit
from chain.cli.tour_stage import TourStage
from chain.training import load_digits
from chain.wallet.amount import format_amount
from chain.wallet.chain_reader import from_hex, to_hex
from pallets.runtime import Runtime
from pallets.work.declarations import EraClaimed
from runtime.crypto.hashing import blake2_256
from runtime.primitives import AccountId, Hash
from runtime.state.proof import decode_proof, verify_proof

PROOF = "state_getReadProof"


class ReadProof(msgspec.Struct, frozen=True):
    """What the node says: a proof a key."""

    proof: tuple[str, ...]


def rent(stage: TourStage, world: World) -> None:
    """US-13: a machine, paid as long as it is used."""
    stage.chapter(
        "A machine by the block",
        "Dave rents Charlie's machine and puts money into the lease; it pays for each block. He",
        "accepts the work so far, and Charlie gives notice: what was not used comes back.",
    )
    terms = '--rate "1 SBR" --review 5 --min 1 --notice 4'
    said = stage.type(f"rent offer --record {world.provider} {terms} --from //Charlie", lines=2)
    offer = find_number(r"offer (N)", said)
    said = stage.type(f'rent start {offer} --amount "150 SBR" --from //Dave', lines=2)
    lease = find_number(r"lease (N)", said)
    stage.type(f"rent accept {lease} --from //Charlie", lines=2)
    let_pass(stage.url, 5)
    stage.type(f"rent pay {lease} --from //Dave", lines=3)
    stage.type(f"rent reclaim {lease} --from //Charlie", lines=3)
    said = stage.type(f"rent status {lease}")
    paid = re.search(r"paid +(\d+) SBR for (\d+) blocks", said)
    assert paid is not None, "a lease tells what was paid; qed"
    stage.ensure(
        paid[1] == paid[2], f"Dave had the machine for {paid[2]} blocks and paid {paid[1]} SBR"
    )


def wash(stage: TourStage, world: World) -> None:
    """US-15: who hires himself loses."""
    del world
    stage.chapter(
        "Dealing with oneself",
        "Could Charlie get rich by hiring himself, with a model of his own? His products mine",
        "blocks and earn a bonus; but a bonus is a part of what his own price burned.",
    )
    np.save("own_rows.npy", load_digits().test_images[:50])
    said = stage.type("model register digits.npz --from //Charlie", lines=1)
    model = find_number(r"model (N) is registered", said)
    before = read_wealth(stage, "//Charlie")
    price = '--price "5 SBR"'
    command = f"job post {model} own_rows.npy --from //Charlie {price} --watch --save own.npy"
    stage.type(command, lines=4)
    after = read_wealth(stage, "//Charlie")
    mined = count_mined(stage, "//Charlie", before, after)
    lost = before.amount + mined - after.amount
    stage.ensure(
        lost > 0, f"paying himself 5 SBR cost Charlie {format_amount(lost)}: burn, treasury, fees"
    )


@dataclass(frozen=True, slots=True)
class Wealth:
    """What somebody has at a block, on hold or not."""

    amount: int
    at: Hash


def read_wealth(stage: TourStage, name: str) -> Wealth:
    """All that a development account has now."""

    async def read(session: Session) -> Wealth:
        who, head = session.get_account(name), await session.chain.get_head()
        read_total = partial(get_total, who=who)
        return Wealth(await session.chain.read(read_total, head), head)

    return visit(stage.url, read)


def get_total(runtime: Runtime, who: AccountId) -> int:
    """Free and held together."""
    return runtime.system.account[who].data.total


def count_mined(stage: TourStage, name: str, before: Wealth, after: Wealth) -> int:
    """What blocks that somebody had made before brought him in between."""

    async def count(session: Session) -> int:
        who, at, mined = session.get_account(name), after.at, 0
        while at != before.at:
            events = [record.event.event for record in await session.chain.get_events(at)]
            claims = [event for event in events if isinstance(event, EraClaimed)]
            mined += sum(event.amount for event in claims if event.author == who)
            at = (await session.chain.get_header(at)).parent_hash
        return mined

    return visit(stage.url, count)


def explore(stage: TourStage, world: World) -> None:
    """US-16: what anybody can see, and prove."""
    stage.chapter(
        "What anybody can see",
        "Everything that happened is on the chain: who made what of what, which multiplications",
        "were somebody's job, and any number of the state with a proof.",
    )
    stage.type("chain work --last 4096")
    stage.type(f"provider status {world.provider}", lines=14)
    path = stage.get_path("provenance.png")
    stage.type(f"model provenance {world.newest} --png {path}")
    stage.show("provenance.png")
    issuance, root = prove_issuance(stage)
    stage.note(f"there are {format_amount(issuance)}, proven under the state root {root[:18]}…")


def prove_issuance(stage: TourStage) -> tuple[int, str]:
    """How many tokens there are, checked against the root of a header; and the root."""

    async def ask(session: Session) -> tuple[int, str]:
        chain, key = session.chain, session.chain.runtime.balances.total_issuance.key
        head = await chain.get_head()
        root = (await chain.get_header(head)).state_root
        answer = await chain.rpc.call(ReadProof, PROOF, [to_hex(key)], to_hex(head))
        (proof,) = answer.proof
        value_hash = verify_proof(root, key, decode_proof(from_hex(proof, PROOF)))
        issuance = await chain.read(lambda runtime: runtime.balances.total_issuance.get(), head)
        assert value_hash == blake2_256(issuance.to_bytes(16, "little")), "it was proven; qed"
        return issuance, to_hex(root)

    return visit(stage.url, ask)
