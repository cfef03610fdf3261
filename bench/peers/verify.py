"""Checks a peer against the vectors that the original implementations produced (pkg/verify/testdata/golden).

    verify.py torch|jax

Logits agree to 1e-5, each gradient to 1e-5 in relative L2 plus 1e-7."""

import importlib
import json
import sys

import numpy as np
from safetensors.numpy import load_file

from common import ROOT, unpack

GOLDEN = ROOT / "pkg/verify/testdata/golden"

# The names of the original Transformer-XL in hgbench. Its matrices are [out, in].
XL_MODEL = {"emb": "embed", "u": "context_bias_u", "v": "location_bias_v", "out_bias": "out.b"}
XL_LAYER = {
    "attn.qkv": "attn.qkv.w", "attn.r": "attn.pos.w", "attn.o": "attn.o.w", "attn.ln_g": "attn_norm.scale", "attn.ln_b": "attn_norm.bias",
    "ff.w1": "ff.in.w", "ff.b1": "ff.in.b", "ff.w2": "ff.out.w", "ff.b2": "ff.out.b", "ff.ln_g": "ff_norm.scale", "ff.ln_b": "ff_norm.bias",
}


def from_original(tensors, prefix):
    """The tensors of a Transformer-XL case under hgbench's names."""
    found = {}
    for name, x in tensors.items():
        if not name.startswith(prefix):
            continue
        layer, _, rest = name.removeprefix(prefix).partition(".")
        to = f"trunk.blocks.{layer[1:]}.{XL_LAYER[rest]}" if rest else XL_MODEL[layer]
        found[to] = np.ascontiguousarray(x.T) if to.endswith(".w") else x
    return unpack(found)


def model_case(folder, config):
    """A model on a batch: (model, weights, segments, first), wanted logits, loss and gradients."""
    weights, io, grads = (load_file(folder / f"{name}.safetensors") for name in ("weights", "io", "grads"))
    return (config["model"], weights, [io["tokens"]]), [io["logits"]], io["loss"], grads


def xl_case(folder, config):
    """Segments with memory; the gradients are those of the sum of losses."""
    tensors, L, n = load_file(folder / "case.safetensors"), config["tgt_len"], config["n_segments"]
    tokens, weights = tensors["tokens"], from_original(tensors, "P.")
    layers = sum(name.endswith("attn.o.w") for name in weights)
    model = {"system": "transformer-xl", "hierarchy": f"{layers}@1", "d_model": config["d_model"], "heads": config["H"],
             "memory": config["mem_len"], "norm": "pre" if config["pre_lnorm"] else "post"}
    segments = [np.ascontiguousarray(tokens[:, 1 + i * L:1 + (i + 1) * L]) for i in range(n)]
    losses = tensors[f"seg{n - 1}.loss"]
    grads = {name: x / losses.size for name, x in from_original(tensors, "dP.").items()}
    return (model, weights, segments, tokens[:, :1].copy()), [tensors[f"seg{i}.logits"] for i in range(n)], losses.mean(), grads


def gradient_error(got, want):
    """The distance in L2, as a fraction of what is allowed."""
    return np.linalg.norm(got - want) / (1e-5 * np.linalg.norm(want) + 1e-7)


def main():
    peer = sys.argv[1]
    check = importlib.import_module(f"{peer}_lm").check
    bad = 0
    for folder in sorted(GOLDEN.iterdir()):
        config = json.loads((folder / "config.json").read_text())
        if config["kind"] == "model":
            case = model_case(folder, config)
        elif config.get("baseline") == "transformer-xl" and "n_segments" in config:
            case = xl_case(folder, config)
        else:
            continue
        arguments, want_logits, want_loss, want_grads = case
        logits, loss, grads = check(*arguments)
        grads = unpack(grads)
        errors = {name: gradient_error(grads.get(name, 0 * want), want) for name, want in want_grads.items()}
        worst = max(errors, key=errors.get)
        error, loss_error = max(np.abs(a - b).max() for a, b in zip(logits, want_logits)), abs(loss - want_loss)
        ok = error <= 1e-5 and loss_error <= 1e-5 and errors[worst] <= 1
        bad += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {peer:5} {folder.name:26} logits {error:.1e}  loss {loss_error:.1e}  "
              f"worst gradient at {errors[worst]:.0%} of its tolerance ({worst})", flush=True)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
