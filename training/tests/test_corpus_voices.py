"""Synthetic clips made earlier are taken over; text and voices are drawn as they are described."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from corpus_audio import save, voice
from onnx import TensorProto, helper

from limpid_training.corpus import audio, manifest, synthesise, voices
from limpid_training.corpus.jobs import Places
from limpid_training.corpus.synthesise import Utterance


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "out", tmp_path / "work")


def test_clips_made_earlier_are_taken_over_at_the_synthesisers_rate(tmp_path: Path, places: Places) -> None:
    save(tmp_path / "have" / "000007_af_bella-zf_xiaoyi-7_en-us.flac", voice(2, 48_000), 48_000)
    save(tmp_path / "have" / "000008_hf_beta_hi.wav", voice(2, 24_000), 24_000)
    (tmp_path / "have" / "notes.txt").write_text("no clip")
    voices.take_over(tmp_path / "have", places, processes=1)
    mixed, plain = manifest.read(places.manifest)
    assert (mixed.path, mixed.speaker, mixed.language) == (
        "speech/kokoro/af_bella-zf_xiaoyi-7/000007_en-us.flac",
        "af_bella-zf_xiaoyi-7",
        "en-us",
    )
    assert (plain.path, plain.split, plain.tier) == ("speech/kokoro/hf_beta/000008_hi.flac", "train", "S")
    for row in (mixed, plain):
        signal, rate = audio.read(places.out / row.path)
        assert rate == row.rate == 24_000 and row.bandwidth_khz == 12
        assert len(signal) == 2 * rate


def test_a_folder_without_such_clips_is_refused(tmp_path: Path, places: Places) -> None:
    with pytest.raises(FileNotFoundError, match="NUMBER_SPEAKER_LANGUAGE"):
        voices.take_over(tmp_path, places, processes=1)


def test_when_there_are_enough_hours_none_are_made(tmp_path: Path, places: Places) -> None:
    save(tmp_path / "have" / "000000_hf_beta_hi.wav", voice(2, 24_000), 24_000)
    voices.take_over(tmp_path / "have", places, processes=1)
    voices.make(1.9 / 3600, places, processes=1)  # would need the synthesiser's packages
    assert len(manifest.read(places.manifest)) == 1


def test_voices_that_were_deleted_are_made_again(
    tmp_path: Path, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(work: Path) -> synthesise.Kokoro:
        raise RuntimeError("asked to speak")

    monkeypatch.setattr(voices, "_kokoro", asked)
    save(tmp_path / "have" / "000000_hf_beta_hi.wav", voice(2, 24_000), 24_000)
    voices.take_over(tmp_path / "have", places, processes=1)
    shutil.rmtree(places.out / "speech" / "kokoro")
    with pytest.raises(RuntimeError, match="asked to speak"):
        voices.make(1.9 / 3600, places, processes=1)


def test_the_synthesiser_computes_no_convolutions_of_integers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weight = helper.make_tensor("weight", TensorProto.UINT8, [4, 22, 1], bytes(88), raw=True)
    x = helper.make_tensor_value_info("x", TensorProto.UINT8, [1, 22, 9])
    y = helper.make_tensor_value_info("y", TensorProto.INT32, None)
    graph = helper.make_graph([helper.make_node("ConvInteger", ["x", "weight"], ["y"])], "test", [x], [y], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    unpacked = tmp_path / "x"
    for number, package in enumerate(synthesise.WEIGHTS_PACKAGES):
        part = unpacked / package / "inside" / "part.bin"
        part.parent.mkdir(parents=True)
        quarter = -(-len(model) // 4)
        part.write_bytes(model[number * quarter : (number + 1) * quarter])
    vocabulary = unpacked / synthesise.VOCABULARY_PACKAGE / "inside" / "data" / "vocab.json"
    vocabulary.parent.mkdir(parents=True)
    vocabulary.write_text('{"vocab": {"a": 1}}')
    opened: list[bytes] = []
    monkeypatch.setattr("onnxruntime.InferenceSession", lambda network, *_, **__: opened.append(network))
    synthesise.Kokoro(tmp_path)
    (network,) = opened
    operations = {node.op_type for node in onnx.load_model_from_string(network).graph.node}
    assert "Conv" in operations
    assert "ConvInteger" not in operations


def test_a_mixture_of_two_voices_is_named_after_both() -> None:
    one = Utterance(0, (("af_sky", 1.0),), "en-us", "text", 1.0)
    two = Utterance(0, (("af_sky", 0.3), ("bm_lewis", 0.7)), "en-us", "text", 1.0)
    assert (one.speaker, two.speaker) == ("af_sky", "af_sky-bm_lewis-3")


def test_text_is_whole_sentences_that_can_be_read_out(tmp_path: Path) -> None:
    folder = tmp_path / "usr/share/games/fortunes"
    folder.mkdir(parents=True)
    cookies = [
        "This is a sentence of eight whole words. Too short.\n\t\t-- Somebody who said it long ago today",
        "IMPORTANT NOTICE to all of you who read\nthis line.",
        "Call 555 1234 before the end of the day.",
        "A sentence over two\nlines, with a comma; is it?",
    ]
    (folder / "wisdom").write_text("\n%\n".join(cookies))
    (folder / "wisdom.dat").write_bytes(b"\0\1")
    (folder / "latin").write_bytes("Der Bär öffnet die Tür im Süden.".encode("latin-1"))
    assert synthesise.sentences(tmp_path) == [
        "Der Bär öffnet die Tür im Süden.",
        "This is a sentence of eight whole words.",
        "A sentence over two lines, with a comma; is it?",
    ]


def test_an_utterance_depends_on_its_number_alone(tmp_path: Path) -> None:
    kokoro = synthesise.Kokoro.__new__(synthesise.Kokoro)  # without its network
    names = ("af_a", "am_b", "bf_c", "ff_d", "hm_e", "jf_f")
    kokoro._styles = {name: np.zeros((1, 256), np.float32) for name in names}
    kokoro._texts = {language: [f"{language} {n}" for n in range(9)] for language in synthesise.TEXTS}
    drawn = [kokoro.draw(number) for number in range(400)]
    assert drawn == [kokoro.draw(number) for number in range(400)]
    assert 150 < sum(len(utterance.voices) == 2 for utterance in drawn) < 250
    for utterance in drawn:
        assert sum(weight for _, weight in utterance.voices) == pytest.approx(1)
        assert 0.8 <= utterance.speed <= 1.25
        spoken = synthesise.READ_AS.get(utterance.language, utterance.language)
        assert utterance.text.startswith(spoken)
    assert json.dumps(drawn[0].text)


def test_every_symbol_stands_for_sounds_that_are_tied() -> None:
    assert all("^" in tied and len(symbol) == 1 for tied, symbol in synthesise.ONE_SYMBOL.items())


def test_where_the_synthesiser_overflows_at_an_edge_the_edge_is_cut_and_elsewhere_the_clip_is_dropped() -> None:
    whole = voice(2, synthesise.RATE).astype(np.float32)
    kept = synthesise.intact(whole)
    assert kept is not None
    assert np.array_equal(kept, whole[synthesise.MARGIN :])
    edges = whole.copy()
    edges[9], edges[-400:-395], edges[-395:] = 1e3, np.inf, np.nan
    kept = synthesise.intact(edges)
    assert kept is not None
    assert np.array_equal(kept, whole[synthesise.MARGIN : -400 - synthesise.MARGIN])
    for wrong in (np.nan, np.inf, -1e20):
        broken = whole.copy()
        broken[len(broken) // 2] = wrong
        assert synthesise.intact(broken) is None
