# The commands of the house. `make demo` and `make test` set up all they need, once.

# The system's Python before anybody's own build of it: an ordinary user must be able to run it too (Chromium's sandbox).
PYTHON ?= $(shell PATH=$$(getconf PATH) sh -c "command -v python3.12 || command -v python3.11 || command -v python3" || command -v python3)
BIN := .venv/bin
PACKAGES := packaging/linux/debian-packages
FRONTEND := $(shell find frontend -path frontend/node_modules -prune -o -path frontend/dist -prune -o -type f \
	\( -name '*.ts' -o -name '*.tsx' -o -name '*.css' -o -name '*.html' -o -name '*.svg' -o -name '*.js' -o -name '*.mjs' \) -print)
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check install

# The second CEF binding runs on Python 3.7: the one told, else one on PATH that starts, else pyenv's.
PYTHON37 ?= $(shell for python in "$$ELSIPO_PYTHON37" python3.7 $$(ls -d "$$(pyenv root 2>/dev/null)"/versions/3.7.*/bin/python3.7 2>/dev/null); do \
	"$$python" -c "import sys; sys.exit(sys.version_info[:2] != (3, 7))" 2>/dev/null && echo "$$python" && break; done)
CEF ?= cef_capi
CEF_READY := $(if $(filter cefpython3,$(CEF)),build/stamps/cefpython3)

.PHONY: demo run test check gen lock bench wheel clean
.DELETE_ON_ERROR:

demo: build/stamps/demo $(CEF_READY) frontend/dist/elsipo.js ## a provider on this machine, and Elsipo on it (CEF=cefpython3: in the other binding)
	@$(BIN)/python -m elsipo demo --cef $(CEF) $(if $(DISPLAY)$(WAYLAND_DISPLAY),,--tour build)

run: build/stamps/demo $(CEF_READY) frontend/dist/elsipo.js ## Elsipo with your own accounts
	@$(BIN)/python -m elsipo --cef $(CEF)

test: build/stamps/dev $(if $(PYTHON37)$(CI),build/stamps/cefpython3) frontend/dist/elsipo.js ## everything, against real SIP software and real windows
	cd frontend && npm run --silent test
	$(BIN)/python -m pytest $(ARGS)

bench: build/stamps/dev frontend/dist/elsipo.js ## how quick and how small it is: build/bench.json, and the README's table
	@PYTHONPATH=tests $(BIN)/python -m bench --out build --readme README.md $(ARGS)

check: build/stamps/dev ## what needs no running program: generated files, style, types, dependencies
	$(BIN)/python bridge_spec/codegen/generate.py --check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd frontend && npm run --silent check

gen: build/stamps/dev ## what is generated from bridge_spec
	$(BIN)/python bridge_spec/codegen/generate.py

wheel: build/stamps/demo frontend/dist/elsipo.js ## build/wheel/elsipo-….whl, which carries all that Elsipo needs beside Python packages
	$(BIN)/python -m pip -q --disable-pip-version-check wheel --no-deps --no-build-isolation --wheel-dir build/wheel .

# npm writes down where each package may be sponsored: addresses, and nothing that an installation needs.
WITHOUT_ADDRESSES := const fs = require("fs"), lock = JSON.parse(fs.readFileSync("package-lock.json")); \
	Object.values(lock.packages).forEach((one) => delete one.funding); \
	fs.writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n")

lock: build/stamps/dev ## pin the newest versions that pyproject.toml and package.json allow
	cd packaging/locks && for extra in runtime demo dev; do \
		case $$extra in runtime) extras="";; demo) extras="--extra demo";; dev) extras="--extra demo --extra dev";; esac; \
		../../$(BIN)/pip-compile --quiet --upgrade --strip-extras --generate-hashes --allow-unsafe --no-header \
			--no-emit-index-url --no-emit-find-links --no-emit-trusted-host $$extras -o $$extra.txt ../../pyproject.toml || exit 1; \
	done
	cd frontend && npm update --omit-lockfile-registry-resolved && node -e '$(WITHOUT_ADDRESSES)'

clean: ## everything that make made
	rm -rf .venv .venv-cefpython3 build frontend/node_modules frontend/dist

build/stamps/demo: packaging/locks/demo.txt packaging/linux/debian-run.txt pyproject.toml | .venv
	@$(PACKAGES) packaging/linux/debian-run.txt
	@echo "Installing Python packages (locked) …"
	@$(PIP) --require-hashes -r $<
	@$(PIP) --no-deps --no-build-isolation -e .
	@mkdir -p $(@D) && touch $@

build/stamps/dev: packaging/locks/dev.txt packaging/linux/debian-run.txt packaging/linux/debian-test.txt pyproject.toml | .venv frontend/node_modules/.package-lock.json
	@$(PACKAGES) packaging/linux/debian-run.txt packaging/linux/debian-test.txt
	@echo "Installing Python packages (locked) …"
	@$(PIP) --require-hashes -r $<
	@$(PIP) --no-deps --no-build-isolation -e .
	@mkdir -p $(@D) && touch $@

# Python 3.7's own pip: it needs no newer one.
build/stamps/cefpython3: packaging/locks/cefpython3.txt packaging/linux/debian-cefpython3.txt
	@$(if $(PYTHON37),,echo "cefpython3 needs Python 3.7, and none is found: make $@ PYTHON37=/path/to/python3.7" >&2; exit 1)
	@$(PACKAGES) packaging/linux/debian-run.txt packaging/linux/debian-cefpython3.txt
	@echo "Making .venv-cefpython3 with $(PYTHON37) …"
	@$(PYTHON37) -m venv --clear .venv-cefpython3
	@.venv-cefpython3/bin/python -m pip -qq --disable-pip-version-check install --require-hashes -r $<
	@mkdir -p $(@D) && touch $@

.venv:
	@$(PACKAGES) packaging/linux/debian-run.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 13) else f"Python 3.11 or 3.12 is needed, this is {v[0]}.{v[1]}: make PYTHON=…")'
	@echo "Making a virtual environment …"
	@$(PYTHON) -m venv .venv

frontend/node_modules/.package-lock.json: frontend/package-lock.json
	@$(PACKAGES) packaging/linux/debian-run.txt
	@echo "Installing npm packages (locked) …"
	@cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/dist/elsipo.js: frontend/node_modules/.package-lock.json $(FRONTEND)
	@echo "Building the frontend …"
	@cd frontend && npm run --silent build
	@touch $@
