"""Room responses follow the image model at first and decay as they are asked to."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from limpid_training.corpus.rooms import RATE, SOUND_M_S, Room, acoustics, draw_room, images, response

ROOM = Room(
    size=np.array([4.0, 3.0, 2.5]),
    source=np.array([1.0, 1.2, 1.5]),
    microphone=np.array([2.2, 1.9, 1.1]),
    t60_s=0.5,
    walls=np.array([[0.9, 0.8], [0.7, 0.6], [0.5, 0.4]]),
    dull_hz=8000.0,
)


def test_the_direct_sound_is_the_first_sample_whole_and_alone() -> None:
    h = response(ROOM, np.random.default_rng(1))
    first_echo = round(0.9 * RATE / SOUND_M_S)  # the floor's, more than 0.9 m longer
    assert abs(h[0]) == np.abs(h[:first_echo]).max()
    assert np.abs(h[12 : first_echo // 2]).max() < 0.05 * abs(h[0])


@pytest.mark.parametrize(("axis", "side"), [(a, s) for a in range(3) for s in range(2)])
def test_each_wall_gives_the_echo_of_the_mirrored_voice(axis: int, side: int) -> None:
    delays, amplitudes = images(ROOM, 0.05, np.random.default_rng(2))
    mirrored = ROOM.source.copy()
    mirrored[axis] = 2 * ROOM.size[axis] * side - mirrored[axis]
    way = np.linalg.norm(mirrored - ROOM.microphone)
    expected = ROOM.walls[axis][side] * ROOM.distance / way
    # Displaced by a few per mille of its way, as walls are not perfect.
    near = np.abs(delays - (way - ROOM.distance) / SOUND_M_S) < 0.012 * way / SOUND_M_S
    assert np.isclose(amplitudes[near], expected, rtol=0.02).any()


def test_a_corner_takes_from_the_echo_what_all_its_walls_take() -> None:
    _, amplitudes = images(ROOM, 0.05, np.random.default_rng(2))
    way = np.linalg.norm(-ROOM.source - ROOM.microphone)
    expected = 0.9 * 0.7 * 0.5 * ROOM.distance / way
    assert np.isclose(amplitudes, expected, rtol=0.02).any()


@pytest.mark.parametrize("t60", [0.3, 0.6, 1.2])
def test_low_frequencies_decay_within_the_reverberation_time(t60: float) -> None:
    room = replace(ROOM, t60_s=t60, walls=np.full((3, 2), np.exp(-0.55 * 0.161 / 2 / t60)))
    h = response(room, np.random.default_rng(3))
    low = sosfilt(butter(4, [150, 600], "bandpass", fs=RATE, output="sos"), h)
    late = low[round(0.1 * RATE) :]  # behind the images
    assert acoustics(late).t60_s == pytest.approx(t60, rel=0.3)


def test_high_frequencies_die_sooner() -> None:
    h = response(ROOM, np.random.default_rng(4))

    def late(low: float, high: float) -> float:
        band = sosfilt(butter(4, [low, high], "bandpass", fs=RATE, output="sos"), h)
        energy = np.square(band)
        return float(energy[round(0.15 * RATE) :].sum() / energy[: round(0.05 * RATE)].sum())

    assert late(6000, 12000) < late(300, 600) / 5


def test_every_drawn_room_holds_its_voice_and_microphone_and_sounds() -> None:
    for number in range(25):
        draw = np.random.default_rng(number)
        room = draw_room(draw)
        for place in (room.source, room.microphone):
            assert np.all(place > 0) and np.all(place < room.size)
        assert 0.15 < room.distance < 5
        assert np.all((room.walls > 0) & (room.walls < 1))
        h = response(room, draw)
        assert np.isfinite(h).all() and np.abs(h).max() == pytest.approx(0.8)
        assert 0.05 < acoustics(h).t60_s < 2


def test_the_same_seed_gives_the_same_response() -> None:
    a, b = (response(ROOM, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(a, b)
