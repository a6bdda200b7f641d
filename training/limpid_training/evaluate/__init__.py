"""Judges systems on fixed mixtures: the noisy input, our models through the shipped program, and peers."""
