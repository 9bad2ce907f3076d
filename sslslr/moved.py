"""Names that moved: the old ones go on working for one version, with a warning (imports and ``python -m``).

New in 0.2.0, gone in 0.3.0.
"""

import sys
import warnings
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType

# Old module -> where its names are now, below ``sslslr.``.
MOVED = {
    "boundaries": ["clips.boundaries"],
    "cluster": ["learning.cluster"],
    "degradations": ["views.degradations"],
    "diagnostics": ["measures.collapse"],
    "embedding": ["measures.embedding"],
    "encoder": ["methods.encoder"],
    "export": ["learning.export"],
    "extract.exchange": ["extract.pose_files"],
    "finetuning": ["learning.finetuning"],
    "metrics": ["measures.metrics"],
    "own_sign": ["studies.own_sign"],
    "plan": ["commands.plan"],
    "precision": ["methods.precision"],
    "pretrain": ["commands.pretrain"],
    "probes": ["measures.probes"],
    "report.claims": ["claims.judge"],
    "report.exercises": ["commands.exercises"],
    "reproduce": ["commands.reproduce", "report.notebooks"],
    "runs": ["learning.store", "learning.grid"],
    "signs": ["clips.signs"],
    "skeleton": ["clips.skeleton"],
    "splits": ["clips.splits"],
    "studies.statistics": ["measures.statistics"],
    "training": ["learning.training"],
    "views.boundary": ["views.order"],
    "views.spatial": ["views.place"],
    "weights": ["learning.weights"],
}

# Old ``python -m`` -> the command that it is now; "" where the command was its first word.
COMMANDS = {
    "cluster": "cluster",
    "datasets.__main__": "",
    "export": "export",
    "extract.__main__": "extract",
    "extract.exchange": "exchange",
    "plan": "plan",
    "pretrain": "pretrain",
    "report.claims": "claims",
    "report.exercises": "exercises",
    "report.site.__main__": "site",
    "reproduce": "reproduce",
    "weights": "weights",
}

RUN = """
import sys
from sslslr.commands import main
print("note: python -m sslslr.{old} is now: sslslr {command}; the old name goes with the next version", file=sys.stderr)
sys.exit(main([*{words}, *sys.argv[1:]]))
"""


class _Door(Loader):
    """Loads an old name: imported, it warns and holds what moved; run by ``python -m``, it runs the command."""

    def __init__(self, old: str):
        self.old = old

    def exec_module(self, module: ModuleType) -> None:
        """Fill the old module with the names of the new ones; ImportError for what was only ever run."""
        if self.old not in MOVED:
            raise ImportError(f"sslslr.{self.old} is no module to import; it is now sslslr {COMMANDS[self.old] or 'COMMAND'}")
        where = [f"sslslr.{new}" for new in MOVED.get(self.old, [])]
        warnings.warn(
            f"sslslr.{self.old} is now {' and '.join(where)}; the old name goes with the next version", FutureWarning, stacklevel=2
        )
        for name in where:
            vars(module).update((k, v) for k, v in vars(import_module(name)).items() if not k.startswith("__"))

    def get_code(self, fullname: str) -> CodeType | None:
        """What ``python -m`` runs; None where the old name was no command."""
        if (command := COMMANDS.get(self.old)) is None:
            return None
        old, words = self.old.removesuffix(".__main__"), [command] if command else []
        return compile(RUN.format(old=old, command=command or "COMMAND", words=words), fullname, "exec")


class Moved(MetaPathFinder):
    """Finds the old names; everything else is found as always."""

    def find_spec(self, fullname: str, path=None, target=None) -> ModuleSpec | None:
        """The spec of a module that moved, or None."""
        old = fullname.removeprefix("sslslr.")
        return ModuleSpec(fullname, _Door(old)) if old != fullname and (old in MOVED or old in COMMANDS) else None


def install() -> None:
    """Let old names be found, once."""
    if not any(isinstance(finder, Moved) for finder in sys.meta_path):
        sys.meta_path.append(Moved())
