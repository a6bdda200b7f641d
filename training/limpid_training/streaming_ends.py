"""Both ends of the exported network: features of a hop's spectrum, and the mask of its bins.

They compute what `SpectralUNet1d.features` and `SpectralUNet1d.mask` compute, in as few nodes as ONNX Runtime allows: a hop
costs more for nodes than for arithmetic. Each hop is computed by itself, whatever their number, so several hops in one
call equal one at a time bit for bit: no reduction over more than two values (ONNX Runtime sums one row in another order
than several), no product in which the hops are the rows and there may be only one.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .spectral import Level, SpectralUNet1d, States


def fixed(conv: nn.Conv2d, weight: Tensor, bias: float | None = None) -> nn.Conv2d:
    """The convolution with a given weight, and the same bias in every channel."""
    conv.weight.data = weight.reshape(conv.weight.shape).clone()
    if conv.bias is not None and bias is not None:
        conv.bias.data.fill_(bias)
    return conv


class StreamingLevel(nn.Module):
    """`Level` as a recurrent network of two units: the excess over the amplitude, and the amplitude itself."""

    def __init__(self, trained: Level) -> None:
        super().__init__()
        d = trained.decay
        self.unit = nn.RNN(1, 2, nonlinearity="relu", bias=False)
        self.unit.weight_ih_l0.data = torch.tensor([[-1.0], [1.0]])
        self.unit.weight_hh_l0.data = torch.tensor([[d, d], [0.0, 0.0]])
        self.sum = fixed(nn.Conv2d(1, 1, (1, 2)), torch.ones(2), 1e-8)

    def forward(self, amplitude: Tensor, states: States, out: States) -> Tensor:
        """Levels [hops, 1, 1, 1] of amplitudes, alike; never zero."""
        both, out["level"] = self.unit(amplitude.squeeze(1), states["level"])
        level: Tensor = self.sum(both.unsqueeze(1))
        return level


class StreamingFeatures(nn.Module):
    """Features [hops, 3, 1, bands] of spectra [hops, 2, bins], each times `gains`, by which the first convolution is divided.

    The log energy log10(e + f) 20 / F + 1, where the floor f is -F dB, is (20 / F) log10((e + f) 10^(F / 20)): a logarithm and a
    gain alone.
    """

    def __init__(self, trained: SpectralUNet1d) -> None:
        super().__init__()
        c, bands = trained.config, trained.bands
        self.count, self.bins = bands.count, c.bins
        self.cut, self.merged = [c.single, c.bins - c.single], c.merged
        self.level = StreamingLevel(trained.level)
        self.merge = fixed(nn.Conv2d(1, c.merged, (1, c.bins - c.single), bias=False), bands.spread)
        self.total = fixed(nn.Conv2d(1, 1, (1, bands.count), bias=False), torch.ones(bands.count))
        self.scale, self.floor = 10 ** (c.floor_db / 40), 10 ** (-c.floor_db / 20)
        gain = self.scale * self.scale**-0.7
        self.gains = torch.tensor([c.floor_db * math.log(10) / 20, gain, gain])
        self.register_buffer("kept", (torch.arange(bands.count) < c.single).float(), persistent=False)

    def forward(self, spectrum: Tensor, states: States, out: States) -> Tensor:
        """Features of hops in order."""
        spectrum = spectrum.unsqueeze(2)
        re, im = (spectrum * spectrum).split(1, 1)
        single, rest = (re + im).split(self.cut, 3)
        energy = torch.cat([single, self.merge(rest).reshape(-1, 1, 1, self.merged)], 3)
        scale = self.scale / self.level(self.total(energy).sqrt(), states, out)
        log = torch.log(energy * (scale * scale) + self.floor)
        squeeze = torch.exp(log * -0.35) * (scale * self.kept)
        low, _ = spectrum.split([self.count, self.bins - self.count], 3)
        return torch.cat([log, low * squeeze], 1)


class StreamingMask(nn.Module):
    """Filters [hops, 1, 2, bins] of the head's channels [hops, 3, 1, bands]."""

    spread: Tensor

    def __init__(self, trained: SpectralUNet1d) -> None:
        super().__init__()
        c, g = trained.config, trained.LARGEST_GAIN**-2
        self.square = fixed(nn.Conv2d(2, 1, 1), torch.full((2,), g), 1e-6 * g)
        self.cut, self.bins = [c.single, c.merged], c.bins
        self.register_buffer("spread", trained.bands.spread.clone(), persistent=False)

    def forward(self, raw: Tensor) -> Tensor:
        """Filters of hops."""
        gain, parts = raw.split([1, 2], 1)
        mask = parts * (torch.sigmoid(gain) / torch.sqrt(self.square(parts * parts)))
        single, merged = mask.reshape(-1, 1, 2, self.cut[0] + self.cut[1]).split(self.cut, 3)
        # Two rows a hop, so the product is never that of a single row, for which there are other kernels.
        return torch.cat([single, merged @ self.spread], 3)
