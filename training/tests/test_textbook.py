"""The textbook U-Net has the shapes, the size and the reach that its description gives."""

import itertools
from dataclasses import replace
from typing import get_args

import pytest
import torch
from torch import Tensor, nn

from limpid_training.textbook import (
    Attention,
    DoubleConv,
    SqueezeExcitation,
    UNet1D,
    UNet1DConfig,
    convolution,
    receptive_field,
)

OPTIONS = [
    UNet1DConfig(width=8, attention=attention, residual=residual, separable=separable)
    for attention, residual, separable in itertools.product(get_args(Attention), (False, True), (False, True))
]


def shapes_inside(net: UNet1D, length: int) -> dict[str, tuple[int, ...]]:
    """Shapes [channels, length] of every stage's output, and of what the decoders are given."""
    seen: dict[str, tuple[int, ...]] = {}

    def watch(name: str, module: nn.Module) -> None:
        def note(_: nn.Module, given: tuple[Tensor, ...], made: Tensor) -> None:
            seen[f"{name} in"], seen[name] = tuple(given[0].shape[1:]), tuple(made.shape[1:])

        module.register_forward_hook(note)

    for name in ("encoders", "ups", "decoders"):
        for i, module in enumerate(getattr(net, name)):
            watch(f"{name} {i}", module)
    watch("bottleneck", net.bottleneck)
    watch("head", net.head)
    with torch.no_grad():
        net.eval()(torch.zeros(4, 1, length))
    return seen


def parameters(config: UNet1DConfig) -> int:
    return sum(p.numel() for p in UNet1D(config).parameters())


def test_a_batch_of_four_frames_of_100_keeps_its_shape() -> None:
    assert UNet1D()(torch.randn(4, 1, 100)).shape == (4, 1, 100)


def test_every_stage_has_the_channels_and_length_of_the_textbook() -> None:
    seen = shapes_inside(UNet1D(), 100)
    assert seen["encoders 0 in"] == (1, 100)
    assert seen["encoders 0"] == (64, 100)
    assert seen["encoders 1 in"] == (64, 50)  # after the first pooling
    assert seen["encoders 1"] == (128, 50)
    assert seen["bottleneck in"] == (128, 25)  # after the second
    assert seen["bottleneck"] == (256, 25)
    assert seen["ups 1"] == (128, 50)
    assert seen["decoders 1 in"] == (256, 50)  # concatenated with the skip
    assert seen["decoders 1"] == (128, 50)
    assert seen["ups 0"] == (64, 100)
    assert seen["decoders 0 in"] == (128, 100)
    assert seen["decoders 0"] == (64, 100)
    assert seen["head"] == (1, 100)


def test_the_decoder_joins_the_skip_with_the_upsampled_path() -> None:
    net = UNet1D().eval()
    given: dict[str, Tensor] = {}
    net.encoders[0].register_forward_hook(lambda _, a, b: given.update(skip=b))
    net.ups[0].register_forward_hook(lambda _, a, b: given.update(up=b))
    net.decoders[0].register_forward_hook(lambda _, a, b: given.update(joined=a[0]))
    with torch.no_grad():
        net(torch.randn(2, 1, 100))
    assert torch.equal(given["joined"], torch.cat([given["skip"], given["up"]], dim=1))


def test_the_textbook_has_651457_parameters() -> None:
    def pair(a: int, b: int) -> int:  # weights and biases of two convolutions, two BatchNorms
        return (3 * a * b + b) + (3 * b * b + b) + 2 * 2 * b

    stages = pair(1, 64) + pair(64, 128) + pair(128, 256) + pair(256, 128) + pair(128, 64)
    ups = (2 * 256 * 128 + 128) + (2 * 128 * 64 + 64)
    assert parameters(UNet1DConfig()) == stages + ups + 64 + 1 == 651_457


@pytest.mark.parametrize("length", [1, 2, 3, 5, 97, 98, 99, 101, 480])
def test_any_length_comes_back(length: int) -> None:
    assert UNet1D(UNet1DConfig(width=4))(torch.randn(2, 1, length)).shape == (2, 1, length)


def test_an_odd_length_is_padded_with_zeros_behind_and_cropped() -> None:
    net, x = UNet1D(UNet1DConfig(width=4)).eval(), torch.randn(1, 1, 97)
    with torch.no_grad():
        assert torch.equal(net(x), net(nn.functional.pad(x, (0, 3)))[..., :97])


@pytest.mark.parametrize("config", OPTIONS, ids=str)
@pytest.mark.parametrize("length", [100, 101])
def test_every_choice_of_options_keeps_the_shapes(config: UNet1DConfig, length: int) -> None:
    net = UNet1D(config)
    y = net(torch.randn(3, 1, length))
    assert y.shape == (3, 1, length)
    y.square().mean().backward()
    assert all(p.grad is not None for p in net.parameters()), "an option that nothing passes through"
    assert shapes_inside(net, 100) == shapes_inside(UNet1D(UNet1DConfig(width=8)), 100)


