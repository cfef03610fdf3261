"""What both peers share: specs, schedule, evaluation windows, positions, and facts about the machine."""

import json
import math
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HGBENCH = os.environ.get("HGBENCH", str(ROOT / "hgbench"))
LN2 = math.log(2)
QUIET = 0.05  # share of the cores that other processes may take in a turn of speed.py that counts


def levels(hierarchy):
    """'2@1,3@2,1@1' -> the levels from the outside in, [(pre, post, total shortening)]; the innermost has post 0."""
    terms = [tuple(map(int, term.split("@"))) for term in hierarchy.replace(",", " ").split()]
    n = len(terms) // 2
    assert len(terms) == 2 * n + 1 and [t for _, t in terms] == [t for _, t in terms[::-1]], f"hierarchy {hierarchy}"
    return [(terms[i][0], terms[-1 - i][0] if i < n else 0, terms[i][1]) for i in range(n + 1)]


def parse_resampling(text):
    """'attention(average)' -> (True, 'average'); 'linear' -> (False, 'linear')."""
    inner = text.removeprefix("attention(").removesuffix(")")
    return inner != text, inner


def learning_rate(train, step):
    """Linear growth over the warm-up, then the schedule down to 0 one step after the last."""
    warmup, peak = train["warmup"], train["lr"]
    if step < warmup:
        return peak * (step + 1) / warmup
    done = min(1, (step - warmup) / max(1, train["steps"] - warmup))
    return peak * {"constant": 1, "linear": 1 - done, "cosine": (1 + math.cos(math.pi * done)) / 2}[train["schedule"]]


def windows(n, context, stride):
    """[(start, scored)] of windows of context tokens (n if that is less): each target is scored once."""
    end = min(context, n)
    found = [(0, end)]
    while end < n:
        scored = min(stride, n - end)
        end += scored
        found.append((end - context, scored))
    return found


def sinusoids(distances, d):
    """[len(distances), d] float32: sines, then cosines, at w_m = 10000^(-2m/d)."""
    angles = np.outer(distances, 10000.0 ** (-2 * np.arange(d // 2) / d))
    return np.concatenate([np.sin(angles), np.cos(angles)], 1).astype(np.float32)


class Geometry:
    """Who sees whom, and how far away, when Tq queries attend to Tk keys of another resolution.

    Self-attention (group = stride = 1), shortening (a query for every `stride` keys) and upsampling (a key for every
    `group` queries) differ in two numbers only. Query i = group*a + r and key j, the query's group a and its place r
    in it, are (group*(j - stride*a) - r) * pooling apart, and key j is visible iff j//stride <= a.

    Distances are computed for one table row c = j - stride*a + stride*(T-1) after the other, T = Tq/group queries
    of one r at a time, c < Tk + stride. Written with that row length, the scores [T, Tk + stride] hold those of query
    a and key j at flat place a*Tk + j + stride*(T-1): what is a shift in the papers is a slice here.
    """

    def __init__(self, tq, tk, pooling, d, memory=0):
        self.group, self.stride = max(1, tq // (tk - memory)), max(1, (tk - memory) // tq)
        g, s, t = self.group, self.stride, tq // self.group
        self.offset = s * (t - 1)
        rows = tk + s
        rel = g * (np.arange(rows)[None, :] - self.offset - memory) - np.arange(g)[:, None]  # [g, rows], key minus query
        self.table = sinusoids((rel * (1 if g > 1 else pooling)).ravel(), d)  # [g * rows, d]
        queries, keys = np.arange(tq)[:, None] // g, (np.arange(tk)[None, :] - memory) // s
        self.hidden = keys > queries  # [Tq, Tk]


def pack(weights):
    """Joins the query, key and value projections of each attention layer, so that they are one matrix product."""
    packed = {}
    for name, w in weights.items():
        stem, _, kind = name.rpartition(".")
        head, _, which = stem.rpartition(".")
        if head.endswith("attn") and which in "qkv":
            if which == "q":
                packed[f"{head}.qkv.{kind}"] = np.concatenate([weights[f"{head}.{x}.{kind}"] for x in "qkv"], -1)
        else:
            packed[name] = w
    return packed


def unpack(packed):
    """The inverse of pack."""
    weights = {}
    for name, w in packed.items():
        if ".qkv." in name:
            for which, part in zip("qkv", np.split(w, 3, -1)):
                weights[name.replace(".qkv.", f".{which}.")] = part
        else:
            weights[name] = w
    return weights


def load(folder):
    """A folder of `hgbench dump`: its spec, initial weights, and batches {tokens [steps, batch, context], ...}."""
    folder = Path(folder)
    spec = json.loads((folder / "spec.json").read_text())
    unsupported = {"dropout": spec["model"]["dropout"], "clip": spec["train"]["clip"], "weight_decay": spec["train"]["weight_decay"],
                   "shorten_factors": spec["train"].get("shorten_factors")}
    for key, value in unsupported.items():
        if value:
            raise ValueError(f"{folder}: the peers do not know {key} {value}")
    return spec, load_file(folder / "initial.safetensors"), load_file(folder / "batches.safetensors")


def hgbench(*args):
    """What hgbench prints: the program that the variable HGBENCH names, or ./hgbench."""
    return subprocess.run([HGBENCH, *map(str, args)], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def machine():
    """The processor and versions, for the record."""
    with open("/proc/cpuinfo") as f:
        info = dict(line.split(":", 1) for line in f.read().split("\n\n")[0].splitlines() if ":" in line)
    info = {key.strip(): value.strip() for key, value in info.items()}
    return {
        "cpu": info.get("model name", platform.processor()),
        "family": f"family {info.get('cpu family')} model {info.get('model')}",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "jax", "jaxlib", "numpy")},
    }


def resident():
    """This process's resident bytes, now and at their peak."""
    with open("/proc/self/status") as f:
        kilobytes = {line.split(":")[0]: line.split()[1] for line in f if line.startswith(("VmRSS", "VmHWM"))}
    return int(kilobytes["VmRSS"]) * 1024, int(kilobytes["VmHWM"]) * 1024


def reset_peak():
    """Sets the peak of resident bytes to what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
