"""Stores the weights of a model file in 8 bits; what is computed stays 32-bit floating point.

A weight of a convolution becomes a whole number from -127 to 127, times one scale for each output channel, so that the
largest of a channel is kept exactly (symmetric quantisation by channel: Krishnamoorthi, "Quantizing deep convolutional
networks for efficient inference", 2018). The graph restores them with Cast and Mul, which ONNX Runtime folds away while
it loads; DequantizeLinear it would leave in place.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

LEAST = 256
"""Weights with fewer values stay as they are: nothing to gain."""
OUTPUTS = {"Conv": 0, "ConvTranspose": 1}
"""Axis of the output channels in the weights of each operator."""

Array = NDArray[np.float32]


def in_8_bits(weights: Array, axis: int) -> tuple[NDArray[np.int8], Array]:
    """Whole numbers shaped as `weights`, and scales that broadcast to them; their product is close to `weights`.

    Args:
        weights: any shape.
        axis: that has a scale for each of its entries.
    """
    others = tuple(n for n in range(weights.ndim) if n != axis)
    largest = np.abs(weights).max(others, keepdims=True)
    scales = np.where(largest > 0, largest, 1).astype(np.float32) / np.float32(127)
    return np.rint(weights / scales).astype(np.int8), scales


def shrink(file: onnx.ModelProto) -> None:
    """Stores the larger weights of all convolutions of a model in 8 bits; the model is changed."""
    graph = file.graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    axes = {n.input[1]: OUTPUTS[n.op_type] for n in graph.node if n.op_type in OUTPUTS}
    restoring = []
    for name, axis in axes.items():
        if name not in stored or (weights := numpy_helper.to_array(stored[name])).size < LEAST:
            continue
        whole, scales = in_8_bits(weights, axis)
        graph.initializer.remove(stored[name])
        graph.initializer.append(numpy_helper.from_array(whole, name + ".whole"))
        graph.initializer.append(numpy_helper.from_array(scales, name + ".scale"))
        restoring.append(helper.make_node("Cast", [name + ".whole"], [name + ".cast"], to=onnx.TensorProto.FLOAT))
        restoring.append(helper.make_node("Mul", [name + ".cast", name + ".scale"], [name]))
    nodes = [*restoring, *graph.node]
    graph.ClearField("node")
    graph.node.extend(nodes)
