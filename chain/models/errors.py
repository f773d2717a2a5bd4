"""Why a model cannot be brought to the chain."""

from chain.errors import NodeError


class ModelError(NodeError):
    """A model, its file or its data cannot be imported."""


class BadFile(ModelError):
    """The file is not what its name says, is cut off, or keeps data elsewhere."""


class UnsupportedOperator(ModelError):
    """The network has an operator, or a use of one, that has no integer form here."""

    def __init__(self, operator: str, node: str, why: str = "it has no integer form") -> None:
        super().__init__(f"operator {operator} at node {node!r}: {why}")
        self.operator = operator
        self.node = node
        self.why = why


class BadShape(ModelError):
    """Shapes do not fit each other, or are not known before a run."""


class BadNumbers(ModelError):
    """Numbers are missing, not finite, or of another type."""


class DoesNotFit(ModelError):
    """The integer form breaks a limit of i8graph, such as the range of its integers."""
