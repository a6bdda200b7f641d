"""What a run that trains a spectral UNet1D asks of it: closeness to the voice and to a teacher's answer, and judges."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from . import dnsmos
from .data import RATE
from .distributed import here
from .intelligible import Intelligibility
from .loader import Batch
from .losses import LossConfig, compressed, frequency_weights, spectral_loss, time_loss
from .opinion import Opinion
from .perceptual import Listener
from .spectral import SpectralConfig, SpectralUNet1d, filtered


class SpectralTask:
    """Trains a spectral UNet1D on the voice's spectrum and samples."""

    def __init__(self, config: SpectralConfig, loss: LossConfig) -> None:
        self.shape, self.loss, self.spacing = config, loss, 1000 / config.window_ms
        self.frames = config.frames.at(RATE)
        self.weights = frequency_weights(config.bins, self.spacing, loss.tilt)
        self.listener, self.intelligibility = Listener(), Intelligibility()

    def shaped(self, shape: Any) -> SpectralTask:
        """The same task for a network of another shape."""
        return SpectralTask(SpectralConfig.from_dict(shape) if isinstance(shape, dict) else shape, self.loss)

    def build(self) -> SpectralUNet1d:
        """A new network, in the memory layout that computes fastest."""
        model = SpectralUNet1d(self.shape).to(memory_format=torch.channels_last)
        model.sixteen_bits, model.frozen = self.loss.bfloat16, self.loss.frozen
        return model.train()

    def known(self, bandwidth: Tensor) -> Tensor:
        """Weights of the bins [batch, 1, bins], mean 1: zero above the bandwidth (Hz) [batch] of an example."""
        hertz = torch.arange(len(self.weights)) * self.spacing
        weights = (self.weights * (hertz <= bandwidth[:, None]))[:, None, :]
        return weights / weights.mean(2, keepdim=True)

    def __call__(self, model: SpectralUNet1d, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        """The mean loss, and its parts for the log."""
        noisy, clean = here(batch.noisy), here(batch.clean)
        x = self.frames.analyse(noisy)
        re, im = x.real.contiguous(), x.imag.contiguous()
        *filters, _ = model(re, im, model.initial_states(len(re)))
        yr, yi = filtered(filters, re, im)
        scale = (re * re + im * im).mean((1, 2), keepdim=True) + 1e-12
        y = self.frames.synthesise(torch.complex(yr, yi))[:, self.frames.latency :]
        n = y.shape[1]
        estimate = compressed(yr, yi, scale, self.loss)

        def distance(target: Tensor, spectrum: Tensor, bandwidth: Tensor, loss: LossConfig) -> tuple[Tensor, Tensor]:
            wanted = compressed(spectrum.real, spectrum.imag, scale, loss)
            spectral = spectral_loss(estimate, wanted, self.known(bandwidth), loss)
            return spectral, time_loss(y, target[:, :n], noisy[:, :n])

        s = self.frames.analyse(clean)
        spectral, timed = distance(clean, s, here(batch.bandwidth), self.loss)
        parts = {"spectral": float(spectral.detach().mean()), "sdr_db": -float(timed.detach().mean())}
        if self.loss.taught and batch.taught is not None:
            taught = here(batch.taught)
            everywhere = torch.full_like(here(batch.bandwidth), RATE / 2)
            milder = replace(self.loss, lost=self.loss.taught_lost)
            spectral2, timed2 = distance(taught, self.frames.analyse(taught), everywhere, milder)
            parts |= {"taught": float(spectral2.detach().mean()), "taught_db": -float(timed2.detach().mean())}
            # A student that has come so far has little to learn where its teacher is the one who errs.
            behind = time_loss(taught[:, :n], clean[:, :n], noisy[:, :n]) - timed.detach()
            followed = behind <= self.loss.taught_behind
            # Of all examples, those among them where the truth stands in for the teacher.
            parts["followed"] = float(followed.float().mean())
            share = self.loss.taught * followed
            spectral, timed = spectral.lerp(spectral2, share), timed.lerp(timed2, share)
        spectral, timed = spectral.mean(), timed.mean()
        loss = 10 * spectral + self.loss.time * timed
        if self.loss.heard:
            heard = self.listener(y, clean[:, :n], here(batch.bandwidth)).mean()
            loss = loss + self.loss.heard * heard
            parts["heard"] = float(heard.detach())
        if self.loss.understood:
            understood = self.intelligibility(y, clean[:, :n]).mean()
            loss = loss - self.loss.understood * understood
            parts["understood"] = float(understood.detach())  # of examples without a voice 0
        if self.loss.opinion:
            # Of half of the examples: it costs as much as the network. Of those without a voice it knows nothing.
            voiced = (clean[::2] ** 2).sum(1) > 0
            said = self.opinion(y[::2])[:, -1]
            asked = voiced.float()
            if batch.confusable is not None:
                confusable = here(batch.confusable)[::2]
                asked = asked * torch.where(confusable, self.loss.opinion_confusable, 1.0)
            loss = loss - self.loss.opinion * (said * asked).mean()
            if voiced.any():
                parts["opinion"] = float(said[voiced].mean().detach())
        return loss, parts

    @cached_property
    def opinion(self) -> Opinion:
        """Who gives an opinion; loaded when one is asked for."""
        return Opinion(dnsmos.published("sig_bak_ovr"), self.loss.bfloat16, self.loss.opinion_floor)
