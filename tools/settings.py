"""``python tools/settings.py``: write the setting of each method that the recorded search chose into the profiles (``--check`` only looks).

The search (``sslslr.studies.tuning``) on the development data is in the record, and so is that of the encoders of pictures
(``sslslr.studies.signrep``); the profiles have their winners, but for ``paper``, whose settings are the papers', and ``smoke``, whose
numbers mean nothing.
"""

import re
import sys

import yaml

from sslslr import paths, profiles
from sslslr.record.recording import recalled, table
from sslslr.record.tables import Record
from sslslr.studies import signrep, tuning

NAMES = ("quick", "decide", "full")


def chosen() -> dict[str, dict]:
    """The best setting of each method in the recorded search; SignError where none is recorded."""
    record = Record()
    on = profiles.load(profiles.DECIDES).tuning["development"]
    return tuning.best(table(record, recalled(record, on, profiles.DECIDES, "tuning")))


def of_pictures() -> dict[str, dict]:
    """The best setting of each target of pictures in the recorded search; SignError where none is recorded."""
    record = Record()
    return signrep.chosen(table(record, recalled(record, "synthetic", profiles.DECIDES, "SignRep, settings")))


def told(settings: dict) -> str:
    """A setting as a line of YAML, numbers as they are written by hand."""
    text = yaml.safe_dump(settings, default_flow_style=True, sort_keys=False, width=1000).strip()
    text = re.sub(r"(?<=: )0\.000(\d)(?=[,}])", r"\1.0e-4", text)
    return re.sub(r"(?<=: )0\.00(\d)(?=[,}])", r"\1.0e-3", text)


def main(check: bool = False) -> list[str]:
    """Write (or with ``check`` only compare) the lines; returns what differed."""
    best, pictures, wrong = chosen(), of_pictures(), []
    for name in NAMES:
        path = paths.PROFILES / f"{name}.yml"
        text = path.read_text(encoding="utf-8")
        for method, settings in best.items():
            if profiles.load(name).methods[method] != settings:
                wrong.append(f"{name}.yml: {method} is not {told(settings)}")
                text = re.sub(rf"(?m)^  {method}: \{{.*\}}$", f"  {method}: {told(settings)}", text)
        if profiles.load(name).video["settings"] != pictures:
            wrong.append(f"{name}.yml: pictures are not {told(pictures)}")
            text = re.sub(r"(?m)^(video: .*settings: )\{(?:[^{}]|\{[^{}]*\})*\}", lambda m: m[1] + told(pictures), text)
        if not check:
            paths.write_text(path, text)
    return wrong


if __name__ == "__main__":
    found = main("--check" in sys.argv)
    print("\n".join(found) or "every profile has the settings that the search chose")
    sys.exit(bool(found) and "--check" in sys.argv)
