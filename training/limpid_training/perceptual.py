"""What a listener would hear of an error: differences of loudness, and what was added more than what is lost.

The steps are those of the perceptual model of ITU-T P.862 (PESQ) as a differentiable loss, after Martín-Doñas et al.,
"A deep learning loss function based on the perceptual evaluation of the speech quality", IEEE Signal Processing
Letters 25 (2018). Left out are its filters, its alignment in time, its levelling of gain and its sixth power over 20
frames, and the sum over bands is scaled otherwise, so points are not P.862's own. Critical bands after Traunmüller,
"Analytical expressions for the tonotopic sensory scale", JASA 88 (1990); threshold in quiet after Terhardt,
"Calculating virtual pitch", Hearing Research 1 (1979).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

SPEECH_DB = 79.0
"""Sound pressure level (dB) at which the speech is thought to be heard."""
FROM_HZ, TO_HZ = 80.0, 8000.0
"""Frequencies that count."""
BARK = 0.5
"""Width of a band (Bark)."""
ZWICKER = 0.23
"""Exponent from sound intensity to loudness."""
SONE = 0.187
"""Loudness of a band at its threshold in quiet, of P.862's wideband mode."""

ADDED = 0.01
"""Weight of what was added. P.862 has 0.0309 beside a larger symmetric part; here this orders masks of different
strength more nearly as P.862 does."""


def bark(hertz: np.ndarray) -> np.ndarray:
    """Critical-band rate (Bark) of frequencies (Hz)."""
    return np.asarray(26.81 * hertz / (1960 + hertz) - 0.53)


def threshold_db(hertz: np.ndarray) -> np.ndarray:
    """Threshold in quiet (dB sound pressure level)."""
    k = hertz / 1000
    return np.asarray(3.64 * k**-0.8 - 6.5 * np.exp(-0.6 * (k - 3.3) ** 2) + 1e-3 * k**4)


class Listener:
    """Compares spectra as an ear would.

    Args:
        bins: of the spectra.
        spacing_hz: distance of two bins.
    """

    def __init__(self, bins: int, spacing_hz: float) -> None:
        hertz = np.arange(bins) * spacing_hz
        low, high = (float(bark(np.array(f))) for f in (FROM_HZ, TO_HZ))
        edges = np.arange(low, high, BARK)
        centres = edges + BARK / 2
        # Triangles as wide as two bands: the lowest bands are narrower than a bin.
        reach = np.maximum(BARK, np.gradient(bark(hertz)))
        weights = np.maximum(0, 1 - np.abs(bark(hertz)[None, :] - centres[:, None]) / reach[None, :])
        weights[:, 0] = 0
        weights /= np.maximum(weights.sum(0), 1)
        self.weights = torch.tensor(weights, dtype=torch.float32)
        middle = 1960 * (centres + 0.53) / (26.28 - centres)
        self.hertz = torch.tensor(middle, dtype=torch.float32)
        self.quiet = torch.tensor(10 ** (threshold_db(np.maximum(middle, 100)) / 10), dtype=torch.float32)

    def loudness(self, power: Tensor) -> Tensor:
        """Loudness (sone a Bark) of the power in each band, relative to the reference of sound pressure."""
        return SONE * (self.quiet / 0.5) ** ZWICKER * ((0.5 + 0.5 * power / self.quiet) ** ZWICKER - 1).clamp(min=0)

    def __call__(self, estimate: Tensor, clean: Tensor, bandwidth: Tensor) -> Tensor:
        """Points that are lost, of a scale like P.862's, one value an example [batch]; zero where there is no voice.

        Args:
            estimate: power spectrum [batch, time, bins].
            clean: alike.
            bandwidth: frequency (Hz) above which the clean spectrum is not to be trusted [batch].
        """
        b, s = estimate @ self.weights.T, clean @ self.weights.T
        loud = s.sum(2)
        heard = loud > 1e-3 * loud.amax(1, keepdim=True)
        active = (loud * heard).sum(1) / heard.sum(1).clamp(min=1)
        scale = 10 ** (SPEECH_DB / 10) / (active + 1e-9)[:, None, None]
        scale = torch.where(active[:, None, None] > 0, scale, torch.zeros_like(scale))
        b, s = b * scale, s * scale
        lb, ls = self.loudness(b), self.loudness(s)
        difference = lb - ls
        # What is masked by a quarter of the softer of both is not heard.
        hidden = 0.25 * torch.minimum(lb, ls).detach()
        heard_of_it = (difference.abs() - hidden).clamp(min=0)
        ratio = ((b + 50) / (s + 50)) ** 1.2
        added = torch.where(ratio < 3, torch.zeros_like(ratio), ratio.clamp(max=12)).detach()
        known = (self.hertz <= bandwidth[:, None]).float()[:, None, :]
        width = BARK * known
        total = width.sum(2).clamp(min=BARK)
        disturbance = (((heard_of_it * width) ** 2).sum(2) / total + 1e-6).sqrt() * total**0.5
        asymmetric = (heard_of_it * added * width).sum(2)
        # Loud frames hide little of what goes on in them: their errors weigh a little less.
        weight = ((s.sum(2) + 1e5) / 1e7) ** -0.04
        d, a = (disturbance * weight).clamp(max=45), (asymmetric * weight).clamp(max=45)
        points = 0.1 * (d * d).mean(1).sqrt() + ADDED * (a * a + 1e-6).mean(1).sqrt()
        # Without a voice there is no level to compare at.
        return torch.where(active > 0, points, torch.zeros_like(points))
