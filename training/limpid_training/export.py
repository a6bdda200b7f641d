"""Writes a trained spectral UNet1D as an .onnx that keeps Limpid's model contract (kind spectral)."""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx
import torch

from . import checkpoint
from .spectral import SpectralConfig, SpectralUNet1d
from .streaming import StreamingUNet1d


def drop_squeezes(graph: onnx.GraphProto) -> None:
    """Takes out each Squeeze whose result is at once reshaped or unsqueezed, as behind every recurrent network."""
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    kept = {o.name for o in graph.output}
    for node in [n for n in graph.node if n.op_type == "Squeeze" and n.output[0] not in kept]:
        (after, *others) = readers[node.output[0]]
        if others or after.op_type not in ("Reshape", "Unsqueeze"):
            continue
        if after.op_type == "Reshape":
            after.input[0] = node.input[0]
        else:
            for reader in readers[after.output[0]]:
                names = [node.input[0] if n == after.output[0] else n for n in reader.input]
                reader.ClearField("input")
                reader.input.extend(names)
            graph.node.remove(after)
        graph.node.remove(node)
    read = {name for node in graph.node for name in node.input}
    for node in [n for n in graph.node if n.op_type == "Constant" and n.output[0] not in read]:
        graph.node.remove(node)


def export(model: SpectralUNet1d, path: Path, facts: dict[str, str]) -> None:
    """Writes the model to `path`.

    Args:
        model: trained; its batch norms are folded into the convolutions.
        path: .onnx file.
        facts: name, version, licence and description for the metadata.
    """
    model.eval()
    config = model.config
    streaming = StreamingUNet1d(model)
    states = streaming.initial_states()
    names = list(states)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        streaming,
        (torch.zeros(1, 2, config.bins), *states.values()),
        str(path),
        input_names=["spectrum", *("state." + n for n in names)],
        output_names=["filter", *("next." + n for n in names)],
        dynamic_axes={"spectrum": {0: "hops"}, "filter": {0: "hops"}},
        opset_version=17,
        dynamo=False,
    )
    file = onnx.load(str(path))
    drop_squeezes(file.graph)
    keys = {"contract": "1", "kind": "spectral", "bins": str(config.bins), **facts}
    keys |= {k: f"{getattr(config, k):g}" for k in ("window_ms", "hop_ms", "synthesis_ms")}
    onnx.helper.set_model_props(file, {"limpid." + k: v for k, v in keys.items()})
    shapes = [("hops", config.taps, 2, config.bins), *(tuple(states[n].shape) for n in names)]
    for value, shape in zip(file.graph.output, shapes, strict=True):
        value.CopyFrom(onnx.helper.make_tensor_value_info(value.name, onnx.TensorProto.FLOAT, shape))
    onnx.checker.check_model(file)
    onnx.save(file, str(path))


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("checkpoint", type=Path)
    ap.add_argument("onnx", type=Path)
    ap.add_argument("--name", default="limpid")
    ap.add_argument("--version", default="1")
    ap.add_argument("--licence", default="MIT OR Apache-2.0")
    ap.add_argument("--description", default="Spectral UNet1D for full-band speech enhancement")
    a = ap.parse_args()
    content = checkpoint.load(a.checkpoint)
    model = SpectralUNet1d(SpectralConfig.from_dict(content["shape"]))
    model.load_state_dict(content["average"])
    export(model, a.onnx, {k: getattr(a, k) for k in ("name", "version", "licence", "description")})
    print(f"{a.onnx}: {a.onnx.stat().st_size / 1e6:.2f} MB, step {content['step']}")


if __name__ == "__main__":
    main()
