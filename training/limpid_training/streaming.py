"""The spectral UNet1D in the form that is exported: Conv1d along frequency, one hop an image, batch norms folded.

The training form runs whole segments as [batch, channel, time, band] images, which is quick to train. ONNX Runtime computes an
image's convolution as one matrix product whose order of summation depends on the image's width, so several hops in one
image would differ in the last bit from one hop at a time. Here each hop is an image [hops, channel, band] of its own.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .bands import Bands
from .spectral import Block, CausalConv, SharedGru, SpectralUNet1d, States, Up, WideGru


def conv1d(conv: nn.Conv2d) -> nn.Conv1d:
    """A Conv2d of one or two rows as a Conv1d over the rows' channels, the older row first."""
    rows = conv.kernel_size[0]
    out = nn.Conv1d(conv.in_channels * rows, conv.out_channels, conv.kernel_size[1], conv.stride[1], int(conv.padding[1]))
    out.weight.data = torch.cat(list(conv.weight.data.unbind(2)), 1)
    assert out.bias is not None
    out.bias.data = conv.bias.data if conv.bias is not None else torch.zeros(conv.out_channels)
    return out


def folded(conv: nn.Module, norm: nn.Module) -> nn.Conv1d:
    """Convolution and batch norm as one Conv1d."""
    return conv1d(fuse_conv_bn_eval(conv, norm))  # type: ignore[type-var]


class StreamingBands(nn.Module):
    """`Bands` on one batch [1, hops, ...] with its products as convolutions, one hop an image."""

    def __init__(self, trained: Bands) -> None:
        super().__init__()
        self.single = trained.single
        bins = trained.spread.shape[1]
        self.merge = nn.Conv1d(bins, trained.merged, 1, bias=False)
        self.merge.weight.data = trained.spread.unsqueeze(2)
        self.spread = nn.Conv1d(trained.merged, bins, 1, bias=False)
        self.spread.weight.data = trained.merge.unsqueeze(2)
        # Not a reduction: ONNX Runtime sums one row in another order than several.
        self.sum = nn.Conv1d(trained.single + bins, 1, 1, bias=False)
        nn.init.ones_(self.sum.weight)
        self.merged, self.count = trained.merged, trained.count

    def total(self, power: Tensor) -> Tensor:
        """Power of all bins together [1, hops] from the power of each bin [1, hops, bins]."""
        return self.sum(power[0].unsqueeze(2))[:, :, 0].transpose(0, 1)

    def energies(self, power: Tensor) -> Tensor:
        """Energy of each band [1, hops, count] from the power of each bin [1, hops, bins]."""
        merged = self.merge(power[0, :, self.single :].unsqueeze(2)).squeeze(2)
        return torch.cat([power[..., : self.single], merged.unsqueeze(0)], -1)

    def to_bins(self, bands: Tensor) -> Tensor:
        """Values a bin [1, hops, bins] from values a band [1, hops, count]."""
        spread = self.spread(bands[0, :, self.single :].unsqueeze(2)).squeeze(2)
        return torch.cat([bands[..., : self.single], spread.unsqueeze(0)], -1)


class StreamingConv(nn.Module):
    """`CausalConv` on [hops, channel, band]."""

    def __init__(self, trained: CausalConv) -> None:
        super().__init__()
        self.name = trained.name
        self.conv = folded(trained.conv, trained.norm)

    def forward(self, x: Tensor, states: States, out: States) -> Tensor:
        """[hops, c_in, bands] -> [hops, c_out, bands / stride]."""
        both = torch.cat([states[self.name], x], 0)
        out[self.name] = both[-1:]
        return torch.relu(self.conv(torch.cat([both[:-1], x], 1)))


class StreamingBlock(nn.Module):
    """`Block` on [hops, channel, band]."""

    def __init__(self, trained: Block) -> None:
        super().__init__()
        a, an, _, b, bn = trained.body
        self.first, self.second = folded(a, an), folded(b, bn)

    def forward(self, x: Tensor) -> Tensor:
        """Shape kept."""
        return torch.relu(x + self.second(torch.relu(self.first(x))))


