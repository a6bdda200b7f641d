"""Trains a textbook UNet1D for speech: `python -m limpid_training.textbook.train --manifest M --run DIR`.

The same corpus, mixtures, schedule and checkpoints as `limpid_training.train`; mixtures are brought to 16 kHz.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.signal import resample_poly
from torch import Tensor

from ..data import RATE
from ..distributed import here
from ..loader import Batch
from ..losses import time_loss
from ..run import TrainConfig
from ..train import command
from .speech import SpeechConfig, SpeechUNet1D


@dataclass(frozen=True)
class SpeechLossConfig:
    """How the error of a window counts.

    Attributes:
        most_db: ratio of voice to error beyond which nothing is gained.
        bfloat16: compute convolutions in 16 bits, on processors that are twice as fast so.
    """

    most_db: float = 30.0
    bfloat16: bool = False


class SpeechTask:
    """Trains on the ratio of voice to error in the samples, each window weighted by the Hann window it will have."""

    def __init__(self, shape: SpeechConfig, loss: SpeechLossConfig) -> None:
        self.shape, self.loss = shape, loss

    def shaped(self, shape: Any) -> SpeechTask:
        """The same task for a network of another shape."""
        return SpeechTask(SpeechConfig.from_dict(shape) if isinstance(shape, dict) else shape, self.loss)

    def build(self) -> SpeechUNet1D:
        """A new network."""
        return SpeechUNet1D(self.shape)

    def __call__(self, model: SpeechUNet1D, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """The mean loss, and the ratio of voice to error before and after (dB)."""
        noisy, clean = (self._cut(x) for x in (batch.noisy, batch.clean))
        with torch.autocast(noisy.device.type, torch.bfloat16, enabled=self.loss.bfloat16):
            estimate = model(noisy.reshape(-1, 1, self.shape.window))
        weights = model.hann
        x, s, y = ((v.reshape(noisy.shape) * weights).flatten(1) for v in (noisy, clean, estimate))
        loss = time_loss(y, s, x, self.loss.most_db).mean()
        before = time_loss(x, s, x, self.loss.most_db).mean()
        return loss, {"sdr_db": -float(loss.detach()), "gain_db": float(before - loss.detach())}

    def _cut(self, signals: np.ndarray[Any, Any]) -> Tensor:
        """[batch, samples at 48 kHz] -> [batch, windows, window] side by side."""
        x = here(resample_poly(signals, self.shape.sample_rate, RATE, axis=1).astype(np.float32))
        return x.unfold(-1, self.shape.window, self.shape.window)


def main() -> None:
    """Command line."""
    train = TrainConfig(seconds=1.0, steps=20_000, decay=4000, easy=0)
    command(__doc__, SpeechTask(SpeechConfig(), SpeechLossConfig()), train)


if __name__ == "__main__":
    main()
