"""Whose voice and which class a file is, and in which split: the facts hold."""

import re

import pytest

from limpid_training.corpus.sources import NOISE, SPEECH, VOICES_IN_NOISE

VOICES = {package.name: package for package in SPEECH}
NOISES = {package.name: package for package in NOISE}


def voice_of(package: str, path: str) -> str | None:
    return next((v.name for v in VOICES[package].voices if re.search(v.pattern, path)), None)


def class_of(package: str, path: str) -> str | None:
    return next((s.category for s in NOISES[package].sounds if re.search(s.pattern, path)), None)


def test_exactly_these_voices_are_kept_for_validation() -> None:
    kept = {p.name: {v.name for v in p.voices if v.split == "valid"} for p in SPEECH}
    assert {name: voices for name, voices in kept.items() if voices} == {
        "asterisk-core-sounds-fr-g722": {"june"},
        "hedgewars-data": {"Pirate", "Default_uk"},
        "klettres-data": {"nl", "ru", "lt", "fr"},
        "ktuberling-data": {"fr", "es", "de", "ca", "lt", "ru", "nl"},
        "tuxpaint-stamps-default": {"ca", "lt", "nl"},
    }


def test_exactly_these_noise_packages_are_kept_for_validation() -> None:
    assert {p.name for p in NOISE if p.split == "valid"} == {
        "caveexpress-data",
        "extremetuxracer-data",
        "glob2-data",
        "pingus-data",
        "scorched3d-data",
        "wesnoth-1.16-data",
    }


def test_every_package_and_every_voice_in_it_stands_once() -> None:
    assert len(VOICES) == len(SPEECH) and len(NOISES) == len(NOISE)
    for package in SPEECH:
        assert len({v.name for v in package.voices}) == len(package.voices), package.name


@pytest.mark.parametrize(
    ("package", "path", "name"),
    [
        ("fillets-ng-data-cs", "usr/share/games/fillets-ng/sound/aztec/cs/x-m-hello.ogg", "small"),
        ("fillets-ng-data-cs", "usr/share/games/fillets-ng/sound/aztec/cs/x-v-hello.ogg", "big"),
        ("klettres-data", "usr/share/klettres/cs/alpha/a-0.ogg", "cs"),
        ("ktuberling-data", "usr/share/ktuberling/sounds/wa/hat.wav", "wa"),
        ("tuxpaint-stamps-default", "usr/share/tuxpaint/stamps/animals/cat_desc_bg.ogg", "bg"),
        ("hedgewars-data", "usr/share/games/hedgewars/Data/Sounds/voices/Default_pl/Hello.ogg", "Default_pl"),
        ("gcin-voice", "usr/share/gcin-voice/ogg/a/5.ogg", "5"),
        ("boswars-data", "usr/share/games/boswars/units/tank/ready.wav", "units"),
    ],
)
def test_a_file_belongs_to_the_voice_that_its_path_tells(package: str, path: str, name: str) -> None:
    assert voice_of(package, path) == name


@pytest.mark.parametrize(
    ("package", "path"),
    [
        ("klettres-data", "usr/share/klettres/da/alpha/a-0.ogg"),
        ("klettres-data", "usr/share/klettres/cs.txt"),
        ("ktuberling-data", "usr/share/ktuberling/sounds/en/hat.ogg"),
        ("tuxpaint-stamps-default", "usr/share/tuxpaint/stamps/animals/cat_desc_pt_BR.ogg"),
        ("tuxpaint-stamps-default", "usr/share/tuxpaint/stamps/animals/cat.ogg"),
        ("hedgewars-data", "usr/share/games/hedgewars/Data/Sounds/voices/Surfer/Hello.ogg"),
        ("hedgewars-data", "usr/share/games/hedgewars/Data/Sounds/explosion.ogg"),
        ("gcin-voice", "usr/share/gcin-voice/ogg/a/7.ogg"),
    ],
)
def test_a_voice_that_is_not_named_is_not_used(package: str, path: str) -> None:
    assert voice_of(package, path) is None


@pytest.mark.parametrize(
    ("package", "path", "name"),
    [
        ("hedgewars-data", "usr/share/games/hedgewars/Data/Sounds/explosion.ogg", "effects"),
        ("hedgewars-data", "usr/share/games/hedgewars/Data/Music/City.ogg", "music"),
        ("hedgewars-data", "usr/share/games/hedgewars/Data/Sounds/voices/Surfer/Hello.ogg", None),
        ("supertuxkart-data", "usr/share/games/supertuxkart/data/sfx/engine_large.ogg", "vehicles"),
        ("redeclipse-data", "usr/share/games/redeclipse/data/sounds/ambience/wind/a.ogg", "wind-water-air"),
        ("openarena-data", "usr/share/games/openarena/baseoa/pak0/sound/world/drop.wav", "effects"),
        ("onsen", "onsen/sounds/rain.mp3", "rain"),
    ],
)
def test_a_file_belongs_to_the_class_that_its_path_tells(package: str, path: str, name: str | None) -> None:
    assert class_of(package, path) == name


@pytest.mark.parametrize("path", ["sound/player/a.wav", "stamps/cat_desc_en.ogg", "sfx/Announcer/go.ogg"])
def test_where_somebody_speaks_is_no_noise(path: str) -> None:
    assert re.search(VOICES_IN_NOISE, f"/{path}", re.IGNORECASE)
