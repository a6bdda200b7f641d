"""Room impulse responses: image sources for the first 80 ms, then a diffuse tail, both duller as they die.

Image sources: Allen and Berkley, J. Acoust. Soc. Am. 65(4), 1979, each a little displaced as walls are not
perfect (regular images add up to a sweep that one hears: De Sena et al., IEEE/ACM Trans. ASLP 23(4), 2015).
Absorption from the reverberation time: Eyring, J. Acoust. Soc. Am. 1(2), 1930. The direct sound stands at
sample 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy.fft import irfft, next_fast_len, rfft

from limpid_training.corpus.audio import Signal

RATE = 48_000
SOUND_M_S = 343.0
EARLY_S = 0.08
LONGEST_S = 1.5
TAPS = 17
"""Of the windowed sinc that places an image between samples."""


@dataclass(frozen=True)
class Room:
    """A box with a voice and a microphone in it; metres, seconds."""

    size: Signal
    source: Signal
    microphone: Signal
    t60_s: float
    """Reverberation time at low frequencies."""
    walls: Signal
    """Reflection factors [axis, near and far]."""
    dull_hz: float
    """Where the reverberation time has fallen to half."""

    @property
    def distance(self) -> float:
        """From mouth to microphone, m."""
        return float(np.linalg.norm(self.source - self.microphone))


@dataclass(frozen=True)
class Acoustics:
    """What a response measures."""

    t60_s: float
    """Three times the time from -5 to -25 dB of the backward integrated energy (ISO 3382, T20)."""
    direct_db: float
    """Energy of the first 2.5 ms over that of the rest."""


def draw_room(draw: Generator) -> Room:
    """Draw a living room or office (seven of ten) or a hall, and a talker who is mostly near."""
    small = draw.random() < 0.7
    largest = (7, 6, 3.2) if small else (16, 14, 6)
    size = np.array([draw.uniform(low, high) for low, high in zip((2.2, 2.0, 2.3), largest, strict=True)])
    t60 = draw.uniform(0.12, 0.8) if small else draw.uniform(0.4, 1.6)
    farthest = 1.2 if draw.random() < 0.6 else 5.0
    while True:
        microphone, source = draw.uniform(0.3, size - 0.3), draw.uniform(0.3, size - 0.3)
        microphone[2], source[2] = draw.uniform(0.7, 1.6), draw.uniform(1.0, 1.8)
        if 0.15 < np.linalg.norm(source - microphone) < farthest:
            break
    x, y, z = size
    absorbed = 1 - np.exp(-0.161 * x * y * z / (2 * (x * y + y * z + z * x) * t60))
    uneven = np.clip(absorbed * draw.uniform(0.6, 1.4, (3, 2)), 0.02, 0.98)
    return Room(size, source, microphone, t60, np.sqrt(1 - uneven), draw.uniform(4000, 14000))


def response(room: Room, draw: Generator) -> Signal:
    """Return the response at 48 kHz, the direct sound at sample 0, peak 0.8."""
    count = round(min(LONGEST_S, 1.05 * room.t60_s + 0.05) * RATE)
    early = _placed(*images(room, min(EARLY_S, room.t60_s), draw), count)
    dulled = _dulled(_with_tail(early, room.t60_s, draw), room)
    return np.asarray(dulled * (0.8 / np.abs(dulled).max()), np.float32)


def acoustics(signal: Signal, rate: int = RATE) -> Acoustics:
    """Measure a response that begins with its direct sound."""
    energy = np.square(signal, dtype=np.float64)
    left = 10 * np.log10(np.cumsum(energy[::-1])[::-1] / energy.sum() + 1e-12)
    t20 = int(np.argmax(left < -25)) - int(np.argmax(left < -5))
    direct = round(0.0025 * rate)
    ratio = 10 * np.log10(energy[:direct].sum() / (energy[direct:].sum() + 1e-12))
    return Acoustics(3 * max(0, t20) / rate, float(ratio))


def images(room: Room, until_s: float, draw: Generator) -> tuple[Signal, Signal]:
    """Return delays after the direct sound (s) and amplitudes of the images that arrive until then.

    Along one axis image n stands n room lengths away, mirrored when n is odd; on its way it has met the two
    walls in turn, |n| times in all. A box's images are all combinations of its axes'.
    """
    reach = room.distance + until_s * SOUND_M_S
    squared: Signal = np.zeros((1, 1, 1))
    amplitude: Signal = np.ones((1, 1, 1))
    met = np.zeros((1, 1, 1))
    for axis in range(3):
        length, (near, far) = float(room.size[axis]), room.walls[axis].tolist()
        count = int(np.ceil(reach / length)) + 1
        n = np.arange(-count, count + 1)
        stands = n * length + np.where(n % 2 == 0, room.source[axis], length - room.source[axis])
        often, seldom = (np.abs(n) + 1) // 2, np.abs(n) // 2
        lost = np.where(n < 0, near**often * far**seldom, far**often * near**seldom)
        shape = [-1 if i == axis else 1 for i in range(3)]
        squared = squared + np.reshape(np.square(stands - room.microphone[axis]), shape)
        amplitude = amplitude * np.reshape(lost, shape)
        met = met + np.reshape(np.abs(n), shape)
    path = np.sqrt(squared).ravel()
    path = path * (1 + 0.003 * draw.standard_normal(len(path)) * (met.ravel() > 0))
    delay = np.maximum(path - room.distance, 0) / SOUND_M_S
    heard = delay < until_s
    return delay[heard], (amplitude.ravel() * room.distance / np.maximum(path, 0.05))[heard]


def _placed(delay_s: Signal, amplitude: Signal, count: int) -> Signal:
    """Sum impulses that stand between samples, each a sinc under a Hann window."""
    at = delay_s * RATE
    index = np.floor(at).astype(int)[:, None] + np.arange(TAPS) - TAPS // 2
    off = index - at[:, None]
    taps = amplitude[:, None] * np.sinc(off) * np.cos(np.pi * off / (TAPS + 1)) ** 2
    inside = (index >= 0) & (index < count)
    return np.asarray(np.bincount(index[inside], taps[inside], count), np.float64)


def _with_tail(early: Signal, t60_s: float, draw: Generator) -> Signal:
    """Fade from the images over to noise that decays at the same rate and begins at their level."""
    time = np.arange(len(early)) / RATE
    decay = 10 ** (-3 * time / t60_s)
    end = min(EARLY_S, t60_s)
    fading = (time > 0.6 * end) & (time < end)
    level = np.sqrt(np.square(early[fading]).sum() / np.square(decay[fading]).sum())
    tail = np.clip((time - 0.6 * end) / (0.4 * end), 0, 1)
    noise = draw.standard_normal(len(early)) * decay * level
    return np.asarray(early * np.sqrt(1 - tail) + noise * np.sqrt(tail))


def _dulled(signal: Signal, room: Room) -> Signal:
    """Let high frequencies die sooner, as in air and cloth: every octave decays at its own rate.

    The octaves' weights add up to one, so the beginning, where nothing has decayed yet, stays as it is.
    """
    count = len(signal)
    size = next_fast_len(2 * count, real=True)
    spectrum, at = rfft(signal, size), np.fft.rfftfreq(size, 1 / RATE)
    octaves = 125.0 * 2 ** np.arange(8)
    octave_of = np.log2(np.maximum(at, 1) / octaves[0])
    time = np.arange(count) / RATE
    total = np.zeros(count)
    for i, centre in enumerate(octaves):
        weights = np.interp(octave_of, np.arange(len(octaves)), np.eye(len(octaves))[i])
        shorter = min(1 + centre / room.dull_hz, 6.0)
        decay = 10 ** (-3 * time / room.t60_s * (shorter - 1))
        total += irfft(spectrum * weights, size)[:count] * decay
    return total
