"""The steps whose files are computed rather than fetched: room responses and made noise."""

from dataclasses import dataclass

import numpy as np

from limpid_training.corpus import audio, gathered, ingredients, made, manifest, noise, rooms
from limpid_training.corpus.jobs import Places, Result, seed
from limpid_training.corpus.manifest import Row
from limpid_training.corpus.sources import Split

LICENCE = "CC0-1.0"
GATHERED_LICENCE = "as the recordings that it is gathered from"
ROOMS_A_JOB = 20
MADE_S = 20
VALID_SHARE = 10
"""One of so many rooms is for validation."""


@dataclass(frozen=True)
class RoomJob:
    """Some rooms."""

    split: Split
    number: int
    count: int

    def run(self, places: Places) -> Result:
        """Write rir/*.flac, whose names tell reverberation time (s), distance (m) and direct sound (dB)."""
        result = Result()
        for index in range(self.count):
            draw = np.random.default_rng(seed("room", self.split, self.number, index))
            room = rooms.draw_room(draw)
            signal = rooms.response(room, draw)
            facts = rooms.acoustics(signal)
            path = (
                f"rir/{self.split}-{self.number:03d}-{index:02d}"
                f"-t60_{facts.t60_s:.2f}-d_{room.distance:.2f}-drr_{facts.direct_db:.0f}.flac"
            )
            audio.write(places.out / path, signal, rooms.RATE, bits=24)
            result.rows.append(
                Row(
                    path=path,
                    kind="rir",
                    split=self.split,
                    source="simulated",
                    speaker=f"t60_{facts.t60_s:.1f}",
                    licence=LICENCE,
                    seconds=len(signal) / rooms.RATE,
                    rate=rooms.RATE,
                    bandwidth_khz=rooms.RATE / 2000,
                )
            )
        return result


@dataclass(frozen=True)
class MadeJob:
    """One file of made noise."""

    split: Split
    category: str
    number: int
    seconds: int = MADE_S

    def run(self, places: Places) -> Result:
        """Write noise/made-CLASS/SPLIT-NUMBER.flac."""
        draw = np.random.default_rng(seed("made", self.split, self.category, self.number))
        count, licence = self.seconds * ingredients.RATE, LICENCE
        if self.category in made.MAKERS:
            signal = made.make(self.category, draw, count)
        else:
            rows = manifest.read(places.manifest)
            recordings = gathered.library(rows, self.split, places.out)
            signal, licence = gathered.gather(self.category, draw, count, recordings), GATHERED_LICENCE
        category = f"made-{self.category}"
        path = f"noise/{category}/{self.split}-{self.number:03d}.flac"
        audio.write(places.out / path, signal, ingredients.RATE)
        return Result([noise.row(path, self.split, "made", category, licence, signal, ingredients.RATE)])


def room_jobs(count: int) -> list[RoomJob]:
    """Return jobs for `count` rooms or up to a job's worth more."""
    return [
        RoomJob("valid" if number % VALID_SHARE == VALID_SHARE - 1 else "train", number, ROOMS_A_JOB)
        for number in range(-(-count // ROOMS_A_JOB))
    ]


def made_jobs(count: int, places: Places, seconds: int = MADE_S) -> list[MadeJob]:
    """Return jobs for `count` files of each class for training and a fifth for validation.

    A class whose recordings the corpus lacks is left out, and a line says so.
    """
    rows = manifest.read(places.manifest) if places.manifest.exists() else []
    found = []
    sizes: tuple[tuple[Split, int], ...] = (("train", count), ("valid", max(1, count // 5)))
    for split, files in sizes:
        recordings = gathered.library(rows, split, places.out)
        for category in (*made.MAKERS, *gathered.GATHERERS):
            if category in made.MAKERS or gathered.possible(category, recordings):
                found += [MadeJob(split, category, number, seconds) for number in range(files)]
            else:
                print(f"made: no {category} for {split}: the corpus has no recordings to gather it from")
    return found
