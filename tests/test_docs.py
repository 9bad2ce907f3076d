"""What the lessons and checklists point to is there, and the minutes add up."""

import re
from pathlib import Path

import pytest

from sslslr.paths import ROOT

PAGES = [p for p in sorted((ROOT / "docs").rglob("*.md")) if p.parent.name != "book"]  # the book has its own test of links
LINK = re.compile(r"\]\(([^)#]+)\)")


def test_the_readme_can_be_read_in_five_minutes_and_shows_what_holds():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= 1200
    assert re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text) == ["docs/what_holds.png"], "one picture: what holds"
    found = text.split("<!-- holds -->")[1].split("<!-- /holds -->")[0]
    assert found.count("\n- ") >= 3 and all("comparisons" in line for line in found.split("\n- ")[1:]), "python tools/readme.py writes it"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "README.md"], ids=lambda p: p.name)
def test_every_file_that_a_page_links_to_exists(page):
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not link.startswith("http")]
    assert links or page.name == "CONTRIBUTING.md"
    for link in links:
        assert (page.parent / link).resolve().is_file(), f"{page.name}: {link}"


def test_every_test_that_a_page_names_is_in_the_file_that_it_links_to():
    named = [
        (page.parent / link, test)
        for page in PAGES
        for test, link in re.findall(r"\[`(test_\w+)`\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    ]
    assert len(named) > 20
    assert not [test for file, test in named if f"def {test}(" not in file.read_text(encoding="utf-8")]


@pytest.mark.parametrize("page", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem[:2])
def test_every_file_of_code_that_a_notebook_names_exists(page):
    named = re.findall(r"(?:tests|benchmarks|tools|sslslr)/[\w/]+\.py", page.read_text(encoding="utf-8"))
    assert not [name for name in named if not (ROOT / name).is_file()]


def test_the_checklist_names_a_file_in_every_line_or_says_why_not():
    lines = [line for line in (ROOT / "docs" / "checklist.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    items = [line for line in lines if not line.startswith(("| Item", "| Badge"))]
    assert len(items) > 20
    for line in items:
        assert LINK.search(line) or "not applicable" in line, line


@pytest.mark.parametrize("name, minutes", [("two-hours", 120), ("reviewer", 30)])
def test_the_minutes_of_a_track_add_up(name, minutes):
    text = (ROOT / "docs" / "lessons" / f"{name}.md").read_text(encoding="utf-8")
    stops = [int(m) for m in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)]
    assert sum(stops) == minutes and f"{minutes} minutes" in text


def test_every_exercise_of_the_class_has_a_solution_in_its_notebook():
    text = (ROOT / "docs" / "lessons" / "two-hours.md").read_text(encoding="utf-8").split("## Exercises")[1].split("## At the end")[0]
    for number in re.findall(r"(\d\d) \(", text):
        (notebook,) = Path(ROOT / "notebooks").glob(f"{number}_*.ipynb")
        assert '"solution"' in notebook.read_text(encoding="utf-8"), notebook.name


def test_every_page_is_in_the_book():
    index = (ROOT / "sslslr" / "report" / "site" / "templates" / "index.md").read_text(encoding="utf-8")
    missing = {p.stem for p in (ROOT / "docs").glob("*.md")} - set(re.findall(r"^docs/(\w+)$", index, re.MULTILINE))
    assert not missing, "a page that no list of the book names can't be found in it"
