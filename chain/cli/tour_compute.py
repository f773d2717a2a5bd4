"""The tour's chapters about computation: answers, pictures and training, paid and judged."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from chain.cli.tour_moves import answer_wrongly, let_pass
from chain.cli.tour_stage import SHEET_PART, TourStage
from chain.png import dump_png
from chain.training import load_digits
from chain.wallet.amount import format_amount
from chain.wallet.label_sheet import draw_sheet

KINDS: Final = ("infer", "train", "render", "eval", "store", "rent")
SHEET_IMAGES: Final = 100
TRAIN_IMAGES: Final = 940
WAITED_BLOCKS: Final = 2
"""After the cheat's two: then the price is what Charlie asks."""


@dataclass(slots=True)
class World:
    """The numbers of what everybody uses, and of what came to be."""

    dataset: int
    model: int
    provider: int
    cheat: int
    """Ferdie's provider record."""

    newest: int
    """The record with the longest story: what the last chapter draws."""

    labelled: int | None = None
    """The images that were labelled on the chain, once they were."""


def find_number(pattern: str, said: str) -> int:
    """The number in what a command said, such as of `model (N) is registered`."""
    found = re.search(pattern.replace("N", r"\d+"), said)
    assert found is not None, f"{pattern!r} is not in {said!r}; qed"
    return int(found[1])


def open_tour(stage: TourStage) -> World:
    """Who is who: data, a model made of it, an honest provider and one who cheats."""
    stage.chapter(
        "Who is who",
        "Dave has images of handwritten digits, Bob has trained a classifier on them. Both are",
        "registered on the chain, and the model names its data: who has the model run pays both.",
        "Charlie and Ferdie offer to run it, and put down collateral; Ferdie will cheat.",
    )
    stage.type("model sample digits.npz --rows images.npy")
    said = stage.type("data publish images.npy --from //Dave --items 450", lines=2)
    dataset = find_number(r"dataset (N) is registered", said)
    parent = f"--royalty 10% --parent {dataset}:trained-on:5%"
    said = stage.type(f"model register digits.npz --from //Bob {parent}", lines=3)
    model = find_number(r"model (N) is registered", said)
    said = stage.type('provider register --from //Ferdie --bond "200 SBR"', lines=2)
    cheat = find_number(r"provider (N) ", said)
    kinds = " ".join(f"--kind {kind}" for kind in KINDS)
    terms = f'--bond "3000 SBR" --price "1.4 SBR" {kinds}'
    said = stage.type(f"provider register --from //Charlie {terms}", lines=2)
    return World(dataset, model, find_number(r"provider (N) ", said), cheat, newest=model)


def infer(stage: TourStage, world: World) -> None:
    """US-1: answers that mine, and a wrong one."""
    stage.chapter(
        "Answers that mine blocks",
        "Alice has 450 images read. Her price rises from block to block until somebody takes it.",
        "Ferdie is the quickest, and gets one number of his answer wrong. Every node computes it",
        "again: he loses his collateral in the same block, and Charlie, who asks a little more,",
        "answers everything. His products are the ones that blocks are sealed with.",
    )
    price = '--price "1 SBR..5 SBR/40"'
    said = stage.type(f"job post {world.model} images.npy --from //Alice {price}", lines=4)
    job = find_number(r"job (N) is open", said)
    files = Path("digits.npz"), Path("images.npy")
    slashed = answer_wrongly(stage.url, job, 8, world.cheat, files)
    stage.note(
        f"Ferdie's wrong answer cost him {format_amount(slashed.amount)}: "
        f"{format_amount(slashed.to_owner)} went to Alice, {format_amount(slashed.burned)} is gone"
    )
    let_pass(stage.url, WAITED_BLOCKS)
    stage.type(f"job watch {job} --save scores.npy", lines=8)
    answers, digits = np.load("scores.npy").argmax(axis=1), load_digits()
    right = answers == digits.test_labels
    stage.ensure(
        right.mean() >= 0.95,
        f"the paid answers are right for {right.sum()} of {len(right)} images (red: wrong)",
    )
    first = slice(SHEET_IMAGES)
    images = digits.test_images[first].tobytes()
    sheet = draw_sheet(images, 64, answers[first].tolist(), right[first].tolist())
    (stage.pictures / "answers.png").write_bytes(dump_png(sheet))
    stage.show("answers.png", part=SHEET_PART)


def render(stage: TourStage, world: World) -> None:
    """US-3: a picture in tiles."""
    del world
    stage.chapter(
        "A picture in tiles",
        "A ray tracer in exact integers draws a scene; each tile is a slot that somebody is paid",
        "for. The same scene gives the same bytes everywhere, so a forged pixel is found.",
    )
    path = stage.get_path("balls.png")
    stage.type(f"render {path} --from //Alice --width 240 --height 180 --tile 60")
    stage.show("balls.png")


def train(stage: TourStage, world: World) -> None:
    """US-2: a model learnt on the chain."""
    stage.chapter(
        "A model that learns on the chain",
        "Alice has a network trained. The steps are cut into segments; each goes on from the",
        "verified end of the one before, so one altered step would be found. The finished model is",
        "registered, with the data as its parent; then it is held against images it has not seen.",
    )
    digits = load_digits()
    rows, labels = digits.train_images[:TRAIN_IMAGES], digits.train_labels[:TRAIN_IMAGES]
    if world.labelled is not None:
        stage.tell("Among the data are the images that were labelled on the chain a moment ago.")
        rows = np.concatenate([rows, np.load("items.npy")])
        labels = np.concatenate([labels, np.load("labels.npy").astype(np.int8)])
    np.save("train_rows.npy", rows)
    np.save("train_labels.npy", labels)
    np.save("unseen.npy", digits.test_images[SHEET_IMAGES:])
    np.save("unseen_labels.npy", digits.test_labels[SHEET_IMAGES:])
    data = world.dataset if world.labelled is None else world.labelled
    terms = f"--steps 256 --dataset {data} --parent-bps 500 --register"
    terms += f" --curve {stage.get_path('curve.png')}"
    said = stage.type(f"train train_rows.npy train_labels.npy learnt.npz --from //Alice {terms}")
    world.newest = find_number(r"model (N)\b", said)
    command = f"eval {world.newest} unseen.npy unseen_labels.npy --from //Alice"
    said = stage.type(command, lines=14)
    percent = re.search(r"(\d+\.\d) ?%", said)
    assert percent is not None, "an evaluation tells a share; qed"
    stage.ensure(
        float(percent[1]) > 90, f"the model that was learnt on the chain is right in {percent[0]}"
    )
