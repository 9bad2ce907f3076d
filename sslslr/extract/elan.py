"""Annotations as ELAN files (.eaf, format 3.0 of the Max Planck Institute for Psycholinguistics), for those who annotate signed video."""

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from sslslr.errors import SignError
from sslslr.paths import write_text

FORMAT = "3.0"
SCHEMA = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd"
TYPE = "stroke"

Annotation = tuple[int, int, str]  # start and end in ms, and what is said


def document(tiers: dict[str, list[Annotation]], author: str = "sslslr") -> str:
    """The text of an ELAN file with these tiers, each a list of (start, end, value).

    Raises SignError where an annotation ends before it starts, or two of one tier overlap: ELAN can't show these.
    """
    root = ElementTree.Element("ANNOTATION_DOCUMENT", {
        "AUTHOR": author, "DATE": datetime.now(UTC).isoformat(timespec="seconds"), "FORMAT": FORMAT, "VERSION": FORMAT,
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance", "xsi:noNamespaceSchemaLocation": SCHEMA,
    })  # fmt: skip
    header = ElementTree.SubElement(root, "HEADER", {"MEDIA_FILE": "", "TIME_UNITS": "milliseconds"})
    order = ElementTree.SubElement(root, "TIME_ORDER")
    number = slot = 0
    for name, annotations in tiers.items():
        tier, before = ElementTree.SubElement(root, "TIER", {"LINGUISTIC_TYPE_REF": TYPE, "TIER_ID": name}), 0
        for start, end, value in sorted(annotations):
            if not before <= start <= end:
                raise SignError(f"tier {name}: an annotation from {start} to {end} ms overlaps the one before it, or ends before it starts")
            before, number, slot = end, number + 1, slot + 2
            for i, moment in ((slot - 1, start), (slot, end)):
                ElementTree.SubElement(order, "TIME_SLOT", {"TIME_SLOT_ID": f"ts{i}", "TIME_VALUE": str(int(moment))})
            about = {"ANNOTATION_ID": f"a{number}", "TIME_SLOT_REF1": f"ts{slot - 1}", "TIME_SLOT_REF2": f"ts{slot}"}
            aligned = ElementTree.SubElement(ElementTree.SubElement(tier, "ANNOTATION"), "ALIGNABLE_ANNOTATION", about)
            ElementTree.SubElement(aligned, "ANNOTATION_VALUE").text = value
    ElementTree.SubElement(header, "PROPERTY", {"NAME": "lastUsedAnnotationId"}).text = str(number)
    kind = {"GRAPHIC_REFERENCES": "false", "LINGUISTIC_TYPE_ID": TYPE, "TIME_ALIGNABLE": "true"}
    ElementTree.SubElement(root, "LINGUISTIC_TYPE", kind)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def write(path: Path, tiers: dict[str, list[Annotation]]) -> None:
    """``document`` to a file, whole or not at all."""
    write_text(Path(path), document(tiers))
