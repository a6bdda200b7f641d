"""What made noise is made of, at 48 kHz: coloured noise, slow gains, partials, filters, impulses."""

import numpy as np
from numpy.random import Generator
from scipy.signal import butter, sosfilt

from limpid_training.corpus.audio import Signal

RATE = 48_000


def seconds(count: int) -> Signal:
    """Return the time of each of `count` samples."""
    return np.arange(count) / RATE


def unit(signal: Signal) -> Signal:
    """Scale to RMS 1; silence stays silence."""
    return signal / max(float(np.sqrt(np.square(signal).mean())), 1e-9)


def coloured(draw: Generator, count: int, slope_db: float, low_hz: float = 20, high_hz: float = 24_000) -> Signal:
    """Return noise of RMS 1 whose power falls by `slope_db` an octave between two edges."""
    at = np.fft.rfftfreq(count, 1 / RATE)
    spectrum = np.fft.rfft(draw.standard_normal(count))
    spectrum *= np.maximum(at, low_hz) ** (-slope_db / 20 / np.log10(2))
    spectrum[(at < low_hz) | (at > high_hz)] = 0
    return unit(np.fft.irfft(spectrum, count))


def drift(draw: Generator, count: int, every_s: float, depth_db: float) -> Signal:
    """Return a gain that wanders around 1, by `depth_db` from knot to knot, `every_s` apart."""
    knots = int(count / RATE / every_s) + 2
    level = draw.normal(0, depth_db / 2, knots)
    return np.asarray(10 ** (np.interp(seconds(count), np.arange(knots) * every_s, level) / 20))


def path(draw: Generator, count: int, every_s: float, low: float, high: float) -> Signal:
    """Return a value that goes from knot to knot, each drawn between `low` and `high`."""
    knots = int(count / RATE / every_s) + 2
    return np.interp(seconds(count), np.arange(knots) * every_s, draw.uniform(low, high, knots))


def partials(draw: Generator, hz: Signal, count: int, slope_db: float) -> Signal:
    """Sum partials of a moving fundamental [samples], uneven, falling by `slope_db` an octave; RMS 1."""
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    total = np.zeros(len(hz))
    for number in range(1, count + 1):
        if number * hz.max() > 0.42 * RATE:
            break
        amplitude = draw.uniform(0.3, 1) * number ** (-slope_db / 20 / np.log10(2))
        total += amplitude * np.sin(number * phase + draw.uniform(0, 2 * np.pi))
    return unit(total)


def equalised(draw: Generator, signal: Signal, step_db: float = 3.5) -> Signal:
    """Colour a signal by a random curve that goes up or down by some `step_db` every octave or so."""
    knots = np.geomspace(30, RATE / 2, 11)
    curve_db = np.cumsum(draw.normal(0, step_db, len(knots)))
    at = np.log(np.maximum(np.fft.rfftfreq(len(signal), 1 / RATE), knots[0]))
    gain = 10 ** (np.interp(at, np.log(knots), curve_db - curve_db.mean()) / 20)
    return np.fft.irfft(np.fft.rfft(signal) * gain, len(signal))


def between(signal: Signal, low_hz: float, high_hz: float, order: int = 2) -> Signal:
    """Pass a band (Butterworth)."""
    passed: Signal = sosfilt(butter(order, [low_hz, high_hz], "bandpass", fs=RATE, output="sos"), signal)
    return passed


def impulses(draw: Generator, count: int, a_second: float) -> Signal:
    """Scatter impulses of either sign and of very different heights."""
    total = np.zeros(count)
    number = draw.poisson(a_second * count / RATE)
    heights = draw.exponential(1, number) * draw.choice([-1, 1], number)
    np.add.at(total, draw.integers(0, count, number), heights)
    return total
