# Two commands do everything on a fresh machine with Python 3.11, 3.12 or 3.13 and git: `make reproduce` and `make test`.
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
RUNS     ?= 20
SEED     ?=
ROW      ?=
SEEDS    ?= 1
RECORDED ?=
PLAN     ?=
# where a command has a profile of its own: the one that was said, or nothing
SAID     := $(if $(filter command line environment,$(origin PROFILE)),$(PROFILE))
PORT     ?= 8888
PART     ?=
BUDGET   ?= 600
PYTHON   ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3 || echo python3)
PIP_QUIET := --quiet --disable-pip-version-check --no-warn-script-location

# What a cluster's modules or a user's settings say of other environments is not for this one.
unexport PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX
export PIP_USER := 0

# One environment a Python, named after it; the last one used is .venv, too. It is stamped with the lock and the project file:
# change either and it is made anew.
VERSION := $(shell unset PYTHONHOME PYTHONPATH; "$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
VENV    := .venv-$(VERSION)
LOCK    := $(firstword $(wildcard requirements-$(VERSION).lock) requirements.lock)
FRESH   := $(VENV)/fresh-$(shell cat $(LOCK) pyproject.toml | cksum | cut -d ' ' -f 1)

.DEFAULT_GOAL := help
.PHONY: help env reproduce record audit replicate plan site claims exercises lint test campaign outdated lab class lock clean

help: ## Show this help
	@echo "sslslr: learning sign representations from landmarks without labels. On 2 cores:"
	@echo
	@echo "  make reproduce    all notebooks, figures, tables and the book      9 min       4 GB memory  0.5 GB disk"
	@echo "                    PROFILE=smoke|quick|full|paper   WORKERS=2   SET='ALPHA=1/2' (a notebook's own parameter)"
	@echo "                    DATASET=isl-kinect DATA=/path/to/it (and the other sets of data/README.md)"
	@echo "                    INDEX=... VALUES=... EXCLUDE=... LEAVE_OUT=... DROP_FIRST=1 (how it is read: data/README.md)"
	@echo "                    SCHEDULER=dask://host:port (a Dask cluster: .venv/bin/sslslr cluster --help)"
	@echo "  make record       data/record: a row for every run that it lacks  as make plan says   2 GB memory"
	@echo "                    PROFILE, DATASET, DATA, WORKERS, SCHEDULER as above; CLAIM=C1 or STUDY='Table 1' alone; MINUTES=60"
	@echo "                    STATUS=1 says what is complete; METHOD=mine adds a method of yours and compares it"
	@echo "  make audit        runs of the record trained again and compared   minutes      2 GB memory"
	@echo "                    RUNS=20 SEED=1 (drawn at random) or ROW=a7c1... (one run); DATASET, DATA for rows on real data"
	@echo "  make replicate    one claim decided anew, with other seeds        it says so   2 GB memory"
	@echo "                    CLAIM=E1   METHOD=simclr   SEEDS=2   DATASET, DATA   PLAN=1 only says what it takes"
	@echo "  make plan         what make reproduce will take: runs, FLOPs, time minutes      1 GB memory"
	@echo "                    PROFILE=paper DATASET=lsfb (DATA=... if you have it)"
	@echo "  make test         all tests, and the notebooks on PROFILE=smoke   20 min       3 GB memory  0.1 GB disk"
	@echo "  make campaign     what tests try at random, at length             hours        8 GB memory  10 GB disk"
	@echo "                    PART=killed|corruption|fuzz|load|twice   BUDGET=600 (seconds for each reader that is fuzzed)"
	@echo "  make outdated     tests with the newest versions that are allowed 20 min       3 GB memory  3 GB disk"
	@echo "  make lint         ruff and mypy                                   1 min        0.5 GB memory"
	@echo "  make site         the site anew from what was run: site/index.html  1 min      0.5 GB memory"
	@echo "  make claims       which claims of the paper hold: claims.md       seconds      0.5 GB memory"
	@echo "                    RECORDED=1 on every data set of the record, without data"
	@echo "  make lab          JupyterLab on a copy of the notebooks, lab/     until Ctrl-C 0.2 GB memory, 0.6 GB more a notebook"
	@echo "                    that is open, 0.4 to 0.7 GB more a core while one trains (PORT=8888)"
	@echo "  make class        the same in class/, without the solutions       until Ctrl-C as make lab"
	@echo "  make exercises    class/ alone; what a student changed stays      seconds      0.1 GB memory"
	@echo "  make env          the environment alone (.venv)                   2 min        1 GB memory  3 GB disk"
	@echo "  make clean        remove .venv*, runs/, results/ and .cache/       seconds      (lab/ and class/ stay: people work there)"
	@echo
	@echo "More, such as extracting videos and checking a data set: .venv/bin/sslslr --help"
	@echo "Every target makes the environment first if it is missing or older than the lock (2 min, once)."
	@echo "PYTHON=/path/to/python3.12 takes another Python (3.11 to 3.13); each has an environment of its own, .venv-3.12."

env: $(FRESH)
	@[ -L .venv ] || rm -rf .venv
	@ln -sfn $(VENV) .venv

$(FRESH):
	@case "$(VERSION)" in 3.11|3.12|3.13) ;; *) \
	  echo "sslslr needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is $(or $(VERSION),not there). Install one, or say make PYTHON=/path/to/python3.12" >&2; exit 2;; esac
	@mkdir .making 2>/dev/null || { echo "Another make is making the environment here; wait for it (if it was killed: rmdir .making)" >&2; exit 2; }; \
	trap 'rmdir .making' EXIT; \
	echo "Making the environment in $(VENV) (about 2 minutes, 3 GB, once) ..."; \
	rm -rf $(VENV); \
	"$(PYTHON)" -m venv $(VENV); \
	$(VENV)/bin/python -m pip install $(PIP_QUIET) -r $(LOCK); \
	$(VENV)/bin/python -m pip install $(PIP_QUIET) --no-deps --no-build-isolation -e .; \
	touch $@

