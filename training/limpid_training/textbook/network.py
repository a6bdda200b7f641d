"""The textbook one-dimensional U-Net: waveform in, waveform out.

Encoder, bottleneck and decoder of two convolutions a stage, joined by skips (Ronneberger, Fischer and Brox,
"U-Net", MICCAI 2015, in one dimension). With the default configuration and a frame of 100 samples:

    input 1 x 100 -> 64 x 100 -> pool 64 x 50 -> 128 x 50 -> pool 128 x 25 -> bottleneck 256 x 25
    -> up 128 x 50, joined 256 x 50 -> 128 x 50 -> up 64 x 100, joined 128 x 100 -> 64 x 100 -> 1 x 100

It sees a whole frame at once, the end before the beginning, so it is causal only from frame to frame. How
frames are cut and joined again is not known here.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

Attention = Literal["none", "skips", "bottleneck", "both"]

LEAST_HIDDEN = 4
"""Hidden units below which the gates of narrow stages could tell next to nothing apart."""


@dataclass(frozen=True)
class UNet1DConfig:
    """Shape of the network; the defaults are the textbook's."""

    width: int = 64
    """Channels of the first stage; every deeper stage has twice as many."""
    depth: int = 2
    """Number of halvings; a frame is padded to a multiple of 2 ** depth."""
    attention: Attention = "none"
    """Where squeeze-and-excitation weighs the channels: in the skips, behind the bottleneck, or in both."""
    reduction: int = 16
    """Channels for each hidden unit of squeeze-and-excitation, which has at least `LEAST_HIDDEN` of them."""
    residual: bool = False
    """Whether the input of each pair of convolutions is added to what comes out of it."""
    separable: bool = False
    """Whether a convolution is split into one along time for each channel and one across channels."""

    def __post_init__(self) -> None:
        """Refuse what has no shape."""
        for name in ("width", "depth", "reduction"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; a U-Net needs at least 1")
        if self.attention not in ("none", "skips", "bottleneck", "both"):
            raise ValueError(f"attention is {self.attention!r}; choose none, skips, bottleneck or both")

    def channels(self, stage: int) -> int:
        """Channels of encoder and decoder stage `stage`, counted from 0; stage `depth` is the bottleneck."""
        return self.width << stage


class SqueezeExcitation(nn.Module):
    """Weighs each channel by a gate drawn from all channels' means over the frame (Hu et al., CVPR 2018)."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        hidden = max(LEAST_HIDDEN, channels // reduction)
        self.gate = nn.Sequential(
            nn.Conv1d(channels, hidden, 1), nn.ReLU(), nn.Conv1d(hidden, channels, 1), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        """[batch, channels, length] -> the same shape."""
        gates: Tensor = self.gate(x.mean(dim=-1, keepdim=True))
        return x * gates


def convolution(inputs: int, outputs: int, separable: bool) -> nn.Module:
    """Kernel of 3 that keeps the length; separable as by Chollet, "Xception", CVPR 2017: nothing in between."""
    if not separable:
        return nn.Conv1d(inputs, outputs, 3, padding=1)
    return nn.Sequential(nn.Conv1d(inputs, inputs, 3, padding=1, groups=inputs), nn.Conv1d(inputs, outputs, 1))


class DoubleConv(nn.Module):
    """Twice: convolution, BatchNorm, ReLU. Residual: the input joins before the last ReLU (He et al., 2016).

    The convolutions keep the biases that BatchNorm makes idle, as the textbook counts them.
    """

    def __init__(self, inputs: int, outputs: int, residual: bool = False, separable: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(inputs, outputs, separable),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
            convolution(outputs, outputs, separable),
            nn.BatchNorm1d(outputs),
        )
        self.shortcut: nn.Module | None = None
        if residual:
            self.shortcut = nn.Identity() if inputs == outputs else nn.Conv1d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[batch, inputs, length] -> [batch, outputs, length]."""
        y: Tensor = self.body(x)
        if self.shortcut is not None:
            y = y + self.shortcut(x)
        return torch.relu(y)


class UNet1D(nn.Module):
    """Maps a frame of waveform to a frame of the same length.

    Stages stand in lists counted from the outside in: `encoders[i]`, `skips[i]` and `decoders[i]` work at
    length / 2 ** i, and `ups[i]` leads to it.
    """

    def __init__(self, config: UNet1DConfig | None = None) -> None:
        super().__init__()
        self.config = c = config or UNet1DConfig()

        def pair(inputs: int, outputs: int) -> DoubleConv:
            return DoubleConv(inputs, outputs, c.residual, c.separable)

        def attention(channels: int, wanted: bool) -> nn.Module:
            return SqueezeExcitation(channels, c.reduction) if wanted else nn.Identity()

        widths = [c.channels(i) for i in range(c.depth + 1)]
        in_skips = c.attention in ("skips", "both")
        self.encoders = nn.ModuleList(pair(a, b) for a, b in zip([1, *widths], widths[:-1], strict=False))
        self.pool = nn.MaxPool1d(2)
        self.skips = nn.ModuleList(attention(w, in_skips) for w in widths[:-1])
        self.bottleneck = pair(widths[-2], widths[-1])
        self.excite = attention(widths[-1], c.attention in ("bottleneck", "both"))
        self.ups = nn.ModuleList(nn.ConvTranspose1d(2 * w, w, 2, stride=2) for w in widths[:-1])
        self.decoders = nn.ModuleList(pair(2 * w, w) for w in widths[:-1])
        self.head = nn.Conv1d(c.width, 1, 1)

    def forward(self, frame: Tensor) -> Tensor:
        """[batch, 1, length] -> [batch, 1, length], any length from 1 sample."""
        length = frame.shape[-1]
        x = nn.functional.pad(frame, (0, -length % 2**self.config.depth))
        passed: list[Tensor] = []
        for encode, skip in zip(self.encoders, self.skips, strict=True):
            x = encode(x)
            passed.append(skip(x))
            x = self.pool(x)
        x = self.excite(self.bottleneck(x))
        for up, decode, skipped in zip(reversed(self.ups), reversed(self.decoders), reversed(passed), strict=True):
            x = decode(torch.cat([skipped, up(x)], dim=1))
        y: Tensor = self.head(x)
        return y[..., :length]


def receptive_field(config: UNet1DConfig) -> int | None:
    """Return the most input samples that one output sample can depend on; None when it is the whole frame.

    Followed backwards as an interval: a pair of convolutions widens it by 2 on each side, index n of a
    transposed convolution comes from n // 2, index n of a pooling from 2n and 2n + 1. The way through the
    bottleneck contains those through the skips. Squeeze-and-excitation averages over the frame, so with it
    every sample counts.
    """
    if config.attention != "none":
        return None

    def span(sample: int) -> int:
        first = last = sample
        for _ in range(config.depth):
            first, last = (first - 2) // 2, (last + 2) // 2
        first, last = first - 2, last + 2
        for _ in range(config.depth):
            first, last = 2 * first - 2, 2 * last + 1 + 2
        return last - first + 1

    return max(span(n) for n in range(2**config.depth))
