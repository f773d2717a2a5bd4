"""Jobs of every kind of program, over the stage of the market."""

from dataclasses import replace
from typing import Any

from pallets.market import ComputeToData, Evaluate, Infer, JobSpec, Render, Train
from pallets.registry.types import Dataset
from runtime.primitives import Hash, Root
from runtime.programs import SCENE, Evaluation, Metric, Raytrace, Statistics
from runtime.tensor.blob import blob_root
from tests.helpers.market_stage import ALICE, COLS, DAVE, MarketStage
from tests.helpers.programs_vectors import FOUR_BALLS, draw, make_sgd

ROYALTY_BPS = 700
SCENE_BLOB = SCENE.encode(FOUR_BALLS)
TASK, TRAIN_ROWS, TRAIN_LABELS = make_sgd("job", 20, 4, 3, 3, 4, 9)
TABLE = bytes((index * index) % 3 for index in range(120))
LABELS = bytes(row[0] for row in draw("labels", 40, 1, 0, 9))
BLOBS = (SCENE_BLOB, TRAIN_ROWS, TRAIN_LABELS, TABLE, LABELS)


class ProgramStage(MarketStage):
    """The stage with the blobs of its programs, and a dataset of DAVE's."""

    def __init__(self) -> None:
        super().__init__()
        for blob in BLOBS:
            self.put_blob(ALICE, blob)
        body = Dataset(
            blob_root(TRAIN_ROWS), None, None, 20, 1_024, len(TRAIN_ROWS), Hash(b"s" * 32), None
        )
        self.dataset = self.register(DAVE, body, ROYALTY_BPS)
        self.take_events()

    def make_specs(self) -> dict[str, JobSpec]:
        """One job of each kind."""
        return {
            "train": self.make_train(),
            "render": self.make_render(),
            "compute to data": self.make_compute(),
            "eval": self.make_evaluate(),
        }

    def make_train(self, dataset: int | None = None, **changes: Any) -> Train:
        """Nine steps in three segments."""
        dataset = self.dataset if dataset is None else dataset
        terms: dict[str, Any] = {
            "rows": blob_root(TRAIN_ROWS),
            "labels": blob_root(TRAIN_LABELS),
            "steps_per_slot": 3,
        }
        return Train(replace(TASK, **(terms | changes)), dataset)

    def make_render(self, **changes: Any) -> Render:
        """Four tiles, the last ones smaller."""
        return Render(replace(Raytrace(blob_root(SCENE_BLOB), 12, 10, 8), **changes))

    def make_compute(self, dataset: int | None = None, **changes: Any) -> ComputeToData:
        """Three groups of forty rows of three columns."""
        dataset = self.dataset if dataset is None else dataset
        task = Statistics(blob_root(TABLE), 40, 3, 0, 0, 2, (1, 2), 5)
        return ComputeToData(replace(task, **changes), dataset)

    def make_evaluate(
        self, model: int | None = None, version: int | None = None, **changes: Any
    ) -> Evaluate:
        """The stage's model on its own inputs, in two shards."""
        assert len(self.inputs) == 40 * COLS
        task = Evaluation(self.input_root, blob_root(LABELS), 40, 25, 10, Metric.CONFUSION)
        return Evaluate(replace(task, **changes), self.model if model is None else model, version)


NO_BLOB = Root(b"n" * 32)
INFER = Infer(7, None, Root(b"r" * 32), 40, 10, 1)
