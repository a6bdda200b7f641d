"""The VST3 as Ardour's scanner sees it: a host of its own making, neither JUCE's nor Steinberg's."""

import os
import subprocess
from pathlib import Path

import pytest


def scanner() -> Path:
    """Debian's package has it in a folder that is named after the version."""
    found = sorted(Path("/usr/lib").glob("ardour*/ardour-vst3-scanner"))
    if not found:
        pytest.exit("Ardour's scanner is missing; run `cargo xtask test`", 2)
    return found[-1]


def test_the_scanner_finds_a_stereo_effect(vst3: str, tmp_path: Path) -> None:
    """By name, kind, identifier and channels, in a process that ends well."""
    program = scanner()
    environment = os.environ | {"HOME": str(tmp_path), "LD_LIBRARY_PATH": str(program.parent)}
    environment.pop("XDG_CACHE_HOME", None)
    command = [program, "--force", "--verbose", vst3]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert "Found Plugin: Limpid" in said
    assert "[Error]" not in said, said
    [cache] = (tmp_path / ".cache").rglob("*.v3i")
    entry = cache.read_text()
    for part in (
        'uid="4C696D706964566F6963654661646572"',
        'category="Fx|Restoration"',
        'n_inputs="2" n_outputs="2"',
        'n_midi_inputs="0"',
    ):
        assert part in entry, entry
