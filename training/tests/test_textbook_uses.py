"""Each use of the textbook U-Net is one command that prints its metric beside its baselines and writes a picture."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from limpid_training.textbook import UNet1DConfig, context, ecg, forecast
from limpid_training.textbook.fitting import apply, fit
from limpid_training.textbook.options import EXACT, multiply_adds, variants


def run(module: str, *arguments: str) -> str:
    """What a command of the textbook package prints."""
    command = [sys.executable, "-W", "ignore", "-m", f"limpid_training.textbook.{module}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(printed: str) -> dict[str, list[str]]:
    """Cells of a printed table by the first of each line."""
    lines = [[c.strip() for c in line.strip("|").split("|")] for line in printed.splitlines() if line.startswith("|")]
    return {line[0]: line[1:] for line in lines[2:]}


def test_the_ecg_command_prints_error_and_ratio_and_draws(tmp_path: Path) -> None:
    picture = tmp_path / "ecg.png"
    short = ["--width", "4", "--depth", "3", "--steps", "2", "--batch", "2", "--unseen", "8"]
    files = ["--picture", str(picture), "--table", str(tmp_path / "ecg.md")]
    table = rows(run("ecg", *short, *files))
    networks = ["exact textbook, width 64, depth 2", "UNet1D, width 4, depth 3"]
    assert list(table) == ["disturbed", "low-pass alone", "band-pass and notch", *networks]
    assert [table[name][0] for name in networks] == ["44", "100"]
    assert all(float(mse) > 0 and np.isfinite(float(snr)) for _, mse, snr in table.values())
    assert rows((tmp_path / "ecg.md").read_text()) == table
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_an_offset_alone_changes_neither_error_nor_ratio() -> None:
    noisy, clean = ecg.pairs(np.random.default_rng(2), 20)
    for a, b in ((noisy, clean), (noisy + 0.5, clean), (noisy, clean - 0.3)):
        assert ecg.judge(b, a) == pytest.approx(ecg.judge(clean, noisy), rel=1e-4)
    assert ecg.judge(clean, clean + 1)[0] < 1e-9


def test_filters_stand_where_an_offset_does_not_count_against_them() -> None:
    noisy, clean = ecg.pairs(np.random.default_rng(2), 100)
    before, low, band = (ecg.judge(clean, y)[1] for y in (noisy, ecg.smoothed(noisy), ecg.filtered(noisy)))
    assert before < low < band
    assert band > 7


def test_a_network_trained_briefly_on_the_ecg_beats_doing_nothing_by_far() -> None:
    def draw(rng: np.random.Generator) -> tuple[ecg.Array, ecg.Array]:
        return ecg.pairs(rng, 8)

    net = fit(UNet1DConfig(8, 4), draw, torch.nn.functional.mse_loss, 60, seed=1)
    noisy, clean = ecg.pairs(np.random.default_rng(9), 50)
    assert ecg.judge(clean, apply(net, noisy))[1] > ecg.judge(clean, noisy)[1] + 2


def test_made_ecgs_hold_what_is_said_of_them() -> None:
    rng = np.random.default_rng(5)
    noise = np.stack([ecg.disturbance(rng) for _ in range(50)])
    noise *= np.hanning(ecg.SAMPLES)  # or the wander would leak into every band
    power = np.mean(np.abs(np.fft.rfft(noise, axis=1)) ** 2, axis=0)
    hertz = np.fft.rfftfreq(ecg.SAMPLES, 1 / ecg.RATE)
    quiet = power[(hertz > 5) & (hertz < 10)].mean()
    assert power[hertz < 0.6].mean() > 100 * quiet  # baseline wander
    assert power[(hertz > 25) & (hertz < 45)].mean() > 10 * quiet  # muscles
    assert power[np.argmin(np.abs(hertz - 50))] > 100 * power[(hertz > 52) & (hertz < 60)].mean()  # mains
    beats = np.stack([ecg.heart(rng) for _ in range(50)])
    assert beats.shape == (50, 1000)
    assert 0.4 < np.median(beats.max(1)) < 1.6


def test_the_ratio_of_what_is_half_right_is_6_db() -> None:
    clean = np.sin(np.arange(1000, dtype=np.float32) * 2 * np.pi / 100)[None]
    mse, snr = ecg.judge(clean, clean / 2)
    assert mse == pytest.approx(0.125, rel=1e-3)
    assert snr == pytest.approx(6.02, abs=0.01)


def test_the_forecast_command_prints_both_errors_beside_the_baselines_and_draws(tmp_path: Path) -> None:
    picture = tmp_path / "forecast.png"
    table = rows(run("forecast", "--width", "4", "--steps", "20", "--batch", "16", "--picture", str(picture)))
    names = ["last value", "a week before", "straight line", "linear regression"]
    assert list(table) == [*names, "UNet1D, trained on MSE", "UNet1D, trained on MAE"]
    assert all(float(mae) > 0 and float(mse) > 0 for mae, mse in table.values())
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_baselines_forecast_what_they_are_made_for() -> None:
    days = np.arange(35, dtype=np.float32)
    line, week = 2 * days + 1, (days % 7) ** 2
    known = np.stack([line, week])[:, :30]
    made = forecast.baselines(known, np.zeros((31, 5), np.float32))
    np.testing.assert_allclose(made["straight line"][0], line[30:], rtol=1e-4)
    np.testing.assert_array_equal(made["a week before"][1], week[30:])
    np.testing.assert_array_equal(made["last value"][0], np.full(5, line[29]))
    rng = np.random.default_rng(1)
    given = rng.normal(size=(200, 30)).astype(np.float32)
    weights = rng.normal(size=(30, 5)).astype(np.float32)
    regression = forecast.regress(given, given @ weights + 3)
    made = forecast.baselines(given, regression)
    np.testing.assert_allclose(made["linear regression"], given @ weights + 3, atol=1e-3)


def test_forecasts_know_nothing_of_the_days_ahead() -> None:
    known, ahead = forecast.series(np.random.default_rng(3), 100)
    assert (known.shape, ahead.shape) == ((100, 30), (100, 5))
    np.testing.assert_allclose(known.mean(1), 0, atol=1e-5)
    np.testing.assert_allclose(known.std(1), 1, atol=1e-4)


def test_the_forecast_is_the_last_five_of_the_thirty_outputs() -> None:
    class Counting(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.arange(30.0).expand_as(x)

    made = forecast.forecast(Counting(), np.zeros((3, 30), np.float32))  # type: ignore[arg-type]
    assert made.tolist() == [[25, 26, 27, 28, 29]] * 3


def test_the_options_command_prints_a_line_for_each_and_draws(tmp_path: Path) -> None:
    picture, written = tmp_path / "options.png", tmp_path / "options.md"
    files = ["--picture", str(picture), "--table", str(written)]
    seeds = ["--seeds", "2"]
    table = rows(
        run("options", "--width", "4", "--steps", "2", "--batch", "2", "--runs", "2", "--unseen", "4", *files, *seeds)
    )
    assert rows(written.read_text()) == table
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert list(table) == list(variants(4))
    exact, separable = (table[f"{EXACT}{more}"] for more in ("", ", separable"))
    assert exact[:3] == ["651,457", "44", "8,266"]
    assert (separable[0], separable[2]) == ("279,365", "3,342")
    assert table["depth 5"][1] == "412"
    sizes, work = ({name: int(cells[n].replace(",", "")) for name, cells in table.items()} for n in (0, 2))
    plain = "plain, width 4"
    assert sizes["separable"] < sizes[plain] < sizes["residual"]
    assert work["half the width"] < work[plain] < work["residual"] < work["depth 5"]
    assert work["separable"] < work[plain] < work[EXACT]
    for cells in table.values():
        assert float(cells[3]) > 0
        mean, least, most = (float(v) for v in re.findall(r"-?\d+\.\d", cells[4]))
        assert least <= mean <= most


def test_multiply_adds_are_those_of_the_textbook() -> None:
    w = 64
    encoder = 100 * 3 * (w + w * w) + 50 * 3 * (2 * w * w + 4 * w * w)
    bottleneck = 25 * 3 * (8 * w * w + 16 * w * w)
    ups = 25 * 2 * 8 * w * w + 50 * 2 * 2 * w * w
    decoder = 50 * 3 * (8 * w * w + 4 * w * w) + 100 * 3 * (2 * w * w + w * w)
    assert multiply_adds(UNet1DConfig(), 100) == encoder + bottleneck + ups + decoder + 100 * w


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of 200 and 1,000 samples instead of thousands."""
    monkeypatch.setattr(context, "WINDOWS", (200, 1_000))
    monkeypatch.setattr(context, "RECORDING", 1_000)