reproduce: env ## Run the notebooks on a data set and a profile
	@$(if $(SCHEDULER),SSLSLR_SCHEDULER="$(SCHEDULER)") $(VENV)/bin/sslslr reproduce --dataset "$(DATASET)" --profile "$(PROFILE)" --data "$(DATA)" --workers "$(WORKERS)" $(OPTIONS) $(foreach s,$(SET),--set "$(s)")

site: env ## Build the site from the notebooks, figures, tables and claims that are there
	@$(VENV)/bin/sslslr site --dataset "$(DATASET)" --profile "$(PROFILE)"

claims: env ## Judge the paper's claims on the tables of a data set and a profile
	@$(VENV)/bin/sslslr claims $(if $(RECORDED),--recorded --profile "$(SAID)",--dataset "$(DATASET)" --profile "$(PROFILE)")

exercises: env ## The notebooks without their solutions, for a class; what a student changed stays
	@$(VENV)/bin/sslslr exercises

record: env ## Train what the record lacks of the studies, and add its rows
	@$(if $(SCHEDULER),SSLSLR_SCHEDULER="$(SCHEDULER)") $(VENV)/bin/sslslr record --dataset "$(DATASET)" --profile "$(PROFILE)" --data "$(DATA)" --workers "$(WORKERS)" $(OPTIONS) $(foreach s,$(SET),--set "$(s)") $(if $(STUDY),--study "$(STUDY)") --name "$(NAME)" --claim "$(CLAIM)" --method "$(METHOD)" --minutes "$(MINUTES)" $(if $(STATUS),--status)

audit: env ## Train runs of the record again, and compare
	@$(VENV)/bin/sslslr audit --runs "$(RUNS)" --seed "$(SEED)" --row "$(ROW)" --dataset "$(DATASET)" --data "$(DATA)" --name "$(NAME)" --profile "$(SAID)" --workers "$(WORKERS)" $(OPTIONS)

replicate: env ## Decide one claim anew, with seeds that the record has not used
	@$(VENV)/bin/sslslr replicate --claim "$(CLAIM)" --dataset "$(DATASET)" --data "$(DATA)" --name "$(NAME)" --profile "$(or $(SAID),decide)" --method "$(METHOD)" --seeds "$(SEEDS)" --workers "$(WORKERS)" --minutes "$(MINUTES)" $(OPTIONS) $(if $(PLAN),--plan)

plan: env ## Runs, FLOPs, time, memory and disk of a reproduction, before anything starts
	@$(VENV)/bin/sslslr plan --dataset "$(DATASET)" --profile "$(PROFILE)" --data "$(DATA)" --workers "$(WORKERS)" $(OPTIONS)

lint: env ## Ruff (rules, layout) and mypy, as pyproject.toml has them
	@$(VENV)/bin/ruff check sslslr tests tools benchmarks notebooks
	@$(VENV)/bin/ruff format --check sslslr tests tools benchmarks
	@$(VENV)/bin/mypy

test: env ## Run the tests, then the notebooks on the smoke profile
	@OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(VENV)/bin/python -m pytest -q -n 2 --durations=10 tests
	@OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(VENV)/bin/sslslr reproduce --profile smoke --nbval

campaign: env ## Kill, spoil, fuzz and load everything at length; a seeded sample of it is in make test
	@SSLSLR_CAMPAIGN="$(BUDGET)" $(VENV)/bin/python -m pytest -q $(if $(PART),tests/campaign/test_$(PART).py,tests/campaign)

outdated: ## What breaks with the newest versions that pyproject.toml allows, in a scratch environment
	@bash tools/outdated.sh "$(PYTHON)"

lab: env ## Open JupyterLab on a copy of the notebooks
	@$(VENV)/bin/sslslr lab --port "$(PORT)"

class: env ## Open JupyterLab on a copy of the notebooks without their solutions
	@$(VENV)/bin/sslslr lab --students --port "$(PORT)"

lock: ## Resolve the newest versions that pyproject.toml allows, into requirements.lock
	@bash tools/lock.sh "$(PYTHON)"

clean: ## Remove everything that can be made again; what people work in, lab/ and class/, stays
	rm -rf .venv .venv-* .cache runs results