class StreamingSharedGru(nn.Module):
    """`SharedGru` on [hops, channel, band]: the bands are the GRU's batch."""

    def __init__(self, trained: SharedGru) -> None:
        super().__init__()
        self.gru, self.mix = trained.gru, conv1d(trained.mix)

    def forward(self, x: Tensor, states: States, out: States) -> Tensor:
        """Shape kept."""
        y, out["shared"] = self.gru(x.transpose(1, 2), states["shared"])
        return x + self.mix(y.transpose(1, 2))


class StreamingWideGru(nn.Module):
    """`WideGru` on [hops, channel, band]; its first product is a convolution over all bands, so each hop stays by itself."""

    def __init__(self, trained: WideGru) -> None:
        super().__init__()
        c, f, u = trained.channels, trained.bands, trained.units
        self.squeeze, self.expand, self.gru = nn.Conv1d(c, u, f), nn.Conv1d(u, c * f, 1), trained.gru
        self.squeeze.weight.data = trained.squeeze.weight.data.reshape(u, c, f)
        self.expand.weight.data = trained.expand.weight.data.unsqueeze(2)
        assert self.squeeze.bias is not None and self.expand.bias is not None
        self.squeeze.bias.data, self.expand.bias.data = trained.squeeze.bias.data, trained.expand.bias.data
        self.channels, self.bands = c, f

    def forward(self, x: Tensor, states: States, out: States) -> Tensor:
        """Shape kept."""
        y, out["wide"] = self.gru(torch.relu(self.squeeze(x)).transpose(1, 2), states["wide"])
        return x + self.expand(y.transpose(1, 2)).reshape(-1, self.channels, self.bands)


class StreamingUp(nn.Module):
    """`Up` on [hops, channel, band]."""

    def __init__(self, trained: Up) -> None:
        super().__init__()
        self.wide, self.body = folded(trained.wide, trained.norm), folded(trained.body[0], trained.body[1])
        self.c_out = trained.c_out

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """[hops, c_in, bands] -> [hops, c_out, 2 * bands]."""
        y = self.wide(x).reshape(-1, 2, self.c_out, x.shape[2]).permute(0, 2, 3, 1)
        y = torch.relu(y.reshape(-1, self.c_out, 2 * x.shape[2]) + skip)
        return torch.relu(self.body(y))


class StreamingUNet1d(nn.Module):
    """The contract's inputs and outputs: spectrum [hops, 2, bins] and states -> filter [hops, 1, 2, bins] and states."""

    def __init__(self, trained: SpectralUNet1d) -> None:
        super().__init__()
        trained = copy.deepcopy(trained).eval()
        trained.bands = StreamingBands(trained.bands)  # type: ignore[assignment]
        self.trained, self.names = trained, list(trained.initial_states())
        self.encoder = nn.ModuleList(StreamingConv(s) for s in trained.encoder)  # type: ignore[arg-type]
        self.before = nn.Sequential(*[StreamingBlock(b) for b in trained.before])  # type: ignore[arg-type]
        self.after = nn.Sequential(*[StreamingBlock(b) for b in trained.after])  # type: ignore[arg-type]
        self.shared = StreamingSharedGru(trained.shared)
        self.wide = StreamingWideGru(trained.wide) if trained.wide is not None else None
        self.decoder = nn.ModuleList(StreamingUp(u) for u in trained.decoder)  # type: ignore[arg-type]
        self.head = conv1d(trained.head)
        self.eval()

    def forward(self, spectrum: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        """One hop or several, in order; the states follow the order of `names`."""
        before, out = dict(zip(self.names, states, strict=True)), {}
        x = self.trained.features(spectrum[:, 0].unsqueeze(0), spectrum[:, 1].unsqueeze(0), before, out)
        x = x[0].transpose(0, 1)
        rows = {n: before[n][:, :, 0] for n in self.names if before[n].dim() == 4}
        before |= rows
        skips = []
        for stage in self.encoder:
            x = stage(x, before, out)
            skips.append(x)
        x = self.shared(self.before(x), before, out)
        if self.wide is not None:
            x = self.wide(x, before, out)
        x = self.after(x)
        for up, skip in zip(self.decoder, skips[-2::-1], strict=True):
            x = up(x, skip)
        mask = self.trained.mask(self.head(x).transpose(0, 1).unsqueeze(0))
        out |= {n: out[n].unsqueeze(2) for n in rows}
        return torch.stack([m[0] for m in mask], 1).unsqueeze(1), *[out[n] for n in self.names]
