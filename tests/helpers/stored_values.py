"""What a block leaves is, for the next one, of the types that it had when it was written."""

from runtime.codec.cell import UNDECODED
from runtime.composed import ComposedRuntime

PREFIX_BYTES = 32


def ensure_read_back(runtime: ComposedRuntime) -> None:
    """Values stay decoded until the block ends; whoever has them as bytes must see the same.

    Two values that are equal may still differ in their types, as an int and an enum do, or a tuple
    and a list: a rule that asks for them would differ between nodes.
    """
    specs = {spec.prefix: spec for pallet in runtime.pallets for spec in pallet.spec.storage}
    for key, raw in runtime.state.changes().items():
        value = runtime.state.find(key).value
        if raw is None or value is UNDECODED:
            continue
        spec = specs[key[:PREFIX_BYTES]]
        again = spec.value.decode(raw)
        assert repr(value) == repr(again), f"{spec.name}: {value!r} reads back as {again!r}"
