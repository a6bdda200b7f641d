"""Data, U-Nets, training, export and evaluation of Limpid."""
