"""Judges of enhanced speech: PESQ-WB, ESTOI, SI-SDR, DNSMOS, log-spectral distance, level of pauses.

All take signals of one length, delay removed, at 48 kHz; the judges that hear 16 kHz get a resampled copy.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pystoi
from numpy.typing import NDArray
from pesq import NoUtterancesError, pesq
from scipy.signal import resample_poly

from .dnsmos import Dnsmos

Signal = NDArray[np.float32]
RATE = 48_000


@dataclass(frozen=True)
class Scores:
    """What the judges say of one clip; NaN where a judge hears no speech.

    Attributes:
        pesq: PESQ-WB (ITU-T P.862.2), 1.0 to 4.6.
        estoi: extended short-time objective intelligibility, 0 to 1 (Jensen and Taal, 2016).
        si_sdr: scale-invariant signal-to-distortion ratio in dB (Le Roux et al., 2019).
        ovrl, sig, bak: DNSMOS P.835, 1 to 5 (Reddy et al., 2022).
        p808: DNSMOS P.808, 1 to 5 (Reddy et al., 2021).
        lsd: log-spectral distance in dB over 0 to 20 kHz, floor 80 dB under the clean clip's peak bin.
    """

    pesq: float
    estoi: float
    si_sdr: float
    ovrl: float
    sig: float
    bak: float
    p808: float
    lsd: float


def si_sdr(clean: Signal, estimate: Signal) -> float:
    """Scale-invariant signal-to-distortion ratio in dB; means removed; NaN of digital silence."""
    if not clean.any() or not estimate.any():
        return float("nan")
    s, y = clean - clean.mean(dtype=np.float64), estimate - estimate.mean(dtype=np.float64)
    target = s * (np.dot(y, s) / (np.dot(s, s) + 1e-12))
    return float(10 * np.log10((np.sum(target**2) + 1e-12) / (np.sum((y - target) ** 2) + 1e-12)))


def log_spectral_distance(clean: Signal, estimate: Signal) -> float:
    """Mean over frames of the RMS over bins (0 to 20 kHz) of the difference of levels in dB; Hann frames of 2048."""
    window = np.hanning(2048)

    def power(x: Signal) -> NDArray[np.float64]:
        frames = np.lib.stride_tricks.sliding_window_view(x, 2048)[::512] * window
        return np.abs(np.fft.rfft(frames, axis=1)[:, : 2048 * 20 // 48]) ** 2

    s, y = power(clean), power(estimate)
    floor = s.max() * 1e-8
    d = 10 * np.log10(np.maximum(s, floor)) - 10 * np.log10(np.maximum(y, floor))
    return float(np.mean(np.sqrt(np.mean(d**2, axis=1))))


def score(clean: Signal, estimate: Signal, dnsmos: Dnsmos | None) -> Scores:
    """All judges on one clip at 48 kHz."""
    s16, y16 = (resample_poly(x, 1, 3).astype(np.float32) for x in (clean, estimate))
    quality = float("nan")
    with suppress(NoUtterancesError):
        if y16.any():  # of digital silence the judge makes a NaN and trips over it
            quality = float(pesq(16_000, s16, y16, "wb"))
    sig, bak, ovrl = dnsmos.p835(y16) if dnsmos else (float("nan"),) * 3
    return Scores(
        pesq=quality,
        estoi=float(pystoi.stoi(s16, y16, 16_000, extended=True)),
        si_sdr=si_sdr(clean, estimate),
        ovrl=ovrl,
        sig=sig,
        bak=bak,
        p808=dnsmos.p808(y16) if dnsmos else float("nan"),
        lsd=log_spectral_distance(clean, estimate),
    )
