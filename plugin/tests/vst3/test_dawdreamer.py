"""The VST3 in dawdreamer, which renders as a DAW does and leaves the latency in."""

import json
import struct
import time
from pathlib import Path

import dawdreamer
import numpy as np
import pytest
from conftest import PROJECT, error_db

OPEN = 0.75


class Session:
    """A source, the plugin behind it, and a render."""

    def __init__(self, vst3: str, signal: np.ndarray, rate: int, block: int) -> None:
        """Faders at 0 dB and silence, as a new session has them."""
        self.engine = dawdreamer.RenderEngine(rate, block)
        self.rate = rate
        self.signal = signal
        self.plugin = self.engine.make_plugin_processor("limpid", vst3)
        source = self.engine.make_playback_processor("source", signal)
        self.engine.load_graph([(source, []), (self.plugin, ["source"])])
        self.index = {self.plugin.get_parameter_name(i): i for i in range(self.plugin.get_plugin_parameter_size())}

    def set(self, **positions: float) -> "Session":
        """Sets parameters by their names, `_` for a space."""
        for name, position in positions.items():
            self.plugin.set_parameter(self.index[name.replace("_", " ")], position)
        return self

    def render(self) -> np.ndarray:
        """All of the signal."""
        self.engine.render(self.signal.shape[1] / self.rate)
        return self.engine.get_audio()[:, : self.signal.shape[1]]


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("block", [64, 512, 4096])
def test_an_impulse_comes_out_at_the_reported_latency(vst3: str, rate: int, block: int) -> None:
    """To the sample."""
    signal = np.zeros((2, rate), np.float32)
    signal[:, 20000] = 1.0
    session = Session(vst3, signal, rate, block).set(Voice=OPEN, Background=OPEN)
    output = session.render()
    latency = session.plugin.get_latency_samples()
    assert int(np.argmax(np.abs(output[0]))) == 20000 + latency
    print(rate, block, latency)


def test_automation_while_playing_is_the_same_bits_each_time(vst3: str, speech: np.ndarray) -> None:
    """The background comes and goes with a curve."""

    def render() -> np.ndarray:
        session = Session(vst3, speech, 48000, 512)
        curve = 0.5 + 0.5 * np.sin(np.arange(speech.shape[1]) / 9000)
        background = session.index["Background"]
        session.plugin.set_automation(background, curve.astype(np.float32))
        return session.render()

    first = render()
    assert np.array_equal(first, render())
    still = Session(vst3, speech, 48000, 512).render()
    assert error_db(first, still) > -20


def test_a_render_after_a_render_is_the_same(vst3: str, speech: np.ndarray) -> None:
    """Nothing of the first is left in the second."""
    session = Session(vst3, speech, 48000, 512)
    first = session.render()
    assert np.array_equal(first, session.render())


def test_a_state_goes_through_a_file(vst3: str, speech: np.ndarray, tmp_path: Path) -> None:
    """Saved, loaded into another session, and heard alike."""
    before = Session(vst3, speech, 48000, 512).set(Voice=0.5, Background=0.4)
    sound = before.render()
    file = tmp_path / "state"
    before.plugin.save_state(str(file))
    after = Session(vst3, speech, 48000, 512)
    after.plugin.load_state(str(file))
    assert np.array_equal(sound, after.render())


def preset(file: Path, model: Path) -> None:
    """A state that asks for a model, as a .vstpreset: a header, the state, and the list of what is in it."""
    wanted = json.dumps({"name": "own", "path": str(model)})
    state = json.dumps({"version": "0.1.0", "params": {}, "fields": {"format": "1", "model": wanted}}).encode()
    header = b"VST3" + struct.pack("<i", 1) + b"LimpidVoiceFader".hex().upper().encode()
    start = len(header) + 8
    part = b"Comp" + struct.pack("<qq", start, len(state))
    file.write_bytes(header + struct.pack("<q", start + len(state)) + state + b"List" + struct.pack("<i", 1) + part)


def test_a_model_of_another_latency_takes_over_at_a_later_render(vst3: str, tmp_path: Path) -> None:
    """Until then the one before plays; the impulse is where the host is told, each time."""
    signal = np.zeros((2, 48000), np.float32)
    signal[:, 20000] = 1.0
    session = Session(vst3, signal, 48000, 512).set(Voice=OPEN, Background=OPEN)
    session.render()
    before = session.plugin.get_latency_samples()
    preset(tmp_path / "other.vstpreset", PROJECT / "engine/tests/fixtures/waveform_identity.onnx")
    assert session.plugin.load_vst3_preset(str(tmp_path / "other.vstpreset"))
    for _ in range(100):
        output = session.render()
        latency = session.plugin.get_latency_samples()
        assert int(np.argmax(np.abs(output[0]))) == 20000 + latency
        if latency != before:
            break
        time.sleep(0.05)
    assert latency != before
