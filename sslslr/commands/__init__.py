"""What a user types: one file a command, ``sslslr COMMAND`` or ``python -m sslslr COMMAND``.

A file here is a command if it has ``main(arguments) -> exit status``; the first line of its docstring is its line in
``sslslr --help``. What a person has to mend is a SignError, and becomes one line and status 2 here, for all commands.
"""

import argparse
import ast
import errno
import io
import math
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from sslslr import __version__, paths  # first of all: it says where matplotlib and numba keep their caches
from sslslr.errors import SignError

FOLDER = Path(__file__).parent


class Parser(argparse.ArgumentParser):
    """The arguments of one command: help from its module's docstring, and a SignError for words that it does not know."""

    def __init__(self, module: str, text: str | None, **options):
        name = module.rpartition(".")[2]
        super().__init__(prog=f"sslslr {name}", description=text, formatter_class=argparse.RawDescriptionHelpFormatter, **options)

    def error(self, message: str):
        """Raise SignError, where argparse would print its usage and leave."""
        raise SignError(f"{message}; {self.prog} --help says what it takes")


def count(text: str) -> int:
    """A whole number from 1 on, as an argument's type."""
    if not is_whole(text) or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 1 on")
    return int(text)


def is_whole(text: str) -> bool:
    """Whether a text is a whole number from 0 on; what no machine could mean (above 2**31) is none."""
    return text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) < 1 << 31


def whole(text: str) -> int:
    """A whole number from 0 on, as an argument's type."""
    if not is_whole(text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number from 0 on")
    return int(text)


def processes(text: str) -> int:
    """How many processes, as an argument's type; 0 or nothing for one a core."""
    return whole(text) if text else 0


def place(text: str) -> Path:
    """A file or folder, as an argument's type; ``.`` is the current folder, nothing is none."""
    if not text:
        raise argparse.ArgumentTypeError("'': expected a file or a folder")
    try:
        return paths.at(text)
    except SignError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def positive(text: str) -> float:
    """A finite number above 0, as an argument's type."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number above 0")
    return value


def commands() -> dict[str, str]:
    """Every command and its line of help, read without importing any of them."""
    found = {}
    for path in sorted(FOLDER.glob("[a-z]*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in module.body):
            found[path.stem] = (ast.get_docstring(module) or "").partition("\n")[0]
    return found


def overview() -> str:
    """What ``sslslr --help`` says."""
    lines = [f"  {name:<12}{line}" for name, line in commands().items()]
    return "\n".join([f"sslslr {__version__}: learning sign representations from landmarks without labels", "", "usage: sslslr COMMAND ...", "",
                      *lines, "", "sslslr COMMAND --help says what it takes. Exit status: 0 done, 2 wrong input, 130 interrupted."])  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit status, 2 for bad input and 130 if interrupted, each with one line on stderr; 141 where nobody
    reads any more what it prints (``| head``)."""
    try:
        status = _main(sys.argv[1:] if arguments is None else arguments)
        print(end="", flush=True)
        return status
    except BrokenPipeError:
        try:
            print(flush=True)  # is it this pipe, or that of another process?
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more when it ends
            return 141
        raise


def _main(words: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):  # a console that knows no UTF-8 shows a question mark, and goes on
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if not words or words[0] in ("-h", "--help"):
        print(overview())
        return 0
    name, *rest = words
    paths.settle()
    try:
        with warnings_in_one_line():
            return command(name)(rest)
    except SignError as error:
        print(f"sslslr: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if error.errno not in PLACES or isinstance(error, ConnectionError):
            raise
        print(f"sslslr: {_place(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nsslslr: interrupted; the same command goes on from here", file=sys.stderr)
        return 130


@contextmanager
def warnings_in_one_line():
    """Inside, a warning of ours is a line without the source that gave it; those of other kinds stay as they are."""
    usual = warnings.formatwarning
    warnings.formatwarning = lambda text, kind, *place: f"sslslr: {text}\n" if kind is UserWarning else usual(text, kind, *place)
    try:
        yield
    finally:
        warnings.formatwarning = usual


PLACES = {getattr(errno, e) for e in ("EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "ENOTDIR", "EISDIR", "EEXIST", "ENAMETOOLONG", "ELOOP") if hasattr(errno, e)}  # fmt: skip
"""What is wrong with a place, and not with the program: read-only, full, a file where a folder should be."""


def _place(error: OSError) -> str:
    """A place that can't be used, and where ours can be moved to."""
    where = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes, os.PathLike)) else "a file"
    if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR):
        return f"{where}: {error.strerror}, where {'a file' if error.errno == errno.EISDIR else 'a folder'} is expected; give another"
    if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
        return f"{where}: {error.strerror}; give another"
    if error.errno in (errno.EACCES, errno.EPERM) and os.path.isfile(where) and not os.access(where, os.R_OK):
        return f"{where}: can't be read ({error.strerror}); ask its owner"
    ours = (paths.results("", ""), paths.runs(), paths.cache(), paths.record())
    own = any(Path(where).absolute().is_relative_to(folder.absolute()) for folder in ours)
    moved = " (SSLSLR_RESULTS, SSLSLR_RUNS, SSLSLR_CACHE and SSLSLR_RECORD move our own)" if own else ""
    return f"{where}: can't be used ({error.strerror}); choose a folder that can be written{moved}"


def command(name: str) -> Callable[[list[str]], int]:
    """The ``main`` of a command; raises SignError where there is no such command."""
    if name not in (known := commands()):
        raise SignError(f"command {name!r} is unknown; there are {', '.join(known)}")
    return import_module(f"sslslr.commands.{name}").main
