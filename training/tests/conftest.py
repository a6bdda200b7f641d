"""What several tests need: one thread, real sound, a small corpus."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from corpus_audio import noise, voice

from limpid_training.data import Corpus, to_rate

ASSETS = Path(__file__).resolve().parents[2] / "assets"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Sums are the same on every machine of a kind, and tests do not fight for cores."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def assets() -> Path:
    """The folder of models and recordings that the project ships."""
    return ASSETS


@pytest.fixture(scope="session")
def mixture_44k1() -> torch.Tensor:
    """A recorded voice in recorded noise [1, samples] at 44.1 kHz, from the demo."""
    x, rate = soundfile.read(ASSETS / "demo" / "mixture.wav", dtype="float32")
    assert rate == 44_100
    return torch.from_numpy(x)[None]


@pytest.fixture(scope="session")
def clips() -> tuple[torch.Tensor, torch.Tensor]:
    """A clean recording and its mixture with noise, six seconds each at 48 kHz."""
    both = [soundfile.read(ASSETS / "demo" / f"mixture{kind}.wav", dtype="float32") for kind in ("-clean", "")]
    clean, noisy = (torch.tensor(to_rate(x, rate)[: 6 * 48_000])[None] for x, rate in both)
    return clean, noisy


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of made sounds: two voices, one of them sampled at 16 kHz, two classes of noise, a room; both splits."""
    folder = tmp_path_factory.mktemp("corpus")
    rows = ["path,kind,split,source,speaker,seconds,rate,bandwidth_khz"]

    def add(name: str, x: np.ndarray, rate: int, kind: str, split: str, speaker: str, khz: float) -> None:
        soundfile.write(folder / name, x, rate)
        rows.append(f"{name},{kind},{split},made,{speaker},{len(x) / rate},{rate},{khz}")

    for split in ("train", "valid"):
        for n in range(3):
            add(f"{split}-a{n}.wav", voice(1.5, 48_000, 110 + n, seed=n), 48_000, "speech", split, "anna", 20)
            add(f"{split}-b{n}.wav", voice(1.5, 16_000, 190 + n, seed=n), 16_000, "speech", split, "bert", 8)
        add(f"{split}-hiss.wav", noise(3, 48_000, -20), 48_000, "noise", split, "hiss", 24)
        fall = np.exp(-np.arange(9600) / 1000)
        add(f"{split}-click.wav", noise(0.2, 48_000, -10) * fall, 48_000, "noise", split, "click", 24)
        echo = noise(0.2, 48_000, -30) * fall
        echo[0] = 0.9
        add(f"{split}-room.wav", echo, 48_000, "rir", split, "room", 24)
    path = folder / "manifest.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="session")
def corpus(manifest: Path) -> Corpus:
    """Its training split."""
    return Corpus.load(manifest, "train", manifest.parent / "packed")


@pytest.fixture(scope="session")
def limpid() -> Path:
    """The program, as `cargo build` makes it."""
    cargo = shutil.which("cargo")
    if cargo is None:
        pytest.skip("cargo is not installed")
    subprocess.run([cargo, "build", "--quiet", "--package", "limpid"], cwd=ASSETS.parent, check=True)
    ask = [cargo, "metadata", "--no-deps", "--format-version", "1"]
    metadata = subprocess.run(ask, cwd=ASSETS.parent, check=True, capture_output=True, text=True)
    return Path(metadata.stdout.split('"target_directory":"')[1].split('"')[0]) / "debug" / "limpid"
