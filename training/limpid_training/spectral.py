"""The spectral UNet1D: encoder, bottleneck and decoder along the frequency axis of each frame, with memory over time.

One module serves training (many frames, states of zero) and streaming (one hop or several, states carried). Tensors are
[batch, channel, time, band]; a convolution that sees the frame before takes it from a state, so nothing looks ahead.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Self, cast

import torch
from torch import Tensor, nn

from . import recurrent
from .bands import Bands
from .frames import FrameSpec

States = dict[str, Tensor]


@dataclass(frozen=True)
class SpectralConfig:
    """Shape of a spectral UNet1D.

    Attributes:
        window_ms, hop_ms, synthesis_ms: frames.
        bins: bins of the spectrum, `1000 / window_ms` Hz apart.
        single: bins that stay bands of their own; merged: ERB bands above them.
        channels: one entry a level; every level after the first halves the bands.
        kernels: along frequency, one a level.
        blocks: residual convolution blocks at the bottleneck, before and after the shared GRU.
        wide: units of the GRU that sees all frequencies at once (0: none).
        narrow: combinations of each band's channels that this GRU hears and answers on (0: all channels).
        fine: level whose bands have memories of their own, beside those of the bottleneck (0: none).
        taps: frames, this one and those before it, that the filter of each single bin reaches over (1: a mask alone).
        advance: how the phase of each single bin advances from frame to frame is a feature.
        floor_db: power below the running level at which features end.
        decay_db: fall of the running level a second.
    """

    window_ms: float = 20.0
    hop_ms: float = 10.0
    synthesis_ms: float = 20.0
    bins: int = 481
    single: int = 80
    merged: int = 32
    channels: tuple[int, ...] = (16, 24, 32, 48)
    kernels: tuple[int, ...] = (5, 5, 3, 3)
    blocks: int = 2
    wide: int = 192
    narrow: int = 0
    fine: int = 0
    taps: int = 1
    advance: bool = False
    floor_db: float = 80.0
    decay_db: float = 6.0

    @property
    def frames(self) -> FrameSpec:
        """Durations of the frames."""
        return FrameSpec(self.window_ms, self.hop_ms, self.synthesis_ms)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a checkpoint."""
        return asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> SpectralConfig:
        """The inverse of `to_dict`; lists become tuples.

        Raises:
            ValueError: there is a key that no part of a shape has, as of another version of this package.
        """
        unknown = set(data) - {f.name for f in fields(SpectralConfig)}
        if unknown:
            raise ValueError(f"a network's shape has nothing named {', '.join(sorted(unknown))}")
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return SpectralConfig(**values)


class Level(nn.Module):
    """Running level of a stream: follows rises at once and falls by `decay_db` a second.

    With e the amplitude of a frame, h[t] = max(d h[t-1], e[t]) = e[t] + g[t], where
    g[t] = relu(d g[t-1] + d e[t-1] - e[t]): a recurrent network of one unit, so training, streaming and ONNX compute
    the same.
    """

    def __init__(self, decay_db: float, hop_ms: float) -> None:
        super().__init__()
        self.decay = 10 ** (-decay_db * hop_ms / 1000 / 20)
        self.unit = nn.RNN(1, 1, nonlinearity="relu", bias=False)
        for p, value in zip(self.unit.parameters(), (1.0, self.decay), strict=True):
            nn.init.constant_(p, value)
            p.requires_grad = False

    def forward(self, e: Tensor, states: States, out: States) -> Tensor:
        """Levels [batch, time] of amplitudes [batch, time]."""
        before = torch.cat([states["level.amplitude"], e], 1)
        out["level.amplitude"] = before[:, -1:]
        rise = self.decay * before[:, :-1] - e
        g: Tensor
        g, out["level.excess"] = self.unit(rise.T.unsqueeze(-1), states["level.excess"])
        return e + g.squeeze(-1).T


