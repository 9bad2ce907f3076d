"""The rooms of the house: the table of docs/house.md is what the imports are, and every import leads downwards.

``python tests/test_rooms.py`` writes the table anew, from the imports; what a room holds is taken over.
"""

import ast
import re
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAD = "| Room | What it holds | Imports from |\n|:--|:--|:--|\n"
ROW = re.compile(r"^\| `(\w+)(?:/|\.py)` \| (.+?) \| (.+?) \|$", re.MULTILINE)
DOOR = {"__main__": "commands", "__init__": "moved"}  # the package's own two files belong to these


def imports(folder: Path) -> dict[str, set[str]]:
    """Module -> modules of the package that it imports anywhere in it, as paths below the package (``clips.signs``)."""
    modules = {path: ".".join(path.relative_to(folder).with_suffix("").parts) for path in folder.rglob("*.py")}
    names = {name.removesuffix(".__init__") for name in modules.values()}
    found: dict[str, set[str]] = {}
    for path, module in modules.items():
        found[module.removesuffix(".__init__")] = wanted = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not node.level, f"{module}: import by the full name"
                wanted |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
        inside = {name.partition(".")[2] for name in wanted if name.startswith(f"{folder.name}.")}
        inside = {name if name in names else name.rpartition(".")[0] for name in inside}
        found[module.removesuffix(".__init__")] = inside - {"", module.removesuffix(".__init__")}
    return found


def room(module: str) -> str:
    """The room of a module: its folder, or itself at the top."""
    first = module.partition(".")[0]
    return DOOR.get(first, first)


def arrows(found: dict[str, set[str]]) -> dict[str, set[str]]:
    """Room -> rooms that it imports from."""
    out: dict[str, set[str]] = defaultdict(set)
    for module, wanted in found.items():
        out[room(module)] |= {room(other) for other in wanted} - {room(module)}
    return dict(out)


def listed(text: str) -> dict[str, tuple[str, set[str]]]:
    """The table: room -> what it holds and the rooms it says that it imports from, in order."""
    return {name: (holds, set(re.findall(r"\w+", below)) - {"nothing"}) for name, holds, below in ROW.findall(text)}


def wrong(folder: Path, text: str) -> list[str]:
    """Everything in which the table and the imports differ, or go upwards; empty if the house is in order."""
    there, table, said = arrows(imports(folder)), listed(text), []
    said += [f"{name}: not in the table" for name in sorted(set(there) - set(table))]
    said += [f"{name}: in the table, but not there" for name in sorted(set(table) - set(there))]
    order = list(table)
    for name, (_, below) in table.items():
        real = there.get(name, set())
        said += [f"{name} imports from {other}, which the table doesn't say" for other in sorted(real - below)]
        said += [f"{name} imports nothing from {other}" for other in sorted(below - real)]
        said += [
            f"{name} imports upwards from {other}" for other in sorted(real) if other in order and order.index(other) > order.index(name)
        ]
    return said


def circle(graph: dict[str, set[str]]) -> list[str]:
    """The names of a circle in a graph, or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def table(folder: Path, text: str) -> str:
    """The table as the imports are, lowest floor first; what a room holds comes from ``text``."""
    there, before = arrows(imports(folder)), listed(text)
    floor: dict[str, int] = {}
    for name in TopologicalSorter(there).static_order():
        floor[name] = 1 + max((floor[other] for other in there[name]), default=0)
    order = sorted(there, key=lambda name: (floor[name], name))
    rows = []
    for name in order:
        label = f"{name}/" if (folder / name).is_dir() else f"{name}.py"
        below = ", ".join(other for other in order if other in there[name]) or "nothing"
        rows.append(f"| `{label}` | {before.get(name, ('...',))[0]} | {below} |")
    return HEAD + "\n".join(rows) + "\n"


HOUSE = ROOT / "docs" / "house.md"


def test_the_table_of_rooms_is_what_the_imports_are():
    text = HOUSE.read_text(encoding="utf-8")
    assert wrong(ROOT / "sslslr", text) == [], "python tests/test_rooms.py writes it anew"
    assert all(holds != "..." for holds, _ in listed(text).values())


def test_no_circle_between_rooms_nor_inside_one():
    found = imports(ROOT / "sslslr")
    assert circle(arrows(found)) == []
    for name in arrows(found):
        assert circle({m: {o for o in wanted if room(o) == name} for m, wanted in found.items() if room(m) == name}) == [], name


@pytest.fixture
def house(tmp_path):
    """A made-up package of three rooms, and its table."""
    for name, code in {
        "errors.py": "",
        "clips/signs.py": "from pkg.errors import E",
        "views/order.py": "from pkg.clips import signs",
    }.items():
        (path := tmp_path / "pkg" / name).parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
    text = HEAD + "| `errors.py` | a | nothing |\n| `clips/` | b | errors |\n| `views/` | c | clips |\n"
    return tmp_path / "pkg", text


def test_a_made_up_house_in_order_is_found_in_order(house):
    assert wrong(*house) == [] and table(*house) == house[1]


@pytest.mark.parametrize(
    "file, code, said",
    [
        ("views/order.py", "from pkg.clips import signs\nfrom pkg.errors import E", ["views imports from errors, which the table doesn't say"]),
        ("views/order.py", "", ["views imports nothing from clips"]),
        ("errors.py", "def f():\n    import pkg.views.order", ["errors imports from views, which the table doesn't say", "errors imports upwards from views"]),
        ("report/page.py", "", ["report: not in the table"]),
    ],
)  # fmt: skip
def test_a_made_up_import_is_found(house, file, code, said):
    folder, text = house
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(code)
    assert wrong(folder, text) == said


def test_a_room_that_is_gone_and_a_circle_are_found(house):
    folder, text = house
    (folder / "views" / "order.py").unlink()
    (folder / "clips" / "a.py").write_text("from pkg.clips import b")
    (folder / "clips" / "b.py").write_text("from pkg.clips.a import x")
    assert wrong(folder, text) == ["views: in the table, but not there", "views imports nothing from clips"]
    assert set(circle(imports(folder))) == {"clips.a", "clips.b"}


if __name__ == "__main__":
    old = HOUSE.read_text(encoding="utf-8")
    start = old.index(HEAD)
    end = start + len(HEAD) + len("".join(f"{row.group(0)}\n" for row in ROW.finditer(old[start:])))
    HOUSE.write_text(old[:start] + table(ROOT / "sslslr", old) + old[end:], encoding="utf-8")
