"""What lies between two networks."""

from pathlib import Path

import pytest
import torch

from limpid_training import blend, checkpoint


def weights(value: float) -> dict[str, torch.Tensor]:
    return {"conv.weight": torch.full((2, 3), value), "norm.num_batches_tracked": torch.tensor(int(value))}


def test_a_share_lies_between_both() -> None:
    mean = blend.blended(weights(1.0), weights(3.0), 0.25)
    torch.testing.assert_close(mean["conv.weight"], torch.full((2, 3), 1.5))
    assert mean["norm.num_batches_tracked"] == 3


def test_networks_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="not of one shape"):
        blend.blended(weights(1.0), {**weights(1.0), "conv.weight": torch.zeros(2, 4)}, 0.5)


def test_the_command_writes_a_checkpoint_to_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("a", 0.0), ("b", 1.0)):
        content = {"average": weights(value), "shape": {"wide": 8}, "step": 7, "cpu_hours": 0.5}
        torch.save(content, tmp_path / f"{name}.pt")
    paths = [str(tmp_path / f"{n}.pt") for n in ("a", "b", "out")]
    monkeypatch.setattr("sys.argv", ["blend", *paths, "--share", "0.4"])
    blend.main()
    made = checkpoint.load(tmp_path / "out.pt")
    assert made["step"] == 7
    torch.testing.assert_close(made["average"]["conv.weight"], torch.full((2, 3), 0.4))
