"""`python -m limpid_training.evaluate.peers NAME FOLDER`: one peer over a folder, in a process of its own.

Enhances each FOLDER/*.wav (48 kHz, mono) into FOLDER/out/*.wav and prints what it cost as JSON: CPU seconds, in all and
a second of audio, without making the stream and resampling, and the memory that it added to the process (MiB, peak;
Linux only).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from ...metrics import RATE
from . import peer


def peak_mib() -> float:
    """Largest resident size of this process so far; NaN where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return float("nan")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Command line."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    (folder / "out").mkdir()
    bare = peak_mib()
    system, busy, heard = peer(name), 0.0, 0.0
    for path in sorted(folder.glob("*.wav")):
        noisy, _ = soundfile.read(path, dtype="float32")
        narrow = noisy if system.rate == RATE else resample_poly(noisy, system.rate, RATE).astype(np.float32)
        enhance = system.stream()
        start = time.process_time()
        out = enhance(narrow)
        busy, heard = busy + time.process_time() - start, heard + len(narrow) / system.rate
        wide = out if system.rate == RATE else resample_poly(out, RATE, system.rate)
        soundfile.write(folder / "out" / path.name, wide, RATE, subtype="FLOAT")
        print(path.name, file=sys.stderr, flush=True)
    print(json.dumps({"busy": busy, "cpu": busy / heard, "memory": peak_mib() - bare}))


if __name__ == "__main__":
    main()
