"""The chain as this node knows it: blocks, states, the one writer that imports, the builder."""
