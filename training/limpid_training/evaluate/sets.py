"""What systems are judged on: a ready folder of mixtures, or mixtures built from a corpus or from any folders."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..corpus import folders
from .build import build

KINDS = "speech", "noise", "rir"


def add_arguments(ap: argparse.ArgumentParser) -> None:
    """Options that say which set."""
    ap.add_argument("--set", type=Path, help="ready mixtures: a folder with noisy/, clean/ and meta.csv")
    ap.add_argument("--manifest", type=Path, help="build mixtures from this corpus's validation split")
    for kind in KINDS:
        ap.add_argument(f"--{kind}", type=Path, action="append", default=[], help="build mixtures from a folder")
    ap.add_argument("--each", type=int, default=20, help="mixtures a class of noise, when built (%(default)s)")


def folder(a: argparse.Namespace) -> Path:
    """The folder of mixtures that the options mean, built into OUT/set where it has to be.

    Raises:
        SystemExit: they mean none, or more than one; or the folders are no corpus.
    """
    given = [bool(a.set), bool(a.manifest), any(getattr(a, k) for k in KINDS)]
    if sum(given) != 1:
        sys.exit("say what to judge on: --set DIR, or --manifest CSV, or --speech DIR with --noise DIR (and --rir DIR)")
    if a.set:
        return Path(a.set)
    out = Path(a.out) / "set"
    manifest = a.manifest
    if manifest is None:
        manifest = out / "manifest.csv"
        words = [w for k in KINDS for root in getattr(a, k) for w in (f"--{k}", str(root))]
        # All of it is for judging; nothing here is trained with.
        if folders.main([*words, "--valid-share", "1", str(manifest)]):
            sys.exit(1)
    try:
        count = build(manifest, out, a.each)
    except ValueError as e:
        sys.exit(str(e))
    print(f"{count} mixtures built in {out}", file=sys.stderr)
    return out
