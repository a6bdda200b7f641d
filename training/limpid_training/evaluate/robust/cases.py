"""Every sound that the program is given, by a name such as `clean/fr` or `under/music`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...data import Signal
from ...metrics import RATE
from .sounds import STEADY, Sounds, at_rate, child, in_room, mixed, shout, whisper

RATES = 8000, 16_000, 44_100, 48_000, 96_000
LEVELS_DB = -50, -35, -20, -5
"""Of a mixture, RMS below full scale."""
UNDER = "music", "typing", "babble", "wind", "hum", "traffic", "snow"
STAND_INS = {"whisper": whisper, "shout": shout, "child": child}
LEAD_S = 5


@dataclass(frozen=True)
class Case:
    """A sound, and the voice in it.

    Attributes:
        noisy: what the program gets.
        clean: what would be right.
        rate: of both in Hz.
    """

    noisy: Signal
    clean: Signal
    rate: int = RATE


def cases(sounds: Sounds) -> dict[str, Case]:
    """All of them."""
    out: dict[str, Case] = {}
    first = sounds.voices["fr"]
    for language, voice in sounds.voices.items():
        out[f"clean/{language}"] = Case(voice, voice)
        noisy = mixed(voice, sounds.noise("coloured"), 5)
        out[f"language/{language}"] = Case(noisy, voice)
        out[f"narrow/{language}"] = Case(at_rate(noisy, RATES[0]), at_rate(voice, RATES[0]), RATES[0])
    for name in (*STEADY, "babble", "crowd", "music"):
        noise = sounds.noise(name)
        noise = noise * np.float32(0.03 / np.sqrt(np.mean(noise**2)))
        out[f"noise/{name}"] = Case(noise, np.zeros_like(noise))
    for name in UNDER:
        out[f"under/{name}"] = Case(mixed(first, sounds.noise(name), 5), first)
    for t60 in (0.3, 0.6):
        wet = in_room(first, t60)
        out[f"room/{t60}"] = Case(wet, wet)
    for name, made in STAND_INS.items():
        voice = made(first)
        out[f"{name}/alone"] = Case(voice, voice)
        out[f"{name}/noisy"] = Case(mixed(voice, sounds.noise("fan"), 10), voice)
    noisy = mixed(first, sounds.noise("coloured"), 10)
    for level in LEVELS_DB:
        gain = np.float32(10 ** (level / 20) / np.sqrt(np.mean(noisy**2)))
        out[f"level/{level}"] = Case(noisy * gain, first * gain)
    for rate in RATES:
        out[f"rate/{rate}"] = Case(at_rate(noisy, rate), at_rate(first, rate), rate)
    rest = np.zeros(LEAD_S * RATE, np.float32)
    speech = np.concatenate([rest, first[_onset(first) :]])
    out["after/silence"] = Case(speech, speech)
    out["silence/digital"] = Case(rest, rest)
    return out


def _onset(voice: Signal) -> int:
    """The first sample within 30 dB of the peak."""
    return int(np.argmax(np.abs(voice) > np.abs(voice).max() / 30))
