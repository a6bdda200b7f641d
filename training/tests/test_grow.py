"""A wider network begins as the one that it came from."""

from pathlib import Path

import pytest
import torch

from limpid_training import checkpoint, grow
from limpid_training.spectral import SpectralConfig, SpectralUNet1d

SHAPE = SpectralConfig(channels=(4, 4, 6, 8), wide=8)


def trained() -> SpectralUNet1d:
    torch.manual_seed(3)
    model = SpectralUNet1d(SHAPE)
    for p in model.parameters():
        if p.requires_grad:
            torch.nn.init.normal_(p, std=0.1)
    return model.eval()


def answer(model: SpectralUNet1d) -> torch.Tensor:
    torch.manual_seed(4)
    re, im = torch.randn(2, 2, 20, 481)
    with torch.no_grad():
        return torch.stack(model(re, im, model.initial_states(2))[:2])


def test_a_grown_network_computes_what_it_did_and_its_new_units_learn() -> None:
    old = trained()
    weights, shape = grow.widened(old.state_dict(), SHAPE, 20)
    new = SpectralUNet1d(shape)
    new.load_state_dict(weights)
    torch.testing.assert_close(answer(new.eval()), answer(old), atol=1e-5, rtol=1e-4)
    re, im = torch.randn(2, 2, 20, 481)
    a, b, _ = new.train()(re, im, new.initial_states(2))
    (a * re + b * im).sum().backward()
    gradient = new.wide.expand.weight.grad
    assert (gradient[:, 8:].abs().sum(0) > 0).all()


def test_a_network_does_not_grow_narrower() -> None:
    with pytest.raises(ValueError, match="8 units does not grow to 8"):
        grow.widened(trained().state_dict(), SHAPE, 8)


def test_the_command_writes_a_checkpoint_to_begin_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = trained()
    content = {"average": model.state_dict(), "shape": SHAPE.to_dict(), "step": 5, "cpu_hours": 0.1, "model": {}}
    torch.save(content, tmp_path / "old.pt")
    monkeypatch.setattr("sys.argv", ["grow", str(tmp_path / "old.pt"), str(tmp_path / "new.pt"), "--wide", "12"])
    grow.main()
    new = checkpoint.load(tmp_path / "new.pt")
    assert new["shape"]["wide"] == 12
    assert new["step"] == 5
    with pytest.raises(ValueError, match="averaged weights alone"):
        checkpoint.load(tmp_path / "new.pt", whole=True)
