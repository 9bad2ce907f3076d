"""What a user says about how a data set is read: ``NAME=VALUE`` on a command line, in a notebook, or as a dict."""

import shlex

from sslslr import paths
from sslslr.errors import SignError

COMMON = {
    "LEAVE_OUT": "a file with the names of clips to leave out, a name a line (check --write-leave-out writes one)",
    "DROP_FIRST": "how many frames at the beginning of every clip are dropped",
}
FILES = ("INDEX", "LEAVE_OUT")  # options whose value is a file
NONE = "none"  # INDEX=none: read no index, though one is there


def parse(options: str | dict[str, str], known: dict[str, str], name: str) -> dict[str, str]:
    """``options`` as a dict without the empty ones; values with spaces are quoted as in a shell.

    Raises SignError for what is no ``NAME=VALUE`` and for a name that is not in ``known``, the options of data set ``name``.
    """
    if isinstance(options, str):
        try:
            found = shlex.split(options)
        except ValueError as error:
            raise SignError(f"options {options!r}: {error}; quote values with spaces, NAME='a b'") from None
        options = words(found)
    said = {key: str(value) for key, value in options.items() if str(value)}
    if unknown := sorted(set(said) - set(known)):
        raise SignError(f"{name} has no option {', '.join(unknown)}; it has {', '.join(known) or 'none'}")
    return said


def words(said: list[str]) -> dict[str, str]:
    """The words of a command line as a dict; raises SignError for one that is no ``NAME=VALUE``."""
    if wrong := [word for word in said if "=" not in word]:
        raise SignError(f"{wrong[0]}: expected NAME=VALUE")
    return dict(word.split("=", 1) for word in said)


def text(options: dict[str, str]) -> str:
    """Options as one line that ``parse`` reads, files by their absolute paths: the same wherever it is read."""
    whole = {k: str(paths.at(v).resolve()) if k in FILES and v != NONE else v for k, v in options.items() if v}
    return shlex.join(f"{key}={value}" for key, value in sorted(whole.items()))
