"""What a listener would hear of an error, as ITU-T P.862.2 (PESQ-WB) counts it, as a loss with a gradient.

The steps and constants are those of the perceptual model in ITU-T P.862 (2001) with the input filter of P.862.2 (2007);
as a loss after Martín-Doñas et al., "A deep learning loss function based on the perceptual evaluation of the speech
quality", IEEE Signal Processing Letters 25 (2018). Left out are the alignment in time, as both signals are in time with
each other, bad intervals, the skipping of silence at both ends, and the smaller weight of what is long ago in clips of
over 16 s. The filters act on the spectrum of each frame, and the filter that measures the level is a window of bins.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from .resample import HEARD_RATE, to_16khz

FRAME, HOP = 512, 256
"""Samples at 16 kHz, under a Hann window."""
LEVEL, LEVEL_HZ = 1e7, (350, 3250)
"""Mean power between two frequencies to which both signals are brought."""
PADDING = 5120
"""Samples of silence that the standard counts in that mean."""
SMOOTHED = 0.8 * 0.2 ** np.arange(7)
"""Impulse response of what follows slow changes of gain: a fifth of the frame before is kept."""
INPUT_FILTER = (2.740826, -5.4816519, 2.740826), (1.0, -1.9444777, 0.94597794)
POWER_SCALE, LOUDNESS_SCALE = 6.910853e-6, 0.1866055
ZWICKER = 0.23
"""Exponent from power to loudness."""
# One entry a band: bins of the spectrum, width (Hz), and threshold in quiet (dB).
BAND_BINS = (
    *(1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 3, 4, 5, 4, 5, 6),
    *(6, 7, 8, 9, 9, 12, 12, 15, 16, 18, 21, 25, 20),
)
BAND_HZ = (
    *(15.7, 31.8, 32.2, 32.7, 33.1, 33.6, 34.1, 34.5, 35.0, 35.5, 36.0, 36.5, 37.0, 37.5, 40.3, 42.3, 46.0, 51.3, 55.0),
    *(56.8, 58.7, 62.4, 64.8, 69.2, 76.7, 84.0, 90.8, 97.9, 103.3, 107.8, 113.6, 121.5, 130.4, 143.4, 158.5, 176.9),
    *(198.3, 219.5, 240.6, 268.7, 306.1, 349.9, 398.7, 454.7, 506.8, 564.9, 637.3, 794.7, 931.1),
)
QUIET_DB = (
    *(77.1, 63.9, 48.5, 36.9, 30.7, 25.9, 20.2, 16.6, 12.5, 9.9, 6.9, 4.9, 2.8, 1.0, -0.1, -1.4, -2.5, -3.4, -4.1),
    *(-4.8, -5.3, -5.7, -5.9, -6.0, -6.0, -6.0, -6.0, -5.8, -5.4, -5.1, -4.7, -4.3, -4.0, -3.6, -3.3, -3.1, -3.0, -3.0),
    *(-2.9, -2.8, -2.8, -2.8, -2.9, -3.2, -3.7, -4.3, -4.4, -3.8, -2.7),
)
SILENCE = 1e-10
"""Mean power, full scale 1, below which no level is sought."""
TINY = 1e-12


def band_barks() -> np.ndarray:
    """Widths of the bands in Bark, fitted to the standard's table.

    They grow by 1.2 to 1.4 % from band to band; the first is half a band.
    """
    n = np.arange(-1, 48)
    widths = 0.318 * np.exp(0.013823 * n - 1.8e-5 * n**2)
    widths[0] /= 2
    return widths


class Listener:
    """Compares signals at 48 kHz as an ear would."""

    def __init__(self) -> None:
        hertz = np.arange(FRAME // 2 + 1) * HEARD_RATE / FRAME
        z = np.exp(-2j * np.pi * hertz / HEARD_RATE)
        response = abs(np.polyval(INPUT_FILTER[0][::-1], z) / np.polyval(INPUT_FILTER[1][::-1], z)) ** 2
        barks, bins = band_barks(), np.array(BAND_BINS)
        matrix = np.zeros((len(hertz), len(bins)))
        matrix[np.arange(bins.sum()), np.repeat(np.arange(len(bins)), bins)] = 1
        matrix[0] = 0
        # Power a Bark: the bins of a band stand for its width.
        matrix *= POWER_SCALE * np.array(BAND_HZ) / barks / bins * response[:, None]
        centres = np.cumsum(barks) - barks / 2
        self.window = torch.hann_window(FRAME)
        # The oldest frame first; it stands for all before it.
        smoothed = np.append(SMOOTHED[:-1], 1 - SMOOTHED[:-1].sum())
        self.smoothed = torch.tensor(smoothed[::-1].copy(), dtype=torch.float32)
        self.levelled = torch.tensor((hertz >= LEVEL_HZ[0]) & (hertz <= LEVEL_HZ[1])).float()
        self.bands = torch.tensor(matrix, dtype=torch.float32)
        self.top = torch.tensor(np.cumsum(bins) * HEARD_RATE / FRAME, dtype=torch.float32)
        self.barks = torch.tensor(barks, dtype=torch.float32)
        self.quiet = torch.tensor(10 ** (np.array(QUIET_DB) / 10), dtype=torch.float32)
        self.exponents = torch.tensor(ZWICKER * np.clip(6 / (centres + 2), 1, 2) ** 0.15, dtype=torch.float32)

    def densities(self, x: Tensor) -> Tensor:
        """Power densities [batch, frames, bands] of signals [batch, samples], brought to the level."""
        x = to_16khz(x)
        spectrum = torch.stft(x, FRAME, HOP, window=self.window, center=False, return_complex=True)
        power = (spectrum.real**2 + spectrum.imag**2).transpose(1, 2)
        # Of all frames together, both signs of a frequency, and windows whose squares overlap to three quarters.
        energy = (power @ self.levelled).sum(1) * 2 / (FRAME * 0.75)
        mean = energy / (x.shape[1] + PADDING)
        return (power @ self.bands) * (LEVEL / (mean + SILENCE))[:, None, None]

    def audible(self, density: Tensor, factor: float) -> Tensor:
        """What lies over `factor` times the threshold."""
        return density * (density > self.quiet * factor)

    def loudness(self, density: Tensor) -> Tensor:
        """Loudness (sone a Bark) of power densities; zero under the threshold in quiet."""
        grown = (0.5 + 0.5 * density / self.quiet).clamp(min=1) ** self.exponents - 1
        return LOUDNESS_SCALE * (2 * self.quiet) ** self.exponents * grown

    def __call__(self, estimate: Tensor, clean: Tensor, bandwidth: Tensor) -> Tensor:
        """Points of P.862's raw scale (4.5 to -0.5) that are lost, one value an example [batch].

        Zero where there is no voice: without it there is no level to compare at.

        Args:
            estimate: [batch, samples].
            clean: alike.
            bandwidth: frequency (Hz) above which the clean signal is not to be trusted [batch].
        """
        voiced = (clean**2).sum(1) > 0
        known = (self.top <= bandwidth[:, None])[:, None, :]
        b, s = self.densities(estimate) * known, self.densities(clean) * known
        speaks = self.audible(s, 100).sum(2) > 1e7
        # A colouring of the whole is hardly heard: the reference gets it as well.
        mean_b, mean_s = ((self.audible(x, 100) * speaks.unsqueeze(2)).mean(1) for x in (b, s))
        s = s * ((mean_b + 1000) / (mean_s + 1000)).clamp(0.01, 100).unsqueeze(1)
        # Nor a gain that changes slowly.
        gain = (self.audible(s, 1).sum(2) + 5e3) / (self.audible(b, 1).sum(2) + 5e3)
        before = gain[:, :1].expand(-1, len(SMOOTHED) - 1)
        gain = (torch.cat([before, gain], 1).unfold(1, len(SMOOTHED), 1) @ self.smoothed).clamp(3e-4, 5)
        b = b * gain.unsqueeze(2)
        loud_b, loud_s = self.loudness(b), self.loudness(s)
        difference = loud_b - loud_s
        # What is masked by a quarter of the softer of both is not heard.
        heard = difference.sign() * (difference.abs() - 0.25 * torch.minimum(loud_b, loud_s)).clamp(min=0)
        ratio = ((b + 50) / (s + 50)) ** 1.2
        added = torch.where(ratio < 3, torch.zeros_like(ratio), ratio.clamp(max=12))
        width, total = self.barks[1:], self.barks[1:].sum()
        disturbance = total.sqrt() * (((heard[..., 1:] * width) ** 2).sum(2) + TINY).sqrt()
        asymmetric = ((heard * added)[..., 1:].abs() * width).sum(2)
        # Loud frames hide a little of what goes on in them.
        weight = ((self.audible(s, 1).sum(2) + 1e5) / 1e7) ** -0.04
        lost = 0.1 * self.over_time(disturbance * weight) + 0.0309 * self.over_time(asymmetric * weight)
        return torch.where(voiced, lost, torch.zeros_like(lost))

    @staticmethod
    def over_time(disturbance: Tensor) -> Tensor:
        """One value [batch] of those of all frames [batch, frames]: the worst of 20 frames, the mean of all those.

        A run of 20 begins every 10 frames, the last ones filled up with nothing, as in the standard.
        """
        missing = 10 + -disturbance.shape[1] % 10
        runs = nn.functional.pad(disturbance, (0, missing)).clamp(TINY, 45).unfold(1, 20, 10)
        largest = runs.amax(2, keepdim=True)
        worst = ((runs / largest) ** 6).mean(2) ** (1 / 6) * largest.squeeze(2)
        return (worst**2).mean(1).sqrt()
