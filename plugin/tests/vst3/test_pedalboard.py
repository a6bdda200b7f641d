"""The VST3 in pedalboard, which is built on JUCE and takes the latency off by itself."""

import contextlib
import os
import subprocess
from pathlib import Path

import numpy as np
import onnxruntime
import pedalboard
import pytest
import soundfile
from conftest import PROJECT, error_db

OPEN = 0.75
"""Where a fader stands for 0 dB, of 1."""


def load(vst3: str, voice: float = OPEN, background: float = 0.0) -> pedalboard.VST3Plugin:
    """An instance with its faders at these positions."""
    plugin = pedalboard.load_plugin(vst3)
    plugin.parameters["voice"].raw_value = voice
    plugin.parameters["background"].raw_value = background
    return plugin


def test_the_parameters_have_names_and_texts(vst3: str) -> None:
    """As the engine has them."""
    plugin = load(vst3)
    assert {"voice", "background", "solo", "stereo_link", "bypass"} <= set(plugin.parameters)
    assert plugin.parameters["voice"].string_value == "0 dB"
    assert plugin.parameters["background"].string_value == "silent"


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("block", [17, 64, 512, 4096])
def test_with_the_latency_taken_off_open_faders_change_nothing(
    vst3: str, noise: np.ndarray, rate: int, block: int
) -> None:
    """Which also shows that the reported latency is the true one."""
    plugin = load(vst3, background=OPEN)
    output = plugin.process(noise, rate, buffer_size=block)
    assert output.shape == noise.shape
    assert error_db(output, noise) < -100
    print(rate, block, plugin.reported_latency_samples)


def test_mono_is_processed_as_mono(vst3: str, noise: np.ndarray) -> None:
    """One channel in, one out."""
    output = load(vst3, background=OPEN).process(noise[:1], 48000)
    assert error_db(output, noise[:1]) < -100


def test_a_render_is_the_same_bits_each_time(vst3: str, speech: np.ndarray) -> None:
    """In one instance and in another, with blocks of another length."""
    plugin = load(vst3)
    first = plugin.process(speech, 48000, buffer_size=512)
    assert np.array_equal(first, plugin.process(speech, 48000, buffer_size=512))
    assert np.array_equal(first, load(vst3).process(speech, 48000, buffer_size=333))


@pytest.mark.parametrize("block", [1, 17, 64, 4096])
@pytest.mark.parametrize("channels", [1, 2])
def test_blocks_of_any_length_give_the_same_bits(vst3: str, speech: np.ndarray, block: int, channels: int) -> None:
    """As blocks of 512 do."""
    sound = speech[:channels, :24000]
    expected = load(vst3).process(sound, 48000, buffer_size=512)
    assert np.array_equal(load(vst3).process(sound, 48000, buffer_size=block), expected)


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_render_equals_limpid_enhance(
    vst3: str, program: str, speech: np.ndarray, tmp_path: Path, rate: int, channels: int
) -> None:
    """Bit for bit: the plugin and the program run the same engine."""
    sound = speech[:channels, : 3 * rate]
    soundfile.write(tmp_path / "in.wav", sound.T, rate, subtype="FLOAT")
    data = Path(vst3) / "Contents/Resources"
    [library] = data.glob("limpid_onnxruntime*")
    command = [program, "enhance", tmp_path / "in.wav", "-o", tmp_path / "out.wav"]
    command += ["--model", data / "models/limpid.onnx"]
    environment = os.environ | {"LIMPID_ONNXRUNTIME": str(library)}
    subprocess.run(command, check=True, env=environment)
    expected, _ = soundfile.read(tmp_path / "out.wav", dtype="float32", always_2d=True)
    output = load(vst3).process(sound, rate)
    assert np.array_equal(output.T, expected)


def test_bypass_is_the_input(vst3: str, speech: np.ndarray) -> None:
    """Untouched, and as late as ever."""
    plugin = load(vst3)
    plugin.process(speech, 48000)
    latency = plugin.reported_latency_samples
    plugin.parameters["bypass"].raw_value = 1.0
    output = plugin.process(speech, 48000)
    assert np.array_equal(output, speech)
    assert plugin.reported_latency_samples == latency > 0


def test_a_state_brings_everything_back(vst3: str, speech: np.ndarray) -> None:
    """Into another instance, whose sound is the same."""
    before = load(vst3, voice=0.5, background=0.25)
    before.parameters["solo"].raw_value = 0.0
    sound = before.process(speech, 48000)
    after = pedalboard.load_plugin(vst3)
    after.raw_state = before.raw_state
    assert np.array_equal(sound, after.process(speech, 48000))
    assert after.parameters["voice"].raw_value == pytest.approx(0.5)


def test_garbage_for_a_state_changes_nothing(vst3: str, speech: np.ndarray) -> None:
    """The plugin plays on with what it had."""
    plugin = load(vst3, background=0.3)
    before = plugin.process(speech, 48000)
    for garbage in (b"garbage", b"\xff" * 64, plugin.raw_state[:40]):
        with contextlib.suppress(RuntimeError, ValueError):
            plugin.raw_state = garbage
        assert np.array_equal(before, plugin.process(speech, 48000))


def test_a_hundred_instances_come_and_go(vst3: str, noise: np.ndarray) -> None:
    """Of one module, which pedalboard keeps; the last one still works."""
    for _ in range(100):
        plugin = load(vst3, background=OPEN)
    assert error_db(plugin.process(noise, 48000), noise) < -100


def test_eight_instances_play_side_by_side(vst3: str, speech: np.ndarray) -> None:
    """One after the other, while all are there; each gives what one alone gives."""
    plugins = [load(vst3) for _ in range(8)]
    alone = load(vst3).process(speech[:, :48000], 48000)
    for plugin in plugins:
        assert np.array_equal(plugin.process(speech[:, :48000], 48000), alone)


def test_no_word_end_is_cut(vst3: str, noise: np.ndarray) -> None:
    """A file that ends loudly keeps its end: pedalboard plays on for as long as the latency that it is told."""
    output = load(vst3, background=OPEN).process(noise[:, :9600], 48000, buffer_size=480)
    assert error_db(output[:, -480:], noise[:, 9120:9600]) < -100


def test_another_onnx_runtime_in_the_process_is_not_disturbed(vst3: str, speech: np.ndarray) -> None:
    """Each runs its own models, before and after the other."""
    fixture = PROJECT / "engine/tests/fixtures/identity_k1.onnx"
    spectrum = np.ones((1, 2, 481), np.float32)

    def theirs() -> np.ndarray:
        session = onnxruntime.InferenceSession(fixture)
        return np.asarray(session.run(None, {"spectrum": spectrum})[0])

    assert onnxruntime.__version__ != "1.23.2"
    before = theirs()
    ours = load(vst3).process(speech, 48000)
    assert np.array_equal(before, theirs())
    assert np.array_equal(ours, load(vst3).process(speech, 48000))
