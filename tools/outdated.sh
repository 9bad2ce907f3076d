#!/usr/bin/env bash
# What breaks with the newest versions that pyproject.toml allows: they are resolved, held against the lock and, in a scratch
# environment, the tests run with them. Usage: tools/outdated.sh [python] [words for pytest]; DRY=1 only compares.
# Exit status: 0 nothing is newer, or all tests pass; else pytest's.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:-python3.11}
shift || true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check --dry-run --ignore-installed --report "$work/report" '.[test,cluster,lint]'
lock=$("$python" -c 'import os, sys; own = "requirements-%d.%d.lock" % sys.version_info[:2]; print(own if os.path.exists(own) else "requirements.lock")')
newer=$("$python" - "$work/report" "$lock" <<'PY'
import json, re, sys
plain = lambda name: re.sub(r"[-_.]+", "-", name).lower()
found = {plain(i["metadata"]["name"]): i["metadata"]["version"].split("+")[0] for i in json.load(open(sys.argv[1], encoding="utf-8"))["install"]}
locked = dict(line.strip().split("==") for line in open(sys.argv[2], encoding="utf-8") if "==" in line and not line.startswith("#"))
for name, version in locked.items():
    if found.get(plain(name), version) != version:
        print(f"  {name:<32} {version:<16} {found[plain(name)]}")
PY
)
if [ -z "$newer" ]; then echo "$lock has the newest versions that pyproject.toml allows"; exit 0; fi
printf '  %-32s %-16s %s\n%s\n' package "$lock" newest "$newer"
[ -z "${DRY:-}" ] || exit 0
echo "Installing them in a scratch environment, and running the tests ..."
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check -e '.[test,cluster,lint]'  # as make env does: notebooks' kernels find profiles and data
"$work/env/bin/python" -m pytest -q -p no:cacheprovider "${@:-tests}"
