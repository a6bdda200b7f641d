"""Batches made ahead by helper processes."""

import signal

import numpy as np

from limpid_training.data import Clip, Corpus
from limpid_training.loader import Loader, make_batch
from limpid_training.mixing import MixConfig


def tiny_corpus() -> Corpus:
    rng = np.random.default_rng(0)
    samples = (rng.standard_normal(4 * 48_000) * 3000).astype(np.int16)
    clip = Clip(0, len(samples), 48_000, 24_000.0, 1.0)
    return Corpus(samples, {("source", "speaker"): [clip]}, {"noise": [clip]}, [])


def test_a_loader_goes_on_where_another_left_off() -> None:
    corpus, config = tiny_corpus(), MixConfig()
    expected = [make_batch(corpus, config, 7, n, 2, 4800) for n in range(5)]
    loader = Loader(corpus, lambda _: config, 7, 2, 2, 4800, 2)
    try:
        for batch in expected[2:]:
            assert np.array_equal(loader.next().noisy, batch.noisy)
    finally:
        loader.close()


def test_helpers_end_although_the_trainer_puts_off_its_own_end() -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        corpus, config = tiny_corpus(), MixConfig()
        loader = Loader(corpus, lambda _: config, 7, 0, 2, 4800, 2)
        loader.next()
        loader.close()
        for helper in loader.helpers:
            helper.join(10)
            assert helper.exitcode is not None
            helper.kill()
    finally:
        signal.signal(signal.SIGTERM, before)
