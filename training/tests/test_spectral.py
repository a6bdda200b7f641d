"""The spectral U-Net never looks ahead, does not mind loudness, and computes the same in pieces as at once."""

from dataclasses import replace

import pytest
import torch
from networks import FILTER, SHORT_FILTER, SHORT_HOP, SMALL, awake
from torch import Tensor

from limpid_training.spectral import Level, SpectralConfig, SpectralUNet1d, States, filtered

CONFIGS = [SMALL, SHORT_HOP, FILTER, SHORT_FILTER]


def spectra(model: SpectralUNet1d, seconds: float = 0.5, seed: int = 1) -> tuple[Tensor, Tensor]:
    """Real and imaginary part of noise with a wandering level, two signals."""
    x = torch.randn(2, int(seconds * 48_000), generator=torch.Generator().manual_seed(seed)) * 0.05
    x *= 1.1 + torch.sin(torch.arange(x.shape[1]) / 3000)
    spectrum = model.config.frames.at(48_000).analyse(x)
    return spectrum.real.contiguous(), spectrum.imag.contiguous()


def whole(a: Tensor, b: Tensor, past: Tensor) -> Tensor:
    """Masks, and beside them the factors of the frames before."""
    return torch.cat([torch.complex(a, b), *past.transpose(0, 1)], 2)


def masks(model: SpectralUNet1d, re: Tensor, im: Tensor) -> Tensor:
    """Complex masks from the start, and the factors of the frames before."""
    with torch.no_grad():
        a, b, past, _ = model(re, im, model.initial_states(len(re)))
    return whole(a, b, past)


@pytest.mark.parametrize("config", CONFIGS)
def test_the_future_changes_nothing(config: SpectralConfig) -> None:
    model = awake(config)
    re, im = spectra(model)
    before = masks(model, re, im)
    t = re.shape[1] // 2
    re[:, t:], im[:, t:] = im[:, t:] * 30, 1.0
    after = masks(model, re, im)
    torch.testing.assert_close(after[:, :t], before[:, :t], atol=1e-6, rtol=0)
    assert (after[:, t] - before[:, t]).abs().max() > 1e-2


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("level_db", [-50, -30, -5])
def test_loudness_does_not_change_the_mask(config: SpectralConfig, level_db: float) -> None:
    model = awake(config)
    re, im = spectra(model)
    gain = 10 ** (level_db / 20) / 0.05
    torch.testing.assert_close(masks(model, re * gain, im * gain), masks(model, re, im), atol=2e-4, rtol=0)


@pytest.mark.parametrize("config", CONFIGS)
def test_pieces_equal_the_whole(config: SpectralConfig) -> None:
    model = awake(config)
    re, im = spectra(model)
    states, parts = model.initial_states(2), []
    with torch.no_grad():
        for a, b in zip(re.split(7, 1), im.split(7, 1), strict=True):
            x, y, past, states = model(a, b, states)
            parts.append(whole(x, y, past))
    torch.testing.assert_close(torch.cat(parts, 1), masks(model, re, im), atol=1e-5, rtol=0)


def test_a_mask_is_bounded_and_finite_on_silence_and_on_full_scale() -> None:
    model = awake(SMALL)
    re, im = spectra(model)
    for gain in (0.0, 1e-12, 1.0, 1e3):
        mask = masks(model, re * gain, im * gain)
        assert torch.isfinite(mask.abs()).all()
        assert mask.abs().max() <= model.LARGEST_GAIN + 1e-5


def test_the_level_follows_rises_at_once_and_falls_by_its_rate() -> None:
    level, out = Level(decay_db=6, hop_ms=10), States()
    e = torch.rand(1, 200, generator=torch.Generator().manual_seed(2)) ** 8
    states = {"level.amplitude": torch.zeros(1, 1), "level.excess": torch.zeros(1, 1, 1)}
    got, expected, h = level(e, states, out)[0], [], 0.0
    for amplitude in e[0].tolist():
        h = max(h * 10 ** (-6 * 0.01 / 20), amplitude)
        expected.append(h)
    torch.testing.assert_close(got, torch.tensor(expected))


def test_a_configuration_survives_plain_data() -> None:
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in SMALL.to_dict().items()}
    assert SpectralConfig.from_dict(plain) == SMALL


def test_bands_that_do_not_halve_are_refused() -> None:
    with pytest.raises(ValueError, match="113 bands do not halve 3 times"):
        SpectralUNet1d(SpectralConfig(single=81))


