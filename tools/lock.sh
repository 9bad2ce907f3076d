#!/usr/bin/env bash
# Resolve what pyproject.toml allows into requirements.lock, in an environment of its own. Usage: tools/lock.sh [python]
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${1:-python3.11}" -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet '.[test,cluster,lint]'
"$work/env/bin/python" -m pip check
{
  echo '# Every package the companion needs, at the version it was tested with. Made by `make lock`; do not edit by hand.'
  echo '# torch has no +cpu suffix on purpose: the same pin brings the CUDA build where the package index offers it.'
  # A local build shows as "torch @ file:..." or "2.13.0+cpu": the lock holds the plain version.
  "$work/env/bin/python" - <<'PY'
from importlib.metadata import distributions
pins = {d.name: d.version.split("+")[0] for d in distributions() if d.name not in ("pip", "sslslr")}
print("\n".join(f"{name}=={pins[name]}" for name in sorted(pins, key=str.lower)))
PY
} > "$work/lock"
mv "$work/lock" requirements.lock
echo "requirements.lock: $(grep -c == requirements.lock) packages"
