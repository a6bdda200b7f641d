"""A mild denoiser for good recordings with a steady floor; it does not judge what is speech.

Wiener gains from a decision-directed estimate of the signal-to-noise ratio (Ephraim and Malah, IEEE Trans.
ASSP 32, 1984). The noise is what the quietest frames hold, so a recording without a pause comes out as it
went in.
"""

import numpy as np
from scipy.signal import istft, stft

from limpid_training.corpus.audio import Signal

QUIET_SHARE = 0.12
"""Share of the frames that the noise is learned from."""
OVERESTIMATE = 1.6
"""The quietest frames lie under the noise's mean by about this factor in power."""
MEMORY = 0.94
"""Weight of the last frame's outcome in the estimate of this one's signal-to-noise ratio."""


def denoise(signal: Signal, rate: int, at_most_db: float = 18.0) -> Signal:
    """Take a steady floor down by at most `at_most_db`; the same length comes back."""
    length = int(rate * 0.032) // 4 * 4
    if len(signal) < 4 * length:
        return signal
    layout = {"fs": rate, "window": "hann", "nperseg": length, "noverlap": 3 * length // 4}
    _, _, spectrum = stft(signal, **layout)
    power = np.square(np.abs(spectrum)).T
    noise = _quietest(power)
    if noise is None:
        return signal
    gains = _wiener(power / noise, least=10 ** (-at_most_db / 20))
    _, cleaned = istft(spectrum * gains.T, **layout)
    return np.asarray(cleaned[: len(signal)], dtype=np.float32)


def _quietest(power: Signal) -> Signal | None:
    """Return the noise's power a bin, or None where too few frames hold any sound at all."""
    total = power.sum(axis=1)
    live = power[total > total.max() * 1e-9]
    if len(live) < 20:
        return None
    total = live.sum(axis=1)
    quiet = live[total <= np.quantile(total, QUIET_SHARE)]
    return np.asarray(quiet.mean(axis=0) * OVERESTIMATE + 1e-20)


def _wiener(posterior: Signal, least: float) -> Signal:
    """Return gains [frame, bin] from power over noise power [frame, bin]."""
    gains = np.empty_like(posterior)
    speech = np.maximum(posterior[0] - 1, 0)
    for i, now in enumerate(posterior):
        prior = MEMORY * speech + (1 - MEMORY) * np.maximum(now - 1, 0)
        gains[i] = np.maximum(prior / (1 + prior), least)
        speech = np.square(gains[i]) * now
    return gains
