"""Makes the recordings of this folder again from a corpus: `python3 make.py CORPUS`.

CORPUS is what `python -m limpid_training.corpus` builds. Needs numpy, scipy and soundfile.
"""

import sys
from math import gcd
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

RATE = 48_000
SECONDS = 5.0
FADE = RATE // 100

VOICES = {
    "ca": "tuxpaint-stamps-default/ca/013-A-44100-001",
    "de": "ktuberling-data/de/000-A-44100-000",
    "en": "hedgewars-data/Pirate/000-A-44100-009",
    "fr": "ktuberling-data/fr/002-A-44100-005",
    "lt": "klettres-data/lt/000-A-44100-004",
    "nl": "klettres-data/nl/000-A-44100-005",
    "ru": "ktuberling-data/ru/001-A-44100-002",
    "uk": "hedgewars-data/Default_uk/000-A-44100-000",
    "bg": "tuxpaint-stamps-default/bg/007-A-44100-002",
    "cs": "fillets-ng-data-cs/big/001-A-22050-004",
    "ga": "ktuberling-data/ga/000-A-44100-001",
    "it": "klettres-data/it/000-A-44100-001",
}
NOISES = {
    "music": "music/extremetuxracer-data-usr_share_games_etr_music_freezingpoint_ogg",
    "snow": "wind-and-snow/extremetuxracer-data-usr_share_games_etr_sounds_mud_slide_wav",
    "typing": "made-typing/valid-000",
}


def cut(path: Path) -> np.ndarray:
    """The first seconds at 48 kHz, one channel, faded at both ends, peak at half of full scale."""
    x, rate = soundfile.read(path, always_2d=True)
    shared = gcd(rate, RATE)
    y = resample_poly(x.mean(1), RATE // shared, rate // shared)[: int(SECONDS * RATE)]
    ramp = np.linspace(0, 1, FADE)
    y[:FADE] *= ramp
    y[-FADE:] *= ramp[::-1]
    return 0.5 * y / np.abs(y).max()


def main(corpus: Path) -> None:
    """Write all of them."""
    for kind, names in (("speech", VOICES), ("noise", NOISES)):
        for name, path in names.items():
            target = Path(__file__).with_name(f"{kind}-{name}.opus")
            samples = cut(corpus / kind / f"{path}.flac")
            soundfile.write(target, samples, RATE, format="OGG", subtype="OPUS", compression_level=0.5)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
