"""The VST3's window in a JUCE host, on a display that nobody sees."""

import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

AMBER = (255, 190, 92)
"""The voice's colour in dark."""
GROUND = (16, 22, 28)
"""What lies behind everything in dark."""


class Display:
    """An X server that keeps its screen in a file."""

    def __init__(self, folder: Path) -> None:
        """Started, with nothing on it."""
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1200x800x24", "-fbdir", folder, "-nolisten", "tcp"]
        self.server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.server.stdout is not None
        self.name = ":" + self.server.stdout.readline().decode().strip()
        self.screen = folder / "Xvfb_screen0"

    def picture(self) -> np.ndarray:
        """Red, green and blue, [height, width, 3]: the file is an X window dump."""
        dump = self.screen.read_bytes()
        header = struct.unpack(">25I", dump[:100])
        start, width, height, line, colours = (header[i] for i in (0, 4, 5, 12, 19))
        start += 12 * colours
        pixels = np.frombuffer(dump, np.uint8, line * height, start).reshape(height, line // 4, 4)
        return pixels[:, :width, 2::-1]


@pytest.fixture
def display(tmp_path: Path) -> Iterator[Display]:
    """Goes with the test."""
    display = Display(tmp_path)
    yield display
    display.server.terminate()
    display.server.wait()


def pixels(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    """How many are of this colour."""
    return int(np.all(picture == colour, axis=2).sum())


def test_the_window_shows_itself_in_full(vst3: str, display: Display) -> None:
    """720 by 440 points of it: the ground up to its edges, and the fader's handle in amber."""
    script = Path(__file__).with_name("open_window.py")
    environment = os.environ | {"DISPLAY": display.name}
    host = subprocess.Popen([sys.executable, script, vst3], env=environment)
    try:
        shown = 0
        # A slow machine may take its time; a window that never comes is the failure.
        for _ in range(120):
            assert host.poll() is None, "the host has ended"
            picture = display.picture()
            shown = pixels(picture, AMBER)
            if shown > 100:
                break
            time.sleep(0.5)
        assert shown > 100, "no window"
        rows, columns = np.nonzero(np.all(picture == GROUND, axis=2))
        assert (np.ptp(columns) + 1, np.ptp(rows) + 1) == (720, 440)
    finally:
        host.terminate()
        host.wait()
