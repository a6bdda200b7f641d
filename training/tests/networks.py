"""Small networks for the tests, with weights that do something."""

from dataclasses import replace

import torch
from torch import nn

from limpid_training.spectral import SpectralConfig, SpectralUNet1d

SMALL = SpectralConfig(single=24, merged=8, channels=(8, 8, 16), kernels=(5, 3, 3), wide=16)
SHORT_HOP = SpectralConfig(
    window_ms=20, hop_ms=5, synthesis_ms=10, single=20, merged=12, channels=(8, 16), kernels=(5, 3), blocks=1, wide=0
)

FILTER = replace(SMALL, fine=1, taps=4, advance=True)
NARROW = replace(SMALL, narrow=6, taps=2)
SHORT_FILTER = replace(SHORT_HOP, taps=3, advance=True)


def awake(config: SpectralConfig, seed: int = 0) -> SpectralUNet1d:
    """A network whose head and batch norms are not at their start, so that every part of it shows in the mask."""
    torch.manual_seed(seed)
    model = SpectralUNet1d(config)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
    nn.init.normal_(model.head.weight, 0, 0.3)
    if config.advance:
        nn.init.normal_(model.encoder[0].turn.weight, 0, 0.3)
    if model.fine is not None:
        nn.init.normal_(model.fine.mix.weight, 0, 0.3)
    return model.eval()
