"""The text of a plan's kernels, as one program without includes."""

from importlib.resources import files

from consensus.kernels.cuda.plan import COMMON_SOURCES, Plan


def read_source(name: str) -> str:
    """One file of kernels, as the package carries it."""
    return files("consensus.kernels.cuda").joinpath(name).read_text("utf-8")


def list_sources(plan: Plan) -> tuple[str, ...]:
    """The files of a plan, in the order of the program."""
    *instructions, product = plan.sources
    return (*instructions, *COMMON_SOURCES, product)


def assemble(plan: Plan) -> str:
    """The whole program; `#line` keeps the compiler's messages about each file."""
    parts = (f'#line 1 "{name}"\n{read_source(name)}' for name in list_sources(plan))
    return "".join(parts)
