"""Writes a trained textbook UNet1D as an .onnx that keeps Limpid's model contract (kind waveform)."""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx
import torch

from .. import checkpoint
from .small import shrink
from .speech import SpeechConfig, SpeechUNet1D


def export(model: SpeechUNet1D, path: Path, facts: dict[str, str], small: bool = False) -> None:
    """Writes the model to `path`.

    Args:
        model: trained; its batch norms are folded into the convolutions.
        path: .onnx file.
        facts: name, version, licence and description for the metadata.
        small: whether weights are stored in 8 bits: a quarter of the size, the same form and time.
    """
    c = model.eval().config
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        model,
        (torch.zeros(1, 1, c.window),),
        str(path),
        input_names=["frame"],
        output_names=["frame_out"],
        opset_version=17,
        dynamo=False,
    )
    file = onnx.load(str(path))
    keys = {"contract": "1", "kind": "waveform", **facts}
    keys |= {k: str(getattr(c, k)) for k in ("sample_rate", "window", "hop")}
    onnx.helper.set_model_props(file, {"limpid." + k: v for k, v in keys.items()})
    shape = (1, 1, c.window)
    file.graph.output[0].CopyFrom(onnx.helper.make_tensor_value_info("frame_out", onnx.TensorProto.FLOAT, shape))
    if small:
        shrink(file)
    onnx.checker.check_model(file)
    onnx.save(file, str(path))


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("checkpoint", type=Path)
    ap.add_argument("onnx", type=Path)
    ap.add_argument("--name", default="textbook")
    ap.add_argument("--version", default="1")
    ap.add_argument("--licence", default="MIT OR Apache-2.0")
    ap.add_argument("--description", default="Textbook UNet1D for speech enhancement up to 8 kHz")
    ap.add_argument("--small", action="store_true", help="store weights in 8 bits: a quarter of the size")
    a = ap.parse_args()
    content = checkpoint.load(a.checkpoint)
    model = SpeechUNet1D(SpeechConfig.from_dict(content["shape"]))
    model.load_state_dict(content["average"])
    export(model, a.onnx, {k: getattr(a, k) for k in ("name", "version", "licence", "description")}, a.small)
    print(f"{a.onnx}: {a.onnx.stat().st_size / 1e6:.2f} MB, step {content['step']}")


if __name__ == "__main__":
    main()
