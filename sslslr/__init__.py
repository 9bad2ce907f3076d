"""Companion to the paper SSL-SLR: learning sign representations from landmarks without labels."""

__version__ = "0.2.0.dev0"

from sslslr import arithmetic, moved

arithmetic.settle()  # before anything here imports numpy
moved.install()
