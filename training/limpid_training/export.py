"""Writes a trained spectral UNet1D as an .onnx that keeps Limpid's model contract (kind spectral)."""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx
import torch

from . import checkpoint
from .spectral import SpectralConfig, SpectralUNet1d
from .streaming import StreamingUNet1d


def export(model: SpectralUNet1d, path: Path, facts: dict[str, str]) -> None:
    """Writes the model to `path`.

    Args:
        model: trained; its batch norms are folded into the convolutions.
        path: .onnx file.
        facts: name, version, licence and description for the metadata.
    """
    model.eval()
    config = model.config
    states = model.initial_states()
    names = list(states)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        StreamingUNet1d(model),
        (torch.zeros(1, 2, config.bins), *states.values()),
        str(path),
        input_names=["spectrum", *("state." + n for n in names)],
        output_names=["filter", *("next." + n for n in names)],
        dynamic_axes={"spectrum": {0: "hops"}, "filter": {0: "hops"}},
        opset_version=17,
        dynamo=False,
    )
    file = onnx.load(str(path))
    keys = {"contract": "1", "kind": "spectral", "bins": str(config.bins), **facts}
    keys |= {k: f"{getattr(config, k):g}" for k in ("window_ms", "hop_ms", "synthesis_ms")}
    onnx.helper.set_model_props(file, {"limpid." + k: v for k, v in keys.items()})
    for value, shape in ((file.graph.output[1 + i], states[n].shape) for i, n in enumerate(names)):
        for dim, size in zip(value.type.tensor_type.shape.dim, shape, strict=True):
            dim.dim_value = size
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
