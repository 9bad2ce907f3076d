"""Companion to the paper SSL-SLR: learning sign representations from landmarks without labels."""

__version__ = "0.2.0.dev0"

from sslslr import moved

moved.install()
