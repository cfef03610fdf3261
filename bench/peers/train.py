"""Trains what `hgbench dump` wrote, with one of the peers:

    train.py torch|jax DUMP OUT

writes OUT.json {losses: nats of each step, curve: [{step, train_bpc, valid_bpc}]} and OUT.safetensors, the final weights."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from common import LN2, load, unpack, windows

BATCH = 8  # windows scored at once


def validate(trainer, spec, text):
    """BPC of text [n] as the design defines it. A model with memory reads segment after segment instead."""
    context, stride = spec["eval"]["context"], spec["eval"]["stride"]
    nats, state = 0.0, trainer.scoring.start(1)
    if state is not None:
        for start in range(0, len(text), context):
            losses, state = trainer.score(text[None, start:start + context], state)
            nats += losses.sum(dtype=np.float64)
        return nats / len(text) / LN2
    places = windows(len(text), context, stride)
    for first in range(0, len(places), BATCH):
        batch = places[first:first + BATCH]
        losses, _ = trainer.score(np.stack([text[start:start + min(context, len(text))] for start, _ in batch]))
        nats += sum(row[-scored:].sum(dtype=np.float64) for row, (_, scored) in zip(losses, batch))
    return nats / len(text) / LN2


def train(peer, folder):
    """The losses, the curve, and the trainer afterwards."""
    spec, weights, batches = load(folder)
    text = load_file(folder / "valid.safetensors")["tokens"]
    trainer = importlib.import_module(f"{peer}_lm").Trainer(spec, weights)
    tokens, every = batches["tokens"], spec["eval"]["every"]
    losses, curve, last, state = [], [], 0, None
    for step, batch in enumerate(tokens):
        if "reset" in batches and batches["reset"][step]:
            state = trainer.training.start(len(batch))
        loss, state = trainer.step(step, batch, state)
        losses.append(loss)
        done = step + 1
        if done == len(tokens) or every and done % every == 0:
            curve.append({"step": done, "train_bpc": float(np.mean(losses[last:])) / LN2, "valid_bpc": validate(trainer, spec, text)})
            print(f"{peer}: step {done}, validation BPC {curve[-1]['valid_bpc']:.4f}", file=sys.stderr, flush=True)
            last = done
    return losses, curve, trainer


def main():
    peer, folder, out = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    losses, curve, trainer = train(peer, folder)
    weights = unpack({name: np.asarray(w.detach() if peer == "torch" else w) for name, w in trainer.weights.items()})
    save_file({name: np.ascontiguousarray(w) for name, w in weights.items()}, f"{out}.safetensors")
    Path(f"{out}.json").write_text(json.dumps({"losses": losses, "curve": curve}))


if __name__ == "__main__":
    main()
