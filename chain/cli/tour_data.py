"""The tour's chapters about data: labelled by many, collected from many, sold, kept."""

import re
from pathlib import Path
from typing import Final

import numpy as np

from chain.cli.tour_compute import World, find_number
from chain.cli.tour_moves import deliver_wrongly, let_pass, poke_lease
from chain.cli.tour_stage import SHEET_PART, TourStage
from chain.training import Digits, load_digits
from chain.wallet.amount import format_amount
from pallets.leases.declarations import LeaseClosed, ProviderFailed
from runtime.tensor.value import Int8Array, IntArray

ITEMS, GOLD_EVERY, CLASSES = 60, 5, 10
SALE_BYTES: Final = 64 * 1_024
KEPT_BYTES: Final = 200_000


def label(stage: TourStage, world: World) -> None:
    """US-4: labels by four programs, one of which guesses."""
    stage.chapter(
        "Labels by many, judged by hidden gold",
        "Alice has sixty images labelled by four: three programs of different skill, and Ferdie,",
        "who guesses. She knows a fifth of the labels and hides them; nobody can copy, for all are",
        "bound to their answers before anybody shows them. Who is right where it is known is paid.",
    )
    digits = load_digits()
    items = digits.test_images[:ITEMS]
    np.save("items.npy", items)
    gold = range(0, ITEMS, GOLD_EVERY)
    lines = [f"{item} {digits.test_labels[item]}" for item in gold]
    Path("gold.txt").write_text("\n".join(lines) + "\n", "utf-8")
    terms = '--classes 10 --seats 4 --pool "40 SBR" --task "which digit is it?"'
    said = stage.type(f"label post items.npy gold.txt {terms} --from //Alice", lines=3)
    number = find_number(r"round (N)", said)
    answers: dict[str, IntArray] = {
        "//Bob": answer_by_neighbours(digits, items, 1_300),
        "//Dave": answer_by_neighbours(digits, items, 150),
        "//Eve": answer_by_neighbours(digits, items, 40),
        "//Ferdie": np.random.default_rng(4).integers(0, CLASSES, ITEMS, np.int8),
    }
    records: list[int] = []
    for name, labels in answers.items():
        np.save(f"{name.strip('/')}.npy", labels)
        said = stage.type(f"provider register --kind label --from {name}", lines=0)
        record = find_number(r"provider (N) ", said)
        records.append(record)
        stage.type(f'label join {number} --record {record} --bond "150 SBR" --from {name}', lines=0)
    for name in answers:
        stage.type(f"label commit {number} {name.strip('/')}.npy --from {name}", lines=0)
    for name in answers:
        stage.type(f"label reveal {number} --from {name}", lines=0)
    stage.type(f"label gold {number} --from //Alice", lines=0)
    sheet = stage.get_path("labels.png")
    stage.type(f"label show {number} --save labels.npy --sheet {sheet}", lines=16)
    right = np.load("labels.npy") == digits.test_labels[:ITEMS]
    stage.ensure(right.mean() > 0.9, f"{right.sum()} of {ITEMS} labels are right (red: in doubt)")
    stage.show("labels.png", part=SHEET_PART)
    parents = " ".join(f"--parent {record}:labelled-by:2%" for record in records[:-1])
    parents += f" --parent {world.dataset}:derived-from:5%"
    said = stage.type(f"data publish labels.npy --items {ITEMS} {parents} --from //Alice", lines=1)
    world.newest = world.labelled = find_number(r"dataset (N) is registered", said)


def answer_by_neighbours(digits: Digits, items: Int8Array, known: int) -> IntArray:
    """The label of the nearest of so many known images."""
    images = digits.train_images[:known].astype(np.int64)
    distances = ((items.astype(np.int64)[:, None] - images[None]) ** 2).sum(axis=2)
    nearest: IntArray = distances.argmin(axis=1)
    return digits.train_labels[nearest]


