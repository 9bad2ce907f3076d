"""A question to answer before the next cell is run, and an answer that waits until it is asked for: ``ask`` and ``folded``."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

from IPython.display import HTML, display
from IPython.utils.capture import capture_output

STYLE = "border:1px solid #8888;border-radius:6px;padding:.5rem 1rem;margin:.5rem 0;max-width:46rem"


class Question:
    """Shows itself as HTML whose options open on a click or with Enter, and in plain text where there is no browser."""

    def __init__(self, question: str, options: dict[str, str]):
        self.question, self.options = question, dict(options)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<details style="margin:.3rem 0"><summary data-lm-suppress-shortcuts="true" style="cursor:pointer">{escape(option)}</summary><p style="margin:.3rem 0 .3rem 1.2rem">{escape(said)}</p></details>'
            for option, said in self.options.items()
        )
        return f'<section class="quiz" aria-label="Predict before you run" style="{STYLE}"><p><b>Predict before you run.</b> {escape(self.question)}</p>{rows}</section>'

    def __repr__(self) -> str:
        return "\n".join([f"Predict before you run. {self.question}", *(f"  - {option}" for option in self.options)])


def ask(question: str, options: dict[str, str]) -> Question:
    """A question with its options, which needs no kernel, no script and no answer; each reveals
    what speaks for it, and where to look, only once it is chosen.

    What is revealed must be true on every profile and data set: a reason and a place to look, not a result.
    """
    return Question(question, options)


@contextmanager
def folded(summary: str = "What the solution shows") -> Iterator[None]:
    """What the block prints and displays, in one output that is folded until a reader opens it, also after *Run All*.

    (JupyterLab forgets that a cell's output is to be hidden as soon as the cell runs.) An error is shown as ever.
    """
    with capture_output() as caught:
        yield
    parts = [f"<pre>{escape(text)}</pre>" for text in (caught.stdout, caught.stderr) if text]
    latest = {(shown.transient or {}).get("display_id", i): shown.data for i, shown in enumerate(caught.outputs)}
    parts += [_html(data) for data in latest.values()]
    head = f'<summary data-lm-suppress-shortcuts="true" style="cursor:pointer">{escape(summary)}</summary>'
    display(HTML(f'<details class="folded">{head}{"".join(parts)}</details>'))


def _html(data: dict) -> str:
    """One output as HTML, by the richest form of it that needs no script."""
    if "text/html" in data:
        return data["text/html"]
    if "image/png" in data:
        png = data["image/png"]
        return f'<img alt="" src="data:image/png;base64,{png if isinstance(png, str) else b64encode(png).decode()}">'
    return f"<pre>{escape(data.get('text/plain', ''))}</pre>"
