"""Opens the VST3's window in dawdreamer and keeps it open until the process is ended.

Run by test_window.py on a display of the test's own: `python open_window.py BUNDLE`.
"""

import ctypes
import sys

import dawdreamer
import numpy as np

ATOMS = (
    b"WM_PROTOCOLS",
    b"WM_TAKE_FOCUS",
    b"WM_DELETE_WINDOW",
    b"WM_CHANGE_STATE",
    b"WM_STATE",
    b"_NET_WM_PING",
    b"_NET_WM_STATE",
    b"_NET_WM_STATE_FULLSCREEN",
    b"_NET_WM_STATE_HIDDEN",
    b"_NET_WM_WINDOW_TYPE",
    b"_NET_WM_WINDOW_TYPE_NORMAL",
    b"_MOTIF_WM_HINTS",
)
"""Names that a window manager would have made known, without which JUCE ends the process."""


def main(bundle: str) -> None:
    """Does not come back."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    for atom in ATOMS:
        x11.XInternAtom(display, atom, False)
    x11.XSync(display, False)
    engine = dawdreamer.RenderEngine(48000, 512)
    plugin = engine.make_plugin_processor("limpid", bundle)
    source = engine.make_playback_processor("source", np.zeros((2, 48000), np.float32))
    engine.load_graph([(source, []), (plugin, ["source"])])
    engine.render(0.1)
    plugin.open_editor()


if __name__ == "__main__":
    main(sys.argv[1])
