"""Put the numbers of finished reproductions into README.md: ``python tools/readme.py synthetic/quick isl-kinect/quick``.

Reads ``results/<dataset>/<profile>/tables/table1_linear.csv`` and writes the table between the two marks in README.md,
so that no number there is typed by hand.
"""

import sys
from pathlib import Path

import pandas as pd

from sslslr import paths
from sslslr.report.tables import wide

START, END = "<!-- results -->", "<!-- /results -->"


def table(folders: list[str]) -> str:
    """One Markdown table over all folders: a row a model and view set, a column a corpus, accuracies with intervals."""
    rows = pd.concat([pd.read_csv(paths.results(*folder.split("/")) / "tables" / "table1_linear.csv") for folder in folders])
    about = rows.drop_duplicates("corpus").set_index("corpus")
    about["clips"] = rows.groupby("corpus")["test_clips"].min()
    head = {
        c: f"{c} ({a['kind']}; {int(a['n'])} runs, {int(a['clips'])} clips; chance {100 * a['chance']:.1f})" for c, a in about.iterrows()
    }
    return wide(rows.assign(corpus=rows["corpus"].map(head)), ["model", "views"], "corpus").to_markdown(index=False)


def main() -> None:
    """Rewrite README.md."""
    readme = Path(paths.ROOT / "README.md")
    before, rest = readme.read_text(encoding="utf-8").split(START)
    after = rest.split(END)[1]
    paths.write_text(readme, f"{before}{START}\n\n{table(sys.argv[1:])}\n\n{END}{after}")


if __name__ == "__main__":
    main()
