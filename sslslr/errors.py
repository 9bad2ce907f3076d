"""The one exception that users meet: it says what is wrong, where, and what to do."""


class SignError(ValueError):
    """Bad input: data, a parameter or an environment that a person has to mend.

    Commands print its message in one line and exit with status 2; anything else is a bug of ours.
    A notebook shows its message alone, without the way there.
    """

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]
