"""How far long work is: a bar in a terminal, and in a notebook one line that is plain text once the work is done."""

import io
import sys

from tqdm import tqdm


def in_kernel() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell is not None and "IPKernelApp" in shell.config


class Line(tqdm):
    """A bar of text in a cell's output, in place of itself; ``ends`` says what was done, and how long it took stands behind it.

    No widget: opened again with another kernel, the line is still what it was.
    """

    def __init__(self, *args, ends: str = "", **options):
        self.ends, self.handle = ends, None
        super().__init__(*args, **{"delay": 0.5, **options, "file": io.StringIO(), "ncols": 88})

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Show the bar as it stands, or ``msg``."""
        from IPython.display import TextDisplayObject, display

        class Text(TextDisplayObject):
            def __repr__(self) -> str:
                return self.data

        text = Text(str(self) if msg is None else msg)
        if self.handle is None:
            self.handle = display(text, display_id=True)
        else:
            self.handle.update(text)

    def close(self) -> None:
        """Leave one plain line, if a bar was shown at all."""
        if self.disable:
            return
        super().close()
        if self.handle is not None:
            done = self.ends or f"{self.n} {self.unit}{'s' * (self.n != 1)}"
            self.display(f"{self.desc + ': ' if self.desc else ''}{done}, {self.format_dict['elapsed']:.0f} s")


def track(*args, ends: str = "", **options) -> tqdm:
    """A bar with the arguments of ``tqdm``; in a notebook a ``Line`` that ends with ``ends`` ("158 runs") and the seconds."""
    return Line(*args, ends=ends, **options) if in_kernel() else tqdm(*args, **options)
