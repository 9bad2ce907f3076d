"""The one exception that users meet: it says what is wrong, where, and what to do; and how many of something, in words."""

import unicodedata


class SignError(ValueError):
    """Bad input: data, a parameter or an environment that a person has to mend.

    Commands print its message in one line and exit with status 2; anything else is a bug of ours.
    A notebook shows its message alone, without the way there. What is no printable character (a line's end in a file's name, what a
    terminal would obey) is written as Python writes it, so that the message stays one line whatever it quotes; spaces and joiners
    of any script stay.
    """

    def __init__(self, message: object = "", *more: object):
        super().__init__("".join(c if c.isprintable() or _joins(c) else repr(c)[1:-1] for c in str(message)), *more)

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


def _joins(character: str) -> bool:
    return unicodedata.category(character) == "Zs" or character in "\u200c\u200d"


def counted(n: int, what: str, many: str = "") -> str:
    """``1 clip``, ``2 clips``; ``many`` where an s does not make it several (classes)."""
    return f"{n} {what if n == 1 else many or what + 's'}"
