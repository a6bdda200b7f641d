"""A network of integers computes the same in floats, on any processor."""

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from limpid_training.corpus.floating import in_floats

RNG = np.random.default_rng(1)


def network(operation: str, weight: np.ndarray, zero: np.ndarray, constant: bool = True, **attributes: Any) -> bytes:
    """One integer operation on quantised input, whose zero point is 130, and a bias."""
    x = helper.make_tensor_value_info("x", TensorProto.UINT8, None)
    y = helper.make_tensor_value_info("y", TensorProto.INT32, None)
    constants = [numpy_helper.from_array(np.array(130, np.uint8), "x_zero"), numpy_helper.from_array(zero, "zero")]
    constants.append(numpy_helper.from_array(np.array(7, np.int32), "bias"))
    inputs = [x]
    if constant:
        constants.append(numpy_helper.from_array(weight, "weight"))
    else:
        inputs.append(helper.make_tensor_value_info("weight", TensorProto.UINT8, weight.shape))
    nodes = [
        helper.make_node(operation, ["x", "weight", "x_zero", "zero"], ["product"], **attributes),
        helper.make_node("Add", ["product", "bias"], ["y"]),
    ]
    model = helper.make_model(
        helper.make_graph(nodes, "test", inputs, [y], constants),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    return bytes(model.SerializeToString())


def computed(model: bytes, x: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": x})[0])


def integer_operations(model: bytes) -> set[str]:
    return {n.op_type for n in onnx.load_model_from_string(model).graph.node if n.op_type.endswith("Integer")}


@pytest.mark.parametrize(("kernel", "stride", "dilation", "pad"), [(1, 1, 1, 0), (12, 6, 1, 3), (3, 1, 5, 5)])
@pytest.mark.parametrize("zero", [np.array(125, np.uint8), np.arange(100, 164, dtype=np.uint8)])
def test_a_convolution_of_integers_over_22_channels_is_exact(
    kernel: int, stride: int, dilation: int, pad: int, zero: np.ndarray
) -> None:
    x = RNG.integers(0, 256, (1, 22, 3000), dtype=np.uint8)
    weight = RNG.integers(0, 256, (64, 22, kernel), dtype=np.uint8)
    model = network("ConvInteger", weight, zero, strides=[stride], dilations=[dilation], pads=[pad, pad])
    span = dilation * (kernel - 1) + 1
    padded = np.pad(x[0].astype(np.int64) - 130, ((0, 0), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, span, 1)[:, ::stride, ::dilation]
    wanted = np.tensordot(weight.astype(np.int64) - zero.reshape(-1, 1, 1), windows, ([1, 2], [0, 2])) + 7
    assert np.array_equal(computed(in_floats(model), x)[0], wanted)
    assert not integer_operations(in_floats(model))


@pytest.mark.parametrize("zero", [np.array(3, np.int8), RNG.integers(-9, 9, 40).astype(np.int8)])
def test_a_product_of_integers_is_exact_with_one_zero_point_or_one_a_column(zero: np.ndarray) -> None:
    x = RNG.integers(0, 256, (1, 9, 70), dtype=np.uint8)
    weight = RNG.integers(-128, 128, (70, 40)).astype(np.int8)
    model = network("MatMulInteger", weight, zero)
    wanted = (x.astype(np.int64) - 130) @ (weight.astype(np.int64) - zero) + 7
    assert np.array_equal(computed(in_floats(model), x), wanted)
    assert not integer_operations(in_floats(model))


def test_weights_that_are_not_constant_are_refused() -> None:
    weight = np.zeros((70, 40), np.uint8)
    with pytest.raises(ValueError, match="not constant"):
        in_floats(network("MatMulInteger", weight, np.array(0, np.uint8), constant=False))
