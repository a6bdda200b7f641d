"""The textbook UNet1D for speech: overlapping windows of 16 kHz sound in and out, as the engine runs them.

Every window is brought to unit RMS on the way in and back on the way out, so that loudness does not matter. The
network between is the textbook's, unchanged.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from .network import UNet1D, UNet1DConfig

FLOOR = 1e-4
"""RMS below which windows are no longer brought to one (-80 dBFS)."""


@dataclass(frozen=True)
class SpeechConfig(UNet1DConfig):
    """Shape of the network and of its windows."""

    sample_rate: int = 16_000
    """Of what goes in and out, in Hz."""
    window: int = 1024
    """Samples that the network sees at once."""
    hop: int = 512
    """Samples from one window to the next."""
    estimates: Literal["voice", "noise"] = "voice"
    """What the network gives: the voice, or the noise that is then subtracted (residual learning, as Zhang et al.,
    "Beyond a Gaussian denoiser", IEEE TIP 26, 2017)."""

    def __post_init__(self) -> None:
        """Refuse what has no shape, or no overlap that sums to one."""
        super().__post_init__()
        if self.hop < 1 or self.window < 2 * self.hop or self.window % self.hop:
            raise ValueError(f"a window of {self.window} is not a multiple, at least twice, of the hop of {self.hop}")
        if self.estimates not in ("voice", "noise"):
            raise ValueError(f"estimates is {self.estimates!r}; choose voice or noise")

    @property
    def latency(self) -> int:
        """Samples by which `SpeechUNet1D.enhance` is late."""
        return self.window - self.hop

    def to_dict(self) -> dict[str, Any]:
        """For a checkpoint."""
        return asdict(self)

    @staticmethod
    def from_dict(values: dict[str, Any]) -> SpeechConfig:
        """From a checkpoint."""
        return SpeechConfig(**values)


class SpeechUNet1D(nn.Module):
    """A window of noisy speech in, a window of the voice out."""

    hann: Tensor

    def __init__(self, config: SpeechConfig) -> None:
        super().__init__()
        self.config = config
        self.net = UNet1D(config)
        hann = torch.hann_window(config.window, dtype=torch.float64)
        self.register_buffer("hann", (hann * (2 * config.hop / config.window)).float(), persistent=False)

    def forward(self, frame: Tensor) -> Tensor:
        """[batch, 1, window] -> the same shape."""
        scale = frame.square().mean(-1, keepdim=True).sqrt() + FLOOR
        y: Tensor = self.net(frame / scale).to(frame.dtype) * scale
        return frame - y if self.config.estimates == "noise" else y

    def windows(self, signal: Tensor) -> Tensor:
        """[batch, samples] -> [batch, windows, window]: one that ends with each whole hop; zeros before the start."""
        c = self.config
        return nn.functional.pad(signal, (c.latency, 0)).unfold(-1, c.window, c.hop)

    def enhance(self, signal: Tensor) -> Tensor:
        """The voice [batch, hops * hop] of a signal [batch, samples], late by `config.latency` samples."""
        c, x = self.config, self.windows(signal)
        y = self.forward(x.reshape(-1, 1, c.window)).reshape(x.shape) * self.hann
        hops = x.shape[1]
        pieces = y.reshape(len(x), hops, c.window // c.hop, c.hop)
        out = pieces.new_zeros(len(x), hops + c.window // c.hop - 1, c.hop)
        for k in range(c.window // c.hop):
            out[:, k : k + hops] += pieces[:, :, k]
        return out[:, :hops].flatten(1)
