"""WebRTC's noise suppression at its highest level (BSD-3-Clause): hops of 10 ms, 16 kHz.

It always removes low frequencies, whose shifted phase costs SI-SDR far more than anybody hears.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...metrics import Signal
from ...packages import PackageMissingError

HOP = 160


class WebRtc:
    """The library through the package's binding, which takes bytes of 16-bit samples."""

    rate = 16_000

    def stream(self) -> Callable[[Signal], Signal]:
        """A fresh processor: no gain control, level 4 of 4."""
        try:
            from webrtc_noise_gain import AudioProcessor
        except ImportError as e:
            raise PackageMissingError("webrtc-16k needs: pip install --no-deps webrtc-noise-gain==1.3.0") from e
        processor = AudioProcessor(0, 4)

        def enhance(noisy: Signal) -> Signal:
            x = np.pad(np.clip(noisy, -1, 1), (0, -len(noisy) % HOP))
            samples = np.round(x * 32767).astype("<i2")
            hops = [processor.Process10ms(hop.tobytes()).audio for hop in samples.reshape(-1, HOP)]
            return np.frombuffer(b"".join(hops), "<i2").astype(np.float32) / np.float32(32767)

        return enhance


load = WebRtc
