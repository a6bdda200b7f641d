"""The textbook U-Net for speech trains exactly, exports by the contract, and runs in the program as it was trained."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import onnxruntime
import pytest
import soundfile
import torch
from scipy.signal import resample_poly
from test_train import same
from torch import nn

from limpid_training import checkpoint
from limpid_training.textbook.export import export
from limpid_training.textbook.small import in_8_bits
from limpid_training.textbook.speech import SpeechConfig, SpeechUNet1D

SMALL = ["--width", "4", "--depth", "2", "--window", "256", "--hop", "128"]
ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(
    p
    for p in (ROOT / "training" / "runs").glob("*/kept.pt")
    if (ROOT / "assets" / "models" / f"{p.parent.name}.onnx").exists() and "estimates" in checkpoint.load(p)["shape"]
)
FACTS = {"name": "tiny", "version": "3", "licence": "MIT OR Apache-2.0", "description": "A tiny one"}
CONFIGS = [
    SpeechConfig(width=4, window=256, hop=128),
    SpeechConfig(width=4, depth=3, window=256, hop=64, estimates="noise", attention="both", residual=True),
    SpeechConfig(width=4, window=250, hop=125, separable=True),
]


def awake(config: SpeechConfig) -> SpeechUNet1D:
    """A network whose batch norms are not at their start."""
    torch.manual_seed(3)
    model = SpeechUNet1D(config)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d):
            assert module.running_mean is not None and module.running_var is not None
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return model.eval()


def streamed(path: Path, x: np.ndarray, window: int, hop: int) -> np.ndarray:
    """Samples as the engine makes them: the newest window through the model every hop, Hann, overlap-add."""
    run = onnxruntime.InferenceSession(str(path))
    hann = 2 * hop / window * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window))
    newest, overlap, out = np.zeros(window, np.float32), np.zeros(window), []
    for start in range(0, len(x) // hop * hop, hop):
        newest = np.concatenate([newest[hop:], x[start : start + hop]])
        overlap += run.run(None, {"frame": newest[None, None]})[0][0, 0] * hann
        out.append(overlap[:hop].copy())
        overlap = np.concatenate([overlap[hop:], np.zeros(hop)])
    return np.concatenate(out)


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_the_streamed_model_file_equals_the_offline_forward(config: SpeechConfig, tmp_path: Path) -> None:
    model = awake(config)
    export(model, tmp_path / "m.onnx", FACTS)
    x = np.random.default_rng(1).normal(0, 0.1, 20 * config.hop).astype(np.float32)
    with torch.no_grad():
        offline = model.enhance(torch.from_numpy(x)[None])[0].numpy()
    np.testing.assert_allclose(streamed(tmp_path / "m.onnx", x, config.window, config.hop), offline, atol=1e-5)
    assert np.abs(offline - x).max() > 1e-3


@pytest.mark.parametrize("estimates", ["voice", "noise"])
def test_the_network_is_the_textbooks_and_loudness_does_not_matter(estimates: Literal["voice", "noise"]) -> None:
    model = awake(SpeechConfig(width=4, estimates=estimates))
    x = 0.1 * torch.randn(2, 1, 1024)
    with torch.no_grad():
        scale = x.square().mean(-1, keepdim=True).sqrt()
        y = model.net(x / scale) * scale
        expected = y if estimates == "voice" else x - y
        torch.testing.assert_close(model(x), expected, rtol=5e-3, atol=1e-4)
        torch.testing.assert_close(model(8 * x), 8 * model(x), rtol=5e-3, atol=1e-3)


def test_windows_that_change_nothing_give_the_signal_back_late_by_the_stated_latency() -> None:
    for hop in (64, 128):
        model = SpeechUNet1D(SpeechConfig(width=4, window=256, hop=hop, estimates="noise"))
        nn.init.zeros_(model.net.head.weight)
        assert model.net.head.bias is not None
        nn.init.zeros_(model.net.head.bias)
        x = torch.randn(2, 2560)
        y = model.eval().enhance(x)
        d = model.config.latency
        torch.testing.assert_close(y[:, d:], x[:, : x.shape[1] - d], atol=1e-5, rtol=1e-5)


def test_the_model_file_states_the_contract(tmp_path: Path) -> None:
    export(awake(CONFIGS[0]), tmp_path / "m.onnx", FACTS)
    file = onnx.load(tmp_path / "m.onnx")
    assert {p.key: p.value for p in file.metadata_props} == {
        "limpid.contract": "1",
        "limpid.kind": "waveform",
        "limpid.sample_rate": "16000",
        "limpid.window": "256",
        "limpid.hop": "128",
        **{"limpid." + k: v for k, v in FACTS.items()},
    }
    shapes = [
        (v.name, [d.dim_value for d in v.type.tensor_type.shape.dim]) for v in (*file.graph.input, *file.graph.output)
    ]
    assert shapes == [("frame", [1, 1, 256]), ("frame_out", [1, 1, 256])]
    assert not any(n.op_type == "BatchNormalization" for n in file.graph.node)


def test_weights_in_8_bits_are_a_quarter_of_the_size_and_nearly_the_same_sound(tmp_path: Path) -> None:
    model, x = awake(SpeechConfig(width=16, depth=3)), np.random.default_rng(2).normal(0, 0.1, (1, 1, 1024))
    sounds, sizes, kinds = [], [], []
    for small in (False, True):
        path, loaded = tmp_path / f"{small}.onnx", tmp_path / f"{small}-loaded.onnx"
        export(model, path, FACTS, small)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.optimized_model_filepath = str(loaded)
        session = onnxruntime.InferenceSession(str(path), options)
        sounds.append(session.run(None, {"frame": x.astype(np.float32)})[0])
        sizes.append(path.stat().st_size)
        kinds.append(sorted(n.op_type for n in onnx.load(loaded).graph.node))
    assert sizes[1] < 0.3 * sizes[0]
    error = np.sum((sounds[1] - sounds[0]) ** 2) / np.sum(sounds[0] ** 2)
    assert 0 < error < 1e-3
    assert kinds[1] == kinds[0], "what restores the weights must be folded away while the model is loaded"


@pytest.mark.parametrize("axis", [0, 1])
def test_a_weight_in_8_bits_is_off_by_half_a_step_of_its_channel_at_most(axis: int) -> None:
    weights = np.random.default_rng(axis).normal(size=(6, 6, 3)).astype(np.float32)
    weights = np.moveaxis(weights * 10.0 ** np.arange(6)[:, None, None], 0, axis).astype(np.float32)
    np.moveaxis(weights, axis, 0)[2] = 0
    whole, scales = in_8_bits(weights, axis)
    assert whole.dtype == np.int8
    others = tuple({0, 1, 2} - {axis})
    steps = np.abs(weights).max(others, keepdims=True) / 127
    assert (np.abs(whole * scales - weights) <= 0.501 * steps).all()
    assert (np.abs(whole).max(others)[[0, 1, 3, 4, 5]] == 127).all()


def test_the_narrow_model_takes_less_than_3_mb(tmp_path: Path) -> None:
    export(SpeechUNet1D(SpeechConfig(width=16, depth=5)), tmp_path / "narrow.onnx", FACTS, small=True)
    assert (tmp_path / "narrow.onnx").stat().st_size < 3e6


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"hop": 600}, "hop of 600"), ({"window": 1000}, "window of 1000"), ({"estimates": "x"}, "voice or noise")],
)
def test_windows_that_do_not_sum_to_one_are_refused(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        SpeechConfig(**change)


def command(manifest: Path, run: Path) -> list[str]:
    """The training command on the tiny corpus."""
    arguments = ["--manifest", str(manifest), "--cache", str(manifest.parent / "packed"), "--run", str(run)]
    arguments += ["--batch", "2", "--seconds", "0.5", "--steps", "8", "--every", "4", "--decay", "4"]
    return [sys.executable, "-m", "limpid_training.textbook.train", *arguments, *SMALL]


@pytest.fixture(scope="module")
def trained(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoint of a run of eight steps."""
    run = tmp_path_factory.mktemp("textbook")
    subprocess.run(command(manifest, run), check=True, capture_output=True, timeout=300)
    return run / "checkpoint.pt"


