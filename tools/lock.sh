#!/usr/bin/env bash
# Resolve what pyproject.toml allows into the lock of a Python's version. Usage: tools/lock.sh [python]
# Python 3.11 and 3.12 share requirements.lock; 3.13, for which MediaPipe has no build, has requirements-3.13.lock.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${1:-python3.11}" -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --dry-run --ignore-installed --report "$work/report" '.[test,cluster,lint]'
"$work/env/bin/python" - "$work/report" > "$work/lock" <<'PY'
import json, re, sys
found = [item["metadata"] for item in json.load(open(sys.argv[1], encoding="utf-8"))["install"]]
pins = {about["name"]: about["version"].split("+")[0] for about in found}  # a local build of torch is 2.13.0+cpu: the lock says 2.13.0
brought = re.compile(r"sslslr|triton|(nvidia|cuda)-.+")  # by a CUDA build of torch, where it needs them
print("# Every package the companion needs, at the version it was tested with. Made by `make lock`; do not edit by hand.")
print("# torch has no +cpu suffix on purpose: the same pin brings the CUDA build where the package index offers it.")
print("\n".join(f"{name}=={pins[name]}" for name in sorted(pins, key=str.lower) if not brought.fullmatch(name)))
PY
version=$("$work/env/bin/python" -c 'import sys; print("-3.13" if sys.version_info >= (3, 13) else "")')
mv "$work/lock" "requirements$version.lock"
echo "requirements$version.lock: $(grep -c == "requirements$version.lock") packages"
