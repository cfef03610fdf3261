# hgbench beside PyTorch and JAX: see bench/peers/README.md. Not part of make test: the virtual environment takes gigabytes.

PEERS_PYTHON ?= python3
PEERS_VENV   := .cache/peers-venv
PEERS        := HGBENCH=$(CURDIR)/hgbench $(PEERS_VENV)/bin/python bench/peers

$(PEERS_VENV)/installed: bench/peers/requirements.txt
	$(PEERS_PYTHON) -m venv $(PEERS_VENV)
	$(PEERS_VENV)/bin/pip install --quiet -r $<
	@touch $@

.PHONY: peers
peers: build $(PEERS_VENV)/installed ## train the same with hgbench, PyTorch and JAX, and compare losses
	$(PEERS)/curves.py $(ARGS)

.PHONY: peers-speed
peers-speed: build $(PEERS_VENV)/installed ## time hgbench, PyTorch and JAX in turns (a quiet machine; goes on where it stopped)
	$(PEERS)/verify.py torch
	$(PEERS)/verify.py jax
	$(PEERS)/speed.py $(ARGS)
	$(PEERS)/table.py
