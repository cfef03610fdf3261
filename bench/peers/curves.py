"""The loss curves of hgbench, PyTorch and JAX side by side, from the same weights and batches:

    curves.py [--steps N] [NAME...]

For each spec of curves/ (or those named) hgbench dumps weights and batches, and each of the three trains on them. What is done is
kept under .cache/peers/curves and not done again by the same programs on the same input. The tables go to
results/recorded/peers/curves.md and curves.json; exit status 1 if a tolerance is missed."""

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

from common import HERE, HGBENCH, LN2, ROOT, hgbench, machine

CACHE = ROOT / ".cache/peers/curves"
OUT = ROOT / "results/recorded/peers"
FIRST, LOSS_TOLERANCE, BPC_TOLERANCE = 20, 1e-3, 0.02


def run_hgbench(spec, folder, sets, warmup, context):
    """The losses of the warm-up's steps, in which the rate does not depend on the number of steps, and the curve."""
    start = ["run", "-f", spec, "--weights", folder / "initial.safetensors", "--json"]
    short = json.loads(hgbench(*start, *sets, "--set", f"train.steps={warmup}", "--set", "eval.every=1", "--set", f"eval.valid_bytes={context}"))
    record = json.loads(hgbench(*start, *sets))
    return {
        "losses": [point["train_bpc"] * LN2 for point in short["curve"]],
        "curve": between_validations(record["curve"]),
    }


def between_validations(points):
    """The points with a validation; train_bpc is the mean since the one before, as the peers report it."""
    curve, total, last, before = [], 0, 0, 0
    for point in points:
        total += point["train_bpc"] * (point["step"] - before)
        before = point["step"]
        if "valid_bpc" in point:
            curve.append({"step": before, "train_bpc": total / (before - last), "valid_bpc": point["valid_bpc"]})
            total, last = 0, before
    return curve


def compare(spec, steps):
    """{spec, hgbench, torch, jax: {losses, curve}} of one spec; a peer's eval_difference is hgbench's validation BPC of the
    peer's final weights, less the peer's own."""
    folder = CACHE / spec.stem
    sets = ["--set", f"train.steps={steps}"] if steps else []
    hgbench("dump", "-f", spec, *sets, "--out", folder)
    inputs = [folder / "spec.json", *(folder / f"{name}.safetensors" for name in ("initial", "batches", "valid"))]
    parsed = json.loads(inputs[0].read_text())
    train, context = parsed["train"], parsed["eval"]["context"]
    found = {"spec": parsed}
    found["hgbench"] = once(folder / "hgbench", [HGBENCH, *inputs], lambda out: out.with_suffix(".json").write_text(
        json.dumps(run_hgbench(spec, folder, sets, train["warmup"], context))))
    for peer in ("torch", "jax"):
        programs = [HERE / name for name in ("common.py", "train.py", f"{peer}_lm.py", "requirements.txt")]
        found[peer] = once(folder / peer, [*programs, *inputs], lambda out: subprocess.run(
            [sys.executable, HERE / "train.py", peer, folder, out], check=True))
        weights = (folder / peer).with_suffix(".safetensors")
        scored = json.loads(hgbench("eval", "-f", spec, "--split", "valid", "--weights", weights, "--json"))
        found[peer]["eval_difference"] = scored["bpc"] - found[peer]["curve"][-1]["valid_bpc"]
    return found


def once(out, depends, make):
    """OUT.json, which make(out) writes unless it has been written from the same files."""
    digest = hashlib.sha256()
    for path in depends:
        digest.update(Path(path).read_bytes())
    key, made = out.with_suffix(".key"), out.with_suffix(".json")
    if not made.exists() or not key.exists() or key.read_text() != digest.hexdigest():
        make(out)
        key.write_text(digest.hexdigest())
    return json.loads(made.read_text())


