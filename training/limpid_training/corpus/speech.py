"""Recorded speech: which clips are good enough, and how clips of one voice become segments of 2 to 15 s.

Most clips are a word or a sentence long, so clips of one voice, rate and tier are joined with pauses.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from limpid_training.corpus import audio
from limpid_training.corpus.audio import Signal, UnreadableError
from limpid_training.corpus.clean import denoise
from limpid_training.corpus.fetch import files_below
from limpid_training.corpus.jobs import Places, Result, seed
from limpid_training.corpus.manifest import Row
from limpid_training.corpus.measure import Measured, measure, pitch
from limpid_training.corpus.sources import SpeechPackage, Split, Voice

CLEAN_DB = 30.0
"""Speech this far over its floor is tier A as it is."""
USABLE_DB = 20.0
"""From here on it is cleaned, and tier B if it then reaches `CLEAN_DB`; below it is left out."""
CLIPPED = 0.002
"""A larger share of samples at full scale leaves a clip out."""
RATES = range(16_000, 48_001)
SHORTEST_CLIP_S, SHORTEST_SEGMENT_S, LONGEST_SEGMENT_S = 0.2, 1.2, 15.0
LEVEL_DB, LEVEL_SPREAD_DB = -26.0, 2.0
"""Every clip's active level in dB re full scale, and how far it is drawn from there to either side."""
CLIPS_A_JOB = 60


class DroppedError(Exception):
    """A clip that is left out; the text is the reason in a word or two."""


@dataclass(frozen=True)
class Clip:
    """A clip that is good enough, trimmed; at most 14 s."""

    signal: Signal
    rate: int
    tier: str
    facts: Measured
    """Of the whole recording, as it was."""


@dataclass(frozen=True)
class SpeechJob:
    """Some recordings of one voice."""

    package: str
    voice: str
    language: str
    licence: str
    split: Split
    number: int
    files: tuple[str, ...]
    """Below the package's root."""

    def run(self, places: Places) -> Result:
        """Write speech/PACKAGE/VOICE/*.flac."""
        result, draw = Result(), random.Random(seed(self.package, self.voice, self.number))
        pools: dict[tuple[str, int], list[Clip]] = {}
        for name in self.files:
            try:
                for clip in admit(places.work / "x" / self.package / name):
                    pools.setdefault((clip.tier, clip.rate), []).append(clip)
            except DroppedError as reason:
                result.dropped[str(reason)] += 1
        for (tier, rate), clips in sorted(pools.items()):
            draw.shuffle(clips)
            for count, (signal, joined) in enumerate(segments(clips, draw)):
                name = f"{self.number:03d}-{tier}-{rate}-{count:03d}.flac"
                path = f"speech/{self.package}/{self.voice}/{name}"
                audio.write(places.out / path, signal, rate)
                result.rows.append(self._row(path, signal, joined))
        return result

    def _row(self, path: str, signal: Signal, joined: list[Clip]) -> Row:
        rate = joined[0].rate
        return Row(
            path=path,
            kind="speech",
            split=self.split,
            source=self.package,
            speaker=self.voice,
            language=self.language,
            licence=self.licence,
            seconds=len(signal) / rate,
            rate=rate,
            level_db=measure(signal, rate).level_db,
            snr_db=float(np.median([clip.facts.snr_db for clip in joined])),
            bandwidth_khz=float(np.median([clip.facts.bandwidth_khz for clip in joined])),
            clipped=float(np.median([clip.facts.clipped for clip in joined])),
            tier=joined[0].tier,
            f0_hz=pitch(signal, rate),
            clips=len(joined),
        )


def jobs(package: SpeechPackage, root: Path) -> list[SpeechJob]:
    """Deal a package's files out to its voices."""
    files: dict[Voice, list[str]] = {voice: [] for voice in package.voices}
    for name in files_below(root):
        for voice in package.voices:
            if re.search(voice.pattern, name):
                files[voice].append(name)
                break
    found = []
    for voice, names in files.items():
        random.Random(seed(package.name, voice.name)).shuffle(names)
        for number, start in enumerate(range(0, len(names), CLIPS_A_JOB)):
            chosen = tuple(names[start : start + CLIPS_A_JOB])
            licence = voice.licence or package.licence
            found.append(SpeechJob(package.name, voice.name, voice.language, licence, voice.split, number, chosen))
    return found


def admit(path: Path) -> list[Clip]:
    """Return a recording's clips, cleaned if need be; raise `DroppedError` when it is not good enough."""
    try:
        signal, rate = audio.read(path)
    except UnreadableError as error:
        raise DroppedError("unreadable") from error
    signal = audio.without_offset(signal)
    if rate not in RATES:
        raise DroppedError("rate")
    if len(signal) < SHORTEST_CLIP_S * rate or np.abs(signal).max() < 3e-3:
        raise DroppedError("short or silent")
    facts, tier = measure(signal, rate), "A"
    if facts.clipped > CLIPPED:
        raise DroppedError("clipped")
    if facts.snr_db < USABLE_DB:
        raise DroppedError("noisy")
    if facts.snr_db < CLEAN_DB:
        signal, tier = denoise(signal, rate), "B"
        if measure(signal, rate).snr_db < CLEAN_DB:
            raise DroppedError("noisy after cleaning")
    parts = audio.cut(audio.trim(signal, rate), rate)
    clips = [Clip(part, rate, tier, facts) for part in parts if len(part) >= SHORTEST_CLIP_S * rate]
    if not clips:
        raise DroppedError("short or silent")
    return clips


def segments(clips: list[Clip], draw: random.Random) -> Iterator[tuple[Signal, list[Clip]]]:
    """Join clips of one rate in their order; what is left over at the end and too short is not used."""
    waiting = list(clips)
    while waiting:
        rate, wanted_s = waiting[0].rate, draw.uniform(3, 8)
        parts: list[Signal] = []
        joined: list[Clip] = []
        length = 0
        while waiting and length < wanted_s * rate:
            pause = np.zeros(round(draw.uniform(0.08, 0.4) * rate)) if joined else np.zeros(0)
            if joined and length + len(pause) + len(waiting[0].signal) > LONGEST_SEGMENT_S * rate:
                break
            clip = waiting.pop(0)
            parts += [pause, _levelled(clip, draw)]
            joined.append(clip)
            length += len(pause) + len(clip.signal)
        signal = np.concatenate(parts)
        if len(signal) >= SHORTEST_SEGMENT_S * rate:
            yield signal * min(1.0, 0.97 / np.abs(signal).max()), joined


def _levelled(clip: Clip, draw: random.Random) -> Signal:
    level_db = LEVEL_DB + draw.uniform(-LEVEL_SPREAD_DB, LEVEL_SPREAD_DB)
    return audio.faded(clip.signal, clip.rate) * 10 ** ((level_db - clip.facts.level_db) / 20)
