"""Both ends of the exported network: features of a hop's spectrum, and the mask of its bins.

They compute what `SpectralUNet1d.features` and `SpectralUNet1d.mask` compute, in as few nodes as ONNX Runtime allows: a
hop costs more for nodes than for arithmetic. Each hop is computed by itself, whatever their number, so several hops in
one call equal one at a time bit for bit: no reduction (ONNX Runtime sums one row in another order than several), and no
matrix product of as many rows as there are hops (a single row has kernels of its own); convolutions serve for both.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .spectral import Level, SpectralUNet1d, States, turned


def fixed(conv: nn.Conv2d, weight: Tensor, bias: float | None = None) -> nn.Conv2d:
    """The convolution with a given weight, and the same bias in every channel."""
    conv.weight.data = weight.reshape(conv.weight.shape).clone()
    if conv.bias is not None and bias is not None:
        conv.bias.data.fill_(bias)
    return conv


class Turn(nn.Module):
    """Turns complex numbers, real and imaginary parts side by side along an axis, by angles of their own."""

    cosine: Tensor
    sine: Tensor

    def __init__(self, cosine: Tensor, sine: Tensor, axis: int) -> None:
        super().__init__()
        self.axis, self.signs_only = axis, not bool(sine.any())
        self.register_buffer("cosine", cosine.clone(), persistent=False)
        self.register_buffer("sine", sine.clone(), persistent=False)

    def forward(self, parts: Tensor) -> Tensor:
        """Shape kept."""
        if self.signs_only:
            return parts * self.cosine
        re, im = torch.split(parts, 1, self.axis)
        return torch.cat(turned(re, im, self.cosine, self.sine), self.axis)


class StreamingLevel(nn.Module):
    """`Level` as a recurrent network of two units: the excess over the amplitude, and the amplitude itself."""

    def __init__(self, trained: Level) -> None:
        super().__init__()
        d = trained.decay
        self.unit = nn.RNN(1, 2, nonlinearity="relu", bias=False)
        weights = torch.tensor([[-1.0], [1.0]]), torch.tensor([[d, d], [0.0, 0.0]])
        for p, weight in zip(self.unit.parameters(), weights, strict=True):
            p.data = weight
        self.sum = fixed(nn.Conv2d(1, 1, (1, 2)), torch.ones(2), 1e-8)

    def initial_state(self) -> Tensor:
        """State of the start: zeros."""
        return torch.zeros(1, 1, 2)

    def forward(self, amplitude: Tensor, states: States, out: States) -> Tensor:
        """Levels [hops, 1, 1, 1] of amplitudes, alike; never zero."""
        both, out["level"] = self.unit(amplitude.squeeze(1), states["level"])
        level: Tensor = self.sum(both.unsqueeze(1))
        return level


class StreamingFeatures(nn.Module):
    """Features [hops, 3, 1, bands] of spectra [hops, 2, bins], each times its entry of `gains`.

    The first convolution is divided by the gains. The log energy log10(e + f) 20 / F + 1, with the floor f at -F dB, is
    (20 / F) log10((e + f) 10^(F / 20)): a gain times a logarithm, and nothing added that padding would have to know.
    """

    kept: Tensor

    def __init__(self, trained: SpectralUNet1d) -> None:
        super().__init__()
        c, bands = trained.config, trained.bands
        self.single, self.merged, self.bins = c.single, c.merged, c.bins
        self.level = StreamingLevel(trained.level)
        self.merge = fixed(nn.Conv2d(1, c.merged, (1, c.bins - c.single), bias=False), bands.spread)
        self.total = fixed(nn.Conv2d(1, 1, (1, bands.count), bias=False), torch.ones(bands.count))
        self.scale, self.floor = 10 ** (c.floor_db / 40), 10 ** (-c.floor_db / 20)
        part = self.scale**0.3
        self.gains = torch.tensor([c.floor_db * math.log(10) / 20, part, part])
        self.register_buffer("kept", (torch.arange(bands.count) < c.single).float(), persistent=False)

    def forward(self, spectrum: Tensor, states: States, out: States) -> Tensor:
        """Features of hops in order."""
        spectrum = spectrum.unsqueeze(2)
        re, im = torch.split(spectrum * spectrum, 1, 1)
        single, rest = torch.split(re + im, [self.single, self.bins - self.single], 3)
        energy = torch.cat([single, self.merge(rest).reshape(-1, 1, 1, self.merged)], 3)
        # The weights of a bin's bands sum to one, so the bands have the energy of the bins.
        scale = self.scale / self.level(torch.sqrt(self.total(energy)), states, out)
        log = torch.log(energy * (scale * scale) + self.floor)
        squeeze = torch.exp(log * -0.35) * (scale * self.kept)
        count = self.single + self.merged
        low, _ = torch.split(spectrum, [count, self.bins - count], 3)
        return torch.cat([log, low * squeeze], 1)


class StreamingMask(nn.Module):
    """Filters [hops, taps, 2, bins] of the head's channels [hops, 3 + 2 * (taps - 1), 1, bands]."""

    spread: Tensor

    def __init__(self, trained: SpectralUNet1d) -> None:
        super().__init__()
        c, g = trained.config, trained.LARGEST_GAIN**-2
        self.square = fixed(nn.Conv2d(2, 1, 1), torch.full((2,), g), 1e-6 * g)
        self.single, self.merged, self.past, self.bins = c.single, c.merged, c.taps - 1, c.bins
        self.register_buffer("spread", trained.bands.spread.clone(), persistent=False)
        self.turn = Turn(trained.cosine, trained.sine, 2)

    def forward(self, raw: Tensor) -> Tensor:
        """Filters of hops."""
        gain, parts, *past = torch.split(raw, [1, 2, 2 * self.past] if self.past else [1, 2], 1)
        mask = parts * (torch.sigmoid(gain) / torch.sqrt(self.square(parts * parts)))
        mask = mask.reshape(-1, 1, 2, self.single + self.merged)
        single, merged = torch.split(mask, [self.single, self.merged], 3)
        # Two rows a hop: never the product of a single row.
        now = torch.cat([single, merged @ self.spread], 3)
        if not past:
            return now
        low, _ = torch.split(past[0], [self.single, self.merged], 3)
        low = self.turn(torch.tanh(low).reshape(-1, self.past, 2, self.single))
        return torch.cat([now, torch.nn.functional.pad(low, (0, self.bins - self.single))], 1)
