"""The textbook U-Net computes what the class of a tutorial computes, bit for bit, with the same weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from limpid_training.textbook import UNet1D


class Tutorial(nn.Module):
    """As tutorials write it: every layer by its name, nothing of ours, in the order in which they compute."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1a, self.norm1a = nn.Conv1d(1, 64, 3, padding=1), nn.BatchNorm1d(64)
        self.conv1b, self.norm1b = nn.Conv1d(64, 64, 3, padding=1), nn.BatchNorm1d(64)
        self.conv2a, self.norm2a = nn.Conv1d(64, 128, 3, padding=1), nn.BatchNorm1d(128)
        self.conv2b, self.norm2b = nn.Conv1d(128, 128, 3, padding=1), nn.BatchNorm1d(128)
        self.conv3a, self.norm3a = nn.Conv1d(128, 256, 3, padding=1), nn.BatchNorm1d(256)
        self.conv3b, self.norm3b = nn.Conv1d(256, 256, 3, padding=1), nn.BatchNorm1d(256)
        self.up2 = nn.ConvTranspose1d(256, 128, kernel_size=2, stride=2)
        self.conv4a, self.norm4a = nn.Conv1d(256, 128, 3, padding=1), nn.BatchNorm1d(128)
        self.conv4b, self.norm4b = nn.Conv1d(128, 128, 3, padding=1), nn.BatchNorm1d(128)
        self.up1 = nn.ConvTranspose1d(128, 64, kernel_size=2, stride=2)
        self.conv5a, self.norm5a = nn.Conv1d(128, 64, 3, padding=1), nn.BatchNorm1d(64)
        self.conv5b, self.norm5b = nn.Conv1d(64, 64, 3, padding=1), nn.BatchNorm1d(64)
        self.out = nn.Conv1d(64, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.norm1a(self.conv1a(x)))
        skip1 = torch.relu(self.norm1b(self.conv1b(x)))
        x = torch.max_pool1d(skip1, 2)
        x = torch.relu(self.norm2a(self.conv2a(x)))
        skip2 = torch.relu(self.norm2b(self.conv2b(x)))
        x = torch.max_pool1d(skip2, 2)
        x = torch.relu(self.norm3a(self.conv3a(x)))
        x = torch.relu(self.norm3b(self.conv3b(x)))
        x = torch.cat([skip2, self.up2(x)], dim=1)
        x = torch.relu(self.norm4a(self.conv4a(x)))
        x = torch.relu(self.norm4b(self.conv4b(x)))
        x = torch.cat([skip1, self.up1(x)], dim=1)
        x = torch.relu(self.norm5a(self.conv5a(x)))
        x = torch.relu(self.norm5b(self.conv5b(x)))
        y: Tensor = self.out(x)
        return y


def give_weights(ours: UNet1D, theirs: Tutorial) -> None:
    """Copies what stands in our network to where the tutorial keeps it, layer by layer."""
    pairs = [*ours.encoders, ours.bottleneck, ours.decoders[1], ours.decoders[0]]
    for n, pair in enumerate(pairs, start=1):
        layers = [m for m in pair.modules() if isinstance(m, nn.Conv1d | nn.BatchNorm1d)]
        for name, layer in zip((f"conv{n}a", f"norm{n}a", f"conv{n}b", f"norm{n}b"), layers, strict=True):
            getattr(theirs, name).load_state_dict(layer.state_dict())
    theirs.up2.load_state_dict(ours.ups[1].state_dict())
    theirs.up1.load_state_dict(ours.ups[0].state_dict())
    theirs.out.load_state_dict(ours.head.state_dict())


@pytest.mark.parametrize("training", [True, False])
def test_the_network_is_that_of_the_tutorials_bit_for_bit(training: bool) -> None:
    torch.manual_seed(7)
    ours, theirs = UNet1D().train(), Tutorial().train()
    for module in ours.modules():  # or negative factors and shifts would never show
        if isinstance(module, nn.BatchNorm1d):
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
    with torch.no_grad():
        ours(torch.randn(4, 1, 100))  # running statistics that are not at their start
        give_weights(ours, theirs)
        assert sum(p.numel() for p in theirs.parameters()) == sum(p.numel() for p in ours.parameters())
        x = torch.randn(4, 1, 100)
        assert torch.equal(ours.train(training)(x), theirs.train(training)(x))


@pytest.mark.parametrize("wrong", ["pooling", "middle ReLU"])
def test_the_equality_tells_what_is_not_the_tutorials(wrong: str) -> None:
    torch.manual_seed(8)
    ours, theirs, x = UNet1D().eval(), Tutorial().eval(), torch.randn(2, 1, 100)
    give_weights(ours, theirs)
    if wrong == "pooling":
        ours.pool = nn.AvgPool1d(2)
    else:
        ours.encoders[0].body[2] = nn.Identity()
    with torch.no_grad():
        assert not torch.equal(ours(x), theirs(x))
