"""Chain specifications and the state of block zero."""
