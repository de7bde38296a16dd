# One file of make targets: everything a newcomer needs, nothing assumed but Python >= 3.11, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test fuzz test-real real-directum real-mayan check chaos cluster lock clean peers

setup: $(STAMP)

$(STAMP): pyproject.toml setup.py requirements.lock $(wildcard config/locale/*/LC_MESSAGES/*.po) $(wildcard exporter/*.c smev/*.[ch] smev/gost/*.c)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

demo: setup
	$(BIN)/sedlink demo

test: setup peers
	$(BIN)/python -m pytest --numprocesses=auto -rs

# The property tests with other examples every time; what it finds is printed with the means to repeat it.
fuzz: setup
	SEDLINK_FUZZ=1 $(BIN)/python -m pytest --numprocesses=auto -m hypothesis

# Kills daemons and database on purpose and lets the stand's ledger judge; CHAOS="--kills 1000 --crashes 100" is the long plan.
CHAOS ?= --kills 40 --crashes 5
chaos: setup
	$(BIN)/python benchmarks/chaos.py $(CHAOS)

# Many machines on one PostgreSQL: frozen, cut off (root), wrong clocks, an older release beside; CLUSTER="cut upgrade" plays some.
cluster: setup
	$(BIN)/python benchmarks/cluster.py $(CLUSTER)

# Engines too large for `make setup` (chdb: 890 MB with what it needs): each apart, only for the tests marked `real`.
# LibreOffice writes the workbooks of one test where it is installed (Debian: apt-get install libreoffice-calc).
REAL := .venv-real
test-real: setup real-directum real-mayan
	test -d $(REAL)/chdb || $(BIN)/python -m pip install --quiet --disable-pip-version-check --target $(REAL) "chdb==4.4.0"
	PYTHONPATH=$(REAL) $(BIN)/python -m pytest -m real

# SAP CAP, an OData v4 engine, in Directum's shape; needs node >= 20 and npm (Debian: apt-get install nodejs npm).
real-directum:
	mkdir -p $(REAL)/directum-cap
	cp -r tests/real/directum-cap/. $(REAL)/directum-cap/
	test -d $(REAL)/directum-cap/node_modules || (cd $(REAL)/directum-cap && npm install --no-audit --no-fund \
		&& npm rebuild better-sqlite3 --foreground-scripts)

# Mayan EDMS; its python-ldap is compiled (Debian: apt-get install gcc libldap2-dev libsasl2-dev libmagic1).
real-mayan:
	mkdir -p $(REAL)/mayan
	test -x $(REAL)/mayan/venv/bin/mayan-edms.py || ($(PYTHON) -m venv $(REAL)/mayan/venv \
		&& $(REAL)/mayan/venv/bin/python -m pip install --quiet --disable-pip-version-check "mayan-edms==4.12.2")

# Other people's clients that tests compare with; they need older libraries, so they live apart.
PEERS := .venv-peers
peers: $(PEERS)/.installed

$(PEERS)/.installed: requirements-peers.lock
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-peers.lock
	touch $@

# pip-audit brings twenty packages of its own: it lives apart, and a machine without network goes without it.
AUDIT := .venv-audit
check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.supply.dependencies
	$(BIN)/python -m tests.supply.leaks
	-@test -x $(AUDIT)/bin/pip-audit || ($(PYTHON) -m venv $(AUDIT) && $(AUDIT)/bin/python -m pip install --quiet \
		--disable-pip-version-check --require-hashes -r requirements-audit.lock)
	$(BIN)/python -m tests.supply.dependencies --advisories $(AUDIT)/bin/pip-audit

lock:
	uv pip compile pyproject.toml --all-extras --group dev --generate-hashes --no-annotate --no-header --universal \
		--python-version 3.11 --no-emit-index-url --no-emit-find-links --output-file requirements.lock --quiet
	printf 'uploader-client==0.7.2\npydantic<2\n' | uv pip compile - --generate-hashes --no-annotate --no-header --universal \
		--python-version 3.11 --no-emit-index-url --no-emit-find-links --output-file requirements-peers.lock --quiet
	printf 'pip-audit==2.10.1\n' | uv pip compile - --generate-hashes --no-annotate --no-header --universal \
		--python-version 3.11 --no-emit-index-url --no-emit-find-links --output-file requirements-audit.lock --quiet

clean:
	rm -rf $(VENV) $(REAL) $(AUDIT) .venv-peers build *.egg-info
