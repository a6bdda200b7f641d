"""Measures them: `python -m limpid_training.evaluate.robust --limpid PROGRAM --model limpid`.

Prints a table of what is reached, the limit that tests hold and the goal. After a better model, `--raise` moves the
limits of `assets/robust/thresholds.csv` up to what it reaches, less a margin; it lowers none.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from . import run, thresholds


def main() -> None:
    """Command line."""
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--limpid", type=Path, required=True, help="the program")
    ap.add_argument("--model", default=str(run.MODEL), help="name or file of the model (the one that is shipped)")
    ap.add_argument("--raise", action="store_true", dest="lift", help="move the limits up")
    a = ap.parse_args()
    rows = thresholds.load()
    found = run.measured(a.limpid, a.model) | run.hour(a.limpid, a.model)
    if a.lift:
        rows = [r.lifted(found[r.name]) for r in rows]
        thresholds.save(rows)
    print(thresholds.table(rows, found))


if __name__ == "__main__":
    main()
