"""The deterministic core: no I/O, clock, randomness or floats."""
