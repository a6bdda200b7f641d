"""The spectral UNet1D in the form that is exported: one hop an image, batch norms folded, few nodes.

The training form runs whole segments as [batch, channel, time, band] images, which is quick to train. ONNX Runtime
computes an image's convolution as one matrix product whose order of summation depends on the image's width, so several
hops in one image would differ in the last bit from one hop at a time. Here each hop is an image of its own,
[hops, channel, 1, band], and the frame before stands in further channels. Two-dimensional convolutions of height one
run in ONNX Runtime's blocked kernels; one-dimensional ones do not.
"""

from __future__ import annotations

import copy
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .spectral import Block, CausalConv, FirstConv, SharedGru, SpectralUNet1d, States, Up, WideGru
from .streaming_ends import StreamingFeatures, StreamingMask, Turn


def flat(conv: nn.Conv2d) -> nn.Conv2d:
    """A convolution over one or two frames as one over a single row with both frames' channels, the older first."""
    rows, width = conv.kernel_size
    inputs, stride, padding = conv.in_channels * rows, (1, conv.stride[1]), (0, int(conv.padding[1]))
    out = nn.Conv2d(inputs, conv.out_channels, (1, width), stride, padding)
    out.weight.data = torch.cat(torch.split(conv.weight.data, 1, 2), 1)
    out.bias = nn.Parameter(torch.zeros(conv.out_channels) if conv.bias is None else conv.bias.data)
    return out


def folded(conv: nn.Module, norm: nn.Module) -> nn.Conv2d:
    """Convolution and batch norm as one convolution over a single row."""
    return flat(fuse_conv_bn_eval(cast(nn.Conv2d, conv), cast(nn.BatchNorm2d, norm)))


class StreamingConv(nn.Module):
    """`CausalConv` on [hops, channel, 1, band]."""

    def __init__(self, trained: CausalConv) -> None:
        super().__init__()
        self.name = trained.name
        self.conv = folded(trained.conv, trained.norm)

    def forward(self, x: Tensor, states: States, out: States) -> Tensor:
        """[hops, c_in, 1, bands] -> [hops, c_out, 1, bands / stride]."""
        both = torch.cat([states[self.name], x], 0)
        out[self.name] = both[-1:]
        return torch.relu(self.conv(torch.cat([both[:-1], x], 1)))


class StreamingFirstConv(StreamingConv):
    """`FirstConv` on [hops, 3, 1, band]: the four products of both frames' parts stand in further channels."""

    def __init__(self, trained: FirstConv, gains: Tensor) -> None:
        super().__init__(trained)
        weight = self.conv.weight.data / gains.repeat(2).reshape(-1, 1, 1)
        if trained.turn is not None:
            # Both parts have the same gain, so all four products have one.
            cosine, sine = torch.split(trained.turn.weight.data / (gains[1] * gains[2]), 1, 1)
            # now times before: real by real and imaginary by imaginary; real by imaginary and the other way round.
            weight = torch.cat([weight, cosine, cosine, -sine, sine], 1)
        self.conv.weight.data, self.conv.in_channels = weight, weight.shape[1]
        self.advance = trained.turn is not None
        self.turn = Turn(trained.cosine, trained.sine, 1)

    def forward(self, x: Tensor, states: States, out: States) -> Tensor:
        """[hops, 3, 1, bands] -> [hops, c_out, 1, bands]."""
        both = torch.cat([states[self.name], x], 0)
        out[self.name], before = both[-1:], both[:-1]
        if not self.advance:
            return torch.relu(self.conv(torch.cat([before, x], 1)))
        _, parts = torch.split(before, [1, 2], 1)
        re, im = torch.split(self.turn(parts), 1, 1)
        _, now = torch.split(x, [1, 2], 1)
        straight, crossed = now * torch.cat([re, im], 1), now * torch.cat([im, re], 1)
        return torch.relu(self.conv(torch.cat([before, x, straight, crossed], 1)))


class StreamingBlock(nn.Module):
    """`Block` on [hops, channel, 1, band]."""

    def __init__(self, trained: Block) -> None:
        super().__init__()
        a, an, _, b, bn = trained.body
        self.first, self.second = folded(a, an), folded(b, bn)

    def forward(self, x: Tensor) -> Tensor:
        """Shape kept."""
        return torch.relu(x + self.second(torch.relu(self.first(x))))


class StreamingSharedGru(nn.Module):
    """`SharedGru` on [hops, channel, 1, band]: the bands are the GRU's batch."""

    def __init__(self, trained: SharedGru) -> None:
        super().__init__()
        self.name, self.gru, self.mix = trained.name, trained.gru, flat(trained.mix)

    def forward(self, x: Tensor, states: States, out: States) -> Tensor:
        """Shape kept."""
        y, out[self.name] = self.gru(x.squeeze(2).transpose(1, 2), states[self.name])
        mixed: Tensor = self.mix(y.unsqueeze(1).permute(0, 3, 1, 2))
        return x + mixed


