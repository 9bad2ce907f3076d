"""Names that moved: the old ones go on working for one version, with a warning (imports and ``python -m``)."""

import sys
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec

# Old name -> new one, below ``sslslr.``; gone in the version after ``SINCE``.
MOVED = {
    "boundaries": "clips.boundaries", "signs": "clips.signs", "skeleton": "clips.skeleton", "splits": "clips.splits",
    "encoder": "methods.encoder", "precision": "methods.precision", "probes": "measures.probes", "diagnostics": "measures.collapse",
    "embedding": "measures.embedding", "metrics": "measures.metrics", "studies.statistics": "measures.statistics",
    "training": "learning.training", "finetuning": "learning.finetuning", "weights": "learning.weights", "export": "learning.export",
    "cluster": "learning.cluster", "runs": "learning.store", "views.boundary": "views.order", "views.spatial": "views.place",
    "degradations": "views.degradations", "own_sign": "studies.own_sign", "plan": "commands.plan", "pretrain": "commands.pretrain",
    "reproduce": "commands.reproduce", "report.claims": "claims.judge",
}  # fmt: skip


class _Door(InspectLoader):
    """A module that says where it went, and holds what is there."""

    def __init__(self, old: str, new: str):
        self.old, self.new = old, new

    def get_source(self, fullname: str) -> str:
        return (
            f"import sys, warnings\nimport {self.new} as _new\n"
            f"warnings.warn('{self.old} is now {self.new}; the old name goes with the next version', FutureWarning, stacklevel=2)\n"
            "globals().update({k: v for k, v in vars(_new).items() if not k.startswith('__')})\n"
            "if __name__ == '__main__':\n    sys.exit(_new.main())\n"
        )


class Moved(MetaPathFinder):
    """Finds the old names; everything else is found as always."""

    def find_spec(self, fullname: str, path=None, target=None) -> ModuleSpec | None:
        """The spec of a module that moved, or None."""
        new = MOVED.get(fullname.removeprefix("sslslr.")) if fullname.startswith("sslslr.") else None
        return ModuleSpec(fullname, _Door(fullname, f"sslslr.{new}")) if new else None


def install() -> None:
    """Let old names be found, once."""
    if not any(isinstance(finder, Moved) for finder in sys.meta_path):
        sys.meta_path.append(Moved())
