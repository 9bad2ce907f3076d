"""The methods by name. Each is one file: a pure loss, and a module with ``encoder``, ``loss`` and ``output``.

``METHODS[name](encoder, classes, **options)`` builds one; training calls
``loss(original, view1, view2, valid, labels)`` for a scalar and ``output(x, valid)`` for what its loss compares.
"""

from sslslr.methods.slfpn import SLFPN
from sslslr.methods.supervised import Supervised

METHODS = {"slfpn": SLFPN, "supervised": Supervised}
