"""Trained networks brought to the chain: read, calibrated, quantised to an i8graph, written."""
