"""The steps of building a corpus, in the order in which they need each other."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from limpid_training.corpus import computed, jobs, noise, sources, speech, synthesise, voices
from limpid_training.corpus.fetch import FETCHERS, FetchError, debian, require
from limpid_training.corpus.jobs import Places
from limpid_training.corpus.manifest import Row

STEPS = ("speech", "noise", "rooms", "made", "voices")


@dataclass(frozen=True)
class Wishes:
    """What is to be built."""

    steps: Collection[str] = STEPS
    packages: Collection[str] = ()
    """Only these of the packages with recordings; none named means all."""
    hours: float = 0.0
    """Of synthetic voices."""
    have: Path | None = None
    """Folder of synthetic clips made earlier."""
    rooms: int = 2000
    made: int = 10
    """Files of each class of made noise for training; a fifth of that for validation."""
    made_s: int = computed.MADE_S
    """Length of each of them."""
    processes: int = 2


def check(wishes: Wishes) -> None:
    """Refuse what cannot be built, before anything is fetched."""
    unknown = set(wishes.steps) - set(STEPS)
    if unknown:
        raise FetchError(f"no step {', '.join(sorted(unknown))}; the steps are {', '.join(STEPS)}")
    known = {p.name for p in sources.SPEECH} | {p.name for p in sources.NOISE}
    if missing := sorted(set(wishes.packages) - known):
        raise FetchError(f"no package {', '.join(missing)} in the corpus's sources (see sources.py)")
    if {"speech", "noise"} & set(wishes.steps):
        require(["apt-get", "dpkg-deb", "ffmpeg"])
    if "voices" in wishes.steps and wishes.hours > 0:
        require(["apt-get", "dpkg-deb", "espeak-ng", "npm"])
    if wishes.have is not None and not wishes.have.is_dir():
        raise FetchError(f"{wishes.have} is no folder; --have names one with synthetic clips made earlier")


def build(wishes: Wishes, places: Places) -> None:
    """Build what is asked for and not there yet."""
    check(wishes)
    jobs.collect(places)
    processes = wishes.processes

    def wanted(name: str) -> bool:
        return not wishes.packages or name in wishes.packages

    for step in (step for step in STEPS if step in wishes.steps):
        match step:
            case "speech":
                spoken = [package for package in sources.SPEECH if wanted(package.name)]
                found = [speech.jobs(package, debian(package.name, places.work)) for package in spoken]
                jobs.run(step, [job for some in found for job in some], places, processes)
            case "noise":
                noises = [package for package in sources.NOISE if wanted(package.name)]
                roots = [FETCHERS[package.registry](package.name, places.work) for package in noises]
                heard = [noise.jobs(package, root) for package, root in zip(noises, roots, strict=True)]
                jobs.run(step, [job for some in heard for job in some], places, processes)
            case "rooms":
                jobs.run(step, computed.room_jobs(wishes.rooms), places, processes)
            case "made":
                jobs.run(step, computed.made_jobs(wishes.made, places, wishes.made_s), places, processes)
            case "voices":
                if wishes.have is not None:
                    voices.take_over(wishes.have, places, processes)
                if wishes.hours > 0:
                    synthesise.fetch(places.work)
                    voices.make(wishes.hours, places, processes)


def summary(rows: Iterable[Row], dropped: dict[str, int]) -> str:
    """Return what a corpus holds: files, voices or classes and minutes of each kind and split."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.kind, row.split), []).append(row)
    lines = []
    for (kind, split), members in sorted(groups.items()):
        who = len({(row.source, row.speaker) for row in members})
        minutes = sum(row.seconds for row in members) / 60
        lines.append(f"{kind} {split}: {len(members)} files, {who} voices or classes, {minutes:.1f} min")
    left_out = ", ".join(f"{count} {reason}" for reason, count in sorted(dropped.items()))
    return "\n".join([*lines, f"left out: {left_out or 'nothing'}"])
