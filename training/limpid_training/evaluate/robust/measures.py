"""What is measured of each case, by a name that `assets/robust/thresholds.csv` has a row for."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from pesq import pesq
from pystoi import stoi
from scipy.signal import resample_poly

from ...data import Signal, stretch
from ...metrics import RATE, si_sdr
from ...mixing import active_level
from .cases import LEAD_S, RATES, STAND_INS, UNDER, Case
from .sounds import STEADY

COMMON, TOP = 8000, 3600
"""Rate at which other rates are compared, and up to which frequency, Hz."""

Outputs = dict[str, Signal]
Cases = dict[str, Case]


def measure(cases: Cases, out: Outputs) -> dict[str, float]:
    """All figures."""
    return {
        **_clean(cases, out),
        **_noise(cases, out),
        **_gains(cases, out),
        **_voices(cases, out),
        **_levels(cases, out),
        **_rates(cases, out),
        **_silence(cases, out),
    }


def db(after: float, before: float) -> float:
    """A ratio of amplitudes in dB."""
    return float(20 * np.log10((after + 1e-9) / (before + 1e-9)))


def quality(clean: Signal, estimate: Signal) -> float:
    """PESQ-WB of signals at 48 kHz."""
    s, y = (resample_poly(x, 1, 3).astype(np.float32) for x in (clean, estimate))
    return float(pesq(16_000, s, y, "wb"))


def change(case: Case, y: Signal) -> float:
    """By how much the voice is louder, dB, while somebody speaks."""
    n = case.rate // 50
    s = case.clean[: len(case.clean) // n * n].reshape(-1, n)
    power = (s**2).mean(1)
    active = power >= np.percentile(power, 95) / 316
    z = y[: s.size].reshape(-1, n)
    return db(float(np.sqrt((z[active] ** 2).mean())), float(np.sqrt((s[active] ** 2).mean())))


def _of(cases: Cases, kind: str) -> Iterable[tuple[str, str, Case]]:
    return ((name, name.split("/")[1], case) for name, case in cases.items() if name.startswith(kind + "/"))


def _clean(cases: Cases, out: Outputs) -> dict[str, float]:
    found = list(_of(cases, "clean"))
    return {
        "clean speech, PESQ-WB, mean": float(np.mean([quality(c.clean, out[n]) for n, _, c in found])),
        "clean speech, SI-SDR, mean": float(np.mean([si_sdr(c.clean, out[n]) for n, _, c in found])),
        "clean speech, change of level, largest": max(abs(change(c, out[n])) for n, _, c in found),
    }


def _noise(cases: Cases, out: Outputs) -> dict[str, float]:
    rows = {}
    for name, kind, case in _of(cases, "noise"):
        late = slice(RATE, None)  # the first second is for finding out
        fall = -db(float(np.std(out[name][late])), float(np.std(case.noisy[late])))
        rows[f"{kind} alone, fall"] = fall
    assert set(STEADY) <= {k.split(" ")[0] for k in rows}
    return rows


def _gains(cases: Cases, out: Outputs) -> dict[str, float]:
    def gain(name: str) -> float:
        case = cases[name]
        return si_sdr(case.clean, out[name]) - si_sdr(case.clean, case.noisy)

    rows = {f"speech under {kind}, gain in SI-SDR": gain(f"under/{kind}") for kind in UNDER}
    languages = [gain(name) for name, _, _ in _of(cases, "language")]
    rows["languages, gain in SI-SDR, least"] = min(languages)
    rows["languages, gain in SI-SDR, mean"] = float(np.mean(languages))
    return rows


def _voices(cases: Cases, out: Outputs) -> dict[str, float]:
    rows = {}
    for name, t60, case in _of(cases, "room"):
        rows[f"reverberant speech ({t60} s), change of level"] = change(case, out[name])
        rows[f"reverberant speech ({t60} s), ESTOI against itself"] = float(
            stoi(case.clean, out[name], RATE, extended=True)
        )
    for kind in STAND_INS:
        alone, noisy = cases[f"{kind}/alone"], cases[f"{kind}/noisy"]
        rows[f"{kind} (made), change of level"] = change(alone, out[f"{kind}/alone"])
        before = si_sdr(noisy.clean, noisy.noisy)
        rows[f"{kind} (made) in noise, gain in SI-SDR"] = si_sdr(noisy.clean, out[f"{kind}/noisy"]) - before
    return rows


def _levels(cases: Cases, out: Outputs) -> dict[str, float]:
    found = [quality(c.clean, out[n]) for n, _, c in _of(cases, "level")]
    return {"level from -50 to -5 dBFS, change of PESQ-WB": max(found) - min(found)}


def _rates(cases: Cases, out: Outputs) -> dict[str, float]:
    """Compared at 8 kHz, where every rate has all of the band: one voice at all rates, and all languages at 8 kHz."""
    reference = cases[f"rate/{RATE}"].clean
    count = round(len(reference) * COMMON / RATE)
    clean = _common(reference, count)
    found = [si_sdr(clean, _common(out[f"rate/{rate}"], count)) for rate in RATES]
    losses = []
    for _, language, case in _of(cases, "language"):
        count = round(len(case.clean) * COMMON / RATE)
        full, narrow = (_common(out[f"{kind}/{language}"], count) for kind in ("language", "narrow"))
        clean = _common(case.clean, count)
        losses.append(si_sdr(clean, full) - si_sdr(clean, narrow))
    return {
        "rates from 8 to 96 kHz, change of SI-SDR in the common band": max(found) - min(found),
        "languages at 8 kHz, loss of SI-SDR in the common band, mean": float(np.mean(losses)),
        "languages at 8 kHz, loss of SI-SDR in the common band, largest": max(losses),
    }


def _common(x: Signal, count: int) -> Signal:
    """A signal at 8 kHz, without what lies above 3.6 kHz, where resamplers differ."""
    y = stretch(x, count)
    spectrum = np.fft.rfft(y)
    spectrum[np.fft.rfftfreq(count, 1 / COMMON) > TOP] = 0
    return np.fft.irfft(spectrum, count).astype(np.float32)


def _silence(cases: Cases, out: Outputs) -> dict[str, float]:
    case, y = cases["after/silence"], out["after/silence"]
    first = slice(LEAD_S * RATE, LEAD_S * RATE + RATE // 5)
    return {
        "first 200 ms after silence, change of level": db(float(np.std(y[first])), float(np.std(case.clean[first]))),
        "voice after silence, level of the silence": float(np.abs(y[: (LEAD_S - 1) * RATE]).max()),
        "digital silence, largest sample": float(np.abs(out["silence/digital"]).max()),
        "voice after silence, change of level": db(
            active_level(y[LEAD_S * RATE :]), active_level(case.clean[LEAD_S * RATE :])
        ),
    }
