"""Started by torchrun in `test_distributed.py`: writes the gradients that its processes average."""

import sys
from pathlib import Path

import torch

from limpid_training.data import Corpus
from limpid_training.distributed import joined
from limpid_training.loader import make_batch
from limpid_training.losses import LossConfig
from limpid_training.mixing import MixConfig
from limpid_training.spectral import SpectralConfig
from limpid_training.spectral_task import SpectralTask

SIZE = 4
"""Examples in all."""


def gradients(manifest: Path) -> dict[str, torch.Tensor]:
    """Gradients of every parameter on SIZE mixtures, batch norm frozen, by name."""
    torch.set_num_threads(1)
    with joined() as world:
        shape = SpectralConfig(single=24, merged=8, channels=(8, 8), kernels=(5, 3), blocks=1, wide=8)
        task = SpectralTask(shape, LossConfig())
        torch.manual_seed(world.rank)  # the first process's weights must win
        model = task.build().eval()
        torch.nn.init.normal_(model.head.weight, std=0.1)  # of zeros, nothing behind it has a gradient
        judge = world.step(task, model)
        corpus = Corpus.load(manifest, "train", manifest.parent / "packed")
        own = SIZE // world.size
        loss, _ = judge(make_batch(corpus, MixConfig(rooms=0.5), 3, 7, own, 24_000, world.rank))
        loss.backward()
        return {k: p.grad for k, p in model.named_parameters() if p.grad is not None} if world.first else {}


if __name__ == "__main__":
    found = gradients(Path(sys.argv[1]))
    if found:
        torch.save(found, sys.argv[2])
