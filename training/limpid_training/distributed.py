"""Several processes training one network: PyTorch's DistributedDataParallel, as `torchrun` starts it.

    torchrun --nproc-per-node 4 -m -- limpid_training.train --manifest M --run DIR

Each process takes its own examples of a step's batch, gradients are averaged, and all make the same step; the first
process alone validates and writes. With graphics cards each process has one, speaks NCCL and shares its statistics of
batch norm (SyncBatchNorm); without, it speaks Gloo and those of the first process count. Started in the ordinary way
there is one process, nothing is wrapped, and every result is what it was without this file.
"""

from __future__ import annotations

import atexit
import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class World:
    """The processes of a run, and which of them this is.

    Attributes:
        rank: of this process among all, from 0.
        local: the same among those of this machine.
        size: how many there are.
    """

    rank: int = 0
    local: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process validates, logs and saves."""
        return self.rank == 0

    def agree(self, wish: bool) -> bool:
        """Whether any process wishes it: all must leave the loop after the same step, or some wait for ever."""
        if self.size == 1:
            return wish
        wishes = torch.tensor(float(wish))
        distributed.all_reduce(wishes, distributed.ReduceOp.MAX)
        return bool(wishes)

    @contextmanager
    def one_before_the_others(self) -> Iterator[None]:
        """For what is made once a machine and then found: the first process of each goes ahead."""
        if self.size > 1 and self.local:
            distributed.barrier()
        yield
        if self.size > 1 and not self.local:
            distributed.barrier()

    def shared(self, model: nn.Module) -> nn.Module:
        """A model whose batch norm may share its statistics; to be done before its optimiser is made."""
        if self.size == 1 or torch.get_default_device().type != "cuda":
            return model
        whole: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(model)  # type: ignore[no-untyped-call]
        return whole

    def step(self, judge: Callable[[Any, Any], Any], model: nn.Module) -> Callable[[Any], Any]:
        """`judge(model, batch)` as a function of the batch, whose gradients are the mean over all processes."""
        if self.size == 1:
            return lambda batch: judge(model, batch)
        return DistributedDataParallel(_Judged(judge, model))


ALONE = World()


class _Judged(nn.Module):
    """A loss as a module: only what runs inside `forward` has its gradients averaged."""

    def __init__(self, judge: Callable[[Any, Any], Any], model: nn.Module) -> None:
        super().__init__()
        self.judge, self.model = judge, model

    def forward(self, batch: Any) -> Any:
        """The loss and its parts."""
        return self.judge(self.model, batch)


@contextmanager
def joined() -> Iterator[World]:
    """Joins the processes that `torchrun` started, if it did; with a graphics card, tensors are made there."""
    told = (("RANK", "0"), ("LOCAL_RANK", "0"), ("WORLD_SIZE", "1"))
    world = World(*(int(os.environ.get(name, alone)) for name, alone in told))
    if torch.cuda.is_available():
        torch.cuda.set_device(world.local)
        torch.set_default_device("cuda")
    if world.size == 1:
        yield world
        return
    distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    # Wrapped models hold the group in a circle: one that is left to the interpreter's end aborts there now and then.
    atexit.register(gc.collect)
    try:
        yield world
        # Who leaves early takes the connections away from those who still use them.
        distributed.barrier()
    finally:
        distributed.destroy_process_group()


def here(x: NDArray[np.float32] | NDArray[np.bool_]) -> Tensor:
    """An array as a tensor where tensors are made."""
    return torch.from_numpy(x).to(torch.get_default_device())
