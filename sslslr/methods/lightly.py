"""lightly's losses, heads and momentum helpers, importable beside every build of PyTorch.

PyPI's torchvision, which lightly imports, does not load beside a CPU build of PyTorch: two of its operators are not
declared there. They are declared here, empty, and only after the native import has failed with that very error.
Nothing in this project calls them.
"""

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)

try:
    import torchvision  # noqa: F401  (only to see whether it loads)
except RuntimeError as error:
    if "torchvision::nms does not exist" not in str(error):
        raise
    import sys

    for name in [m for m in sys.modules if m.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    _declared = torch.library.Library("torchvision", "FRAGMENT")
    for schema in _SCHEMAS:
        _declared.define(schema)

from lightly.loss import BarlowTwinsLoss, NegativeCosineSimilarity, NTXentLoss, VICRegLoss  # noqa: E402
from lightly.models.modules.heads import ProjectionHead  # noqa: E402
from lightly.models.utils import deactivate_requires_grad, update_momentum  # noqa: E402

__all__ = [
    "BarlowTwinsLoss", "NTXentLoss", "NegativeCosineSimilarity", "ProjectionHead", "VICRegLoss", "deactivate_requires_grad",
    "update_momentum",
]  # fmt: skip
