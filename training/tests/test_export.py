"""An exported model keeps the contract, computes what was trained, and does not care how many hops a call has."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from networks import FILTER, NARROW, SHORT_FILTER, SHORT_HOP, SMALL, awake
from onnx_hops import filters, session, spectra_of

from limpid_training import checkpoint
from limpid_training.export import export
from limpid_training.frames import FrameSpec
from limpid_training.spectral import SpectralConfig, SpectralUNet1d
from limpid_training.streaming import StreamingUNet1d

FACTS = {"name": "test", "version": "2", "licence": "MIT", "description": "A network with random weights"}
ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "assets" / "models").glob("*.onnx"))
RUNS = {"limpid": "spectral-11/kept.pt", "limpid-live": "live-3/kept.pt"}
"""Shipped models of ours, and the checkpoints in training/runs that they come from."""
CONFIGS = {
    "small": SMALL,
    "short hop": SHORT_HOP,
    "filter": FILTER,
    "narrow": NARROW,
    "short filter": SHORT_FILTER,
    "default": SpectralConfig(),
}


@pytest.fixture(scope="module", params=list(CONFIGS))
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[SpectralUNet1d, Path]:
    """A network with random weights, and its file."""
    model, path = awake(CONFIGS[request.param]), tmp_path_factory.mktemp("export") / "model.onnx"
    export(model, path, FACTS)
    return model, path


def offline(model: SpectralUNet1d, spectra: np.ndarray) -> np.ndarray:
    """Filters [frames, taps, 2, bins] by the training form."""
    re, im = torch.from_numpy(spectra).unbind(1)
    with torch.no_grad():
        a, b, past, _ = model(re[None], im[None], model.initial_states())
    now = torch.stack([a[0], b[0]], 1)[:, None]
    low = past[0].unflatten(0, (-1, 2)).permute(2, 0, 1, 3)
    rest = now.shape[3] - low.shape[3]
    return torch.cat([now, torch.nn.functional.pad(low, (0, rest))], 1).numpy()


def facts_of(path: Path) -> dict[str, str]:
    return {p.key: p.value for p in onnx.load(str(path)).metadata_props}


def demo_spectra(path: Path, signal: torch.Tensor) -> np.ndarray:
    facts = facts_of(path)
    spec = FrameSpec(*(float(facts["limpid." + k]) for k in ("window_ms", "hop_ms", "synthesis_ms")))
    return spectra_of(signal, spec.at(44_100), int(facts["limpid.bins"]))


def test_the_file_says_what_the_contract_asks(exported: tuple[SpectralUNet1d, Path]) -> None:
    model, path = exported
    c, facts = model.config, facts_of(path)
    assert facts == {
        "limpid.contract": "1",
        "limpid.kind": "spectral",
        "limpid.bins": str(c.bins),
        "limpid.window_ms": f"{c.window_ms:g}",
        "limpid.hop_ms": f"{c.hop_ms:g}",
        "limpid.synthesis_ms": f"{c.synthesis_ms:g}",
        **{"limpid." + k: v for k, v in FACTS.items()},
    }


def test_only_the_hops_are_open_and_every_state_comes_out_as_it_went_in(exported: tuple[SpectralUNet1d, Path]) -> None:
    model, path = exported
    graph = onnx.load(str(path)).graph

    def shapes(values: list[onnx.ValueInfoProto]) -> dict[str, list[int | str]]:
        dims = {v.name: v.type.tensor_type.shape.dim for v in values}
        return {k: [d.dim_param or d.dim_value for d in v] for k, v in dims.items()}

    inputs, outputs = shapes(graph.input), shapes(graph.output)
    bins = model.config.bins
    assert inputs.pop("spectrum") == ["hops", 2, bins]
    assert outputs.pop("filter") == ["hops", exported[0].config.taps, 2, bins]
    assert {k.removeprefix("state."): v for k, v in inputs.items()} == {
        k.removeprefix("next."): v for k, v in outputs.items()
    }
    assert all(isinstance(d, int) for v in inputs.values() for d in v)


def test_streamed_equals_offline_on_a_recording(
    exported: tuple[SpectralUNet1d, Path], mixture_44k1: torch.Tensor
) -> None:
    model, path = exported
    spectra = demo_spectra(path, mixture_44k1)
    streamed, _ = filters(path, spectra, 1)
    assert np.abs(streamed - offline(model, spectra)).max() < 1e-4


@pytest.mark.parametrize("gain", [0.0, 1e-6, 1e3])
def test_streamed_equals_offline_at_any_loudness(exported: tuple[SpectralUNet1d, Path], gain: float) -> None:
    model, path = exported
    rng = np.random.default_rng(0)
    spectra = (rng.standard_normal((50, 2, model.config.bins)) * gain).astype(np.float32)
    streamed, _ = filters(path, spectra, 1)
    assert np.isfinite(streamed).all()
    assert np.abs(streamed - offline(model, spectra)).max() < 1e-4


@pytest.mark.parametrize("hops", [2, 3, 4, 16])
def test_several_hops_a_call_equal_one_bit_for_bit(
    exported: tuple[SpectralUNet1d, Path], mixture_44k1: torch.Tensor, hops: int
) -> None:
    _, path = exported
    spectra = demo_spectra(path, mixture_44k1)
    spectra = spectra[: len(spectra) // 48 * 48]
    (one, states), (several, last) = filters(path, spectra, 1), filters(path, spectra, hops)
    assert np.array_equal(one, several)
    assert all(np.array_equal(states[k], last[k]) for k in states)


def test_the_exported_form_is_the_trained_one_in_torch_too() -> None:
    model = awake(SMALL)
    streaming = StreamingUNet1d(model)
    spectra = np.random.default_rng(1).standard_normal((20, 2, SMALL.bins)).astype(np.float32)
    with torch.no_grad():
        got = streaming(torch.from_numpy(spectra), *streaming.initial_states().values())[0]
    assert np.abs(got.numpy() - offline(model, spectra)).max() < 1e-5


def test_the_runtime_has_nothing_to_remark(
    exported: tuple[SpectralUNet1d, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    session(exported[1], 1)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.name)
def test_a_shipped_model_does_not_care_how_many_hops_a_call_has(path: Path, mixture_44k1: torch.Tensor) -> None:
    if facts_of(path)["limpid.kind"] != "spectral":
        pytest.skip("a waveform model takes one frame a call")
    spectra = demo_spectra(path, mixture_44k1)
    spectra = spectra[: len(spectra) // 16 * 16]
    one, _ = filters(path, spectra, 1)
    for hops in (4, 16):
        assert np.array_equal(one, filters(path, spectra, hops)[0])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.name)
def test_a_shipped_model_is_under_4_mb(path: Path) -> None:
    assert path.stat().st_size < 4e6


@pytest.mark.parametrize("name", list(RUNS))
def test_a_shipped_model_computes_what_its_checkpoint_does(name: str, mixture_44k1: torch.Tensor) -> None:
    content = checkpoint.load(ROOT / "training" / "runs" / RUNS[name])
    model = SpectralUNet1d(SpectralConfig.from_dict(content["shape"]))
    model.load_state_dict(content["average"])
    path = ROOT / "assets" / "models" / f"{name}.onnx"
    spectra = demo_spectra(path, mixture_44k1)
    assert np.abs(filters(path, spectra, 1)[0] - offline(model.eval(), spectra)).max() < 1e-4


def test_checkpoints_in_the_repository_are_under_8_mb() -> None:
    kept = list((ROOT / "training" / "runs").glob("*/*.pt"))
    assert kept
    assert all(path.stat().st_size < 8e6 for path in kept)
