"""Describes folders as a corpus: `python -m limpid_training.corpus.folders --speech DIR OUT/manifest.csv`.

Speech and noise stay where they are. Room responses are copied to OUT/rir, for in a corpus they have one
channel and begin with their direct sound. Files are WAV, FLAC, Opus, Ogg or MP3 at any depth; a voice or a
class of noise is what lies in one folder. Two layouts are known besides:

VCTK: of two microphones' files NAME_mic1 and NAME_mic2 the first is taken.
DNS challenge: files named ..._reader_NUMBER_... in one folder are that reader's.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from limpid_training.corpus import audio, manifest, noise
from limpid_training.corpus.audio import READ_BY_SOUNDFILE, Signal
from limpid_training.corpus.build import summary
from limpid_training.corpus.jobs import seed
from limpid_training.corpus.manifest import Kind, Row
from limpid_training.corpus.measure import measure, pitch
from limpid_training.corpus.speech import CLEAN_DB, CLIPPED, USABLE_DB

LISTENED_S = 30
"""So much of the middle of a long recording is measured."""
DIRECT = 0.3
"""A response begins where it first reaches this share of its peak."""


class FolderError(Exception):
    """What was given is no corpus; the sentence says why."""


@dataclass(frozen=True)
class Found:
    """A recording, not opened yet."""

    path: Path
    kind: Kind
    source: str
    speaker: str
    split: str = "train"


@dataclass(frozen=True)
class Rules:
    """How recordings become rows."""

    out: Path
    """The manifest's folder."""
    least_db: float = USABLE_DB
    """Speech that stands less over its own floor is left out."""
    licence: str = ""


def find(root: Path, kind: Kind) -> list[Found]:
    """Return the recordings below a folder, sorted by path."""
    if not root.is_dir():
        raise FolderError(f"{root} is no folder")
    paths = {path for path in root.rglob("*") if path.suffix.lower() in READ_BY_SOUNDFILE}
    microphone_2 = {path for path in paths if path.stem.endswith("_mic2")}
    second = {path for path in microphone_2 if path.with_stem(path.stem[:-1] + "1") in paths}
    found = [Found(path, kind, root.name, speaker(path)) for path in sorted(paths - second)]
    if not found:
        raise FolderError(f"{root} holds no {' '.join(sorted(READ_BY_SOUNDFILE))} file")
    return found


def speaker(path: Path) -> str:
    """Return whose recording this is: the reader that its name tells, or else its folder's name."""
    reader = re.search(r"(?:^|_)(reader_\d+)", path.stem)
    return reader.group(1) if reader else path.parent.name


def split(found: Iterable[Found], share: float, named: Iterable[str] = ()) -> list[Found]:
    """Give a share to validation: whole voices of speech, single files of noise and responses.

    Voices named are for validation, and then no others. What is chosen depends on the names alone, so it is
    the same tomorrow; at least one of several is chosen unless the share is nothing.
    """
    groups: dict[tuple[str, ...], list[Found]] = {}
    for one in found:
        own = "" if one.kind == "speech" else one.path.name
        groups.setdefault((one.kind, one.source, one.speaker, own), []).append(one)
    chosen: set[tuple[str, ...]] = set()
    named = set(named)
    for kind in ("speech", "noise", "rir"):
        keys = sorted((key for key in groups if key[0] == kind), key=lambda key: seed(*key))
        if kind == "speech" and named:
            chosen |= {key for key in keys if key[2] in named}
            if missing := named - {key[2] for key in keys}:
                raise FolderError(f"no voice {', '.join(sorted(missing))} to keep for validation")
        elif share > 0 and len(keys) > 1:
            chosen |= set(keys[: max(1, round(share * len(keys)))])
    return [
        replace(one, split="valid" if key in chosen else "train") for key, members in groups.items() for one in members
    ]


def describe(one: Found, rules: Rules) -> Row | str:
    """Return a recording's row, or why it is left out."""
    try:
        if one.kind == "rir":
            return _response(one, rules)
        signal, rate, total_s = _middle(one.path)
    except soundfile.LibsndfileError:
        return "unreadable"
    if len(signal) == 0 or np.abs(signal).max() < 1e-4:
        return "short or silent"
    if one.kind == "noise":
        row = noise.row(_told(one.path, rules), "train", one.source, one.speaker, rules.licence, signal, rate)
        return replace(row, split=one.split, seconds=total_s)
    facts = measure(signal, rate)
    if facts.clipped > CLIPPED:
        return "clipped"
    if facts.snr_db < rules.least_db:
        return "noisy"
    return Row(
        path=_told(one.path, rules),
        kind="speech",
        split=one.split,
        source=one.source,
        speaker=one.speaker,
        licence=rules.licence,
        seconds=total_s,
        rate=rate,
        level_db=facts.level_db,
        snr_db=facts.snr_db,
        bandwidth_khz=facts.bandwidth_khz,
        clipped=facts.clipped,
        tier="A" if facts.snr_db >= CLEAN_DB else "B",
        f0_hz=pitch(signal, rate),
    )


