"""Reading, writing, trimming and cutting of recordings. Rates are kept: nothing here resamples.

Signals are mono float arrays, full scale 1.
"""

import io
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

Signal = NDArray[np.floating[Any]]

READ_BY_SOUNDFILE = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3"})


class UnreadableError(ValueError):
    """A file that no decoder makes sound of."""


def read(path: Path) -> tuple[Signal, int]:
    """Return all channels' mean and the rate in Hz; what libsndfile does not know, ffmpeg decodes."""
    if path.suffix.lower() in READ_BY_SOUNDFILE:
        try:
            return _mono(path)
        except soundfile.LibsndfileError:
            pass  # ffmpeg is laxer about headers
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "au", "-c:a", "pcm_f32be", "-"]
    decoded = subprocess.run(command, capture_output=True, check=False)
    try:
        return _mono(io.BytesIO(decoded.stdout))
    except soundfile.LibsndfileError as error:
        reason = decoded.stderr.decode(errors="replace").strip().splitlines()[-1:] or [str(error)]
        raise UnreadableError(f"{path} cannot be decoded: {reason[0]}") from error


def _mono(source: Path | io.BytesIO) -> tuple[Signal, int]:
    samples, rate = soundfile.read(source, dtype="float32", always_2d=True)
    mono: Signal = samples.mean(axis=1)
    return mono, int(rate)


def write(path: Path, signal: Signal, rate: int, bits: int = 16) -> None:
    """Write FLAC of 16 or 24 bits; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    soundfile.write(partial, signal, rate, format="FLAC", subtype=f"PCM_{bits}")
    partial.replace(path)


def without_offset(signal: Signal) -> Signal:
    """Take the mean off; an empty signal stays empty."""
    return signal - signal.mean() if len(signal) else signal


def trim(signal: Signal, rate: int, lead_s: float = 0.08, tail_s: float = 0.15) -> Signal:
    """Cut silence off both ends, keeping `lead_s` before and `tail_s` after the sound.

    Sound is a block of 10 ms within 34 dB of the loudest and above -80 dBFS.
    """
    block = rate // 100
    count = len(signal) // block
    if count == 0:
        return signal[:0]
    rms = np.sqrt(np.square(signal[: count * block]).reshape(count, block).mean(axis=1))
    (loud,) = np.nonzero(rms > max(0.02 * rms.max(), 1e-4))
    if len(loud) == 0:
        return signal[:0]
    start = loud[0] * block - round(lead_s * rate)
    return signal[max(0, start) : (loud[-1] + 1) * block + round(tail_s * rate)]


def cut(signal: Signal, rate: int, least_s: float = 5.0, most_s: float = 14.0) -> list[Signal]:
    """Cut a recording into parts of at most `most_s`, each time where it is quietest after `least_s`."""
    parts = []
    window, least, most = rate // 20, round(least_s * rate), round(most_s * rate)
    while len(signal) > most:
        energy = np.cumsum(np.square(signal[least:most], dtype=np.float64))
        at = least + window // 2 + int(np.argmin(energy[window:] - energy[:-window]))
        parts.append(signal[:at])
        signal = signal[at:]
    return [*parts, signal]


def faded(signal: Signal, rate: int, fade_s: float = 0.012) -> Signal:
    """Fade both ends in and out, so that coding noise in a "silent" end does not start with a step."""
    count = min(round(fade_s * rate), len(signal) // 4)
    gain = np.ones(len(signal))
    gain[:count] = np.linspace(0, 1, count)
    gain[len(signal) - count :] = gain[:count][::-1]
    return signal * gain