def normed(conv: nn.Module, norm: nn.Module, x: Tensor) -> Tensor:
    """Convolution and batch norm; as one convolution where the statistics do not come from `x`."""
    if norm.training:
        y: Tensor = norm(conv(x))
        return y
    conv, norm = cast(nn.Conv2d, conv), cast(nn.BatchNorm2d, norm)
    scale = norm.weight * torch.rsqrt(cast(Tensor, norm.running_var) + norm.eps)
    bias = norm.bias - cast(Tensor, norm.running_mean) * scale
    weight = conv.weight * scale[:, None, None, None]
    return nn.functional.conv2d(x, weight, bias, conv.stride, conv.padding)


class CausalConv(nn.Module):
    """Convolution along frequency over this frame and the one before, batch norm, ReLU."""

    def __init__(self, name: str, c_in: int, c_out: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.name = name
        self.conv = nn.Conv2d(c_in, c_out, (2, kernel), (1, stride), (0, kernel // 2), bias=False)
        self.norm = nn.BatchNorm2d(c_out)

    def forward(self, x: Tensor, states: States, out: States) -> Tensor:
        """[batch, c_in, time, bands] -> [batch, c_out, time, bands / stride]."""
        # One type and one layout for both, or the result takes the slower ones.
        before = states[self.name].to(x.dtype, memory_format=torch.channels_last)
        x = torch.cat([before, x], 2)
        out[self.name] = x[:, :, -1:]
        return torch.relu(normed(self.conv, self.norm, x))


def rotation(config: SpectralConfig, frames: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine [frames, single] of the angle by which a tone in the middle of a bin turns in 1, 2, ... hops.

    At half a window a hop every second bin changes its sign, which weights that all bins share could not know. Rounded,
    so that quarter turns are exact: a sine of zero need not be computed.
    """
    share = config.hop_ms / config.window_ms
    turns = torch.outer(torch.arange(1, frames + 1), torch.arange(config.single)).double() * share
    angle = 2 * torch.pi * (turns - turns.round())
    return torch.cos(angle).round(decimals=9).float(), torch.sin(angle).round(decimals=9).float()


def turned(re: Tensor, im: Tensor, cosine: Tensor, sine: Tensor) -> tuple[Tensor, Tensor]:
    """Complex numbers times those of an angle."""
    return re * cosine - im * sine, re * sine + im * cosine


class FirstConv(CausalConv):
    """`CausalConv` of the features, to which the advance of the phase may be added.

    Of a steady tone, a bin times the conjugate of the same bin a frame before has the same phase in all bins that the
    tone reaches. Less the phase by which a tone in the middle of the bin turns, it tells where between the bins the
    tone lies, which one frame cannot tell and a filter over several has to know.
    """

    cosine: Tensor
    sine: Tensor

    def __init__(self, config: SpectralConfig) -> None:
        c_out, kernel = config.channels[0], config.kernels[0]
        super().__init__("level0", 3, c_out, kernel, 1)
        for name, value, beyond in zip(("cosine", "sine"), rotation(config, 1), (1.0, 0.0), strict=True):
            self.register_buffer(name, nn.functional.pad(value, (0, config.merged), value=beyond), persistent=False)
        advance = config.advance
        self.turn = nn.Conv2d(2, c_out, (1, kernel), padding=(0, kernel // 2), bias=False) if advance else None
        if self.turn is not None:
            nn.init.zeros_(self.turn.weight)

    def forward(self, x: Tensor, states: States, out: States) -> Tensor:
        """[batch, 3, time, bands] -> [batch, c_out, time, bands]."""
        if self.turn is None:
            return super().forward(x, states, out)
        before = states[self.name].to(x.dtype, memory_format=torch.channels_last)
        x = torch.cat([before, x], 2)
        out[self.name] = x[:, :, -1:]
        re, im = turned(x[:, 1, :-1], x[:, 2, :-1], self.cosine, self.sine)
        now_re, now_im = x[:, 1, 1:], x[:, 2, 1:]
        advance = torch.stack([now_re * re + now_im * im, now_im * re - now_re * im], 1)
        return torch.relu(normed(self.conv, self.norm, x) + self.turn(advance))


class Block(nn.Module):
    """Residual block along frequency: convolution, batch norm, ReLU, 1x1 convolution, batch norm."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, (1, kernel), padding=(0, kernel // 2), bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Shape kept."""
        first, norm, _, second, last = self.body
        return torch.relu(x + normed(second, last, torch.relu(normed(first, norm, x))))


class SharedGru(nn.Module):
    """A GRU over time with the same weights at every frequency: each keeps a memory of its own."""

    def __init__(self, name: str, channels: int, bands: int) -> None:
        super().__init__()
        self.name = name
        self.gru = nn.GRU(channels, channels)
        self.mix = nn.Conv2d(channels, channels, 1)
        self.channels, self.bands = channels, bands

    def forward(self, x: Tensor, states: States, out: States) -> Tensor:
        """Shape kept."""
        b, t = x.shape[0], x.shape[2]
        seq = x.permute(2, 0, 3, 1).reshape(t, b * self.bands, self.channels)
        y, out[self.name] = recurrent.run(self.gru, seq, states[self.name])
        mixed: Tensor = self.mix(y.reshape(t, b, self.bands, self.channels).permute(1, 3, 0, 2))
        return x + mixed


class WideGru(nn.Module):
    """A GRU over time that sees all frequencies at once: voice or not, which voice, which noise.

    It may hear and answer on a few combinations of the channels. The two matrices around it are nearly half of the
    network's weights otherwise, and at one hop a call it is the reading of weights that takes the time.
    """

    def __init__(self, channels: int, bands: int, units: int, narrow: int = 0) -> None:
        super().__init__()
        if not 0 <= narrow <= channels:
            raise ValueError(f"of {channels} channels there are no {narrow} combinations")
        between = narrow or channels
        self.hear = nn.Conv2d(channels, narrow, 1, bias=False) if narrow else nn.Identity()
        self.squeeze = nn.Linear(between * bands, units)
        self.gru = nn.GRU(units, units)
        self.expand = nn.Linear(units, between * bands)
        self.answer = nn.Conv2d(narrow, channels, 1, bias=False) if narrow else nn.Identity()
        self.between, self.bands, self.units = between, bands, units

    def forward(self, x: Tensor, states: States, out: States) -> Tensor:
        """Shape kept."""
        b, t = x.shape[0], x.shape[2]
        heard: Tensor = self.hear(x)
        seq = torch.relu(self.squeeze(heard.permute(2, 0, 1, 3).reshape(t, b, self.between * self.bands)))
        y, out["wide"] = recurrent.run(self.gru, seq, states["wide"])
        expanded: Tensor = self.expand(y)
        answer: Tensor = self.answer(expanded.reshape(t, b, self.between, self.bands).permute(1, 2, 0, 3))
        return x + answer


class Up(nn.Module):
    """Doubles the bands by sub-pixel shuffle, adds the skip, and convolves."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.wide = nn.Conv2d(c_in, 2 * c_out, (1, 3), padding=(0, 1), bias=False)
        self.norm = nn.BatchNorm2d(2 * c_out)
        self.body = nn.Sequential(
            nn.Conv2d(c_out, c_out, (1, 3), padding=(0, 1), bias=False), nn.BatchNorm2d(c_out), nn.ReLU()
        )
        self.c_out = c_out

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """[batch, c_in, time, bands] -> [batch, c_out, time, 2 * bands]."""
        b, t, f = x.shape[0], x.shape[2], x.shape[3]
        y = normed(self.wide, self.norm, x)
        # With the channels last in memory this moves nothing.
        y = y.permute(0, 2, 3, 1).reshape(b, t, 2 * f, self.c_out).permute(0, 3, 1, 2)
        return torch.relu(normed(self.body[0], self.body[1], torch.relu(y + skip)))


class SpectralUNet1d(nn.Module):
    """Spectrum in, complex mask a bin out; magnitude bounded, phase free; perhaps a filter of several frames.

    The filter over time of the low bins follows Mack and Habets, "Deep filtering: Signal extraction and reconstruction
    using complex time-frequency filters", IEEE SPL 27 (2020): several frames together tell apart what lies between two
    bins.
    """

    LARGEST_GAIN = 1.05
    cosine: Tensor
    sine: Tensor

    def __init__(self, config: SpectralConfig) -> None:
        super().__init__()
        self.config = config
        self.sixteen_bits = self.frozen = False
        c, k = config.channels, config.kernels
        self.bands = Bands(config.single, config.merged, config.bins, 1000 / config.window_ms)
        if self.bands.count % 2 ** (len(c) - 1):
            raise ValueError(f"{self.bands.count} bands do not halve {len(c) - 1} times")
        self.level = Level(config.decay_db, config.hop_ms)
        self.encoder = nn.ModuleList()
        self.fine: SharedGru | None = None
        self.rows: dict[str, tuple[int, ...]] = {}
        bands = self.bands.count
        for i, (c_in, c_out) in enumerate(zip((3, *c[:-1]), c, strict=True)):
            self.encoder.append(CausalConv(f"level{i}", c_in, c_out, k[i], 2) if i else FirstConv(config))
            self.rows[f"level{i}"] = c_in, 1, bands
            bands = bands if i == 0 else bands // 2
            if i == config.fine > 0:
                self.fine = SharedGru("fine", c_out, bands)
                nn.init.zeros_(self.fine.mix.weight)
                nn.init.zeros_(cast(Tensor, self.fine.mix.bias))
        self.before = nn.Sequential(*[Block(c[-1], 5) for _ in range(config.blocks // 2)])
        self.shared = SharedGru("shared", c[-1], bands)
        self.wide = WideGru(c[-1], bands, config.wide, config.narrow) if config.wide else None
        self.after = nn.Sequential(*[Block(c[-1], 5) for _ in range(config.blocks - config.blocks // 2)])
        self.decoder = nn.ModuleList([Up(a, b) for a, b in zip(c[:0:-1], c[-2::-1], strict=True)])
        for name, value in zip(("cosine", "sine"), rotation(config, config.taps - 1), strict=True):
            self.register_buffer(name, value.unsqueeze(1), persistent=False)
        self.head = nn.Conv2d(c[0], 3 + 2 * (config.taps - 1), (1, 3), padding=(0, 1))
        nn.init.zeros_(self.head.weight)
        self.head.bias = nn.Parameter(torch.tensor([1.0, 1.0, 0.0] + 2 * (config.taps - 1) * [0.0]))

    def initial_states(self, batch: int = 1) -> States:
        """States of the start: zeros."""
        c, f = self.config.channels, self.bands.count
        states = {"level.amplitude": torch.zeros(batch, 1), "level.excess": torch.zeros(1, batch, 1)}
        states |= {name: torch.zeros(batch, *shape) for name, shape in self.rows.items()}
        states["shared"] = torch.zeros(1, batch * (f >> (len(c) - 1)), c[-1])
        if self.fine is not None:
            states["fine"] = torch.zeros(1, batch * self.fine.bands, self.fine.channels)
        if self.wide is not None:
            states["wide"] = torch.zeros(1, batch, self.config.wide)
        return states

    def train(self, mode: bool = True) -> Self:
        """As every module, but frozen batch norms stay as they are."""
        super().train(mode)
        if self.frozen:
            for module in self.modules():
                if isinstance(module, (nn.BatchNorm2d, nn.SyncBatchNorm)):
                    module.eval()
        return self

    def features(self, re: Tensor, im: Tensor, states: States, out: States) -> Tensor:
        """Features [batch, 3, time, bands] of a spectrum [batch, time, bins].

        They are the log energy and the compressed real and imaginary part, all relative to the running level, so
        loudness does not matter. Bands of several bins have no phase: zeros.
        """
        power = re * re + im * im
        level = self.level(self.bands.total(power).sqrt(), states, out).unsqueeze(-1)
        scale = 1 / (level + 1e-8)
        floor = 10 ** (-self.config.floor_db / 10)
        energy = self.bands.energies(power) * (scale * scale)
        log = torch.log10(energy + floor) * (20 / self.config.floor_db) + 1
        n = self.bands.single
        squeeze = (energy[..., :n] + floor) ** -0.35
        parts = torch.stack([re[..., :n], im[..., :n]], 1) * (scale * squeeze).unsqueeze(1)
        parts = torch.nn.functional.pad(parts, (0, self.bands.merged))
        return torch.cat([log.unsqueeze(1), parts], 1)

    def forward(self, re: Tensor, im: Tensor, states: States) -> tuple[Tensor, Tensor, Tensor, States]:
        """Filter of a spectrum.

        Args:
            re: real part [batch, time, bins].
            im: imaginary part, alike.
            states: as `initial_states` or the last call gave them.

        Returns:
            Real and imaginary part of the mask [batch, time, bins]; of the frames before, the newest first, the
            factors of the single bins [batch, 2 * (taps - 1), time, single], real and imaginary parts by turns; and the
            next states.
        """
        out: States = {}
        x = self.features(re, im, states, out)
        skips = []
        with self.quick():
            for i, stage in enumerate(self.encoder):
                x = stage(x, states, out)
                if self.fine is not None and i == self.config.fine:
                    x = self.fine_memory(x, states, out)
                skips.append(x)
            x = self.before(x)
        x = self.shared(self.exact(x), states, out)
        if self.wide is not None:
            x = self.wide(x, states, out)
        with self.quick():
            x = self.after(x)
            for up, skip in zip(self.decoder, skips[-2::-1], strict=True):
                x = up(x, skip)
        raw = self.head(self.exact(x))
        return *self.mask(raw), self.past(raw), out

    def fine_memory(self, x: Tensor, states: States, out: States) -> Tensor:
        """What the memories of a level's own bands add, computed in 32 bits."""
        fine = cast(SharedGru, self.fine)
        with torch.autocast(x.device.type, enabled=False):
            y: Tensor = fine(x.float(), states, out)
        return y.to(x.dtype)

    def quick(self) -> torch.autocast:
        """Where convolutions may be computed in 16 bits."""
        return torch.autocast(self.head.weight.device.type, torch.bfloat16, enabled=self.sixteen_bits)

    def exact(self, x: Tensor) -> Tensor:
        """Back to 32 bits: memories that add up small changes, and the mask, need them."""
        return x.float() if self.sixteen_bits else x

    def mask(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """Real and imaginary part of the mask [batch, time, bins] from the head's channels [batch, 3, time, bands]."""
        a, b = raw[:, 1], raw[:, 2]
        gain = self.LARGEST_GAIN * torch.sigmoid(raw[:, 0]) * torch.rsqrt(a * a + b * b + 1e-6)
        return self.bands.to_bins(gain * a), self.bands.to_bins(gain * b)

    def past(self, raw: Tensor) -> Tensor:
        """Factors [batch, 2 * (taps - 1), time, single] of the frames before, each turned on to this frame."""
        factors = torch.tanh(raw[:, 3:, :, : self.bands.single])
        re, im = turned(factors[:, ::2], factors[:, 1::2], self.cosine, self.sine)
        return torch.stack([re, im], 2).flatten(1, 2)


def filtered(filters: tuple[Tensor, Tensor, Tensor], re: Tensor, im: Tensor) -> tuple[Tensor, Tensor]:
    """What filters make of the whole spectrum [batch, time, bins] that they were found for, silence before it.

    Args:
        filters: mask and factors of the frames before, as `SpectralUNet1d` gives them.
        re: real part of the spectrum.
        im: imaginary part, alike.
    """
    a, b, past = filters
    yr, yi = a * re - b * im, a * im + b * re
    if not past.shape[1]:
        return yr, yi
    time, single = past.shape[2:]
    low = torch.zeros_like(past[:, 0]), torch.zeros_like(past[:, 0])
    for k in range(past.shape[1] // 2):
        c, d = past[:, 2 * k], past[:, 2 * k + 1]
        xr, xi = (nn.functional.pad(x[..., :single], (0, 0, k + 1, 0))[:, :time] for x in (re, im))
        low = low[0] + c * xr - d * xi, low[1] + c * xi + d * xr
    rest = (0, re.shape[2] - single)
    return yr + nn.functional.pad(low[0], rest), yi + nn.functional.pad(low[1], rest)
