"""What a notebook stands on: its profile and data, and the folder where its figures and tables go."""

import html
import io
import json
import re
from functools import cached_property
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from sslslr import datasets, paths, profiles
from sslslr.clips.signs import Signs
from sslslr.errors import SignError
from sslslr.paths import atomic, guard, write_json, write_text
from sslslr.provenance import commit, provenance
from sslslr.record.recording import Recorded, Served, recalled
from sslslr.record.recording import provenance as provenance_of
from sslslr.record.recording import table as table_of
from sslslr.record.tables import Record
from sslslr.report.figures import readable, stamp, style
from sslslr.studies import corpora as studied
from sslslr.studies.catalogue import Asked

LONG = 12  # rows; a longer table is folded: a wall of numbers is for who wants to look one up
FOLDED = '<details class="rows"><summary>{} rows in a table</summary>\n\n{}\n\n</details>'
BELOW = '<p class="caption" style="max-width:60rem;margin:0 0 1em;font-size:90%">{}</p>'


class Stage:
    """``Stage(PROFILE, DATASET, DATA, WORKERS, OPTIONS)`` opens a notebook; OPTIONS say how a real data set is read.

    Raises SignError for an unknown profile or data set, and for a real one without DATA, before anything long starts.
    """

    def __init__(self, profile: str = "quick", dataset: str = "synthetic", data: str = "", workers: int = 0, options: str = ""):
        self.profile = profiles.load(profile)
        if dataset not in datasets.DATASETS:
            raise SignError(f"data set {dataset!r} is unknown; there are {', '.join(datasets.DATASETS)}")
        if dataset != "synthetic" and not data:
            raise SignError(
                f"DATASET = {dataset!r} needs DATA, the folder that holds the data set: set DATA in the parameters cell, and run it again"
            )
        self.dataset, self.data, self.workers, self.options = dataset, data, int(workers), options
        self.folder = paths.results(dataset, profile)
        style()

    @cached_property
    def corpora(self) -> dict[str, Signs]:
        """The corpora by name, prepared for the encoder (not yet split)."""
        return studied.load(self.profile, self.dataset, self.data, options=self.options)

    @cached_property
    def studies(self) -> Asked:
        """The studies of the catalogue on these corpora; answered from the record as far as it goes, where the profile says so."""
        if not self.profile.recorded:
            return Asked(self.profile, self.corpora, self.workers, other=self.with_input)
        about: dict[str, Any] = {
            "corpora": self.corpora,
            "workers": self.workers,
            "other": self.with_input,
            "dataset": self.dataset,
            "record": Record(),
        }
        if self.profile.name == profiles.DECIDES:
            return Recorded(profile=self.profile, **about)
        decided = Recorded(profile=profiles.load(profiles.DECIDES), current=True, complete=True, **about)
        return Served(profile=self.profile, current=True, decided=decided, **about)

    def with_input(self, corpus: str, change: dict) -> Signs:
        """A corpus with changes to the profile's input (``clips.input.Input``)."""
        return studied.with_input(self.profile, change, corpus, self.dataset, self.data, self.options)

    @property
    def recorded(self) -> Recorded | None:
        """What of the studies so far came from the record; None before the first and where nothing does."""
        studies = self.__dict__.get("studies")
        return studies if isinstance(studies, Recorded) and studies.served_rows() else None

    def ask(self, name: str, **options):
        """The table of a study of the catalogue, trained and probed as far as it is not yet; ``options`` as the study has them."""
        return self.studies.ask(name, **options)

    def curves(self, name: str, **options) -> pd.DataFrame:
        """Training seen epoch by epoch, a row an epoch of each run of a study that shows it."""
        return self.studies.curves(name, **options)

    def recorded_elsewhere(self, name: str, dataset: str, **options) -> tuple[pd.DataFrame, str]:
        """The table of a study as the record has it of another data set, which need not be here, on the profile that decides;
        and in words where it is from. SignError where it was not recorded."""
        record = Record()
        found = recalled(record, dataset, profiles.DECIDES, name, **options)
        about = provenance_of(record, found)
        return table_of(record, found), f"{dataset} (recorded: {about['runs']} runs, {about['to']}, {about['core_hours']:.1f} core-hours)"

    def given(self, name: str, **options) -> dict:
        """What a study needs from others, by name: ``given("augmentations")["found"]``."""
        return self.studies.given(name, **options)

    @cached_property
    def signers(self) -> str:
        """What "signers" have to be read as on a real data set (``studies.corpora.who``); it stands behind every caption that names them."""
        return "" if self.kind == "synthetic" else "; ".join(filter(None, (studied.who(s, self.profile) for s in self.corpora.values())))

    def _said(self, caption: str) -> str:
        return f"{caption} ({self.signers}.)" if "signer" in caption.lower() and self.signers else caption

    @property
    def kind(self) -> str:
        """Either "synthetic" or "real"; it stands on every figure and table."""
        return "synthetic" if self.dataset == "synthetic" else "real"

    def stamp(self, data: str = "") -> str:
        """Profile, data and commit in a few words; ``data`` says what a result is made from if not from the data set.

        Where a study was answered from the record: from how many runs, of which commit and day, at what cost, and how many rows
        are STALE, of older code or other settings.
        """
        words = f"profile {self.profile.name} · {data or f'{self.dataset} ({self.kind} data)'} · sslslr {commit()}"
        return words + (f" · {self.recorded.words()}" if self.recorded else "")

    def made(self, data: str = "") -> dict:
        """Where a result comes from: profile, data set, kind of data, and code, versions and machine."""
        about = {"profile": self.profile.name, "dataset": self.dataset, "kind": self.kind}
        recorded = {"recorded": self.recorded.about()} if self.recorded else {}
        return about | ({"data": data} if data else {}) | recorded | {"provenance": provenance()}

    def figure(self, fig: Figure, name: str, caption: str, data: str = "") -> None:
        """Save as ``figures/<name>.png`` and ``.svg`` with the stamp on it and the caption beside it; it is seen where ``show`` is called.

        At most ``figures.WIDEST`` inches wide and with no text below ``figures.SMALLEST`` points. The caption is in both files too,
        and ``show`` puts it below the figure and gives it as alternative text.
        """
        caption = caption if data else self._said(caption)
        readable(fig)
        fig.set_gid(name)
        fig.set_label(caption)
        stamp(fig, self.stamp(data))
        folder = self.folder / "figures"
        for suffix in (".svg", ".png"):
            with atomic(folder / f"{name}{suffix}") as partial:
                about = {"Title": name, "Description": caption}
                fig.savefig(partial, metadata=about | ({"Date": None} if suffix == ".svg" else {}), facecolor="white")
        write_json(folder / f"{name}.json", {"caption": caption, "stamp": self.stamp(data), **self.made(data)})
        plt.close(fig)  # else a notebook shows it below this cell too

    def table(self, frame: pd.DataFrame, name: str, caption: str, shown: pd.DataFrame | None = None, data: str = "") -> pd.DataFrame:
        """Save ``frame`` as ``tables/<name>.csv`` (every digit) and, as ``shown`` to readers, ``.md`` and ``.tex``; returns what is shown.

        ``data`` as in ``figure``.
        """
        caption = caption if data else self._said(caption)
        folder = self.folder / "tables"
        shown = frame if shown is None else shown
        shown.attrs["caption"] = caption  # show() puts it below, whichever of the two a notebook shows
        shown = shown.astype(object).where(shown.notna(), "–")
        buffer = io.StringIO()
        frame.map(guard).to_csv(buffer, index=False)
        write_text(folder / f"{name}.csv", buffer.getvalue())
        write_text(folder / f"{name}.md", f"{as_markdown(caption)}\n\n{markdown(shown)}\n\n{self.stamp(data)}\n")
        write_text(folder / f"{name}.tex", latex(shown, caption, name))
        write_json(folder / f"{name}.json", {"caption": caption, "stamp": self.stamp(data), **self.made(data)})
        return shown


