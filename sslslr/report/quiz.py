"""A question to answer before the next cell is run: ``ask(question, options)``. It needs no kernel, no script and no answer."""

from html import escape

STYLE = "border:1px solid #8888;border-radius:6px;padding:.5rem 1rem;margin:.5rem 0;max-width:46rem"


class Question:
    """Shows itself as HTML whose options open on a click or with Enter, and in plain text where there is no browser."""

    def __init__(self, question: str, options: dict[str, str]):
        self.question, self.options = question, dict(options)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<details style="margin:.3rem 0"><summary style="cursor:pointer">{escape(option)}</summary><p style="margin:.3rem 0 .3rem 1.2rem">{escape(said)}</p></details>'
            for option, said in self.options.items()
        )
        return f'<section class="quiz" aria-label="Predict before you run" style="{STYLE}"><p><b>Predict before you run.</b> {escape(self.question)}</p>{rows}</section>'

    def __repr__(self) -> str:
        return "\n".join([f"Predict before you run. {self.question}", *(f"  - {option}" for option in self.options)])


def ask(question: str, options: dict[str, str]) -> Question:
    """A question with its options; each reveals what speaks for it, and where to look, only once it is chosen.

    What is revealed must be true on every profile and data set: a reason and a place to look, not a result.
    """
    return Question(question, options)
