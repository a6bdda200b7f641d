"""Makes the demo recordings again from the two Debian packages that README.md names.

    python3 make.py TUXPAINT WESNOTH

TUXPAINT and WESNOTH are folders into which `dpkg-deb -x` has unpacked tuxpaint-stamps-default
2022.06.04-1 and wesnoth-1.16-data 1:1.16.9-1. Needs numpy and soundfile.
"""

import sys
from pathlib import Path

import numpy as np
import soundfile as sf

RATE = 44_100
SNR_DB = 5.0
PEAK = 0.5


def read(package: str, name: str, channel: int = 0) -> np.ndarray:
    """One channel of the only file of that name in an unpacked package."""
    samples, rate = sf.read(next(Path(package).rglob(name)), always_2d=True)
    assert rate == RATE, (name, rate)
    return samples[:, channel]


def active_power(samples: np.ndarray) -> float:
    """Mean power of the 20 ms frames that lie within 25 dB of the loudest."""
    frames = samples[: len(samples) // 882 * 882].reshape(-1, 882)
    power = (frames**2).mean(1)
    return float(power[power > power.max() * 10**-2.5].mean())


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE))


def write(name: str, samples: np.ndarray) -> None:
    """16 bits, rounded without dither: what is there is what was recorded."""
    sf.write(Path(__file__).with_name(name), np.round(samples * 32767).astype(np.int16), RATE)


def main(tuxpaint: str, wesnoth: str) -> None:
    # The left channel of this recording is digital silence.
    write("real.wav", read(tuxpaint, "b_5_rook_desc_fr.ogg", channel=1))

    red = read(tuxpaint, "stoplight_01_red_desc_ca.ogg")
    orange = read(tuxpaint, "stoplight_02_yellow_desc_ca.ogg")
    voice = np.concatenate([silence(0.25), red, orange])
    start = round(1.5 * RATE)
    noise = read(wesnoth, "ship.ogg")[start : start + len(voice)]
    noise = noise * np.sqrt(active_power(voice) / np.mean(noise**2) * 10 ** (-SNR_DB / 10))
    gain = PEAK / np.abs(voice + noise).max()
    write("mixture.wav", gain * (voice + noise))
    write("mixture-clean.wav", gain * voice)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
