"""What is missing is told in a sentence, and a package is unpacked whole or not at all."""

import zipfile
from pathlib import Path

import pytest

from limpid_training.corpus import fetch


def test_a_program_that_is_not_installed_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(fetch.FetchError, match=r"ffmpeg \(apt-get install ffmpeg\).*npm"):
        fetch.require(["ffmpeg", "npm"])


def test_a_package_that_is_unpacked_is_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "x" / "some-package").mkdir(parents=True)
    assert fetch.debian("some-package", tmp_path) == tmp_path / "x" / "some-package"


def test_a_package_that_cannot_be_had_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(fetch.FetchError, match="apt-get"):
        fetch.debian("limpid-no-such-package", tmp_path)
    assert list((tmp_path / "x").iterdir()) == []


def test_an_archive_inside_a_package_is_unpacked_beside_itself(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    with zipfile.ZipFile(tmp_path / "base" / "pak0.pk3", "w") as packed:
        packed.writestr("sound/a.wav", "a")
        packed.writestr("textures/b.tga", "b")
    fetch._unpack_inside(tmp_path, "**/pak0.pk3", "sound/")
    assert fetch.files_below(tmp_path) == ["base/pak0.pk3", "base/pak0/sound/a.wav"]


def test_a_package_without_the_archive_that_holds_its_sounds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(fetch.FetchError, match="layout has changed"):
        fetch._unpack_inside(tmp_path, "**/pak0.pk3", "sound/")


def test_links_are_left_out_for_what_they_lead_to_is_listed(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "real.ogg").write_text("x")
    (tmp_path / "a.ogg").symlink_to(tmp_path / "b" / "real.ogg")
    (tmp_path / "c").symlink_to(tmp_path / "b")
    assert fetch.files_below(tmp_path) == ["b/real.ogg"]
