"""Batch number n is the same whoever makes it and wherever the loader began."""

import multiprocessing
import os
import select
import signal
from dataclasses import replace

import numpy as np
import pytest

from limpid_training.data import RATE, Corpus, Signal
from limpid_training.loader import Batch, Loader, make_batch
from limpid_training.mixing import MixConfig, low_pass, mixture

CONFIG = MixConfig()


def loader(corpus: Corpus, first: int, processes: int) -> Loader:
    return Loader(corpus, lambda n: CONFIG, 3, first, 2, RATE // 2, processes)


def equal(a: Batch, b: Batch) -> bool:
    fields = ("noisy", "clean", "bandwidth", "confusable")
    return all(np.array_equal(getattr(a, f), getattr(b, f)) for f in fields)


@pytest.mark.parametrize(("first", "processes"), [(0, 1), (0, 3), (4, 2), (6, 2)])
def test_batches_come_in_order_and_depend_on_their_number_alone(corpus: Corpus, first: int, processes: int) -> None:
    source = loader(corpus, first, processes)
    try:
        for n in range(first, first + 6):
            assert equal(source.next(), make_batch(corpus, CONFIG, 3, n, 2, RATE // 2))
    finally:
        source.close()


def test_a_batch_that_comes_again_does_so_wherever_the_loader_began(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("limpid_training.loader.APART", 3)
    wanted = [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 0, 3, 4, 1, 4, 5, 2, 5, 6, 3, 0, 7, 4, 1, 8, 5, 2]
    for first in (0, 10, 19):
        source = Loader(corpus, lambda n: CONFIG, 3, first, 2, RATE // 2, 2, uses=3)
        try:
            for n in wanted[first:]:
                assert equal(source.next(), make_batch(corpus, CONFIG, 3, n, 2, RATE // 2))
            assert len(source.kept) == 7
        finally:
            source.close()


class Echo:
    """A teacher that answers what it hears, a little quieter."""

    def enhance(self, noisy: Signal) -> Signal:
        assert np.abs(noisy).max() <= 1
        return noisy * np.float32(0.9)


def test_a_batch_tells_what_resembles_a_voice_and_a_teacher_leaves_that_to_it(corpus: Corpus) -> None:
    mix = replace(CONFIG, rooms=0.5, pure_noise=0, second=0)
    source = Loader(corpus, lambda n: mix, 3, 0, 8, RATE // 2, 1, teacher=Echo)
    try:
        told = source.next().confusable
    finally:
        source.close()
    drawn = [mixture(corpus, mix, np.random.default_rng([3, 0, i]), RATE // 2).confusable for i in range(8)]
    assert told is not None
    assert list(told) == drawn
    assert 0 < sum(drawn) < 8


@pytest.mark.parametrize("first", [0, 4])
def test_a_teacher_hears_what_is_cut_from_telephones_and_its_answer_is_cut(corpus: Corpus, first: int) -> None:
    # Loud, of hiss alone: most of it is above the telephone's band, and beyond full scale.
    calls = MixConfig(
        telephone=1, pure_voice=0, pure_noise=0, rooms=0, whispers=0, snr_db=(-20, -20), level_db=(-6, -6)
    )
    source = Loader(corpus, lambda n: calls, 3, first, 2, RATE // 2, 2, teacher=Echo)
    try:
        for n in range(first, first + 4):
            got, made = source.next(), make_batch(corpus, calls, 3, n, 2, RATE // 2)
            assert equal(got, made)
            assert got.wide is None
            assert got.ends_at is None
            assert got.taught is not None
            assert made.wide is not None
            assert made.ends_at is not None
            wanted = [low_pass(x * np.float32(0.9), end) for x, end in zip(made.wide, made.ends_at, strict=True)]
            np.testing.assert_allclose(got.taught, wanted, atol=1e-5)
    finally:
        source.close()


def test_another_seed_or_number_is_another_batch(corpus: Corpus) -> None:
    one = make_batch(corpus, CONFIG, 3, 0, 2, RATE // 2)
    assert not equal(one, make_batch(corpus, CONFIG, 3, 1, 2, RATE // 2))
    assert not equal(one, make_batch(corpus, CONFIG, 4, 0, 2, RATE // 2))


def test_helpers_end_although_the_trainer_puts_off_its_own_end(corpus: Corpus) -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        source = loader(corpus, 0, 2)
        source.next()
        source.close()
        assert not any(h.is_alive() for h in source.helpers)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_helpers_end_when_their_run_was_killed(corpus: Corpus) -> None:
    read, write = os.pipe()

    def run() -> None:
        loader(corpus, 0, 1).next()
        os.kill(os.getpid(), signal.SIGKILL)

    killed = multiprocessing.get_context("fork").Process(target=run)
    killed.start()
    os.close(write)
    killed.join()
    # The helper inherited the pipe: it ends when nobody holds it any more.
    assert select.select([read], [], [], 60)[0]
    assert os.read(read, 1) == b""
    os.close(read)


def test_a_dead_helper_is_an_error_and_not_an_endless_wait(corpus: Corpus) -> None:
    source = loader(corpus, 0, 1)
    source.next()
    pid = source.helpers[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    source.helpers[0].join()
    with pytest.raises(RuntimeError, match="has died"):
        for _ in range(20):
            source.next()