def _response(one: Found, rules: Rules) -> Row | str:
    samples, rate = soundfile.read(one.path, dtype="float32", always_2d=True)
    first = samples[:, 0]  # a mean of channels would be a comb filter
    peak = np.abs(first).max(initial=0)
    if peak == 0:
        return "short or silent"
    response = first[np.argmax(np.abs(first) >= DIRECT * peak) :] * (0.8 / peak)
    name = f"{re.sub(r'[^A-Za-z0-9]+', '_', one.path.stem)}-{seed(str(one.path)) % 16**8:08x}.flac"
    audio.write(rules.out / "rir" / name, response, rate, bits=24)
    return Row(
        path=f"rir/{name}",
        kind="rir",
        split=one.split,
        source=one.source,
        speaker=one.speaker,
        licence=rules.licence,
        seconds=len(response) / rate,
        rate=rate,
        bandwidth_khz=rate / 2000,
    )


def _middle(path: Path) -> tuple[Signal, int, float]:
    """Return what is measured of a recording (channels' mean), its rate and its whole length in seconds."""
    with soundfile.SoundFile(path) as file:
        most = LISTENED_S * file.samplerate
        if file.frames > most:
            file.seek((file.frames - most) // 2)
        samples = file.read(most, dtype="float32", always_2d=True)
        return samples.mean(axis=1), file.samplerate, file.frames / file.samplerate


def _told(path: Path, rules: Rules) -> str:
    """Return a path as the manifest tells it: relative where it lies in the manifest's folder."""
    path = path.resolve()
    return str(path.relative_to(rules.out) if path.is_relative_to(rules.out) else path)


def build(found: list[Found], rules: Rules, processes: int) -> tuple[list[Row], Counter[str]]:
    """Describe recordings in several processes."""
    rows: list[Row] = []
    dropped: Counter[str] = Counter()
    work: Callable[[Found], Row | str] = partial(describe, rules=rules)
    with ProcessPoolExecutor(processes) as pool:
        for outcome in pool.map(work, found, chunksize=32):
            if isinstance(outcome, Row):
                rows.append(outcome)
            else:
                dropped[outcome] += 1
    return rows, dropped


def main(words: list[str] | None = None) -> int:
    """Write the manifest, and say what it holds; `words` are the command line's."""
    parser = argparse.ArgumentParser(prog="python -m limpid_training.corpus.folders", description=__doc__)
    parser.add_argument("manifest", type=Path, help="what to write")
    for kind in ("speech", "noise", "rir"):
        parser.add_argument(f"--{kind}", type=Path, action="append", default=[], help="folder; may be repeated")
    parser.add_argument("--valid-share", type=float, default=0.1, help="for validation (%(default)s)")
    parser.add_argument("--valid", default="", help="voices for validation instead, with commas between")
    parser.add_argument("--least-db", type=float, default=USABLE_DB, help="of speech over its floor (%(default)s)")
    parser.add_argument("--licence", default="", help="noted for every file")
    parser.add_argument("--processes", type=int, default=2, help="processes at once (%(default)s)")
    given = parser.parse_args(words)
    rules = Rules(given.manifest.resolve().parent, given.least_db, given.licence)
    kinds: tuple[Kind, ...] = ("speech", "noise", "rir")
    try:
        found = [one for kind in kinds for root in getattr(given, kind) for one in find(root.resolve(), kind)]
        if not found:
            raise FolderError("name at least one folder with --speech, --noise or --rir")
        found = split(found, given.valid_share, filter(None, given.valid.split(",")))
    except FolderError as error:
        print(f"limpid corpus: {error}", file=sys.stderr)
        return 1
    rows, dropped = build(found, rules, given.processes)
    manifest.write(rows, given.manifest)
    print(summary(rows, dropped))
    return 0


if __name__ == "__main__":
    sys.exit(main())