class StreamingWideGru(nn.Module):
    """`WideGru` on [hops, channel, 1, band]; its products are convolutions, so each hop stays by itself."""

    def __init__(self, trained: WideGru) -> None:
        super().__init__()
        c, f, u = trained.between, trained.bands, trained.units
        squeeze, expand = trained.squeeze, trained.expand
        self.squeeze, self.expand, self.gru = nn.Conv2d(c, u, (1, f)), nn.Conv2d(u, c * f, 1), trained.gru
        self.squeeze.weight.data, self.squeeze.bias = squeeze.weight.data.reshape(u, c, 1, f), squeeze.bias
        self.expand.weight.data, self.expand.bias = expand.weight.data.reshape(c * f, u, 1, 1), expand.bias
        self.hear, self.answer = trained.hear, trained.answer
        self.channels, self.bands, self.units = c, f, u

    def forward(self, x: Tensor, states: States, out: States) -> Tensor:
        """Shape kept."""
        y, out["wide"] = self.gru(torch.relu(self.squeeze(self.hear(x))).reshape(-1, 1, self.units), states["wide"])
        expanded: Tensor = self.expand(y.reshape(-1, self.units, 1, 1))
        answer: Tensor = self.answer(expanded.reshape(-1, self.channels, 1, self.bands))
        return x + answer


class StreamingUp(nn.Module):
    """`Up` on [hops, channel, 1, band]."""

    def __init__(self, trained: Up, bands: int) -> None:
        super().__init__()
        self.wide, self.body = folded(trained.wide, trained.norm), folded(trained.body[0], trained.body[1])
        self.c_out, self.bands = trained.c_out, bands
        # Even and odd bands of a channel side by side: the shuffle is then a transposition of the last two axes.
        for p in self.wide.parameters():
            p.data = p.data.reshape(2, self.c_out, *p.shape[1:]).transpose(0, 1).reshape(p.shape)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """[hops, c_in, 1, bands] -> [hops, c_out, 1, 2 * bands]."""
        y: Tensor = self.wide(x).reshape(-1, self.c_out, 2, self.bands).transpose(2, 3)
        y = torch.relu(y.reshape(-1, self.c_out, 1, 2 * self.bands) + skip)
        return torch.relu(self.body(y))


class StreamingUNet1d(nn.Module):
    """The contract's inputs and outputs: spectrum [hops, 2, bins], states -> filter [hops, taps, 2, bins], states."""

    def __init__(self, trained: SpectralUNet1d) -> None:
        super().__init__()
        trained = copy.deepcopy(trained).eval()
        self.features, self.mask = StreamingFeatures(trained), StreamingMask(trained)
        first, *others = trained.encoder
        encoder = [StreamingConv(cast(CausalConv, stage)) for stage in others]
        encoder.insert(0, StreamingFirstConv(cast(FirstConv, first), self.features.gains))
        self.encoder = nn.ModuleList(encoder)
        self.fine = StreamingSharedGru(trained.fine) if trained.fine is not None else None
        self.fine_level = trained.config.fine
        self.before = nn.Sequential(*[StreamingBlock(cast(Block, b)) for b in trained.before])
        self.shared = StreamingSharedGru(trained.shared)
        self.wide = StreamingWideGru(trained.wide) if trained.wide is not None else None
        self.after = nn.Sequential(*[StreamingBlock(cast(Block, b)) for b in trained.after])
        bands = trained.shared.bands
        self.decoder = nn.ModuleList(StreamingUp(cast(Up, up), bands << i) for i, up in enumerate(trained.decoder))
        self.head = flat(trained.head)
        before = trained.initial_states()
        self.states = {"level": self.features.level.initial_state()}
        self.states |= {name: state for name, state in before.items() if not name.startswith("level.")}
        self.eval()

    def initial_states(self) -> States:
        """States of the start: zeros."""
        return {k: v.clone() for k, v in self.states.items()}

    def forward(self, spectrum: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        """One hop or several, in order; the states follow the order of `initial_states`."""
        before = dict(zip(self.states, states, strict=True))
        out: States = {}
        x = self.features(spectrum, before, out)
        skips = []
        for i, stage in enumerate(self.encoder):
            x = stage(x, before, out)
            if self.fine is not None and i == self.fine_level:
                x = self.fine(x, before, out)
            skips.append(x)
        x = self.shared(self.before(x), before, out)
        if self.wide is not None:
            x = self.wide(x, before, out)
        x = self.after(x)
        for up, skip in zip(self.decoder, skips[-2::-1], strict=True):
            x = up(x, skip)
        return self.mask(self.head(x)), *[out[n] for n in self.states]