@pytest.mark.parametrize("config", CONFIGS)
def test_sixteen_bits_stay_near_and_leave_the_memories_and_the_mask_exact(config: SpectralConfig) -> None:
    model = awake(config)
    re, im = spectra(model)
    wanted = masks(model, re, im)
    model.sixteen_bits = True
    got = masks(model, re, im)
    assert 1e-6 < (got - wanted).abs().mean() < 1e-2
    assert got.dtype == wanted.dtype
    *_, states = model(re, im, model.initial_states(2))
    assert {states[name].dtype for name in ("shared", "level.amplitude")} == {torch.float32}


@pytest.mark.parametrize("config", CONFIGS)
def test_frozen_norms_keep_their_statistics_and_compute_what_is_exported(config: SpectralConfig) -> None:
    model = awake(config)
    re, im = spectra(model)
    with torch.no_grad():
        model.train()(re, im, model.initial_states(2))  # statistics of its own
    wanted, before = masks(model.eval(), re, im), {k: v.clone() for k, v in model.named_buffers()}
    model.frozen = True
    torch.testing.assert_close(masks(model.train(), re, im), wanted)
    assert model.training
    assert all(torch.equal(v, before[k]) for k, v in model.named_buffers())
    a, b, past, _ = model(re, im, model.initial_states(2))
    ((a * re + b * im).sum() + past.sum()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters() if p.requires_grad)


def test_a_filter_reaches_back_to_frames_before_the_first_as_silence() -> None:
    config = replace(FILTER, taps=3)
    model = awake(config)
    re, im = spectra(model)
    with torch.no_grad():
        a, b, past, _ = model(re, im, model.initial_states(2))
    got = torch.complex(*filtered((a, b, past), re, im))
    x, c = torch.complex(re, im), past.unflatten(1, (2, 2))
    for t in (0, 1, 2, 20):
        wanted = torch.complex(a, b)[:, t] * x[:, t]
        for k in range(1, min(t, 2) + 1):
            wanted[:, : config.single] += (
                torch.complex(c[:, k - 1, 0, t], c[:, k - 1, 1, t]) * x[:, t - k, : config.single]
            )
        torch.testing.assert_close(got[:, t], wanted)


def test_the_advance_of_the_phase_matters() -> None:
    model = awake(FILTER)
    re, im = spectra(model)
    before = masks(model, re, im)
    torch.nn.init.zeros_(model.encoder[0].turn.weight)
    assert (masks(model, re, im) - before).abs().max() > 1e-3


def tone(config: SpectralConfig, bin_number: float) -> Tensor:
    """Spectra of a steady tone so many bins up [1, frames, bins], the beginning left out."""
    hertz = bin_number * 1000 / config.window_ms
    x = torch.cos(2 * torch.pi * hertz * torch.arange(24_000, dtype=torch.float64) / 48_000 + 1)
    return config.frames.at(48_000).analyse(x[None])[:, 8:].to(torch.complex64)


@pytest.mark.parametrize("config", [FILTER, SHORT_FILTER])
def test_equal_factors_add_up_a_tone_in_the_middle_of_any_bin(config: SpectralConfig) -> None:
    model = SpectralUNet1d(config)
    factors = torch.zeros(1, 3 + 2 * (config.taps - 1), 30, model.bands.count)
    factors[:, 3::2] = 0.3  # real parts
    past = model.past(factors)
    for k in (4, 5, 6, 7):
        x = tone(config, k)[:, :30]
        zero = torch.zeros_like(x.real)
        y = torch.complex(*filtered((zero, zero, past), x.real, x.imag))[:, 10:, k]
        wanted = (config.taps - 1) * torch.tanh(torch.tensor(0.3)) * x[:, 10:, k]
        torch.testing.assert_close(y, wanted, rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize("config", [FILTER, SHORT_FILTER])
def test_the_advance_tells_where_between_two_bins_a_tone_lies(config: SpectralConfig) -> None:
    first = awake(config).encoder[0]
    torch.nn.init.zeros_(first.conv.weight)  # what is left is the advance

    def heard(bin_number: float) -> Tensor:
        x = tone(config, bin_number)
        parts = torch.stack([torch.zeros_like(x.real), x.real, x.imag], 1)[..., : config.single]
        parts = torch.nn.functional.pad(parts, (0, config.merged))
        with torch.no_grad():
            out: Tensor = first(parts[:, :, 1:], {"level0": parts[:, :, :1]}, {})
        return out

    here = heard(8.3)
    torch.testing.assert_close(here[..., 4:14], heard(9.3)[..., 5:15], rtol=1e-2, atol=1e-4)
    assert (here - heard(8.7))[..., 8].abs().max() > 1e-2