def as_markdown(text):
    """Text that Markdown shows as it is: no tag, no code, no link, no formula, no end of a cell, whatever a gloss is called."""
    if not isinstance(text, str):
        return text
    return re.sub(r"([\\|`\[$])", r"\\\1", re.sub(r"&(?=[#\w])", "&amp;", text).replace("<", "&lt;"))


def from_markdown(text: str) -> str:
    """What ``as_markdown`` was given."""
    return re.sub(r"\\([\\|`\[$])", r"\1", text).replace("&lt;", "<").replace("&amp;", "&")


def markdown(shown: pd.DataFrame) -> str:
    """A table as Markdown, its texts as they are."""
    return shown.map(as_markdown).rename(columns=as_markdown).to_markdown(index=False)


def latex(shown: pd.DataFrame, caption: str, name: str) -> str:
    """A table as LaTeX (booktabs), for pasting into a paper."""
    caption = re.sub(r"([%_&#$])", r"\\\1", caption.replace("\\", "/").replace("{", "(").replace("}", ")"))
    return shown.to_latex(index=False, escape=True, caption=caption, label=f"tab:{name}").replace("±", "$\\pm$")


def percent(mean: float, low: float, high: float) -> str:
    """An accuracy and its interval for readers: ``63.1 ± 2.0`` in percent, without ± where n = 1."""
    return f"{100 * mean:.1f}" + (f" ± {100 * (high - low) / 2:.1f}" if low == low else "")


def read_captions(folder: Path) -> dict[str, dict]:
    """Captions and stamps of what a folder of figures or tables holds, by name."""
    return {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.json"))}


def show(what: Figure | pd.DataFrame, here: str = "") -> None:
    """Show a figure (once; it is freed) or a table in a notebook, with the caption that it was saved with below it; a table of more
    than ``LONG`` rows is folded.

    ``here``: what happened in this run, a sentence with its numbers, below that.
    """
    from IPython import display, get_ipython

    if isinstance(what, pd.DataFrame):
        caption = html.escape(str(what.attrs.get("caption", "")))
        table = markdown(what) if len(what) <= LONG else FOLDED.format(len(what), markdown(what))
        display.display(display.Markdown(table + (f"\n\n{BELOW.format(caption)}\n" if caption else "")))
        say(here)
        return
    if get_ipython() is None:
        plt.show()
    else:
        about = {"alt": what.get_label(), "name": what.get_gid()} if what.get_gid() else {}
        display.display(what, metadata={"image/png": about})
        if about:
            display.display(display.HTML(BELOW.format(html.escape(str(about["alt"])))), metadata={"caption": about["name"]})
    plt.close(what)
    say(here)


def say(here: str) -> None:
    """Show a sentence of what happened here; nothing for an empty one."""
    if here:
        from IPython import display

        display.display(display.HTML(f'<p class="here"><b>Here:</b> {html.escape(here)}</p>'))
