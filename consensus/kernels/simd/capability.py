"""What this processor can do, as LLVM sees it."""

from llvmlite import binding


def has_quad_products() -> bool:
    """Whether four int8 products are added up in one instruction (AVX512-VNNI)."""
    return _has("avx512vnni")


def has_pair_products() -> bool:
    """Whether eight pairs of int16 products are (AVX2)."""
    return _has("avx2")


def _has(feature: str) -> bool:
    return bool(binding.get_host_cpu_features().get(feature, False))
