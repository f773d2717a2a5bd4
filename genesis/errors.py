"""What can be wrong with a chain specification."""


class SpecError(Exception):
    """A field of the specification is unknown, missing or wrong; the text names it."""
