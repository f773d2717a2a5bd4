"""Deterministic programs: what the chain can replay beside the graphs of models.

Each is a frozen value of parameters with its rules as methods; `Program` is their shape.
"""

from runtime.programs.evaluation import Evaluation, Metric
from runtime.programs.product import MatrixProduct, StripOpening, TileOpening
from runtime.programs.program import Cost, Inputs, Program, ProgramError
from runtime.programs.raytrace import Raytrace
from runtime.programs.runner import ProgramRunner, ReferenceRunner
from runtime.programs.scene import SCENE, Colour, Plane, Scene, Sphere, Vector
from runtime.programs.sgd import Sgd
from runtime.programs.statistics import Statistics

__all__ = [
    "SCENE",
    "Colour",
    "Cost",
    "Evaluation",
    "Inputs",
    "MatrixProduct",
    "Metric",
    "Plane",
    "Program",
    "ProgramError",
    "ProgramRunner",
    "Raytrace",
    "ReferenceRunner",
    "Scene",
    "Sgd",
    "Sphere",
    "Statistics",
    "StripOpening",
    "TileOpening",
    "Vector",
]
