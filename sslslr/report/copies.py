"""Copies that people work in: made from the sources, made anew while they are as they were written, and never over somebody's work."""

import hashlib
import json
from pathlib import Path

from sslslr import paths

WRITTEN = ".written.json"  # in the folder of the copies: the hash of each file as it was written


def digest(content: bytes) -> str:
    """SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def refresh(folder: Path, wanted: dict[str, bytes]) -> tuple[list[str], list[str]]:
    """Bring ``folder`` to what is ``wanted`` (name -> content) wherever a file is missing or still as it was written.

    A file that somebody changed (or made) stays as it is, and one that is not wanted any more goes only if nobody changed it.
    Returns the names of the changed files, and those among them of which there is a newer source than the one they began with.
    """
    manifest = folder / WRITTEN
    written = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
    after, changed, newer = dict(written), [], []
    for name, content in wanted.items():
        there, now = folder / name, digest(content)
        before = digest(there.read_bytes()) if there.exists() else None
        if before not in (None, now, written.get(name)):
            changed.append(name)
            newer += [name] if written.get(name) != now else []
            continue
        if before != now:
            with paths.atomic(there) as partial:
                partial.write_bytes(content)
        after[name] = now
    for name in set(written) - set(wanted):
        if (there := folder / name).exists() and digest(there.read_bytes()) == written[name]:
            there.unlink()
        del after[name]
    if after != written:
        paths.write_json(manifest, after)
    return changed, newer
