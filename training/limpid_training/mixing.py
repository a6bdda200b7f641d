"""Mixtures made on the fly: number n of a seed is always the same mixture, so a run resumes exactly.

Every mixture is a voice (clips of one voice joined with pauses) and some noise at a drawn ratio, perhaps in a room,
coloured, clipped, band-limited, at a drawn level; some have no noise, some no voice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from scipy.signal import fftconvolve

from .data import RATE, Clip, Corpus, Signal, to_rate
from .timbre import moved_formants, whispered

Rng = np.random.Generator

CLASS_WEIGHTS = {"made-babble": 2.0, "made-crowd": 1.5, "made-coloured": 2.0, "wind-water-air": 1.5}
"""How often a class of noise is drawn against the others (1); music has a weight of its own in `MixConfig`."""

LIKE_VOICES = frozenset({"music", "made-babble", "made-crowd"})
"""Classes of noise that resemble a voice, as the corpus calls them; of folders those that are named so."""


@dataclass(frozen=True)
class MixConfig:
    """How hard mixtures are.

    Attributes:
        snr_db: lowest and highest ratio of active voice to noise in dB.
        rooms, second: shares of mixtures with a room and with a second noise.
        pure_noise, pure_voice: shares of mixtures without a voice and without noise.
        level_db: lowest and highest RMS of a mixture in dB below full scale.
        music: how often music is drawn against other classes of noise (1).
        turned: share of noises that are played backwards, and of those whose resonances are moved.
        formants: share of voices whose formants are moved apart from their pitch.
        whispers: share of voices that whisper.
        telephone: share of mixtures that end where a telephone's band does, between 3.4 and 4 kHz.
        limited: share of the others that end at a lower frequency, as recordings at lower rates do.
        early_ms: part of a room's response that the target keeps; it fades out over twice that.
    """

    snr_db: tuple[float, float] = (-5.0, 25.0)
    rooms: float = 0.15
    second: float = 0.3
    pure_noise: float = 0.04
    pure_voice: float = 0.06
    level_db: tuple[float, float] = (-50.0, -12.0)
    music: float = 2.0
    turned: float = 0.3
    formants: float = 0.5
    whispers: float = 0.03
    telephone: float = 0.0
    limited: float = 0.35
    early_ms: float = 10.0


@dataclass(frozen=True)
class Mixture:
    """One example: noisy and clean [samples] at 48 kHz; up to `bandwidth` (Hz) the clean one is to be trusted.

    Where it is `confusable`, what is to go resembles the voice, however loud it is: noise of `LIKE_VOICES`, or the end
    of the voice's own room.

    Both end at `ends_at` (Hz): where this is less than half of the rate, `wide` is the noisy one before it was cut, not
    clipped, so perhaps beyond full scale. Elsewhere it is the noisy one itself.
    """

    noisy: Signal
    clean: Signal
    bandwidth: float
    wide: Signal
    ends_at: float
    confusable: bool = False


def active_level(x: Signal) -> float:
    """Root mean square over the 20 ms frames within 25 dB of the 95th percentile."""
    n = RATE // 50
    power = (x[: len(x) // n * n].reshape(-1, n) ** 2).mean(1)
    return float(np.sqrt(power[power >= np.percentile(power, 95) / 316].mean()))


def mixture(corpus: Corpus, config: MixConfig, rng: Rng, samples: int) -> Mixture:
    """Draws one mixture."""
    drawn = rng.random()
    silent = drawn < config.pure_noise
    clean_only = not silent and drawn < config.pure_noise + config.pure_voice
    if silent:
        voice, bandwidth = np.zeros(samples, np.float32), RATE / 2
    else:
        voice, bandwidth = draw_voice(corpus, config, rng, samples)
    wet, target, confusable = voice, voice, False
    if corpus.rooms and not silent and rng.random() < config.rooms:
        wet, target = in_room(voice, corpus, rng, config.early_ms)
        confusable = True
    noise = np.zeros(samples, np.float32)
    if not clean_only:
        noise, kind = draw_noise(corpus, config, rng, samples)
        confusable |= kind in LIKE_VOICES
        if rng.random() < config.second:
            second, kind = draw_noise(corpus, config, rng, samples)
            noise = noise + second * np.float32(10 ** (rng.uniform(-12, 0) / 20))
            confusable |= kind in LIKE_VOICES
    level = 0.1 if silent else active_level(wet)
    snr = rng.uniform(*config.snr_db)
    noise = noise * np.float32(level * 10 ** (-snr / 20) / (np.sqrt(np.mean(noise**2)) + 1e-9))
    noisy = wet + noise
    wide, top = noisy, draw_top(config, rng, bandwidth)
    if top < RATE / 2:
        noisy, target = low_pass(noisy, top), low_pass(target, top)
        bandwidth = RATE / 2 if silent or top <= bandwidth else bandwidth
    scale = 10 ** (rng.uniform(*config.level_db) / 20) / (np.sqrt(np.mean(noisy**2)) + 1e-9)
    scale = min(scale, 0.98 / (np.abs(noisy).max() + 1e-9)) if rng.random() < 0.97 else scale * 2
    noisy = np.clip(noisy * scale, -1, 1).astype(np.float32)
    wide = (wide * scale).astype(np.float32) if top < RATE / 2 else noisy
    return Mixture(noisy, (target * scale).astype(np.float32), bandwidth, wide, top, confusable)


def draw_voice(corpus: Corpus, config: MixConfig, rng: Rng, samples: int) -> tuple[Signal, float]:
    """Clips of one voice, joined with pauses, resampled as one, of a changed timbre; and its bandwidth in Hz."""
    names = list(corpus.voices)
    minutes = np.array([sum(c.length / c.rate for c in corpus.voices[n]) / 60 for n in names])
    weights = np.sqrt(np.minimum(minutes, 4))
    clips = corpus.voices[names[int(rng.choice(len(names), p=weights / weights.sum()))]]
    speed = float(np.exp(rng.uniform(-0.16, 0.16)))
    out, at, bandwidth = np.zeros(samples, np.float32), 0, RATE / 2.0
    at = int(rng.exponential(0.15) * RATE) if rng.random() < 0.7 else 0
    while at < samples - RATE // 10:
        clip = clips[int(rng.integers(len(clips)))]
        want = int((samples - at) * clip.rate / RATE * speed) + clip.rate // 10
        start = int(rng.integers(0, max(1, clip.length - want))) if clip.length > want else 0
        x = to_rate(corpus.read(clip, start, min(want, clip.length - start)), clip.rate, speed)[: samples - at]
        out[at : at + len(x)] += x
        at += len(x) + int(rng.uniform(0.05, 0.5) * RATE)
        bandwidth = min(bandwidth, clip.bandwidth * speed)
    if config.formants and rng.random() < config.formants:
        factor = float(np.exp(rng.uniform(-0.18, 0.18)))
        out, bandwidth = moved_formants(out, factor), bandwidth * min(1.0, factor)
    if config.whispers and rng.random() < config.whispers:
        out = whispered(out, rng)
    if rng.random() < 0.6:
        out = coloured(out, rng, 3.0)
    return out, bandwidth


def draw_noise(corpus: Corpus, config: MixConfig, rng: Rng, samples: int) -> tuple[Signal, str]:
    """A piece of noise at unit RMS, filled up when short, some backwards, some of another timbre; and its class."""
    names = list(corpus.noises)
    known = CLASS_WEIGHTS | {"music": config.music}
    weights = np.array([known.get(n, 1.0) for n in names])
    name = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    clips = corpus.noises[name]
    clip = clips[int(rng.integers(len(clips)))]
    speed = float(np.exp(rng.uniform(-0.3, 0.3))) if rng.random() < 0.5 else 1.0
    x = filled(corpus, clip, rng, samples, speed)
    # Where a share is 0 nothing is drawn, so the mixtures of earlier runs come again.
    if config.turned and rng.random() < config.turned:
        x = np.ascontiguousarray(x[::-1])
    if config.turned and rng.random() < config.turned:
        x = moved_formants(x, float(np.exp(rng.uniform(-0.3, 0.3))))
    if rng.random() < 0.5:
        x = coloured(x, rng, 6.0)
    return x / np.float32(np.sqrt(np.mean(x**2)) + 1e-9), name


def filled(corpus: Corpus, clip: Clip, rng: Rng, samples: int, speed: float) -> Signal:
    """`samples` of a clip: a part of a long one; a short one again and again, at random gaps or cross-faded."""
    want = int(samples * clip.rate / RATE * speed) + clip.rate // 10
    if clip.length > want:
        start = int(rng.integers(0, clip.length - want))
        return to_rate(corpus.read(clip, start, want), clip.rate, speed)[:samples]
    x = to_rate(corpus.read(clip), clip.rate, speed)[:samples]
    out = np.zeros(samples, np.float32)
    if len(x) < RATE:
        at = int(rng.integers(0, RATE // 4))
        while at < samples:
            n = min(len(x), samples - at)
            out[at : at + n] += x[:n] * np.float32(10 ** (rng.uniform(-6, 0) / 20))
            at += len(x) + int(rng.uniform(0.02, 0.6) * RATE)
        return out
    fade = min(len(x) // 4, RATE // 10)
    ramp = np.sqrt(np.linspace(0, 1, fade, dtype=np.float32))
    at = -int(rng.integers(0, len(x) // 2))
    while at < samples:
        y = x.copy()
        y[:fade] *= ramp
        y[-fade:] *= ramp[::-1]
        y = y[max(0, -at) :][: samples - max(0, at)]
        out[max(0, at) : max(0, at) + len(y)] += y
        at += len(x) - fade
    return out


def coloured(x: Signal, rng: Rng, depth_db: float) -> Signal:
    """A smooth random equaliser: ten points on a logarithmic frequency axis, `depth_db` the spread of each."""
    n = scipy.fft.next_fast_len(len(x), real=True)
    hertz = scipy.fft.rfftfreq(n, 1 / RATE)
    gains = np.interp(np.log(np.maximum(hertz, 30)), np.log(np.geomspace(40, 22_000, 10)), rng.normal(0, depth_db, 10))
    y = scipy.fft.irfft(scipy.fft.rfft(x, n) * (10 ** (gains / 20)).astype(np.float32), n)
    return np.asarray(y[: len(x)], np.float32)


def in_room(voice: Signal, corpus: Corpus, rng: Rng, early_ms: float) -> tuple[Signal, Signal]:
    """The voice in a room, and with the early part of the room's response alone."""
    clip = corpus.rooms[int(rng.integers(len(corpus.rooms)))]
    h = to_rate(corpus.read(clip), clip.rate)
    h = h / (np.abs(h[: RATE // 200]).max() + 1e-9)
    n = int(early_ms / 1000 * RATE)
    fade = np.clip(2 - np.arange(len(h)) / n, 0, 1).astype(np.float32)
    wet = fftconvolve(voice, h)[: len(voice)].astype(np.float32)
    return wet, fftconvolve(voice, (h * fade)[: 2 * n])[: len(voice)].astype(np.float32)


def draw_top(config: MixConfig, rng: Rng, bandwidth: float) -> float:
    """The frequency (Hz) at which the whole mixture is to end, RATE / 2 where it keeps all that it has."""
    # Where the share is 0 nothing is drawn, so the mixtures of earlier runs come again.
    if config.telephone and rng.random() < config.telephone:
        return float(rng.uniform(3400, 4000))
    return band_limit(rng, bandwidth) if rng.random() < config.limited else RATE / 2


def band_limit(rng: Rng, bandwidth: float) -> float:
    """A frequency (Hz) at which the whole mixture ends: the voice's own, or that of a low sample rate."""
    if bandwidth < 20_000 and rng.random() < 0.6:
        return bandwidth
    return float(rng.choice([4000, 5500, 8000, 11_000, 12_000, 16_000, 20_000]))


def low_pass(x: Signal, hertz: float) -> Signal:
    """Everything above `hertz` removed, with a 3 % slope."""
    n = scipy.fft.next_fast_len(len(x), real=True)
    f = scipy.fft.rfftfreq(n, 1 / RATE)
    slope = np.clip((hertz - f) / (0.03 * hertz) + 1, 0, 1).astype(np.float32)
    return np.asarray(scipy.fft.irfft(scipy.fft.rfft(x, n) * slope, n)[: len(x)], np.float32)
