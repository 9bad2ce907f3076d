"""Put the numbers of finished reproductions into README.md: ``python tools/readme.py synthetic/quick isl-kinect/quick``.

Reads ``results/<dataset>/<profile>/tables/controls_linear.csv`` and writes the table between the two marks in README.md,
so that no number there is typed by hand.
"""

import sys
from pathlib import Path

import pandas as pd

from sslslr import paths
from sslslr.report.stage import percent

START, END = "<!-- results -->", "<!-- /results -->"


def table(folders: list[str]) -> str:
    """One Markdown table over all folders: a row a corpus, a column a model, accuracies with their intervals."""
    frames = []
    for folder in folders:
        path = paths.results(*folder.split("/")) / "tables" / "controls_linear.csv"
        frames.append(pd.read_csv(path))
    rows = pd.concat(frames)
    rows["cell"] = [percent(r["mean"], r["low"], r["high"]) for _, r in rows.iterrows()]
    wide = rows.pivot(index="corpus", columns="model", values="cell")[list(dict.fromkeys(rows["model"]))]
    about = rows.drop_duplicates("corpus").set_index("corpus")
    wide.insert(0, "data", about["kind"])
    wide.insert(1, "n (clips, runs)", [f"{c}, {n}" for c, n in zip(about.loc[wide.index, "test_clips"], about.loc[wide.index, "n"], strict=True)])
    wide.insert(2, "chance", (100 * about["chance"]).round(1))
    return wide.loc[list(about.index)].reset_index().to_markdown(index=False)


def main() -> None:
    """Rewrite README.md."""
    readme = Path(paths.ROOT / "README.md")
    before, rest = readme.read_text(encoding="utf-8").split(START)
    after = rest.split(END)[1]
    paths.write_text(readme, f"{before}{START}\n\n{table(sys.argv[1:])}\n\n{END}{after}")


if __name__ == "__main__":
    main()
