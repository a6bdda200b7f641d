"""The step of synthetic voices: clips made earlier are taken over, then new ones are made until it is enough.

A clip is speech/kokoro/SPEAKER/NUMBER_LANGUAGE.flac, and a number is always the same clip.
"""

import functools
import re
from dataclasses import dataclass
from math import ceil, gcd
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from limpid_training.corpus import audio, jobs, manifest, synthesise
from limpid_training.corpus.audio import Signal, UnreadableError
from limpid_training.corpus.jobs import Places, Result
from limpid_training.corpus.manifest import Row
from limpid_training.corpus.measure import measure, pitch

SOURCE = "kokoro"
EARLIER = re.compile(r"(\d+)_(.+)_([a-z-]+)\.(opus|flac|wav)")
"""Names of clips made earlier: NUMBER_SPEAKER_LANGUAGE."""
CLIPS_A_JOB = 10
TAKEN_A_JOB = 50
CLIP_S = 5.0
"""About how long a clip is."""


@functools.cache
def _kokoro(work: Path) -> synthesise.Kokoro:
    """Load the synthesiser once a process."""
    return synthesise.Kokoro(work)


@dataclass(frozen=True)
class TakeOverJob:
    """Some clips made earlier; Opus, which decodes to 48 kHz, goes back to the synthesiser's rate."""

    folder: str
    names: tuple[str, ...]

    def run(self, places: Places) -> Result:
        """Write the clips."""
        result = Result()
        for name in self.names:
            if found := EARLIER.fullmatch(name):
                number, speaker, language = found.group(1, 2, 3)
                try:
                    signal, rate = audio.read(Path(self.folder, name))
                except UnreadableError:
                    result.dropped["unreadable"] += 1
                    continue
                shared = gcd(rate, synthesise.RATE)
                signal = resample_poly(signal, synthesise.RATE // shared, rate // shared)
                result.rows.append(_store(places, int(number), speaker, language, signal))
        return result


@dataclass(frozen=True)
class SynthesiseJob:
    """Some clips to make."""

    numbers: tuple[int, ...]

    def run(self, places: Places) -> Result:
        """Write the clips; one that is there already is only measured."""
        result, kokoro = Result(), _kokoro(places.work)
        for number in self.numbers:
            utterance = kokoro.draw(number)
            path = places.out / _path(number, utterance.speaker, utterance.language)
            if path.exists():
                signal, _ = audio.read(path)
                result.rows.append(_row(number, utterance.speaker, utterance.language, signal))
            elif (spoken := kokoro.speak(utterance)) is None:
                result.dropped["short, silent or broken"] += 1
            else:
                result.rows.append(_store(places, number, utterance.speaker, utterance.language, spoken))
        return result


def take_over(folder: Path, places: Places, processes: int) -> None:
    """Take clips made earlier into the corpus."""
    names = sorted(path.name for path in folder.iterdir() if EARLIER.fullmatch(path.name))
    if not names:
        raise FileNotFoundError(f"{folder} has no clips named NUMBER_SPEAKER_LANGUAGE.opus, .flac or .wav")
    batches = [tuple(names[i : i + TAKEN_A_JOB]) for i in range(0, len(names), TAKEN_A_JOB)]
    jobs.run("voices", [TakeOverJob(str(folder), batch) for batch in batches], places, processes)


def make(hours: float, places: Places, processes: int) -> None:
    """Make clips until the corpus has so many hours of synthetic voices."""
    next_number = 0
    jobs.collect(places)  # what was deleted is made again
    while True:
        rows = [row for row in manifest.read(places.manifest) if row.source == SOURCE]
        missing_s = 3600 * hours - sum(row.seconds for row in rows)
        if missing_s <= 0:
            return
        # Few at a time: only what is finished is counted.
        count = min(ceil(missing_s / CLIP_S), 4 * processes * CLIPS_A_JOB)
        taken = {int(Path(row.path).name.split("_")[0]) for row in rows}
        numbers: list[int] = []
        while len(numbers) < count:
            if next_number not in taken:
                numbers.append(next_number)
            next_number += 1
        batch = [SynthesiseJob(tuple(numbers[i : i + CLIPS_A_JOB])) for i in range(0, count, CLIPS_A_JOB)]
        print(f"voices: {missing_s / 3600:.2f} hours to go", flush=True)
        jobs.run("voices", batch, places, processes)


def _path(number: int, speaker: str, language: str) -> str:
    return f"speech/{SOURCE}/{speaker}/{number:06d}_{language}.flac"


def _store(places: Places, number: int, speaker: str, language: str, signal: Signal) -> Row:
    signal = np.clip(signal, -1, 1)
    audio.write(places.out / _path(number, speaker, language), signal, synthesise.RATE)
    return _row(number, speaker, language, signal)


def _row(number: int, speaker: str, language: str, signal: Signal) -> Row:
    facts = measure(signal, synthesise.RATE)
    return Row(
        path=_path(number, speaker, language),
        kind="speech",
        split="train",
        source=SOURCE,
        speaker=speaker,
        language=language,
        licence=synthesise.LICENCE,
        seconds=len(signal) / synthesise.RATE,
        rate=synthesise.RATE,
        level_db=facts.level_db,
        snr_db=facts.snr_db,
        # The synthesiser's own edge: its quiet top would measure less.
        bandwidth_khz=synthesise.RATE / 2000,
        clipped=facts.clipped,
        tier="S",
        f0_hz=pitch(signal, synthesise.RATE),
    )
