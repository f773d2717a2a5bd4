"""ONNX files become the network they say, or are refused for the reason they give."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.models.errors import (
    BadFile,
    BadNumbers,
    BadShape,
    ModelError,
    UnsupportedOperator,
)
from chain.models.layers import FloatModel
from chain.models.onnx_file import load_onnx, parse_onnx
from chain.models.onnx_import import import_onnx
from tests.helpers.onnx_writer import OnnxWriter, make_tensor, put_bytes, put_int

FOLDER = Path(__file__).parents[2] / "fixtures" / "onnx"
rng = np.random.default_rng(3)


def floats(*shape: int) -> np.ndarray:
    return rng.normal(0, 1, shape).astype(np.float32)


def read(writer: OnnxWriter) -> FloatModel:
    return import_onnx(parse_onnx(writer.dump()))


@pytest.mark.parametrize(
    "name, output", [("lenet", None), ("sklearn_mlp", "probabilities"), ("operators", None)]
)
def test_the_network_computes_what_onnx_says(name: str, output: str | None) -> None:
    with np.load(FOLDER / "expected.npz") as expected:
        model = import_onnx(load_onnx(FOLDER / f"{name}.onnx"), output)
        found = model.run(expected["x"])[-1]
        assert np.allclose(found, expected[name], atol=1e-5)


def test_gemm_with_all_its_attributes() -> None:
    writer, a, c = OnnxWriter(("n", 5)), floats(5, 3), floats(3)
    writer.node("Gemm", "x", writer.tensor(a), writer.tensor(c), alpha=0.5, beta=2.0)
    x = floats(4, 5)
    assert np.allclose(read(writer).run(x)[-1], 0.5 * (x @ a) + 2 * c, atol=1e-5)


def test_a_channels_constant_is_no_columns_constant() -> None:
    """Three channels of 3 x 3: each of the constants fits by its size alone."""
    x, channel, column = floats(2, 27), floats(3, 1, 1), floats(3)
    for constant in (channel, column):
        writer = OnnxWriter(("n", 3, 3, 3))
        writer.node("Add", "x", writer.tensor(constant))
        expected = (x.reshape(2, 3, 3, 3) + constant).reshape(2, 27)
        assert np.allclose(read(writer).run(x)[-1], expected)
    writer = OnnxWriter(("n", 3, 3, 3))
    writer.node("Add", "x", writer.tensor(floats(3, 1)))
    with pytest.raises(UnsupportedOperator, match=r"a constant of \[3, 1\] is added"):
        read(writer)


def test_gelu_and_softmax_of_positions() -> None:
    writer = OnnxWriter(("n", 4, 6), opset=20)
    y = writer.node("Gelu", "x")
    writer.node("Softmax", writer.node("MatMul", y, writer.tensor(floats(6, 3))), axis=-1)
    found = read(writer).run(floats(2, 24))[-1]
    assert np.allclose(found.reshape(2, 4, 3).sum(axis=2), 1, atol=1e-5)


def integers(writer: OnnxWriter, *numbers: int) -> str:
    return writer.tensor(np.array(numbers, np.int64))


def test_a_shape_that_the_graph_computes() -> None:
    """torch's view(x.size(0), -1)."""
    writer = OnnxWriter(("n", 2, 3, 4))
    zero = writer.tensor(np.array(0, np.int64))
    batch = writer.node("Gather", writer.node("Shape", "x"), zero, axis=0)
    batch = writer.node("Unsqueeze", batch, integers(writer, 0))
    shape = writer.node("Concat", batch, integers(writer, -1), axis=0)
    weights = floats(24, 5)
    writer.node("MatMul", writer.node("Reshape", "x", shape), writer.tensor(weights))
    x = floats(3, 24)
    assert np.allclose(read(writer).run(x)[-1], x @ weights, atol=1e-5)


@pytest.mark.parametrize("as_input", [True, False])
def test_sides_of_one_are_dropped(as_input: bool) -> None:
    writer = OnnxWriter(("n", 2, 4, 4))
    pooled, weights = writer.node("GlobalAveragePool", "x"), floats(2, 3)
    if as_input:
        flat = writer.node("Squeeze", pooled, integers(writer, 2, -1))
    else:
        flat = writer.node("Squeeze", pooled, axes=(2, 3))
    writer.node("MatMul", flat, writer.tensor(weights))
    x = floats(3, 32)
    expected = x.reshape(3, 2, 16).mean(axis=2) @ weights
    assert np.allclose(read(writer).run(x)[-1], expected, atol=1e-5)


