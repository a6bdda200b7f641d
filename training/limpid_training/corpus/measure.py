"""What a recording is like: its level, how far it stands over its floor, how wide its band is, its pitch."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfilt
from scipy.signal.windows import blackmanharris

from limpid_training.corpus.audio import Signal

FULL_SCALE = 0.985
"""Samples from here on count as clipped."""


@dataclass(frozen=True)
class Measured:
    """Facts of one recording."""

    level_db: float
    """RMS of the active frames, dB re full scale."""
    snr_db: float
    """Active level over the recording's own floor."""
    bandwidth_khz: float
    clipped: float
    """Share of samples at full scale, 0 .. 1."""


def frames(signal: Signal, rate: int, seconds: float) -> Signal:
    """Return frames [count, length] that overlap by half; a short signal is one frame, padded with zeros."""
    length = int(rate * seconds)
    if len(signal) < length:
        signal = np.pad(signal, (0, length - len(signal)))
    return np.lib.stride_tricks.sliding_window_view(signal, length)[:: length // 2]


def measure(signal: Signal, rate: int) -> Measured:
    """Measure a recording, before it is trimmed: the floor is heard in its pauses.

    Active are the 20 ms frames within 25 dB of the 95th percentile. The floor is the 5th percentile of the
    frames above -88 dBFS, so that digital silence put in by an editor does not pass for a quiet room. Rumble
    under 60 Hz counts for neither.
    """
    signal = np.asarray(signal, dtype=np.float64)
    heard = sosfilt(butter(2, 60, "highpass", fs=rate, output="sos"), signal - signal.mean())
    level = 10 * np.log10(np.square(frames(heard, rate, 0.02)).mean(axis=1) + 1e-12)
    active = level[level > np.percentile(level, 95) - 25]
    live = level[level > -88]
    active_db = float(10 * np.log10(np.mean(10 ** (active / 10))))
    floor_db = float(np.percentile(live, 5)) if len(live) else -88.0
    return Measured(
        level_db=active_db,
        snr_db=active_db - floor_db,
        bandwidth_khz=bandwidth(heard, rate) / 1000,
        clipped=float(np.mean(np.abs(signal) > FULL_SCALE)),
    )


def bandwidth(signal: Signal, rate: int) -> float:
    """Return the highest frequency in Hz whose mean power is within 80 dB of the strongest (0.1 .. 4 kHz).

    That finds the edge that a lower rate or a lossy codec left. 0 for silence.
    """
    cut_up = frames(signal, rate, 0.02)
    # Side lobes of a plainer window would hide an edge under 80 dB.
    window = blackmanharris(cut_up.shape[1], sym=False)
    power = np.square(np.abs(np.fft.rfft(cut_up * window, axis=1))).mean(axis=0)
    at = np.fft.rfftfreq(cut_up.shape[1], 1 / rate)
    strongest = power[(at > 100) & (at < 4000)].max()
    if strongest < 1e-12:
        return 0.0
    return float(at[np.nonzero(power > strongest * 1e-8)[0][-1]])


def pitch(signal: Signal, rate: int) -> float:
    """Return the median fundamental of the voiced frames in Hz (60 .. 500); 0 when hardly any is voiced.

    Autocorrelation of at most 150 of the louder 40 ms frames, corrected for the window's own; voiced is where
    a lag explains half of the power or more.
    """
    cut_up = frames(signal, rate, 0.04)
    power = np.square(cut_up).mean(axis=1)
    loud = cut_up[power >= np.percentile(power, 60)]
    loud = loud[:: len(loud) // 150 + 1]
    length = loud.shape[1]
    window = np.hanning(length)

    def correlation(x: Signal) -> Signal:
        spectrum = np.fft.rfft(x, 2 * length, axis=-1)
        lags: Signal = np.fft.irfft(np.square(np.abs(spectrum)), axis=-1)[..., :length]
        return lags / (lags[..., :1] + 1e-12)

    first, last = rate // 500, min(rate // 60, length // 2 + length // 4)
    similar = correlation((loud - loud.mean(axis=1, keepdims=True)) * window)[:, first:last]
    similar = similar / correlation(window)[first:last]
    # Twice the period is as similar: the first peak that comes near the best counts.
    lag = np.arange(similar.shape[1])
    near = np.argmax(similar > 0.9 * similar.max(axis=1, keepdims=True), axis=1)
    beyond = (lag < near[:, None]) | (lag + first > 1.2 * (near[:, None] + first))
    best = np.where(beyond, -1, similar).argmax(axis=1)
    voiced = similar[np.arange(len(best)), best] > 0.5
    if voiced.sum() < 5:
        return 0.0
    return float(np.median(rate / (first + best[voiced])))
