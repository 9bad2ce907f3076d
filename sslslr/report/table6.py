"""Table 6 (section 6.4): what the literature reports, and what this code finds where the data are there."""

import pandas as pd

from sslslr import datasets, paths
from sslslr.errors import SignError
from sslslr.measures.statistics import summarise
from sslslr.report.stage import percent
from sslslr.studies.recipe import over_seeds

ABSENT, REPORTED, HERE = "not run: data absent", "reported", "this code"
PLACES = ("asl-citizen", "lsfb-700", "lsa64", "gsl", "wlasl-100", "wlasl-300", "wlasl-1000", "wlasl-2000", "isl-kinect", "synthetic")
MEASURES = {
    ("top1", "instance"): "top1",
    ("top5", "instance"): "top5",
    ("top1", "class"): "top1_class",
    ("top5", "class"): "top5_class",
}
STORED = "table6_ours"
COMMAND = "make reproduce DATASET={} DATA=/path/to/it PROFILE={}"


def reported() -> pd.DataFrame:
    """The rows of the paper's Table 6 with their sources, from ``data/paper/table6.csv``; ``mean`` is 0 to 1."""
    path = paths.PAPER_FACTS / "table6.csv"
    rows = pd.read_csv(path, keep_default_na=False)
    rows["mean"] = pd.to_numeric(rows.pop("value")) / 100
    if not rows["mean"].between(0, 1).all() or not set(rows["metric"]) <= {"top1", "top5"}:
        raise SignError(f"{path}: values must be percentages and metrics top1 or top5")
    return rows.assign(data=rows["dataset"], state=REPORTED)


def ours(rows: pd.DataFrame, dataset: str, profile: str) -> pd.DataFrame:
    """Our rows of Table 6 from the runs of ``finetune.study`` with all labels: mean, low, high (0 to 1) of each measure."""
    rows = over_seeds(rows[rows["share"] == 1], "model")
    by = ["corpus", "kind", "protocol", "model"]
    clips = rows.groupby(by, sort=False)["clips"].sum().reset_index()
    parts = [summarise(rows, by, column).assign(metric=metric, average=average) for (metric, average), column in MEASURES.items()]
    out = pd.concat(parts, ignore_index=True).merge(clips, on=by).rename(columns={"corpus": "data", "model": "method"})
    return out.assign(dataset=dataset, modality="landmarks", profile=profile, state=HERE, source="")


def gather(profile: str, mine: pd.DataFrame) -> pd.DataFrame:
    """``mine`` and what earlier reproductions of other data sets with the same profile have stored (``tables/table6_ours.csv``)."""
    found = [mine]
    for dataset in datasets.DATASETS:
        path = paths.results(dataset, profile) / "tables" / f"{STORED}.csv"
        if dataset not in set(mine["dataset"]) and path.exists():
            found.append(pd.read_csv(path, keep_default_na=False, na_values=[""]))
    return pd.concat(found, ignore_index=True)


def table6(found: pd.DataFrame) -> pd.DataFrame:
    """Reported rows, our rows ``found``, and a row for each data set of ``PLACES`` that nobody has run; ``state`` says which."""
    facts = reported()
    here, profile = set(found["dataset"]), found["profile"].iloc[0]
    absent = {"method": "SSL-SLR", "state": ABSENT}
    commands = {d: COMMAND.format(d, profile if d == "isl-kinect" else "paper") for d in PLACES if d not in here}
    missing = pd.DataFrame([{"dataset": d, "data": d, **absent, "source": command} for d, command in commands.items()])
    order = {d: i for i, d in enumerate(dict.fromkeys([*PLACES, *sorted(here)]))}
    out = pd.concat([facts, missing, found], ignore_index=True)
    return out.sort_values("dataset", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """``table6`` for readers: a row a data set and method, top-1 and top-5 in percent per instance and per class, ours and theirs apart."""
    out = []
    keys = ["dataset", "data", "method", "state"]
    for (dataset, data, method, state), part in table.groupby(keys, sort=False, dropna=False):
        first = part.iloc[0]
        row = {
            "data": f"{data} ({first['kind']})" if state == HERE else dataset,
            "method": method,
            "by": REPORTED if state == REPORTED else HERE,
        }
        for (metric, average), column in MEASURES.items():
            same = part[(part["metric"] == metric) & part["average"].isin([average, *(["not stated"] if average == "instance" else [])])]
            name = f"{metric.replace('p', 'p-')} %{' per class' if average == 'class' else ''}"
            if state == ABSENT:
                row[name] = ABSENT if column == "top1" else "–"
            elif state == REPORTED:  # as quoted, two digits
                row[name] = f"{100 * same['mean'].iloc[0]:.2f}" if len(same) else "–"
            else:
                row[name] = percent(*same.iloc[0][["mean", "low", "high"]])
        if state == HERE:
            row["from"] = f"profile {first['profile']}, n = {int(first['n'])}, {int(first['clips'])} test clips, {first['protocol']}"
        else:
            row["from"] = "; ".join(t for t in (first["source"], first.get("note")) if isinstance(t, str) and t)
        out.append(row)
    return pd.DataFrame(out)