def agreement(found, peer):
    """The largest difference of the first losses in nats, and that of the final validation BPC."""
    ours, theirs = found["hgbench"], found[peer]
    losses = max(abs(a - b) for a, b in list(zip(ours["losses"], theirs["losses"]))[:FIRST])
    return losses, theirs["curve"][-1]["valid_bpc"] - ours["curve"][-1]["valid_bpc"]


def report(results, facts, version):
    """The Markdown page, and whether all agree."""
    ok = True
    lines = [
        "# hgbench, PyTorch and JAX from the same weights on the same batches", "",
        f"{facts['cpu']} ({facts['family']}), {facts['cores']} cores; torch {facts['torch']}, jax {facts['jax']}, "
        f"Python {facts['python']}; {version}. Written by `make peers`.", "",
        f"Tolerances: the first {FIRST} training losses {LOSS_TOLERANCE} nats, validation BPC at the end {BPC_TOLERANCE}. *Same weights* is "
        "how far hgbench's validation BPC of the peer's final weights is from the peer's own.", "",
        f"| spec | peer | first {FIRST} losses, largest difference | final validation BPC, difference to hgbench's | same weights | agree |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, found in results.items():
        for peer in ("torch", "jax"):
            losses, bpc = agreement(found, peer)
            agrees = losses <= LOSS_TOLERANCE and abs(bpc) <= BPC_TOLERANCE
            ok &= agrees
            lines.append(f"| {name} | {peer} | {losses:.1e} | {bpc:+.5f} | {found[peer]['eval_difference']:+.1e} | {'yes' if agrees else '**no**'} |")
    for name, found in results.items():
        m, t = found["spec"]["model"], found["spec"]["train"]
        detail = f"{m['system']} {m['hierarchy']}, d_model {m['d_model']}, {m['heads']} heads; {t['steps']} steps of {t['batch']} × {t['context']} tokens"
        lines += ["", f"## {name}", "", detail, "",
                  "| step | hgbench train | torch train | jax train | hgbench validation | torch validation | jax validation |",
                  "| --- | --- | --- | --- | --- | --- | --- |"]
        for points in zip(*(found[who]["curve"] for who in ("hgbench", "torch", "jax"))):
            cells = [f"{p[key]:.4f}" for key in ("train_bpc", "valid_bpc") for p in points]
            lines.append(f"| {points[0]['step']} | {' | '.join(cells)} |")
        lines += ["", f"The first {FIRST} losses in nats:", "", "| step | hgbench | torch | jax |", "| --- | --- | --- | --- |"]
        for i, losses in enumerate(list(zip(*(found[who]["losses"] for who in ("hgbench", "torch", "jax"))))[:FIRST]):
            lines.append(f"| {i + 1} | {' | '.join(f'{x:.5f}' for x in losses)} |")
    return "\n".join(lines) + "\n", ok


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="specs of curves/ (default: all)")
    parser.add_argument("--steps", type=int, help="instead of the specs' own: then nothing is recorded")
    args = parser.parse_args()
    for peer in ("torch", "jax"):
        subprocess.run([sys.executable, HERE / "verify.py", peer], check=True)
    specs = sorted(path for path in (HERE / "curves").glob("*.yaml") if not args.names or path.stem in args.names)
    results = {spec.stem: compare(spec, args.steps) for spec in specs}
    facts, version = machine(), " ".join(hgbench("version").split())
    page, ok = report(results, facts, version)
    print(page)
    if not args.steps and not args.names:
        OUT.mkdir(parents=True, exist_ok=True)
        (OUT / "curves.md").write_text(page)
        recorded = {name: {who: {**found[who], "losses": found[who]["losses"][:FIRST]} for who in ("hgbench", "torch", "jax")} | {"spec": found["spec"]}
                    for name, found in results.items()}
        (OUT / "curves.json").write_text(json.dumps({"machine": facts, "hgbench": version, "results": recorded}, indent=1) + "\n")
    sys.exit(not ok)


if __name__ == "__main__":
    main()