def test_the_context_command_tells_reach_gain_and_time_of_each_window(
    short: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--picture", str(tmp_path / "context.png"), "--table", str(tmp_path / "context.md")]
    monkeypatch.setattr(sys, "argv", ["context", "--width", "2", "--steps", "2", *files])
    context.main()
    said = capsys.readouterr().out
    assert "| 2 | 44 |" in said and "| 5 | 412 |" in said
    lines = [line.split("|")[1:3] for line in said.splitlines() if " s |" in line]
    names = ["2", "5", "2, squeeze-and-excitation"]
    assert [[c.strip() for c in line] for line in lines] == [[n, w] for n in names for w in ("200", "1,000")]
    assert "| 2 | 44 |" in (tmp_path / "context.md").read_text()
    assert (tmp_path / "context.png").read_bytes().startswith(b"\x89PNG")


def test_the_context_command_hears_a_trained_model_in_other_windows(
    short: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from limpid_training.textbook.speech import SpeechConfig, SpeechUNet1D

    model = SpeechUNet1D(SpeechConfig(width=2, estimates="noise"))
    assert model.net.head.bias is not None
    torch.nn.init.zeros_(model.net.head.weight)
    torch.nn.init.zeros_(model.net.head.bias)
    run_folder = tmp_path / "idle"
    run_folder.mkdir()
    torch.save({"average": model.state_dict(), "shape": model.config.to_dict()}, run_folder / "checkpoint.pt")
    arguments = ["--checkpoint", str(run_folder / "checkpoint.pt"), "--picture", str(tmp_path / "context.png")]
    monkeypatch.setattr(sys, "argv", ["context", *arguments])
    context.main()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| idle")]
    assert len(lines) == 2
    for line in lines:
        cells = [c.strip() for c in line.strip("|").split("|")]
        assert [abs(float(c)) for c in cells[2:7]] == [0] * 5


def test_the_context_is_told_for_two_depths_and_three_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert context.WINDOWS == (1_000, 10_000, 50_000)
    assert context.DEPTHS == (2, 5)
    assert all(context.RECORDING % window == 0 for window in context.WINDOWS)
    asked = []

    def trained(config: UNet1DConfig, window: int, steps: int, seed: int) -> tuple[float, float, float]:
        asked.append((config.depth, config.attention, window))
        return 1.0, 1.0, 1.0

    monkeypatch.setattr(context, "trained", trained)
    monkeypatch.setattr(sys, "argv", ["context", "--width", "2", "--picture", str(tmp_path / "context.png")])
    context.main()
    plain = [(depth, "none", window) for depth in (2, 5) for window in (1_000, 10_000, 50_000)]
    assert asked == [*plain, *((2, "both", window) for window in (1_000, 10_000, 50_000))]
    table = [line for line in capsys.readouterr().out.splitlines() if line.endswith(" s |")]
    assert len([line for line in table if "squeeze" not in line]) == 6


def test_nothing_beyond_the_receptive_field_has_influence() -> None:
    seen = context.influence(UNet1DConfig(16), 200)
    touched = np.flatnonzero(seen)
    assert 30 < touched[-1] - touched[0] + 1 <= 44


def test_windows_are_cut_from_the_same_recordings() -> None:
    (a, _), (b, _) = (context.recordings(np.random.default_rng(1), w) for w in (1_000, 50_000))
    assert (a.shape, b.shape) == ((50, 1_000), (1, 50_000))
    np.testing.assert_array_equal(a.ravel(), b.ravel())
