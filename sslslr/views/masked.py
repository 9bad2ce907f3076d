"""The strong views with frames lost at the ends: a file of its own, so that what it is made of is no part of the strong views' name."""

from sslslr.views.degradations import drop
from sslslr.views.strong import strong

VERSION = "masked strong views 1"


def strong_masked(x, lengths, generator, alpha, beta):
    """As ``strong``, and in the first alpha and last beta of the frames that are left each is lost with probability 1/2."""
    return drop(strong(x, lengths, generator, alpha, beta), lengths, generator, alpha, beta)
