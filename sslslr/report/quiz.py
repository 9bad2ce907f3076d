"""A question to answer before the next cell is run, and an answer that waits until it is asked for: ``ask`` and ``folded``."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

from IPython.display import HTML, display
from IPython.utils.capture import capture_output

from sslslr.errors import SignError
from sslslr.report.widgets import framed, live

STYLE = "border:1px solid #8888;border-radius:6px;padding:.5rem 1rem;margin:.5rem 0;max-width:46rem"
LEAD = "Predict before you run."


class Question:
    """A question with its options. Where a person has the notebook open it takes one choice, in ``choice``, and reveals what
    speaks for that one; elsewhere (the book, an executed notebook) options are HTML that opens on a click or with Enter.
    ``told`` sets the choice against the result.
    """

    def __init__(self, question: str, options: dict[str, str]):
        self.question, self.options = question, dict(options)
        self.choice: str | None = None

    def choose(self, option: str) -> str:
        """Take ``option`` as the choice, once: a prediction is not changed afterwards. Returns what speaks for it."""
        if self.choice is None:
            self.choice = option
        return self.options[self.choice]

    def told(self, answer: str, here: str) -> None:
        """Show what happened, ``here``, which of the options it answers, and the choice beside it, where one was taken.

        SignError where ``answer`` is none of the options.
        """
        if answer not in self.options:
            raise SignError(f"{answer!r} is no option of {self.question!r}; there are {', '.join(self.options)}")
        mine = "" if self.choice is None else f"You said: <i>{escape(self.choice)}</i>. "
        right = "" if self.choice is None else " As you said." if self.choice == answer else " Not as you said: what did you overlook?"
        words = f"{mine}Here: {escape(here)} So the answer here is <b>{escape(answer)}</b>.{right}"
        display(HTML(f'<section class="quiz" aria-label="Your prediction and the result" style="{STYLE}"><p>{words}</p></section>'))

    def _ipython_display_(self) -> None:
        framed(self._widget(), "quiz") if live() else display(HTML(self._repr_html_()))

    def _widget(self):
        """The question as a widget: a button an option; the first that is pressed is the choice."""
        import ipywidgets as w  # type: ignore[import-untyped]

        said = w.HTML()
        buttons = [w.Button(description=option, layout=w.Layout(width="auto", max_width="46rem")) for option in self.options]

        def chosen(pressed) -> None:
            said.value = f"<p><b>{escape(pressed.description)}</b>. {escape(self.choose(pressed.description))}</p>"
            for button in buttons:
                button.disabled, button.button_style = True, "info" if button is pressed else ""

        for button in buttons:
            button.on_click(chosen)
        return w.VBox([w.HTML(f"<p><b>{LEAD}</b> {escape(self.question)}</p>"), *buttons, said], layout=w.Layout(max_width="48rem"))

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<details style="margin:.3rem 0"><summary data-lm-suppress-shortcuts="true" style="cursor:pointer">{escape(option)}</summary><p style="margin:.3rem 0 .3rem 1.2rem">{escape(said)}</p></details>'
            for option, said in self.options.items()
        )
        return f'<section class="quiz" aria-label="Predict before you run" style="{STYLE}"><p><b>{LEAD}</b> {escape(self.question)}</p>{rows}</section>'

    def __repr__(self) -> str:
        return "\n".join([f"{LEAD} {self.question}", *(f"  - {option}" for option in self.options)])


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