def _image(**attributes: int | str | tuple[int, ...]) -> OnnxWriter:
    writer = OnnxWriter(("n", 2, 6, 6))
    writer.node("Conv", "x", writer.tensor(floats(4, 2, 3, 3)), **attributes)
    return writer


def _pool(**attributes: int | str | tuple[int, ...]) -> OnnxWriter:
    writer = OnnxWriter(("n", 2, 6, 6))
    writer.node("MaxPool", "x", kernel_shape=(2, 2), **attributes)
    return writer


def _row(operator: str, *inputs: str, **attributes: int | tuple[int, ...]) -> OnnxWriter:
    writer = OnnxWriter(("n", 8))
    writer.node(operator, "x", *inputs, **attributes)
    return writer


def _weighted(operator: str, weights: np.ndarray, shape: tuple[int | str, ...]) -> OnnxWriter:
    writer = OnnxWriter(shape)
    writer.node(operator, "x", writer.tensor(weights))
    return writer


UNSUPPORTED = {
    "no such operator": (_row("LSTM"), "operator LSTM at node 'lstm_0': it has no integer form"),
    "another domain": (OnnxWriter(("n", 8)), "com.corp.Gemm"),
    "groups": (_image(group=2), "groups of channels"),
    "dilated": (_image(dilations=(2, 2)), "its window is dilated"),
    "uneven padding": (_image(pads=(0, 0, 1, 1)), "its padding .* is uneven"),
    "wide padding": (_image(pads=(3, 3, 3, 3)), "its padding .* is too wide"),
    "padded pool": (_pool(pads=(1, 1, 1, 1)), "it pads the image"),
    "same pool": (_pool(auto_pad="SAME_UPPER"), "it pads the image"),
    "ceiling": (_pool(ceil_mode=1), "rounds the number of windows up"),
    "transposed": (_row("Gemm", "x", transA=1), "its left side is transposed"),
    "two computed sides": (_row("MatMul", "x"), "only constant weights are read"),
    "cast to integers": (_row("Cast", to=7), "other numbers than floats"),
    "flatten axis": (_row("Flatten", axis=0), "its axis is not 1"),
    "computed reshape": (_row("Reshape", "x"), "its shape is not constant"),
    "softmax axis": (_row("Softmax", axis=0), "is not the last"),
    "squeezed batch": (_row("Squeeze", axes=(0,)), "are not all of 1"),
    "squeezed side": (_row("Squeeze", axes=(1,)), "are not all of 1"),
    "gather of a value": (_row("Gather", "x"), "its inputs are not constant integers"),
    "concat of values": (_row("Concat", "x"), "its inputs are not constant integers"),
    "unsqueezed value": (_row("Unsqueeze", axes=(1,)), "its inputs are not constant integers"),
    "constant left side": (OnnxWriter(("n", 8)), "is a constant"),
    "constant of text": (OnnxWriter(("n", 8)), "it is no tensor"),
}
UNSUPPORTED["another domain"][0].node("com.corp:Gemm", "x")
_constant = UNSUPPORTED["constant left side"][0]
_constant.node("Relu", _constant.tensor(floats(8)))
_text = UNSUPPORTED["constant of text"][0]
_text.node("Add", "x", _text.node("Constant", value_string="a"))


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_has_no_integer_form_is_named(name: str) -> None:
    writer, message = UNSUPPORTED[name]
    with pytest.raises(UnsupportedOperator, match=message):
        read(writer)


BAD_SHAPES = {
    "open sizes": (_weighted("MatMul", floats(8, 3), ("n", "w")), "a batch and then fixed sizes"),
    "no batch": (_weighted("MatMul", floats(8, 3), (8,)), "a batch and then fixed sizes"),
    "inner sizes": (_weighted("MatMul", floats(7, 3), ("n", 8)), r"weights of \[8, n\], got \[7"),
    "weights in 3-d": (_weighted("MatMul", floats(8, 3, 1), ("n", 8)), r"weights of \[8, n\]"),
    "channels": (_weighted("Conv", floats(4, 3, 3, 3), ("n", 2, 6, 6)), "weights of .n, 2, h"),
    "no image": (_weighted("Conv", floats(4, 2, 3, 3), ("n", 72)), "channels, height and width"),
    "a large window": (_weighted("Conv", floats(4, 2, 7, 7), ("n", 2, 6, 6)), "a window within"),
    "a huge row": (_weighted("Add", floats(1), ("n", 2**11, 2**11)), "1 to 1048576 numbers a row"),
    "no stride": (_image(strides=(0, 1)), "strides of 1 to 255"),
    "reshape": (OnnxWriter(("n", 8)), "8 numbers a row"),
    "gathered beyond": (OnnxWriter(("n", 8)), "expected indices below 2"),
    "unequal sum": (OnnxWriter(("n", 8)), "two equal shapes"),
}
_reshape = BAD_SHAPES["reshape"][0]
_reshape.node("Reshape", "x", _reshape.tensor(np.array([-1, 7], np.int64)))
_gather = BAD_SHAPES["gathered beyond"][0]
_gather.node(
    "Reshape", "x", _gather.node("Gather", _gather.node("Shape", "x"), integers(_gather, 2))
)
_sum = BAD_SHAPES["unequal sum"][0]
_sum.node("Add", "x", _sum.node("MatMul", "x", _sum.tensor(floats(8, 3))))


