# Two commands do everything on a fresh machine with Python 3.11 and git: `make reproduce` and `make test`.
SHELL    := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
DATASET  ?= synthetic
PROFILE  ?= quick
DATA     ?=
WORKERS  ?=
SET      ?=
READER   := INDEX VALUES EXCLUDE LEAVE_OUT DROP_FIRST
OPTIONS  := $(foreach o,$(READER),$(if $($(o)),--option "$(o)=$($(o))"))
SCHEDULER ?=
NAME     ?=
METHOD   ?=
CLAIM    ?=
STUDY    ?=
MINUTES  ?=
STATUS   ?=
PORT     ?= 8888
PYTHON   ?= $(shell command -v python3.11 || command -v python3 || echo python3)
PIP_QUIET := --quiet --disable-pip-version-check --no-warn-script-location

# The environment is stamped with the lock and the project file: change either and it is made anew.
FRESH := .venv/fresh-$(shell cat requirements.lock pyproject.toml | cksum | cut -d ' ' -f 1)

.DEFAULT_GOAL := help
.PHONY: help env reproduce record plan site claims exercises lint test lab lock clean

help: ## Show this help
	@echo "sslslr: learning sign representations from landmarks without labels. On 2 cores:"
	@echo
	@echo "  make reproduce    all notebooks, figures, tables and the site     46 min       4 GB memory  0.5 GB disk"
	@echo "                    PROFILE=smoke|quick|full|paper   WORKERS=2   SET='ALPHA=1/2' (a notebook's own parameter)"
	@echo "                    DATASET=isl-kinect DATA=/path/to/it (and the other sets of data/README.md)"
	@echo "                    INDEX=... VALUES=... EXCLUDE=... LEAVE_OUT=... DROP_FIRST=1 (how it is read: data/README.md)"
	@echo "                    SCHEDULER=dask://host:port (a Dask cluster: .venv/bin/sslslr cluster --help)"
	@echo "  make record       data/record: a row for every run that it lacks  as make plan says   2 GB memory"
	@echo "                    PROFILE, DATASET, DATA, WORKERS, SCHEDULER as above; CLAIM=C1 or STUDY='Table 1' alone; MINUTES=60"
	@echo "                    STATUS=1 says what is complete; METHOD=mine adds a method of yours and compares it"
	@echo "  make plan         what make reproduce will take: runs, FLOPs, time minutes      1 GB memory"
	@echo "                    PROFILE=paper DATASET=lsfb (DATA=... if you have it)"
	@echo "  make test         all tests, and the notebooks on PROFILE=smoke   15 min       3 GB memory  0.1 GB disk"
	@echo "  make lint         ruff and mypy                                   1 min        0.5 GB memory"
	@echo "  make site         the site anew from what was run: site/index.html  1 min      0.5 GB memory"
	@echo "  make claims       which claims of the paper hold: claims.md       seconds      0.5 GB memory"
	@echo "  make exercises    results/exercises: notebooks without solutions  seconds      0.1 GB memory"
	@echo "  make lab          JupyterLab on the notebooks (PORT=8888)         until Ctrl-C 1 GB memory"
	@echo "  make env          the environment .venv alone                     2 min        1 GB memory  3 GB disk"
	@echo "  make clean        remove .venv, runs/, results/ and .cache/       seconds"
	@echo
	@echo "More, such as extracting videos and checking a data set: .venv/bin/sslslr --help"
	@echo "Every target makes .venv first if it is missing or older than requirements.lock (2 min, once)."

env: $(FRESH)

$(FRESH):
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "sslslr needs Python 3.11 (mediapipe and the lock are made for it); '$(PYTHON)' is not. Install it, or say make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "Making the environment in .venv (about 2 minutes, 3 GB, once) ..."
	@rm -rf .venv
	@"$(PYTHON)" -m venv .venv
	@.venv/bin/python -m pip install $(PIP_QUIET) -r requirements.lock
	@.venv/bin/python -m pip install $(PIP_QUIET) --no-deps --no-build-isolation -e .
	@touch $@

reproduce: env ## Run the notebooks on a data set and a profile
	@$(if $(SCHEDULER),SSLSLR_SCHEDULER="$(SCHEDULER)") .venv/bin/sslslr reproduce --dataset "$(DATASET)" --profile "$(PROFILE)" --data "$(DATA)" --workers "$(WORKERS)" $(OPTIONS) $(foreach s,$(SET),--set "$(s)")

site: env ## Build the site from the notebooks, figures, tables and claims that are there
	@.venv/bin/sslslr site --dataset "$(DATASET)" --profile "$(PROFILE)"

claims: env ## Judge the paper's claims on the tables of a data set and a profile
	@.venv/bin/sslslr claims --dataset "$(DATASET)" --profile "$(PROFILE)"

exercises: env ## The notebooks without their solutions, for a class
	@.venv/bin/sslslr exercises

record: env ## Train what the record lacks of the studies, and add its rows
	@$(if $(SCHEDULER),SSLSLR_SCHEDULER="$(SCHEDULER)") .venv/bin/sslslr record --dataset "$(DATASET)" --profile "$(PROFILE)" --data "$(DATA)" --workers "$(WORKERS)" $(OPTIONS) $(foreach s,$(SET),--set "$(s)") $(if $(STUDY),--study "$(STUDY)") --name "$(NAME)" --claim "$(CLAIM)" --method "$(METHOD)" --minutes "$(MINUTES)" $(if $(STATUS),--status)

plan: env ## Runs, FLOPs, time, memory and disk of a reproduction, before anything starts
	@.venv/bin/sslslr plan --dataset "$(DATASET)" --profile "$(PROFILE)" --data "$(DATA)" --workers "$(WORKERS)" $(OPTIONS)

lint: env ## Ruff (rules, layout) and mypy, as pyproject.toml has them
	@.venv/bin/ruff check sslslr tests tools benchmarks notebooks
	@.venv/bin/ruff format --check sslslr tests tools benchmarks
	@.venv/bin/mypy

test: env ## Run the tests, then the notebooks on the smoke profile
	@.venv/bin/python -m pytest -q -n 2 tests
	@.venv/bin/sslslr reproduce --profile smoke --nbval

lab: env ## Open JupyterLab on the notebooks
	@.venv/bin/jupyter lab --port "$(PORT)" --notebook-dir notebooks $(if $(filter 0,$(shell id -u)),--allow-root)

lock: ## Resolve the newest versions that pyproject.toml allows, into requirements.lock
	@bash tools/lock.sh "$(PYTHON)"

clean: ## Remove everything that can be made again
	rm -rf .venv .cache runs results
