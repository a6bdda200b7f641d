"""A quantised network as one of floats, to get round a fault of ONNX Runtime.

Version 1.23.2 computes some integer convolutions wrongly on a Xeon with AMX: of one over 22 channels a few samples are
far off (microsoft/onnxruntime issue 26324 tells of another). In the synthesiser such convolutions make the voice's
harmonics: voices came out hoarse, and some overflowed. In floats it speaks as it should, in 0.6 of the time that
integers take there. Not needed with a version of ONNX Runtime that has no such fault.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

INTEGER = {"ConvInteger": "Conv", "MatMulInteger": "MatMul"}
"""Operations on integers, and the same ones on floats."""


def in_floats(network: bytes) -> bytes:
    """An ONNX network in which ConvInteger and MatMulInteger are computed as floats; all else stays.

    Inputs are quantised as before and weights have the values that their integers stand for, so the results are the
    same while sums stay below 2^24, and then but for their rounding. An input has one zero point, as dynamic
    quantisation gives it.

    Raises:
        ValueError: the weights of such an operation are not constant, or the network has parts in branches or loops.
    """
    model = onnx.load_model_from_string(network)
    constants = {i.name: i for i in model.graph.initializer}
    nodes: list[Any] = []
    if any(a.HasField("g") or a.graphs for node in model.graph.node for a in node.attribute):
        raise ValueError("a network with branches or loops cannot be computed in floats here")
    for number, node in enumerate(model.graph.node):
        if node.op_type not in INTEGER:
            nodes.append(node)
            continue
        x, weight, x_zero, weight_zero = [*node.input, "", ""][:4]
        if weight not in constants or (weight_zero and weight_zero not in constants):
            name = node.name or node.output[0]
            raise ValueError(
                f"the weights of {name} ({node.op_type}) are not constant, so they have no floats to become"
            )
        values = numpy_helper.to_array(constants[weight])
        zero = numpy_helper.to_array(constants[weight_zero]) if weight_zero else np.zeros((), values.dtype)
        name = f"in_floats_{number}"
        model.graph.initializer.append(numpy_helper.from_array(centred(values, zero, node.op_type), f"{name}.weight"))
        nodes.append(helper.make_node("Cast", [x], [f"{name}.x"], to=TensorProto.FLOAT))
        if x_zero:
            nodes.append(helper.make_node("Cast", [x_zero], [f"{name}.zero"], to=TensorProto.FLOAT))
            nodes.append(helper.make_node("Sub", [f"{name}.x", f"{name}.zero"], [f"{name}.centred"]))
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        inputs = [f"{name}.centred" if x_zero else f"{name}.x", f"{name}.weight"]
        nodes.append(helper.make_node(INTEGER[node.op_type], inputs, [f"{name}.y"], **attributes))
        # What follows adds integers: biases.
        nodes.append(helper.make_node("Round", [f"{name}.y"], [f"{name}.rounded"]))
        nodes.append(helper.make_node("Cast", [f"{name}.rounded"], list(node.output), to=TensorProto.INT32))
    read = {name for node in nodes for name in node.input}
    kept = [i for i in model.graph.initializer if i.name in read]
    del model.graph.node[:], model.graph.value_info[:], model.graph.initializer[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(kept)
    result: bytes = model.SerializeToString()
    return result


def centred(values: NDArray[Any], zero: NDArray[Any], operation: str) -> NDArray[np.float32]:
    """Weights less their zero point: one number, or one an output channel."""
    shift = zero.astype(np.float32)
    if operation == "ConvInteger" and shift.size > 1:
        shift = shift.reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(values.astype(np.float32) - (shift if shift.size > 1 else shift.reshape(())), np.float32)
