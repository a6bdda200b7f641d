"""Word errors of an offline recogniser: pocketsphinx (CMU, BSD-2-Clause), whose package carries an English model.

It is a small recogniser of an older kind, so noise troubles it sooner than a large one: compare systems, not tasks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from ..metrics import Signal
from .mixtures import Mixture

LANGUAGE = "en"
RATE = 16_000


@dataclass(frozen=True)
class WordErrors:
    """Words that were left out, put in or taken for others, of so many that were said."""

    errors: int
    words: int

    @property
    def rate(self) -> float:
        """Word error rate; above 1 when more was heard than said."""
        return self.errors / self.words if self.words else float("nan")


@cache
def _decoder() -> Any:
    import pocketsphinx

    return pocketsphinx.Decoder(samprate=RATE, loglevel="FATAL")


def heard(speech: Signal) -> list[str]:
    """Words that the recogniser hears in speech at 48 kHz.

    Raises:
        ImportError: pocketsphinx is not installed.
    """
    x = resample_poly(speech, 1, 3)
    x = x * (0.5 / (np.abs(x).max() + 1e-9))  # levels of mixtures differ, and the recogniser takes 16 bits
    decoder = _decoder()
    decoder.reinit_feat()  # its running mean of features would remember the clips before
    decoder.start_utt()
    decoder.process_raw((x * 32767).astype("<i2").tobytes(), full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return str(found.hypstr).split() if found else []


def spoken(mixtures: list[Mixture]) -> list[Mixture]:
    """The mixtures in a language that the recogniser knows."""
    return [m for m in mixtures if m.facts.get("language", "").split("-")[0] == LANGUAGE]


def reference(mixture: Mixture) -> list[str]:
    """What is said: the mixture's `text`, or else what the recogniser hears in the clean voice."""
    text = mixture.facts.get("text", "")
    kept = "".join(c if c.isalpha() or c == "'" else " " for c in text.lower())
    return kept.split() or heard(mixture.clean)


def word_errors(said: list[list[str]], signals: list[Signal]) -> WordErrors:
    """Errors over all clips: the least edits of words (Levenshtein, 1966) that make what is heard what was said."""
    from rapidfuzz.distance import Levenshtein

    errors = sum(Levenshtein.distance(a, heard(x)) for a, x in zip(said, signals, strict=True))
    return WordErrors(int(errors), sum(len(a) for a in said))
