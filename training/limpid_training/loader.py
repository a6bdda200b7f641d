"""Batches made in helper processes; batch number n is always the same, so nothing needs to be saved to go on."""

from __future__ import annotations

import multiprocessing
import queue
import signal
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .data import Corpus
from .mixing import MixConfig, mixture


@dataclass(frozen=True)
class Batch:
    """Mixtures: noisy and clean [batch, samples], bandwidth [batch] in Hz."""

    noisy: NDArray[np.float32]
    clean: NDArray[np.float32]
    bandwidth: NDArray[np.float32]


def make_batch(corpus: Corpus, config: MixConfig, seed: int, number: int, size: int, samples: int) -> Batch:
    """Batch `number` of a seed."""
    made = [mixture(corpus, config, np.random.default_rng([seed, number, i]), samples) for i in range(size)]
    return Batch(
        np.stack([m.noisy for m in made]),
        np.stack([m.clean for m in made]),
        np.array([m.bandwidth for m in made], np.float32),
    )


class Loader:
    """Makes batches `first`, `first + 1`, ... ahead of time.

    Args:
        corpus: what to draw from; shared with the helpers by fork.
        config_at: how hard mixtures are at a batch number.
        seed, first: where to begin.
        size, samples: of a batch.
        processes: helpers; batch n is made by helper n modulo `processes`.
    """

    def __init__(
        self,
        corpus: Corpus,
        config_at: Callable[[int], MixConfig],
        seed: int,
        first: int,
        size: int,
        samples: int,
        processes: int,
    ) -> None:
        context = multiprocessing.get_context("fork")
        self.queues = [context.Queue(6) for _ in range(processes)]
        self.number = first

        def work(helper: int) -> None:
            # A fork inherits the trainer's handlers, which put off the end; a helper has nothing to save.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            number = first + (helper - first) % processes
            while True:
                self.queues[number % processes].put(make_batch(corpus, config_at(number), seed, number, size, samples))
                number += processes

        self.helpers = [context.Process(target=work, args=(k,), daemon=True) for k in range(processes)]
        for h in self.helpers:
            h.start()

    def next(self) -> Batch:
        """The next batch, waited for.

        Raises:
            RuntimeError: a helper process has died; its own error stands on stderr.
        """
        source = self.queues[self.number % len(self.queues)]
        while True:
            try:
                batch: Batch = source.get(timeout=10)
                break
            except queue.Empty:
                if not all(h.is_alive() for h in self.helpers):
                    raise RuntimeError("a process that makes mixtures has died: see its error above") from None
        self.number += 1
        return batch

    def close(self) -> None:
        """Ends the helpers."""
        for h in self.helpers:
            h.terminate()
        for h in self.helpers:
            h.join()
