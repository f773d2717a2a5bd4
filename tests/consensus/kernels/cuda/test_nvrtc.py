"""The real compiler takes the kernels for every architecture, and no register is spilled.

Needs the wheel of NVRTC, which the extra `nvrtc` installs; the rest is tested without.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from consensus.kernels.cuda import nvrtc as module
from consensus.kernels.cuda.device import DeviceUnavailable
from consensus.kernels.cuda.nvrtc import (
    CompileFailed,
    Nvrtc,
    Resources,
    compile_target,
    load_nvrtc,
    parse_resources,
)
from consensus.kernels.cuda.plan import Target, choose_target
from consensus.kernels.cuda.sources import assemble, list_sources, read_source

CAPABILITIES = ((8, 0), (8, 6), (8, 9), (9, 0), (10, 0), (12, 0))
KERNELS = {
    *("hash_chunks", "hash_trees", "draw_tickets", "choose_best"),
    *("expand_operand", "draw_left", "draw_right", "pack", "append_digits"),
}

TARGETS = [choose_target(*each) for each in CAPABILITIES]
# Hopper also runs the kernel for every GPU: a comparison for the bench.
TARGETS.append(replace(choose_target(8, 0), architecture="90"))


@pytest.fixture(scope="module")
def nvrtc() -> Nvrtc:
    try:
        return load_nvrtc()
    except DeviceUnavailable as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: f"sm_{target.architecture}")
def test_nothing_is_spilled(nvrtc: Nvrtc, target: Target) -> None:
    for fold in (1, 0):
        defines = (*target.plan.defines, f"FOLD={fold}")
        cubin, log = nvrtc.compile(assemble(target.plan), target.architecture, defines)
        assert cubin.startswith(b"\x7fELF")
        taken = list(parse_resources(log))
        assert {each.kernel for each in taken} == {*KERNELS, target.plan.kernel}
        for each in taken:
            print(f"sm_{target.architecture} fold {fold} {each}")
            assert (each.stack_bytes, each.spilled_bytes) == (0, 0), each


def test_mistakes_are_shown(nvrtc: Nvrtc) -> None:
    with pytest.raises(CompileFailed, match=r"NVRTC_ERROR_COMPILATION(.|\n)*kernels\.cu"):
        nvrtc.compile("void broken( {", "80", ())


@dataclass
class Shelf:
    """A store in memory."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def put(self, name: str, cubin: bytes) -> None:
        self.kept[name] = cubin


class CountingCompiler(Nvrtc):
    """Compiles nothing, and counts."""

    def __init__(self, version: tuple[int, int] = (12, 9)) -> None:
        self.version = version
        self.compiled = 0

    def compile(self, code: str, architecture: str, defines: Sequence[str]) -> tuple[bytes, str]:
        self.compiled += 1
        return f"{architecture} {len(code)} {defines}".encode(), ""


def test_a_cubin_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, compiler = Shelf(), CountingCompiler()
    for target in (*TARGETS, *TARGETS):
        assert compile_target(compiler, target, shelf).startswith(target.architecture.encode())
    assert compiler.compiled == len(TARGETS) == len(shelf.kept)
    compile_target(compiler, TARGETS[0], None)
    assert compiler.compiled == len(TARGETS) + 1
    newer = CountingCompiler((13, 0))
    compile_target(newer, TARGETS[0], shelf)
    monkeypatch.setattr(module, "assemble", lambda plan: assemble(plan) + "// changed\n")
    compile_target(newer, TARGETS[0], shelf)
    assert newer.compiled == 2


def test_a_missing_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> ctypes.CDLL:
        raise OSError(path)

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    with pytest.raises(DeviceUnavailable, match=r"expected libnvrtc.so.13 or libnvrtc.so.12"):
        load_nvrtc()


LOG = """ptxas info    : Compiling entry function 'multiply_mma' for 'sm_80'
ptxas info    : Function properties for multiply_mma
ptxas         .     16 bytes stack frame, 8 bytes spill stores, 4 bytes spill loads
ptxas info    : Used 240 registers, used 1 barriers, 412 bytes cmem[0]
ptxas info    : Compiling entry function 'pack' for 'sm_80'
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 56 registers
"""


def test_the_log_is_read() -> None:
    assert list(parse_resources(LOG)) == [
        Resources("multiply_mma", 240, 16, 12),
        Resources("pack", 56, 0, 0),
    ]


def test_every_file_of_kernels_is_shipped() -> None:
    names = {name for target in TARGETS for name in list_sources(target.plan)}
    for name in names:
        text = read_source(name)
        assert text.startswith("//"), name
        assert max(map(len, text.splitlines())) <= 100, name
        assert len(text.splitlines()) <= 400, name
