# Two commands do everything from a clean clone: `make serve` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GPU := .venv-gpu
# Three =: the registry's build. spandrel imports torchvision, and torchvision's wheels load with the torch of the same build only.
GPU_PINS := "torch===2.13.0" "torchvision===0.28.0" "spandrel>=0.4.2" "safetensors>=0.5" \
  "diffusers>=0.39" "transformers>=5" "accelerate>=1" "peft>=0.17" "huggingface_hub>=1"
SOURCES := pyproject.toml assets/package-lock.json $(wildcard assets/*.py)

.DEFAULT_GOAL := help
.PHONY: help serve test heavy gpu-venv gpu-test lint fix docs bench clean browser

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 10

$(VENV)/.installed: $(SOURCES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.tested: $(VENV)/.installed tests/clients/node/package-lock.json tests/clients/install.sh
	$(BIN)/python -m pip install --quiet --group test
	PYTHON=$(CURDIR)/$(BIN)/python bash tests/clients/install.sh
	touch $@

browser:
	@command -v chromium >/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq chromium; } \
	  || echo "Chromium is missing: install Debian's package 'chromium' to run the page's tests (they are skipped now)."

serve: $(VENV)/.installed ## Install and start the server on 127.0.0.1:8787
	$(BIN)/cavendish serve

test: $(VENV)/.tested browser ## Set up what the tests need and run them
	$(BIN)/python -m pytest -n 2 --dist loadgroup -q -m "not heavy"

$(VENV)/.fuzzed: $(VENV)/.tested
	-$(BIN)/python -m pip install --quiet --group fuzz
	touch $@

heavy: $(VENV)/.fuzzed browser ## The tests that take minutes
	$(BIN)/python -m pytest -q -m heavy

# torch (5 GB) beside the plain environment, whose packages it sees: nothing is installed twice, and the plain one stays without.
$(GPU)/.installed: $(VENV)/.tested Makefile
	test -x $(GPU)/bin/python || $(PYTHON) -m venv $(GPU)
	echo "import site; site.addsitedir('$$($(CURDIR)/$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')')" \
	  > "$$($(GPU)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/plain.pth"
	$(GPU)/bin/python -m pip install --quiet $(GPU_PINS)
	touch $@

gpu-venv: $(GPU)/.installed ## An environment with torch, for the engines of open-weight models

gpu-test: gpu-venv ## The tests that need torch; they run on the CPU, too
	$(GPU)/bin/python -m pytest -q tests/engines/diffusers

lint: $(VENV)/.tested ## Lint and types
	$(BIN)/ruff check src tests bench assets docs
	$(BIN)/mypy

fix: $(VENV)/.tested ## Apply safe lint fixes
	$(BIN)/ruff check --fix src tests bench assets docs

docs: $(VENV)/.tested ## Write the generated reference pages
	$(BIN)/python docs/generate.py

bench: $(VENV)/.tested ## Run the CPU benchmarks
	$(BIN)/python bench/comp.py
	$(BIN)/python bench/finish.py
	$(BIN)/python bench/intake.py

clean: ## Remove what was installed and built here
	rm -rf $(VENV) $(GPU) build dist node_modules src/cavendish/_pack .pytest_cache .mypy_cache .ruff_cache