def test_a_run_that_was_terminated_goes_on_bit_for_bit(manifest: Path, trained: Path, tmp_path: Path) -> None:
    quiet = subprocess.DEVNULL
    first = subprocess.Popen(command(manifest, tmp_path), stdout=quiet, stderr=quiet)
    while not (tmp_path / "log.csv").exists() and first.poll() is None:
        time.sleep(0.01)
    first.send_signal(signal.SIGTERM)
    assert first.wait() == 0
    assert checkpoint.load(tmp_path / "checkpoint.pt")["shape"]["width"] == 4
    subprocess.run(command(manifest, tmp_path), check=True, capture_output=True)
    assert same(trained, tmp_path / "checkpoint.pt")


def test_what_was_trained_runs_in_the_program_as_it_was_trained(
    trained: Path, limpid: Path, assets: Path, tmp_path: Path
) -> None:
    file, source, result = (tmp_path / n for n in ("tiny.onnx", "in.wav", "out.wav"))
    made = [sys.executable, "-m", "limpid_training.textbook.export", str(trained), str(file), "--name", "tiny"]
    subprocess.run(made, check=True, capture_output=True)
    x, rate = soundfile.read(assets / "demo" / "mixture.wav", dtype="float32")
    x = resample_poly(x, 160, rate // 100)[:48_000].astype(np.float32)
    soundfile.write(source, x, 16_000, subtype="FLOAT")
    enhance = ["enhance", str(source), "--model", str(file), "--voice", "0", "--background", "silent"]
    subprocess.run([str(limpid), *enhance, "--output", str(result)], check=True, capture_output=True)
    y, rate = soundfile.read(result, dtype="float32")
    assert (rate, len(y)) == (16_000, len(x))

    content = checkpoint.load(trained)
    model = SpeechUNet1D(SpeechConfig.from_dict(content["shape"]))
    model.load_state_dict(content["average"])
    with torch.no_grad():
        offline = model.eval().enhance(torch.from_numpy(x)[None])[0].numpy()[model.config.latency :]
    np.testing.assert_allclose(y[: len(offline)], offline, atol=1e-4)
    assert np.abs(y - x).max() > 1e-3


def test_there_are_shipped_textbook_models_to_hold() -> None:
    assert [p.parent.name for p in SHIPPED] == ["textbook-narrow"], "the test below would hold nothing"


@pytest.mark.parametrize("kept", SHIPPED, ids=lambda p: p.parent.name)
def test_a_shipped_textbook_model_computes_what_its_kept_checkpoint_does(
    kept: Path, assets: Path, tmp_path: Path
) -> None:
    content = checkpoint.load(kept)
    model = SpeechUNet1D(SpeechConfig.from_dict(content["shape"]))
    model.load_state_dict(content["average"])
    export(model, tmp_path / "made.onnx", FACTS, small=True)
    export(model, tmp_path / "full.onnx", FACTS)
    x, rate = soundfile.read(assets / "demo" / "mixture.wav", dtype="float32")
    x = resample_poly(x, 160, rate // 100)[16_000:32_000].astype(np.float32)
    c = model.config
    shipped, made, full = (
        streamed(p, x, c.window, c.hop)
        for p in (assets / "models" / f"{kept.parent.name}.onnx", tmp_path / "made.onnx", tmp_path / "full.onnx")
    )
    np.testing.assert_allclose(shipped, made, atol=1e-4)
    error = np.sum((shipped - full) ** 2) / np.sum(full**2)
    assert 0 < error < 1e-4, "weights in 8 bits change what is heard by less than -40 dB"
    assert kept.stat().st_size < 8e6
