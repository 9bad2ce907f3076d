"""The methods by name. Each is one file: its loss, and a module with ``encoder``, ``loss``, ``head`` and ``output``.

``METHODS[name](encoder, classes, **options)`` builds one; training calls ``loss(original, view1, view2, valid, labels)``
for a scalar. ``head(features)`` is what the loss compares, from the encoder's output.
"""

from sslslr.methods.barlow import BarlowTwins
from sslslr.methods.byol import BYOL
from sslslr.methods.heads import Method
from sslslr.methods.moco import MoCo
from sslslr.methods.sign_priors import SignPriors
from sslslr.methods.simclr import SimCLR
from sslslr.methods.simsiam import SimSiam
from sslslr.methods.slfpn import SLFPN
from sslslr.methods.slfpn_plus import SLFPNPlus
from sslslr.methods.supervised import Supervised
from sslslr.methods.vicreg import VICReg

METHODS: dict[str, type[Method]] = {
    "simclr": SimCLR,
    "moco": MoCo,
    "simsiam": SimSiam,
    "byol": BYOL,
    "vicreg": VICReg,
    "barlow": BarlowTwins,
    "slfpn": SLFPN,
    "slfpn_plus": SLFPNPlus,
    "priors": SignPriors,
    "supervised": Supervised,
}
