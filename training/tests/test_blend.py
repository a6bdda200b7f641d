"""What lies between networks."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from limpid_training import begin, blend, checkpoint
from limpid_training.spectral import SpectralConfig, SpectralUNet1d

SHAPE = SpectralConfig(channels=(4, 4, 6, 8), wide=8)


def weights(value: float) -> dict[str, torch.Tensor]:
    return {"conv.weight": torch.full((2, 3), value), "norm.num_batches_tracked": torch.tensor(int(value))}


def test_a_share_lies_between_both() -> None:
    mean = blend.blended([weights(1.0), weights(3.0)], [0.75, 0.25])
    torch.testing.assert_close(mean["conv.weight"], torch.full((2, 3), 1.5))
    assert mean["norm.num_batches_tracked"] == 3


def test_of_several_each_has_its_share_of_the_whole() -> None:
    mean = blend.blended([weights(1.0), weights(3.0), weights(8.0)], [1, 1, 2])
    torch.testing.assert_close(mean["conv.weight"], torch.full((2, 3), 5.0))
    assert mean["norm.num_batches_tracked"] == 8


@pytest.mark.parametrize("shares", [[1.0], [1.0, 2.0, 3.0], [1.0, -1.0], [float("inf"), 1.0]])
def test_shares_that_do_not_fit_are_refused(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="2 networks need a share each"):
        blend.blended([weights(1.0), weights(3.0)], shares)


def test_networks_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="not of one shape"):
        blend.blended([weights(1.0), {**weights(1.0), "conv.weight": torch.zeros(2, 4)}], [1, 1])


@pytest.mark.parametrize(
    ("names", "options", "value"),
    [("ab", ["--share", "0.4"], 0.4), ("ab", [], 0.5), ("abc", [], 2.0), ("abc", ["--share", "1", "2", "1"], 1.75)],
)
def test_the_command_writes_a_checkpoint_to_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: str, options: list[str], value: float
) -> None:
    for step, (name, weight) in enumerate((("a", 0.0), ("b", 1.0), ("c", 5.0))):
        content = {"average": weights(weight), "shape": SHAPE.to_dict(), "step": step, "cpu_hours": 0.5}
        torch.save(content, tmp_path / f"{name}.pt")
    monkeypatch.setattr("sys.argv", ["blend", *[str(tmp_path / f"{n}.pt") for n in (*names, "out")], *options])
    blend.main()
    made = checkpoint.load(tmp_path / "out.pt")
    assert made["step"] == len(names) - 1, "that of the last"
    torch.testing.assert_close(made["average"]["conv.weight"], torch.full((2, 3), value))


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        content = {"average": weights(1.0), "shape": SHAPE.to_dict(), "step": 7, "cpu_hours": 0.5}
        torch.save(content, tmp_path / f"{name}.pt")
    before = (tmp_path / "c.pt").read_bytes()
    # Where the new file's name is forgotten, the last network stands in its place.
    monkeypatch.setattr("sys.argv", ["blend", *[str(tmp_path / f"{n}.pt") for n in "abc"]])
    with pytest.raises(SystemExit, match="is there already"):
        blend.main()
    assert (tmp_path / "c.pt").read_bytes() == before


@pytest.mark.parametrize(("names", "said"), [("a", "two networks at least"), ("abc", "3 networks need a share each")])
def test_the_command_says_what_a_blend_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: str, said: str
) -> None:
    for name in "abc":
        content = {"average": weights(1.0), "shape": SHAPE.to_dict(), "step": 7, "cpu_hours": 0.5}
        torch.save(content, tmp_path / f"{name}.pt")
    paths = [str(tmp_path / f"{n}.pt") for n in (*names, "out")]
    monkeypatch.setattr("sys.argv", ["blend", *paths, "--share", "0.4"])
    with pytest.raises(SystemExit, match=said):
        blend.main()
    assert not (tmp_path / "out.pt").exists()


def test_narrow_networks_are_blended_on_all_channels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(2)
    narrow, every = replace(SHAPE, narrow=8), []
    for name in ("a", "b"):
        weights = SpectralUNet1d(SHAPE).state_dict()
        every.append(weights)
        content = {
            "average": begin.begun(weights, SHAPE, narrow),
            "shape": narrow.to_dict(),
            "step": 7,
            "cpu_hours": 0.5,
        }
        torch.save(content, tmp_path / f"{name}.pt")
    monkeypatch.setattr("sys.argv", ["blend", *[str(tmp_path / f"{n}.pt") for n in ("a", "b", "out")]])
    blend.main()
    made = checkpoint.load(tmp_path / "out.pt")
    assert made["shape"]["narrow"] == 0
    wanted = blend.blended(every, [0.5, 0.5])
    for name in ("squeeze.weight", "expand.weight", "expand.bias"):
        torch.testing.assert_close(made["average"][f"wide.{name}"], wanted[f"wide.{name}"], atol=1e-5, rtol=1e-4)


def test_two_moments_of_a_narrow_run_are_blended_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(2)
    narrow = replace(SHAPE, narrow=8)
    own, average, later = (SpectralUNet1d(narrow).state_dict() for _ in range(3))
    facts = {"shape": narrow.to_dict(), "step": 7, "cpu_hours": 0.5}
    torch.save({**facts, "model": own, "average": average}, tmp_path / "a.pt")
    torch.save({**facts, "average": later}, tmp_path / "b.pt")
    paths = [str(tmp_path / f"{n}.pt") for n in ("a", "b", "out")]
    for options, first in (([], average), (["--own"], own)):
        (tmp_path / "out.pt").unlink(missing_ok=True)
        monkeypatch.setattr("sys.argv", ["blend", *paths, "--share", "0.75", "--alike", *options])
        blend.main()
        made = checkpoint.load(tmp_path / "out.pt")
        assert made["shape"]["narrow"] == 8
        for name, value in blend.blended([first, later], [0.25, 0.75]).items():
            torch.testing.assert_close(made["average"][name], value)


def test_weights_that_were_not_kept_are_asked_for_in_vain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        torch.save(
            {"average": weights(1.0), "shape": SHAPE.to_dict(), "step": 7, "cpu_hours": 0.5}, tmp_path / f"{name}.pt"
        )
    monkeypatch.setattr("sys.argv", ["blend", *[str(tmp_path / f"{n}.pt") for n in ("a", "b", "out")], "--own"])
    with pytest.raises(SystemExit, match="averaged weights alone"):
        blend.main()


@pytest.mark.parametrize("odd", "abc")
def test_networks_of_other_frames_are_not_blended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    for name in "abc":
        shape = replace(SHAPE, hop_ms=5.0) if name == odd else SHAPE
        content = {"average": weights(1.0), "shape": shape.to_dict(), "step": 7, "cpu_hours": 0.5}
        torch.save(content, tmp_path / f"{name}.pt")
    monkeypatch.setattr("sys.argv", ["blend", *[str(tmp_path / f"{n}.pt") for n in ("a", "b", "c", "out")]])
    with pytest.raises(SystemExit, match="two shapes"):
        blend.main()
    assert not (tmp_path / "out.pt").exists()
