"""Synthetic signing with known boundaries: the default data set. ``make`` a corpus, print the ``lexicon`` behind it.

A generator built on how signs are made, not a model of any sign language: its words are invented.
"""

from sslslr.datasets.synthetic.corpora import CORPORA, make
from sslslr.datasets.synthetic.lexicon import Sign, inventory, lexicon, minimal_pairs

__all__ = ["CORPORA", "Sign", "inventory", "lexicon", "make", "minimal_pairs"]
