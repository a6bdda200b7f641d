"""Work in pieces that are done once: a piece leaves its rows of the manifest behind, and is then skipped.

A job is a frozen dataclass. What stands in it decides what it makes, so its text is its name in the ledger
(`OUT/.done`); after a change in what the same job makes, `RECIPE` goes up by one and everything is made anew.
"""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from limpid_training.corpus import manifest
from limpid_training.corpus.manifest import Row

RECIPE = 1
REPORT_EVERY = 25


@dataclass(frozen=True)
class Places:
    """Where things lie."""

    out: Path
    """The corpus."""
    work: Path
    """Unpacked packages; may be shared by several corpora."""

    @property
    def manifest(self) -> Path:
        """The corpus's manifest."""
        return self.out / "manifest.csv"

    @property
    def ledger(self) -> Path:
        """One JSON file for each job that is done."""
        return self.out / ".done" / str(RECIPE)


@dataclass
class Result:
    """What a job made, and how many recordings it left out for which reason."""

    rows: list[Row] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)


class Job(Protocol):
    """A piece of work that takes some seconds or minutes."""

    def run(self, places: Places) -> Result:
        """Write files below `places.out` and say what they are."""
        ...


def seed(*words: object) -> int:
    """Return a seed of 64 bits that depends on the words alone, the same in every process and version."""
    return int.from_bytes(hashlib.sha256(repr(words).encode()).digest()[:8], "big")


def run(name: str, jobs: Sequence[Job], places: Places, processes: int) -> None:
    """Do what is not done yet; the manifest grows while it goes on."""
    places.ledger.mkdir(parents=True, exist_ok=True)
    todo = [job for job in jobs if not _is_done(job, places)]
    # Long and short jobs mixed, so that the processes end together.
    random.Random(seed(name)).shuffle(todo)
    print(f"{name}: {len(jobs)} jobs, {len(jobs) - len(todo)} done already", flush=True)
    with ProcessPoolExecutor(processes) as pool:
        waiting = [pool.submit(_do, job, places) for job in todo]
        for count, finished in enumerate(as_completed(waiting), 1):
            finished.result()
            if count % REPORT_EVERY == 0 and count < len(todo):
                collect(places)
                print(f"{name}: {count} of {len(todo)}", flush=True)
    collect(places)


def collect(places: Places) -> Result:
    """Write the manifest from the ledger, of files that are there, and return what it was made of."""
    total = Result()
    rows: dict[str, Row] = {}
    for path in sorted(places.ledger.glob("*.json")):
        result = _read(path)
        rows.update((row.path, row) for row in result.rows if (places.out / row.path).exists())
        total.dropped += result.dropped
    total.rows = list(rows.values())
    manifest.write(total.rows, places.manifest)
    return total


def _entry(job: Job, places: Places) -> Path:
    return places.ledger / f"{hashlib.sha256(repr(job).encode()).hexdigest()[:24]}.json"


def _is_done(job: Job, places: Places) -> bool:
    path = _entry(job, places)
    return path.exists() and all((places.out / row.path).exists() for row in _read(path).rows)


def _do(job: Job, places: Places) -> None:
    result = job.run(places)
    path = _entry(job, places)
    partial = path.with_suffix(".part")
    text = {"rows": [asdict(row) for row in result.rows], "dropped": result.dropped}
    partial.write_text(json.dumps(text), encoding="utf-8")
    partial.replace(path)


def _read(path: Path) -> Result:
    entry = json.loads(path.read_text(encoding="utf-8"))
    return Result([Row(**row) for row in entry["rows"]], Counter(entry["dropped"]))
