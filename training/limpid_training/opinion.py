"""What listeners would say of a signal: the published network of DNSMOS P.835 as a loss with a gradient.

Reddy, Gopal and Cutler, "DNSMOS P.835: A non-intrusive perceptual objective speech quality metric to evaluate noise
suppressors", ICASSP 2022; weights under the MIT licence, out of the package speechmos. It hears no reference, so it
speaks of the noise that stays in pauses, where distances of spectra say little. It is a judge as well: what it says of
a network that was trained to please it counts no more than what the other judges say.
"""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from .dnsmos import FITS
from .resample import to_16khz

HOP = 160
"""Samples at 16 kHz from frame to frame."""
POOLED = (3, 4, 5)
"""Convolutions, counted from 0, whose output is pooled two by two."""


class Opinion:
    """Scores of signals, from 1 to 5: of the speech, of the background, of both together.

    Args:
        path: the published sig_bak_ovr.onnx.
        sixteen_bits: compute the convolutions in 16 bits.
        floor: power that is added to every bin of the spectrum that the network takes the logarithm of (a full-scale
            sine: 7e3). Without it most of the gradient tells what to do where nothing is left to hear.
    """

    def __init__(self, path: Path, sixteen_bits: bool = False, floor: float = 0.0) -> None:
        # The numbers are copied: those that are read cannot be written, which torch does not like.
        weights = {i.name: torch.tensor(numpy_helper.to_array(i)) for i in onnx.load(path).graph.initializer}
        self.sixteen_bits, self.floor = sixteen_bits, floor
        stft = [weights[f"time2freq/stft-{part}/kernel:0"].squeeze(2) for part in ("real", "imag")]
        self.stft = torch.cat(stft).unsqueeze(1)
        names = sorted(n.removesuffix("/kernel:0") for n in weights if n.startswith("conv2d") and "kernel" in n)
        self.convolutions = [
            (weights[f"{n}/kernel:0"].contiguous(memory_format=torch.channels_last), weights[f"{n}/bias:0"])
            for n in names
        ]
        self.dense = [
            tuple(weights[f"mos_estimator_logpow/{n}/{k}/ReadVariableOp/resource:0"] for k in ("MatMul", "BiasAdd"))
            for n in ("dense", "dense_1", "dense_3")
        ]
        self.fits = torch.tensor(FITS)

    def __call__(self, x: Tensor) -> Tensor:
        """Scores [batch, 3] of signals [batch, samples] at 48 kHz; of short ones it hears what there is."""
        return self.heard(to_16khz(x))

    def heard(self, x: Tensor) -> Tensor:
        """Scores [batch, 3] of signals [batch, samples] at 16 kHz."""
        spectrum = nn.functional.conv1d(x.clamp(-1, 1).unsqueeze(1), self.stft, stride=HOP)
        re, im = spectrum.chunk(2, 1)
        y = torch.log10((re * re + im * im + self.floor).clamp_min(1e-12)).transpose(1, 2).unsqueeze(1)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=self.sixteen_bits):
            y = y.contiguous(memory_format=torch.channels_last)
            for i, (kernel, bias) in enumerate(self.convolutions):
                y = torch.relu(nn.functional.conv2d(y, kernel, bias, padding=1))
                if i in POOLED:
                    y = nn.functional.max_pool2d(y, 2)
        y = y.float().amax((2, 3))
        for i, (matrix, bias) in enumerate(self.dense):
            y = (torch.relu(y) if i else y) @ matrix + bias
        a, b, c = self.fits.unbind(1)
        return a * y * y + b * y + c
