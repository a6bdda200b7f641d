"""The textbook one-dimensional U-Net: the network, its training for speech, its export, and other uses of it."""

from .network import (
    Attention,
    DoubleConv,
    SqueezeExcitation,
    UNet1D,
    UNet1DConfig,
    convolution,
    receptive_field,
)

__all__ = [
    "Attention",
    "DoubleConv",
    "SqueezeExcitation",
    "UNet1D",
    "UNet1DConfig",
    "convolution",
    "receptive_field",
]
