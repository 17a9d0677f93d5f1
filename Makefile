# Needs Python 3.11 or newer, and nothing else: the rest is installed into .venv, once.
PYTHON ?= python3
BIN := .venv/bin

# Small models gain nothing from more threads, and lose much when several processes compete for the cores.
export OMP_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1

.PHONY: demo examples test tests-without-training tests-that-train lint bench bench-detection bench-reliability clean

demo: .venv/installed
	$(BIN)/collapse-probe demo

# Within an hour on two cores; the runs and a report on all of them go below build/examples, the pages into docs/examples.
EXAMPLES := build/examples
SEEDS := 0 1 2 3 4 5 6 7
RUNS := $(addprefix $(EXAMPLES)/, \
	$(addprefix lego/without_dropout/, $(SEEDS)) $(addprefix lego/book/, 0 1 2) $(addprefix drawings/, $(SEEDS)) \
	drawings/longer/0 drawings/longer/1 \
	portraits/faces portraits/planted portraits/sheets basics/0 $(addprefix without_a_discriminator/, 0 1 2) \
	digits_networks digits/collapsing digits/healthy ring/collapsing ring/healthy)
examples: .venv/installed-dev
	rm -rf $(EXAMPLES)
	$(MAKE) --jobs 2 $(RUNS)
	$(BIN)/collapse-probe report $(EXAMPLES)
	$(BIN)/python docs/examples_page.py $(EXAMPLES)

$(EXAMPLES)/lego/without_dropout/%:
	$(BIN)/python examples/lego.py --seed $* --dropout 0 --steps 4000 --run-on --run $@
$(EXAMPLES)/lego/book/%:
	$(BIN)/python examples/lego.py --seed $* --steps 4000 --run-on --run $@
$(EXAMPLES)/drawings/longer/%:
	$(BIN)/python examples/drawings.py --experiment first --lr-g 3e-3 --lr-d 3e-3 --steps 4200 --seed $* --run $@
$(EXAMPLES)/drawings/%:
	$(BIN)/python examples/drawings.py --seed $* --run $@
$(EXAMPLES)/basics/%:
	$(BIN)/python examples/basics.py --seed $* --run $@
$(EXAMPLES)/without_a_discriminator/%:
	$(BIN)/python examples/without_a_discriminator.py --seed $* --run $@
$(EXAMPLES)/digits_networks:
	$(BIN)/python examples/digits_networks.py --run $@
$(EXAMPLES)/digits/%:
	$(BIN)/python examples/digits_dcgan.py --setting $* --run $@
$(EXAMPLES)/ring/%:
	$(BIN)/python examples/ring_gan.py --setting $* --run $@
$(EXAMPLES)/portraits/faces:
	mkdir -p $(@D)
	(sleep 40; $(BIN)/collapse-probe watch $@ --plain --interval 60 > $(@D)/watch.log) & \
	$(BIN)/python examples/portraits.py --run $@ && wait
$(EXAMPLES)/portraits/planted:
	$(BIN)/python examples/portraits.py --planted --run $@
$(EXAMPLES)/portraits/sheets:
	$(BIN)/python examples/portraits.py --steps 12700 --every 1 --size 16 --width 1 --batch 16 --sample-size 16 \
		--lr 1e-5 --disk-limit 50000000 --run $@

# Two at a time, one for each of two cores: by itself each of the three leaves one idle.
TRAINING := tests/hooks tests/examples
test: .venv/installed-dev
	$(MAKE) --jobs 2 --keep-going tests-without-training tests-that-train lint

tests-without-training:
	$(BIN)/pytest $(addprefix --ignore=, $(TRAINING))

tests-that-train:
	$(BIN)/pytest $(TRAINING)

lint:
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/installed-bench
	for script in benchmarks/[!_]*.py docs/statistics_page.py; do $(BIN)/python $$script || exit 1; done

bench-detection: .venv/installed-bench
	$(BIN)/python benchmarks/detection.py

bench-reliability: .venv/installed-bench
	$(BIN)/python benchmarks/reliability.py

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip install --quiet -c constraints.txt -e .
	touch $@

.venv/installed-bench: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip install --quiet -c constraints.txt -e '.[bench]'
	touch $@ .venv/installed

.venv/installed-dev: pyproject.toml constraints.txt | .venv/bin/python
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@ .venv/installed
