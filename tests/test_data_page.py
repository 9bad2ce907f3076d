"""The page on where the data come from names every data set, and is found from where readers start."""

import re

import pytest

from sslslr.datasets import DATASETS
from sslslr.paths import ROOT

PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"## {title}")[1].split("\n## ")[0]


@pytest.mark.parametrize("name", DATASETS)
def test_who_signs_is_said_of_every_data_set(name):
    assert f"`{name}`" in section("Who signs"), f"{name}: docs/data.md says nothing about who signs"


@pytest.mark.parametrize("name", [n for n in DATASETS if n not in ("synthetic", "own")])
def test_every_data_set_that_others_made_has_a_licence(name):
    family = re.match(r"[a-z0-9]+(-(kinect|data|leap|citizen))?", name)[0]
    assert f"`{family}`" in section("Licences"), f"{name}: docs/data.md says nothing about its licence"


@pytest.mark.parametrize("start", ["README.md", "data/README.md"])
def test_the_page_is_linked(start):
    text = (ROOT / start).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if link.endswith("data.md")]
    assert links and all(((ROOT / start).parent / link).resolve() == ROOT / "docs" / "data.md" for link in links)
