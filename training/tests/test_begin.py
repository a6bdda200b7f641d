"""A network of another shape begins as the one that it came from."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from limpid_training import begin, checkpoint
from limpid_training.spectral import SpectralConfig, SpectralUNet1d, filtered

SHAPE = SpectralConfig(channels=(4, 4, 6, 8), wide=8)


def trained() -> SpectralUNet1d:
    torch.manual_seed(3)
    model = SpectralUNet1d(SHAPE)
    for p in model.parameters():
        if p.requires_grad and p.dim() > 1:
            torch.nn.init.normal_(p, std=0.2)
    return model.eval()


def answer(model: SpectralUNet1d) -> torch.Tensor:
    torch.manual_seed(4)
    re, im = torch.randn(2, 2, 20, 481)
    with torch.no_grad():
        *filters, _ = model(re, im, model.initial_states(2))
        return torch.stack(filtered(filters, re, im))


def test_a_wider_network_computes_what_it_did_and_its_new_units_learn() -> None:
    old = trained()
    shape = replace(SHAPE, wide=20)
    new = SpectralUNet1d(shape)
    new.load_state_dict(begin.begun(old.state_dict(), SHAPE, shape))
    torch.testing.assert_close(answer(new.eval()), answer(old), atol=1e-5, rtol=1e-4)
    re, im = torch.randn(2, 2, 20, 481)
    a, b, _, _ = new.train()(re, im, new.initial_states(2))
    (a * re + b * im).sum().backward()
    gradient = new.wide.expand.weight.grad
    assert (gradient[:, 8:].abs().sum(0) > 0).all()


def test_a_network_with_a_filter_computes_what_it_did_and_its_new_parts_learn() -> None:
    old = trained()
    shape = replace(SHAPE, fine=2, taps=3, advance=True)
    new = SpectralUNet1d(shape)
    new.load_state_dict(begin.begun(old.state_dict(), SHAPE, shape))
    torch.testing.assert_close(answer(new.eval()), answer(old), atol=1e-5, rtol=1e-4)
    re, im = torch.randn(2, 2, 20, 481)
    *filters, _ = new(re, im, new.initial_states(2))
    yr, yi = filtered(filters, re, im)
    (yr**2 + yi).sum().backward()
    for part in (new.encoder[0].turn, new.fine.mix):
        assert part.weight.grad.abs().sum() > 0
    assert new.head.weight.grad[3:].abs().sum() > 0


def test_fewer_channels_around_the_wide_memory_lose_what_matters_least() -> None:
    old = trained()
    weights = old.state_dict()
    mixtures = torch.linalg.qr(torch.randn(8, 8)).Q  # of the channels: two of eight loud, the others soft
    soft = (mixtures * torch.tensor([1.0, 1.0] + 6 * [1e-3])) @ mixtures.T
    for name in ("squeeze.weight", "expand.weight", "expand.bias"):
        value = weights[f"wide.{name}"]
        at = (8, 8, -1) if name == "squeeze.weight" else (8, -1)
        equation = "cd,udf->ucf" if name == "squeeze.weight" else "cd,dx->cx"
        weights[f"wide.{name}"] = torch.einsum(equation, soft, value.reshape(at)).reshape(value.shape)
    old.load_state_dict(weights)
    wanted, apart = answer(old), []
    for narrow in (8, 2, 1):
        shape = replace(SHAPE, narrow=narrow)
        new = SpectralUNet1d(shape)
        new.load_state_dict(begin.begun(weights, SHAPE, shape))
        apart.append(float((answer(new.eval()) - wanted).norm() / wanted.norm()))
    every, two, one = apart
    assert every < 1e-5
    assert two < one / 10


def test_a_network_without_a_wide_memory_cannot_be_narrow() -> None:
    shape = replace(SHAPE, wide=0)
    with pytest.raises(ValueError, match="cannot begin as"):
        begin.begun(SpectralUNet1d(shape).state_dict(), shape, replace(shape, narrow=2))
    with pytest.raises(ValueError, match="no 9 combinations"):
        SpectralUNet1d(replace(SHAPE, narrow=9))


def test_a_run_and_its_average_begin_on_the_same_combinations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    average = trained().state_dict()
    torch.manual_seed(8)
    sizes = begin.learned(trained())
    model = average | {k: average[k] + 0.1 * torch.randn(size) for k, size in sizes.items()}
    states = {i: {"step": torch.tensor(1.0), "exp_avg": torch.ones(size)} for i, size in enumerate(sizes.values())}
    optimizer = {"state": states, "param_groups": [{"lr": 0.1, "params": list(states)}]}
    content = {"average": average, "model": model, "optimizer": optimizer, "shape": SHAPE.to_dict()}
    torch.save(content | {"step": 5, "cpu_hours": 0.1, "best": 0.0}, tmp_path / "old.pt")
    words = ["begin", str(tmp_path / "old.pt"), str(tmp_path / "new.pt"), "--narrow", "8", "--whole"]
    monkeypatch.setattr("sys.argv", words)
    begin.main()
    new = torch.load(tmp_path / "new.pt")
    assert new["shape"]["narrow"] == 8

    def between(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor], shape: SpectralConfig) -> torch.Tensor:
        net = SpectralUNet1d(shape)
        net.load_state_dict({k: a[k].lerp(b[k], 0.5) if a[k].is_floating_point() else a[k] for k in a})
        return answer(net.eval())

    # With as many combinations as channels nothing is lost, so halfway between both lies the same network as before.
    wanted = between(average, model, SHAPE)
    narrow = replace(SHAPE, narrow=8)
    torch.testing.assert_close(between(new["average"], new["model"], narrow), wanted, atol=1e-4, rtol=1e-3)
    names = list(begin.learned(SpectralUNet1d(narrow)))
    known = {names[i].split(".weight")[0].split(".bias")[0] for i in new["optimizer"]["state"]}
    assert not known & {"wide.squeeze", "wide.expand", "wide.hear", "wide.answer"}
    assert "head" in known


def test_a_wide_memory_of_few_channels_can_be_given_all_of_them_again() -> None:
    torch.manual_seed(5)
    shape = replace(SHAPE, narrow=3)
    few, every = SpectralUNet1d(shape), SpectralUNet1d(SHAPE)
    torch.nn.init.normal_(few.head.weight)
    every.load_state_dict(begin.begun(few.state_dict(), shape, SHAPE))
    torch.testing.assert_close(answer(every.eval()), answer(few.eval()), atol=1e-5, rtol=1e-4)
    again = SpectralUNet1d(shape)
    again.load_state_dict(begin.begun(every.state_dict(), SHAPE, shape))
    torch.testing.assert_close(answer(again.eval()), answer(few), atol=1e-5, rtol=1e-4)


def test_memories_of_a_level_can_be_taken_out_again() -> None:
    old = trained()
    larger = replace(SHAPE, fine=2)
    weights = begin.begun(old.state_dict(), SHAPE, larger)
    weights["fine.mix.weight"] += 1  # as if they had been trained
    for shape in (SHAPE, replace(SHAPE, hop_ms=5.0)):
        back = SpectralUNet1d(shape)
        back.load_state_dict(begin.begun(weights, larger, shape))
        if shape == SHAPE:
            torch.testing.assert_close(answer(back.eval()), answer(old), atol=1e-5, rtol=1e-4)


def test_a_shape_of_another_version_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="nothing named spare"):
        SpectralConfig.from_dict(SHAPE.to_dict() | {"spare": 1})


def test_a_network_with_shorter_hops_keeps_its_weights_and_has_a_level_of_its_own() -> None:
    old = trained().state_dict()
    shape = replace(SHAPE, hop_ms=5.0, synthesis_ms=10.0)
    new = begin.begun(old, SHAPE, shape)
    torch.testing.assert_close(new["wide.expand.weight"], old["wide.expand.weight"])
    torch.testing.assert_close(new["level.unit.weight_hh_l0"], SpectralUNet1d(shape).level.unit.weight_hh_l0.detach())


def test_a_filters_factors_keep_their_time_at_half_the_hop_as_far_as_it_reaches() -> None:
    shape = replace(SHAPE, taps=5)
    old = SpectralUNet1d(shape)
    torch.nn.init.normal_(old.head.weight)
    wanted = replace(shape, hop_ms=5.0)
    new = begin.begun(old.state_dict(), shape, wanted)["head.weight"]
    mask, once, twice = old.head.weight.detach()[:7].split([3, 2, 2])
    nothing = torch.zeros_like(once)
    torch.testing.assert_close(new, torch.cat([mask, nothing, once, nothing, twice]))
    whole = begin.begun(old.state_dict(), shape, replace(wanted, taps=9))["head.weight"]
    assert torch.equal(whole[-2:], old.head.weight[-2:])
    back = begin.delayed(new, torch.zeros_like(new), 2.0)
    torch.testing.assert_close(back, torch.cat([mask, once, twice, nothing, nothing]))


@pytest.mark.parametrize("ratio", [0.5, 2.0])
def test_memories_forget_as_much_in_a_second_at_another_pace(ratio: float) -> None:
    torch.manual_seed(1)
    gru = torch.nn.GRU(3, 8)
    weights = {f"g.{name}": value.detach().clone() for name, value in gru.named_parameters()}
    begin.paced(weights, "g", ratio)
    other = torch.nn.GRU(3, 8)
    other.load_state_dict({name[2:]: value for name, value in weights.items()})
    # A constant input, and memories away from where it draws them: how far they have come after the same time.
    first, x = torch.rand(1, 1, 8), torch.randn(1, 1, 3)
    steps = 4
    with torch.no_grad():
        wanted = gru(x.expand(steps, 1, 3), first)[1]
        got = other(x.expand(int(steps / ratio), 1, 3), first)[1]
        left = gru(x.expand(int(steps / ratio), 1, 3), first)[1]
    assert (got - wanted).abs().mean() < 0.5 * (left - wanted).abs().mean()


@pytest.mark.parametrize(
    "parts", [{"wide": 4}, {"wide": 9, "narrow": 4}, {"narrow": 9}, {"narrow": -1}, {"channels": (4, 4, 6, 9)}]
)
def test_fewer_units_and_other_shapes_are_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="cannot begin as"):
        begin.begun(trained().state_dict(), SHAPE, replace(SHAPE, **parts))


@pytest.mark.parametrize(("hop", "step", "hours"), [("10", 5, 0.1), ("5", 0, 0.0)])
def test_the_command_writes_a_checkpoint_to_begin_from(
    hop: str, step: int, hours: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = trained()
    content = {"average": model.state_dict(), "shape": SHAPE.to_dict(), "step": 5, "cpu_hours": 0.1}
    torch.save(content, tmp_path / "old.pt")
    words = ["begin", str(tmp_path / "old.pt"), str(tmp_path / "new.pt"), "--wide", "12", "--hop-ms", hop]
    monkeypatch.setattr("sys.argv", words)
    begin.main()
    new = checkpoint.load(tmp_path / "new.pt")
    assert (new["shape"]["wide"], new["shape"]["hop_ms"], new["shape"]["synthesis_ms"]) == (12, float(hop), 20)
    assert (new["step"], new["cpu_hours"]) == (step, hours)
    with pytest.raises(ValueError, match="averaged weights alone"):
        checkpoint.load(tmp_path / "new.pt", whole=True)
    monkeypatch.setattr("sys.argv", [*words, "--whole"])
    with pytest.raises(SystemExit):
        begin.main()