@pytest.mark.parametrize("name", BAD_SHAPES)
def test_shapes_that_do_not_chain_are_refused(name: str) -> None:
    writer, message = BAD_SHAPES[name]
    with pytest.raises(BadShape, match=message):
        read(writer)


def test_other_outputs_are_named_where_the_first_has_no_integer_form() -> None:
    graph = load_onnx(FOLDER / "sklearn_mlp.onnx")
    with pytest.raises(UnsupportedOperator, match="for output 'label', others are probabilities"):
        import_onnx(graph)
    with pytest.raises(UnsupportedOperator, match=r"integer form$"):
        import_onnx(graph, "label")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(bad: float) -> None:
    weights = floats(8, 3)
    weights[2, 1] = bad
    with pytest.raises(BadNumbers, match="tensor 't0': expected finite numbers"):
        read(_weighted("MatMul", weights, ("n", 8)))


def test_files_that_keep_their_data_elsewhere_are_refused() -> None:
    for extra in (put_int(14, 1), put_bytes(13, put_bytes(1, "location"))):
        writer = OnnxWriter(("n", 8))
        writer.node("MatMul", "x", writer.tensor(floats(8, 3), extra))
        with pytest.raises(BadFile, match="got external data"):
            read(writer)


def test_tensors_that_are_not_what_they_say_are_refused() -> None:
    huge = put_int(1, 2**40) + put_int(1, 2**40) + put_int(2, 1) + put_bytes(8, "t0")
    odd = put_int(1, 2) + put_int(2, 1) + put_bytes(9, b"seven..")
    text = put_int(1, 1) + put_int(2, 8)
    negative = put_int(1, -2) + put_int(2, 1)
    for tensor, message in (
        (huge, "numbers, got 0"),
        (make_tensor("t0", floats(4)) + put_int(1, 9), "expected 36 numbers, got 4"),
        (odd, "whole numbers of float32, got 7 bytes"),
        (text, "expected floats or integers, got data type 8"),
        (negative, "sides of at least 0"),
    ):
        writer = OnnxWriter(("n", 8), tensors=[tensor])
        writer.node("Relu", "x")
        with pytest.raises((BadFile, BadShape), match=message):
            read(writer)


def test_graphs_without_a_way_from_input_to_output_are_refused() -> None:
    writer = OnnxWriter(("n", 8))
    writer.node("Relu", "nowhere")
    with pytest.raises(BadFile, match="input 'nowhere' is computed nowhere before it"):
        read(writer)
    with pytest.raises(BadFile, match="nodes that compute 'x'"):
        import_onnx(parse_onnx(_row("Relu").dump("x")))
    with pytest.raises(BadFile, match="expected one of the outputs v0, got 'y'"):
        import_onnx(parse_onnx(_row("Relu").dump()), "y")
    with pytest.raises(BadFile, match="a file without a graph"):
        parse_onnx(b"")
    with pytest.raises(BadFile, match="cannot be read"):
        load_onnx(FOLDER / "none.onnx")


OPERATORS = (FOLDER / "operators.onnx").read_bytes()


def test_a_file_that_is_cut_off_anywhere_is_refused() -> None:
    for size in range(len(OPERATORS)):
        with pytest.raises(ModelError):
            import_onnx(parse_onnx(OPERATORS[:size]))


@given(st.integers(0, len(OPERATORS) - 1), st.integers(1, 255))
def test_a_changed_byte_never_crashes_the_reader(at: int, flip: int) -> None:
    changed = bytearray(OPERATORS)
    changed[at] ^= flip
    try:
        model = import_onnx(parse_onnx(bytes(changed)))
    except ModelError:
        return
    assert model.layers


@given(st.binary(max_size=200))
def test_bytes_that_are_no_model_are_refused(data: bytes) -> None:
    with pytest.raises(ModelError):
        parse_onnx(data)
