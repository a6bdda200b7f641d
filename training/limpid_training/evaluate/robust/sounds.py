"""Recordings in `assets/robust`, and what is made of them: noise, rooms, stand-ins for voices that are not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
from scipy.signal import fftconvolve

from ...corpus.made import make
from ...corpus.rooms import draw_room, response
from ...data import Signal, stretch, to_rate
from ...metrics import RATE
from ...mixing import active_level

STEADY = "coloured", "hum", "fan", "engine", "rain", "traffic"
"""Steady and machine noise, made by the corpus's makers."""
LOUD_DB = -26.0
"""Active level of a voice, dB below full scale."""


class Sounds:
    """All recordings of a folder at 48 kHz, by name.

    Attributes:
        voices: by language, each at one active level.
        noises: recorded ones.
    """

    def __init__(self, folder: Path) -> None:
        found = {p.stem: _read(p) for p in sorted(folder.glob("*.opus"))}
        self.voices = {k.removeprefix("speech-"): spoken(x) for k, x in found.items() if k.startswith("speech-")}
        self.noises = {k.removeprefix("noise-"): x for k, x in found.items() if k.startswith("noise-")}

    def noise(self, name: str, seconds: float = 5.0) -> Signal:
        """Noise of a kind: recorded, of several voices (babble, crowd), or made."""
        count, draw = int(seconds * RATE), np.random.default_rng([5, *name.encode()])
        if name in self.noises:
            return np.resize(self.noises[name], count)
        if name in ("babble", "crowd"):
            voices = list(self.voices.values())
            rounds = 1 if name == "babble" else 3
            talkers = [np.roll(np.resize(v, count), int(draw.integers(count))) for v in voices[1:] * rounds]
            together = np.sum(talkers[: 6 if name == "babble" else None], axis=0)
            return np.asarray(in_room(together, 0.4) if name == "crowd" else together, np.float32)
        return np.asarray(make(name, draw, count), np.float32)


def _read(path: Path) -> Signal:
    x, rate = soundfile.read(path, dtype="float32")
    if rate != RATE:
        raise ValueError(f"{path}: {rate} Hz; these recordings must be at {RATE} Hz")
    return np.asarray(x, np.float32)


def spoken(x: Signal) -> Signal:
    """A voice at the level of all voices."""
    return x * np.float32(10 ** (LOUD_DB / 20) / active_level(x))


def mixed(voice: Signal, noise: Signal, snr_db: float) -> Signal:
    """A voice in noise at a ratio of active level to noise (dB)."""
    noise = np.resize(noise, len(voice))
    gain = active_level(voice) * 10 ** (-snr_db / 20) / np.sqrt(np.mean(noise**2))
    return voice + noise * np.float32(gain)


def in_room(x: Signal, t60_s: float) -> Signal:
    """A voice in a simulated room of about that reverberation time, some metres away, at its own active level."""
    draw = np.random.default_rng(8)
    while True:
        room = draw_room(draw)
        if abs(room.t60_s - t60_s) < 0.05 and room.distance > 1:
            break
    return spoken(fftconvolve(x, response(room, draw))[: len(x)].astype(np.float32))


def child(x: Signal) -> Signal:
    """Stands in for a child's voice: an adult's, pitch and formants a third higher."""
    return spoken(to_rate(x, RATE, 1.35))


def shout(x: Signal) -> Signal:
    """Stands in for a shout: higher, brighter and dense."""
    bright = to_rate(x, RATE, 1.15)
    bright = bright + np.float32(0.8) * (bright - np.concatenate([[0], bright[:-1]])) * 8
    return spoken(np.tanh(4 * bright / np.abs(bright).max()).astype(np.float32))


def whisper(x: Signal) -> Signal:
    """Stands in for a whisper: the envelope of an adult's speech over frequency (cepstrum up to 1 ms) on noise."""
    _, _, spectra = scipy.signal.stft(x, RATE, nperseg=1536, noverlap=1152)
    log = np.log(np.abs(spectra) + 1e-7)
    cepstrum = np.fft.irfft(log, axis=0)
    cepstrum[48:-47] = 0
    envelope = np.exp(np.fft.rfft(cepstrum, axis=0).real)
    draw = np.random.default_rng(3)
    breath = draw.standard_normal(spectra.shape) + 1j * draw.standard_normal(spectra.shape)
    hertz = np.fft.rfftfreq(1536, 1 / RATE)[:, None]
    unvoiced = np.clip(hertz / 500, 0.1, 1)
    _, y = scipy.signal.istft(envelope * breath * unvoiced, RATE, nperseg=1536, noverlap=1152)
    return spoken(y[: len(x)].astype(np.float32))


def at_rate(x: Signal, rate: int) -> Signal:
    """A signal at 48 kHz at another rate."""
    return stretch(x, round(len(x) * rate / RATE))
