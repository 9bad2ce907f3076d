"""Is a run, from what it says of itself, one that today's code would make? Asked of folders of the run store and of the record."""

from collections.abc import Callable, Iterable
from dataclasses import fields
from types import SimpleNamespace
from typing import cast

from sslslr.clips.signs import Signs
from sslslr.errors import SignError
from sslslr.learning.finetuning import Ramp, Tuning
from sslslr.learning.store import key
from sslslr.learning.training import Optimiser, Run
from sslslr.methods.encoder import EncoderConfig
from sslslr.provenance import known
from sslslr.views import ViewConfig


def outdated(named: dict, name: str) -> str:
    """Why no current code asks for the run called ``name``, or "": its name is made again from what is said of it.

    ``named``: what ``store.about`` gave when it was made. A fine-tuning may also start from an outdated run; that is the
    caller's to ask, who knows where to find it.
    """
    if not named or "versions" not in named:
        return "of a time before versions" if named else "says nothing of itself"
    data = named["data"]
    if old := unknown([*named["versions"], *data["versions"]]):
        return f"by {old}"
    try:
        signs = cast(Signs, SimpleNamespace(fingerprint=data["fingerprint"], versions=data["versions"]))  # all that a key asks of them
        again = key(run_of(named), signs)
    except (SignError, TypeError, KeyError) as error:
        return f"its settings are not known any more ({error})"
    return "" if again == name else "by other settings or parts than today's"


def run_of(named: dict) -> Run:
    """The run that ``named`` describes."""
    settings = {k: v for k, v in named.items() if k not in ("data", "versions")}
    kinds: list[type[Run]] = [Tuning, *Run.__subclasses__()]
    kind = next((k for k in kinds if own(k) & set(settings)), Run)
    schedule = Ramp if kind is Tuning else Optimiser
    parts: dict[str, Callable] = {"views": ViewConfig, "encoder": EncoderConfig, "optimiser": schedule}
    return kind(**settings | {name: part(**settings[name]) for name, part in parts.items()})


def own(kind: type[Run]) -> set[str]:
    """The settings that a kind of run has beyond every run's: they tell which kind made a row (that of pictures is `video.training`'s)."""
    return {f.name for f in fields(kind)} - {f.name for f in fields(Run)}


def unknown(versions: Iterable[str] | None) -> str:
    """Those of ``versions`` that no file of the package says today, in words; "" if all are said."""
    if not versions:
        return "versions that it does not say"
    return ", ".join(sorted(set(versions) - set(known().values())))
