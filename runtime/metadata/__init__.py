"""Metadata: what a client must know to read and write this chain, from the declarations alone."""

from runtime.metadata.build import METADATA_VERSIONS, build_metadata

__all__ = ["METADATA_VERSIONS", "build_metadata"]
