"""Training of small integer models on the node's machine; nothing of it is consensus."""

from chain.training.digits import Digits, compute_accuracy, load_digits, train_digits

__all__ = ["Digits", "compute_accuracy", "load_digits", "train_digits"]
