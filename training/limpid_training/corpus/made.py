"""Nine classes of noise that are computed, never twice the same: steady and slowly changing sounds.

Recordings that come in packages are mostly short; what hums, blows, rains and drives past for minutes is thin
among them. Every maker takes a generator and a number of samples at 48 kHz, at least a second of them.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.random import Generator

from limpid_training.corpus.audio import Signal
from limpid_training.corpus.ingredients import (
    RATE,
    between,
    coloured,
    drift,
    equalised,
    impulses,
    partials,
    path,
    seconds,
    unit,
)

Maker = Callable[[Generator, int], Signal]
PEAK = 0.9


def make(category: str, draw: Generator, count: int) -> Signal:
    """Return `count` samples of a class at 48 kHz, peak 0.9."""
    return peaked(MAKERS[category](draw, count))


def peaked(signal: Signal) -> Signal:
    """Scale to the peak that made noise is stored with."""
    return np.asarray(signal * (PEAK / np.abs(signal).max()))


def _coloured(draw: Generator, count: int) -> Signal:
    noise = coloured(draw, count, draw.choice([-2.0, 0.0, 3.0, 6.0]))
    return equalised(draw, noise) * drift(draw, count, draw.uniform(0.3, 6), draw.uniform(0, 8))


def _hum(draw: Generator, count: int) -> Signal:
    """Mains hum of 50 or 60 Hz, off by up to 0.2 Hz and wandering, with some hiss."""
    mains = draw.choice([50.0, 60.0]) + path(draw, count, 2, -0.2, 0.2)
    hum = partials(draw, mains, int(draw.integers(4, 40)), draw.uniform(2, 9))
    return hum + draw.uniform(0.005, 0.3) * coloured(draw, count, 3)


def _fan(draw: Generator, count: int) -> Signal:
    """Air, pulsing a little with each blade that passes, and the tone of the blades."""
    blades = draw.uniform(40, 250) * path(draw, count, 4, 0.98, 1.02)
    turning = 2 * np.pi * np.cumsum(blades / draw.integers(3, 9)) / RATE
    air = equalised(draw, coloured(draw, count, draw.uniform(3, 7), 40))
    pulse = 1 + draw.uniform(0, 0.4) * np.sin(turning)
    return unit(air) * pulse + draw.uniform(0.05, 0.5) * partials(draw, blades, 12, 6)


def _engine(draw: Generator, count: int) -> Signal:
    """Run a motor whose speed moves, unevenly from stroke to stroke, with the noise of its intake."""
    speed = draw.uniform(30, 90)
    firing = path(draw, count, draw.uniform(1, 4), 0.6 * speed, 1.4 * speed)
    rough = 1 + 0.01 * np.sin(2 * np.pi * draw.uniform(3, 12) * seconds(count))
    motor = partials(draw, firing * rough, 50, draw.uniform(4, 8))
    motor = motor + draw.uniform(0.1, 0.8) * coloured(draw, count, 5)
    return equalised(draw, motor) * drift(draw, count, 3, 4)


def _wind(draw: Generator, count: int) -> Signal:
    """Rumble in gusts, with a whistle now and then."""
    gusts = drift(draw, count, 0.5, 10) * drift(draw, count, 4, 8)
    rumble = coloured(draw, count, draw.uniform(6, 10), 25) * gusts
    low = draw.uniform(300, 700)
    whistle = between(coloured(draw, count, 3), low, low * draw.uniform(1.5, 3))
    return rumble + draw.uniform(0.05, 0.2) * whistle * drift(draw, count, 1, 10)


def _rain(draw: Generator, count: int) -> Signal:
    """Let drops fall on what rings in a band of its own, over a far hiss."""
    drops = impulses(draw, count, draw.uniform(800, 8000))
    drops = between(drops, draw.uniform(500, 2000), draw.uniform(8000, 18000), order=1)
    return unit(equalised(draw, drops)) + draw.uniform(0.05, 0.4) * coloured(draw, count, 2, 200)


def _traffic(draw: Generator, count: int) -> Signal:
    """Vehicles that come, pass and go, their pitch falling as they do, over a far rumble."""
    time = seconds(count)
    total = 0.15 * coloured(draw, count, 6, 25)
    for _ in range(int(draw.integers(1, 2 + count // (2 * RATE)))):
        passing, wide = draw.uniform(0, count / RATE), draw.uniform(0.8, 3)
        away = (time - passing) / wide
        near = draw.uniform(0.3, 1.5) / (1 + np.square(away))
        # A car at 50 km/h shifts by 4 % each way.
        motor = partials(draw, draw.uniform(40, 120) * (1 - 0.04 * np.tanh(away)), 20, 6)
        tyres = coloured(draw, count, 5, 30, draw.uniform(3000, 12000))
        total = total + near * (tyres + draw.uniform(0.2, 0.9) * motor)
    return total


def _crackle(draw: Generator, count: int) -> Signal:
    """Scattered clicks, as of a bad contact, an old record or a fire."""
    clicks = impulses(draw, count, draw.uniform(2, 60))
    clicks[int(draw.integers(count))] += 1  # never none at all
    return between(clicks, draw.uniform(200, 3000), 20_000, order=1) + draw.uniform(0, 0.02) * coloured(draw, count, 3)


def _alarm(draw: Generator, count: int) -> Signal:
    """Sound a beep, a siren, a two-tone horn or keypad tones."""
    tone = (_beep, _siren, _horn, _keypad)[draw.integers(4)](draw, count)
    return unit(between(tone, 200, 16_000)) + 0.003 * coloured(draw, count, 3)


def _beep(draw: Generator, count: int) -> Signal:
    gate = np.sin(2 * np.pi * draw.uniform(0.5, 5) * seconds(count)) > 0
    return np.asarray(np.sin(2 * np.pi * draw.uniform(400, 3000) * seconds(count)) * gate)


def _siren(draw: Generator, count: int) -> Signal:
    swing = np.sin(2 * np.pi * draw.uniform(0.15, 4) * seconds(count))
    return partials(draw, draw.uniform(500, 1800) * (1 + 0.35 * swing), 5, 9)


def _horn(draw: Generator, count: int) -> Signal:
    high = np.sin(2 * np.pi * draw.uniform(0.3, 2) * seconds(count)) > 0
    return partials(draw, draw.uniform(250, 900) * np.where(high, 4 / 3, 1), 8, 6)


def _keypad(draw: Generator, count: int) -> Signal:
    """Dual tones of a telephone's keys (ITU-T Q.23)."""
    total, time, pace = np.zeros(count), seconds(count), draw.uniform(0.2, 0.8)
    for start in np.arange(draw.uniform(0, pace), count / RATE, pace):
        key = slice(int(start * RATE), int((start + draw.uniform(0.06, 0.18)) * RATE))
        for row in (draw.choice([697, 770, 852, 941]), draw.choice([1209, 1336, 1477, 1633])):
            total[key] += np.sin(2 * np.pi * row * time[key])
    return total


MAKERS: Mapping[str, Maker] = {
    "coloured": _coloured,
    "hum": _hum,
    "fan": _fan,
    "engine": _engine,
    "wind": _wind,
    "rain": _rain,
    "traffic": _traffic,
    "crackle": _crackle,
    "alarm": _alarm,
}
