import sys
from pathlib import Path

import pytest
import soundfile

from limpid_training.evaluate import speed

DEMO = Path(__file__).parents[2] / "assets/demo/mixture.wav"


def test_the_sound_has_the_length_that_was_asked_for(tmp_path: Path) -> None:
    seconds = speed.write_sound(DEMO, 0.1, tmp_path)
    files = sorted(tmp_path.glob("*.wav"))
    assert len(files) == speed.FILES
    assert seconds == pytest.approx(6, abs=0.01)
    assert sum(soundfile.info(path).frames for path in files) == round(seconds * 48_000)


def test_files_of_a_second_are_of_a_second_and_differ(tmp_path: Path) -> None:
    speed.write_seconds(DEMO, 3, tmp_path)
    files = [soundfile.read(path)[0] for path in sorted(tmp_path.glob("*.wav"))]
    assert [len(file) for file in files] == [48_000] * 3
    assert (files[0] != files[1]).any() and (files[1] != files[2]).any()


def test_every_file_is_in_one_share(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(7):
        (tmp_path / "in" / f"{number}.wav").touch()
    made = speed.shares(tmp_path / "in", 3, tmp_path)
    assert sorted(path.name for share in made for path in share.iterdir()) == [f"{number}.wav" for number in range(7)]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are measured by /proc")
def test_a_run_counts_all_its_processes(tmp_path: Path) -> None:
    work = "import time\nx = bytearray(64 << 20)\nwhile time.process_time() < 0.4: pass"
    one = speed.run([[sys.executable, "-c", work]], {0})
    two = speed.run([[sys.executable, "-c", work]] * 2, {0})
    assert 64 < one.memory < 200
    assert two.memory > 1.5 * one.memory
    # Each works until it has used so much, however busy the machine is.
    assert one.busy >= 0.4
    assert two.busy >= 0.8
    assert one.own is None
    with pytest.raises(RuntimeError, match="failed"):
        speed.run([[sys.executable, "-c", "raise SystemExit(1)"]], {0})


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are measured by /proc")
def test_what_processes_tell_of_themselves_is_summed() -> None:
    tell = [sys.executable, "-c", "print('words'); print('{\"busy\": 1.25, \"cpu\": 2}')"]
    assert speed.run([tell, tell], {0}).own == pytest.approx(2.5)