@pytest.mark.parametrize(("width", "depth"), [(1, 1), (6, 3), (4, 5)])
def test_width_and_depth_are_free(width: int, depth: int) -> None:
    seen = shapes_inside(UNet1D(UNet1DConfig(width=width, depth=depth)), 2**depth * 3)
    assert seen["bottleneck"] == (width * 2**depth, 3)
    assert seen["head"] == (1, 2**depth * 3)


def test_squeeze_and_excitation_weighs_whole_channels() -> None:
    x = torch.randn(2, 32, 10)
    gates = SqueezeExcitation(32, 16)(x) / x
    assert torch.allclose(gates, gates[..., :1].expand_as(gates), atol=1e-4)
    assert bool(((gates > 0) & (gates < 1)).all())


def test_narrow_stages_have_hidden_units_enough_to_tell_channels_apart() -> None:
    assert [SqueezeExcitation(c, 16).gate[0].out_channels for c in (8, 64, 256)] == [4, 4, 16]


def test_attention_adds_its_gates_where_it_is_asked_for() -> None:
    plain = UNet1DConfig(width=32)
    none, skips, deep, both = (parameters(replace(plain, attention=a)) for a in get_args(Attention))
    assert none < skips and none < deep
    assert both - none == (skips - none) + (deep - none)


def test_a_residual_pair_passes_its_input_on_when_its_convolutions_are_nothing() -> None:
    pair = DoubleConv(8, 8, residual=True)
    for p in pair.parameters():
        nn.init.zeros_(p)
    x = torch.rand(2, 8, 20)
    assert torch.equal(pair(x), x)


def test_separable_convolutions_need_less_than_half_the_parameters() -> None:
    assert parameters(UNet1DConfig(separable=True)) < parameters(UNet1DConfig()) / 2


def test_convolution_is_cross_correlation() -> None:
    x, w = torch.tensor([[[1.0, 3, 2, 4, 5]]]), torch.tensor([[[2.0, -1]]])
    conv = nn.Conv1d(1, 1, 2, bias=False)
    conv.weight = nn.Parameter(w)
    assert conv(x).flatten().tolist() == [-1, 4, 0, 3]


def test_without_padding_a_convolution_and_a_pooling_take_100_to_98_to_49() -> None:
    convolved = nn.Conv1d(1, 1, 3)(torch.zeros(1, 1, 100))
    assert convolved.shape[-1] == 98
    assert UNet1D().pool(convolved).shape[-1] == 49


@pytest.mark.parametrize("separable", [False, True])
def test_the_networks_own_convolutions_keep_the_length(separable: bool) -> None:
    assert convolution(1, 4, separable)(torch.zeros(1, 1, 100)).shape == (1, 4, 100)


def test_transposed_convolution_takes_25_to_50() -> None:
    assert UNet1D().ups[1](torch.zeros(1, 256, 25)).shape == (1, 128, 50)


def measured_reach(config: UNet1DConfig) -> int:
    """Widest span of inputs that moves one output of a network of positive weights and no biases.

    Nothing cancels in such a network, nor is cut by ReLU or maximum, so an impulse shows wherever it can.
    """
    net = UNet1D(config).eval()
    for name, p in net.named_parameters():
        nn.init.constant_(p, 0.0 if name.endswith("bias") else 0.5)
    length = 4 * (receptive_field(config) or 0)
    with torch.no_grad():
        moved = net(torch.eye(length)[:, None])[:, 0] > 0
    spans = []
    for n in range(length // 2, length // 2 + 2**config.depth):
        touched = moved[:, n].nonzero().flatten()
        spans.append(int(touched[-1] - touched[0]) + 1)
    return max(spans)


@pytest.mark.parametrize(
    "config", [UNet1DConfig(2, 1), UNet1DConfig(2), UNet1DConfig(2, 3, residual=True), UNet1DConfig(1, 5)]
)
def test_the_receptive_field_is_the_measured_one(config: UNet1DConfig) -> None:
    assert receptive_field(config) == measured_reach(config)


def test_the_textbook_sees_44_samples_and_with_attention_the_whole_frame() -> None:
    assert receptive_field(UNet1DConfig()) == 44
    assert receptive_field(UNet1DConfig(attention="skips")) is None


@pytest.mark.parametrize("wrong", [{"width": 0}, {"depth": 0}, {"reduction": 0}, {"attention": "all"}])
def test_a_configuration_without_a_shape_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        UNet1DConfig(**wrong)  # type: ignore[arg-type]
