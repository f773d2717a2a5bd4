"""The windows of ONNX's convolutions and pools, as far as i8graph has them."""

from chain.models.errors import BadShape, UnsupportedOperator
from chain.models.onnx_file import OnnxNode
from runtime.tensor.ops import Image, Window

SIDE_MAX = 255


def read_window(
    node: OnnxNode, image: Image, kernel: tuple[int, ...]
) -> tuple[Window, tuple[int, int]]:
    """A node's window on an image and the zeros on each side. `UnsupportedOperator`, `BadShape`."""
    kernel = node.get_ints("kernel_shape", kernel)
    strides = node.get_ints("strides", (1, 1))
    if len(kernel) != 2 or len(strides) != 2:
        raise UnsupportedOperator(node.operator, node.name, "its window has not two dimensions")
    if not all(1 <= side <= SIDE_MAX for side in (*kernel, *strides)):
        raise BadShape(
            f"{node.operator} at node {node.name!r}: expected a window and strides of 1 to "
            f"{SIDE_MAX}, got {list(kernel)} and {list(strides)}"
        )
    if any(each != 1 for each in node.get_ints("dilations", ())):
        raise UnsupportedOperator(node.operator, node.name, "its window is dilated")
    window = Window(*kernel, *strides)
    pads = _read_pads(node, image, window)
    if pads[0] >= window.height or pads[1] >= window.width:
        raise UnsupportedOperator(node.operator, node.name, f"its padding {pads} is too wide")
    window.compute_views(image.height + 2 * pads[0], image.width + 2 * pads[1])
    return window, pads


def ensure_plain_pool(node: OnnxNode) -> None:
    """`UnsupportedOperator` if a pool looks beyond the image."""
    if any(node.get_ints("pads", ())) or "SAME" in str(node.attributes.get("auto_pad", "")):
        raise UnsupportedOperator(node.operator, node.name, "it pads the image")
    if node.get_int("ceil_mode", 0):
        raise UnsupportedOperator(node.operator, node.name, "it rounds the number of windows up")


def _read_pads(node: OnnxNode, image: Image, window: Window) -> tuple[int, int]:
    kind = str(node.attributes.get("auto_pad", "NOTSET"))
    if kind == "VALID":
        return 0, 0
    if kind in ("SAME_UPPER", "SAME_LOWER"):
        sides = (
            (image.height, window.height, window.stride_y),
            (image.width, window.width, window.stride_x),
        )
        needed = [
            max((-(-side // stride) - 1) * stride + height - side, 0)
            for side, height, stride in sides
        ]
        pads: tuple[int, ...] = (
            *[each // 2 for each in needed],
            *[-(-each // 2) for each in needed],
        )
    else:
        pads = node.get_ints("pads", (0, 0, 0, 0))
    if len(pads) != 4 or pads[:2] != pads[2:] or min(pads) < 0:
        raise UnsupportedOperator(node.operator, node.name, f"its padding {list(pads)} is uneven")
    return pads[0], pads[1]
