"""Making blocks: what goes into one, and the work that seals it."""
