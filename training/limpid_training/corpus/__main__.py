"""Builds a training corpus: `python -m limpid_training.corpus OUT`.

Writes OUT/speech, OUT/noise, OUT/rir (mono FLAC at native rates) and OUT/manifest.csv, which grows while the
build goes on, so a training run can begin early. Run again, it goes on where it ended.
"""

import argparse
import sys
from pathlib import Path

from limpid_training.corpus import jobs
from limpid_training.corpus.build import STEPS, Wishes, build, summary
from limpid_training.corpus.fetch import FetchError
from limpid_training.corpus.jobs import Places


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="python -m limpid_training.corpus", description=__doc__)
    parser.add_argument("out", type=Path, help="folder of the corpus")
    parser.add_argument("--only", default=",".join(STEPS), help="steps, with commas between (%(default)s)")
    parser.add_argument("--packages", default="", help="packages, with commas between (all)")
    parser.add_argument("--hours", type=float, default=0.0, help="of synthetic voices (%(default)s)")
    parser.add_argument("--have", type=Path, help="folder of synthetic clips NUMBER_SPEAKER_LANGUAGE.opus")
    parser.add_argument("--work", type=Path, help="folder of unpacked packages (OUT/.work)")
    parser.add_argument("--rooms", type=int, default=2000, help="room responses (%(default)s)")
    parser.add_argument("--made", type=int, default=10, help="files a class of made noise (%(default)s)")
    parser.add_argument("--processes", type=int, default=2, help="processes at once (%(default)s)")
    return parser


def main(words: list[str] | None = None) -> int:
    """Build, and say what there is then; `words` are the command line's."""
    given = arguments().parse_args(words)
    out = given.out.resolve()
    places = Places(out, (given.work or out / ".work").resolve())
    wishes = Wishes(
        steps=tuple(filter(None, given.only.split(","))),
        packages=tuple(filter(None, given.packages.split(","))),
        hours=given.hours,
        have=given.have and given.have.resolve(),
        rooms=given.rooms,
        made=given.made,
        processes=given.processes,
    )
    try:
        build(wishes, places)
    except (FetchError, FileNotFoundError) as error:
        print(f"limpid corpus: {error}", file=sys.stderr)
        return 1
    total = jobs.collect(places)
    print(summary(total.rows, total.dropped))
    return 0


if __name__ == "__main__":
    sys.exit(main())