def collect(stage: TourStage, world: World) -> None:
    """US-7: examples from three people; one gives noise."""
    del world
    stage.chapter(
        "Data from many, paid by what it teaches",
        "Alice can tell few digits apart and opens a pool. Bob and Dave give examples; Ferdie",
        "gives images with labels that he has made up. A program trains with each gift and counts",
        "how many hidden examples more are told right: that is what a gift is worth.",
    )
    digits = load_digits()
    made_up = np.random.default_rng(7).integers(0, CLASSES, 60)
    parts = {
        "base": (slice(0, 30), None),
        "bob": (slice(100, 160), None),
        "dave": (slice(200, 260), None),
        "ferdie": (slice(300, 360), made_up),
        "hidden": (slice(600, 700), None),
    }
    for name, (where, invented) in parts.items():
        labels = digits.train_labels[where] if invented is None else invented
        rows = np.column_stack([digits.train_images[where], labels]).astype(np.int8)
        np.save(f"{name}.npy", rows)
    terms = '--classes 10 --seats 3 --shard-rows 60 --total "30 SBR" --task "handwritten digits"'
    said = stage.type(f"pool open base.npy hidden.npy {terms} --from //Alice", lines=3)
    number = find_number(r"pool (N)", said)
    givers = ("bob", "dave", "ferdie")
    for name in givers:
        stage.type(f"pool commit {number} {name}.npy --from //{name.title()}", lines=0)
    for name in givers:
        stage.type(f"pool reveal {number} --from //{name.title()}", lines=0)
    stage.type(f"pool validate {number} --from //Alice", lines=0)
    stage.type(f"pool score {number} --from //Eve", lines=8)
    said = stage.type(f"pool show {number} --save pooled.npy", lines=16)
    points = dict(re.findall(r"//(\w+) +scored +\d+ +\d+ +(\d+)", said))
    stage.ensure(
        int(points["Bob"]) > int(points["Ferdie"]) < int(points["Dave"]),
        f"what a gift earns is what it teaches: Bob's {points['Bob']} points, Dave's "
        f"{points['Dave']}, Ferdie's {points['Ferdie']}; nobody decided it",
    )


def sell(stage: TourStage, world: World) -> None:
    """US-5: a sale by sealed box, and one with a wrong key."""
    del world
    stage.chapter(
        "Data sold without a judge",
        "Charlie sells an encrypted file. Its package is public and proves itself; the price waits",
        "on the chain while Bob opens what he got. Then Ferdie sells too, and delivers a key that",
        "opens nothing: Bob shows it to the chain, which needs nobody's opinion.",
    )
    rng = np.random.default_rng(5)
    for name in ("good", "bad"):
        Path(f"{name}.bin").write_bytes(rng.bytes(SALE_BYTES))
    terms = '--price "20 SBR" --bond "100 SBR" --items 64'
    said = stage.type(f"data offer-sealed good.bin {terms} --from //Charlie", lines=3)
    record = find_number(r"dataset (N) is for sale", said)
    said = stage.type(f"data order {record} good.bin.sealed --from //Bob", lines=1)
    order = find_number(r"order (N) is placed", said)
    stage.type("data serve-sales --from //Charlie --once")
    stage.type(f"data open {order} good.bin.sealed --out bought.bin")
    is_same = Path("bought.bin").read_bytes() == Path("good.bin").read_bytes()
    stage.ensure(is_same, f"Bob has the {SALE_BYTES} bytes that were listed, byte for byte")

    said = stage.type(f"data offer-sealed bad.bin {terms} --from //Ferdie", lines=1)
    record = find_number(r"dataset (N) is for sale", said)
    said = stage.type(f"data order {record} bad.bin.sealed --from //Bob", lines=1)
    order = find_number(r"order (N) is placed", said)
    deliver_wrongly(stage.url, order)
    stage.type(f"data open {order} bad.bin.sealed --out nothing.bin", fails=True)
    said = stage.type(f"data dispute {order} bad.bin.sealed --from //Bob")
    stage.ensure("slashed" in said, "Bob has his money back and a part of Ferdie's collateral")


def keep(stage: TourStage, world: World) -> None:
    """US-6: a file that is kept, audited, and then lost."""
    stage.chapter(
        "A file that somebody keeps",
        "Dave has a file kept by Charlie, paid by the block. Every few blocks the hash of a block",
        "draws chunks of it, and Charlie's node has to show them. Then Charlie deletes the file,",
        "and the chain finds out.",
    )
    Path("file.bin").write_bytes(np.random.default_rng(6).bytes(KEPT_BYTES))
    terms = '--rate "0.01 SBR" --every 4 --answer 3 --notice 20 --bond "200 SBR"'
    said = stage.type(f"store offer --record {world.provider} {terms} --from //Charlie", lines=2)
    offer = find_number(r"offer (N)", said)
    said = stage.type("store put file.bin", lines=3)
    found = re.search(r"0x[0-9a-f]{64}", said)
    assert found is not None, "a file has a root; qed"
    root = found[0]
    said = stage.type(f'store lease {offer} {root} --amount "5 SBR" --from //Dave', lines=3)
    lease = find_number(r"lease (N)", said)
    let_pass(stage.url, 14)
    stage.type(f"store status {lease}")
    stage.type(f"store drop {root}")
    for _ in range(4 * 4):
        let_pass(stage.url, 3)
        events = poke_lease(stage.url, lease)
        failed = [event for event in events if isinstance(event, ProviderFailed)]
        if failed and any(isinstance(event, LeaseClosed) for event in events):
            slashed = format_amount(failed[0].slashed)
            stage.note(f"after three missed audits the lease is over; it cost Charlie {slashed}")
            return
    stage.ensure(False, "a file that is gone is missed")
