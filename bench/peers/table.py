"""The table and the figure of what speed.py has measured:

    table.py [--run NAME] [--rows speed.jsonl] [--out FOLDER]

writes speed.md, speed.json and speed.svg of the run measured last."""

import argparse
import json
import math
from pathlib import Path
from statistics import median

from common import QUIET, ROOT

FOLDER = ROOT / "results/recorded/peers"
MIB = 1 << 20
HGBENCH = "hgbench"


def is_float32(variant):
    return "bfloat16" not in variant


def is_peer(variant):
    return variant != HGBENCH and is_float32(variant)


def is_tuned(variant):
    return is_peer(variant) and "tuned" in variant


def is_installed(variant):
    return is_peer(variant) and "tuned" not in variant


def summarise(rows):
    """{spec: {variant: figures}} of the turns of one run. A variant that never had a quiet turn is noisy."""
    peak = max(row["peak_gflops"] for row in rows)
    turns = {}
    for row in rows:
        turns.setdefault(row["spec"], {}).setdefault(row["variant"], []).append(row)
    found = {}
    for spec, variants in sorted(turns.items()):
        for variant, all_turns in variants.items():
            quiet = [t for t in all_turns if t["others"] <= QUIET]
            used = quiet or all_turns
            steps = sorted(s for t in used for s in t["seconds"])
            seconds, last = median(steps), used[-1]
            top = max(t["peak_bytes"] for t in used)
            found.setdefault(spec, {})[variant] = {
                "seconds": seconds, "min": steps[0], "max": steps[-1], "steps": len(steps), "noisy": not quiet,
                "tokens_per_second": last["tokens"] / seconds, "share_of_peak": last["flops_necessary"] / seconds / 1e9 / peak,
                "peak_bytes": top, "above_idle_bytes": top - last["idle_bytes"], "flops_necessary": last["flops_necessary"],
            }
    return found, peak


def best(variants, which, key):
    """The quiet variant with the smallest figure among those that which() chooses, or None."""
    return min((v for v in variants if which(v) and not variants[v]["noisy"]), key=lambda v: variants[v][key], default=None)


def summary(found):
    """How hgbench stands to the peers, a row a spec."""
    lines = ["| spec | hgbench, share of peak | fastest tuned peer | speed to it | fastest peer as installed | speed to it | leanest peer | memory to it |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for spec, variants in found.items():
        if HGBENCH not in variants or variants[HGBENCH]["noisy"]:
            continue
        ours, cells = variants[HGBENCH], []
        for which, key, shown in ((is_tuned, "seconds", "{:.2f}×"), (is_installed, "seconds", "{:.2f}×"), (is_peer, "above_idle_bytes", "{:.0%}")):
            peer = best(variants, which, key)
            if peer is None:
                cells += ["–", "–"]
                continue
            ratio = variants[peer][key] / ours[key]
            cells += [peer, shown.format(ratio if key == "seconds" else 1 / ratio)]
        lines.append(f"| {spec} | {ours['share_of_peak']:.1%} | " + " | ".join(cells) + " |")
    return lines


def details(variants):
    lines = ["| variant | ms a step (median, min–max of n) | tokens/s | share of peak | to hgbench | peak MiB | above idle MiB |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for name in sorted(variants, key=lambda v: variants[v]["seconds"]):
        v, noisy = variants[name], "\\*"
        speed = variants[HGBENCH]["seconds"] / v["seconds"] if HGBENCH in variants else None
        lines.append(f"| {name}{noisy if v['noisy'] else ''} | {1e3 * v['seconds']:.0f} ({1e3 * v['min']:.0f}–{1e3 * v['max']:.0f} of {v['steps']}) "
                     f"| {v['tokens_per_second']:.0f} | {v['share_of_peak']:.1%} | {f'{speed:.2f}×' if speed else '–'} "
                     f"| {v['peak_bytes'] / MIB:.0f} | {v['above_idle_bytes'] / MIB:.0f} |")
    return lines


def page(found, peak, facts):
    m, h = facts["machine"], facts["hgbench"]
    lines = [
        "# Training speed and memory: hgbench, PyTorch, JAX", "",
        f"{m['cpu']} ({m['family']}), {facts['threads']} threads, FMA peak {peak:.0f} GFLOP/s; hgbench {h['commit'][:12]} ({h['go']}, kernel version "
        f"{h['kernel']}), torch {m['torch']}, jax {m['jax']}, Python {m['python']}. Written by `make peers-speed`; the turns are in speed.jsonl.", "",
        "All variants of a spec (`bench/peers/specs`) took turns in one run. Share of peak is necessary FLOPs per second over the FMA peak. *As "
        "installed* is what pip gives; *tuned* adds tcmalloc and, for PyTorch, MKL's Intel code paths. bfloat16 computes other numbers and is shown "
        "for what it is. Peak memory is resident during steps, compilation left out; *above idle* leaves out what was resident before the model "
        "was built. \\* marks variants that never had the machine to themselves, which are not compared.", "",
        "![share of peak and memory of each spec](speed.svg)", "", *summary(found),
    ]
    for spec, variants in found.items():
        flops = next(iter(variants.values()))["flops_necessary"]
        lines += ["", f"## {spec}", "", f"`bench/peers/specs/{spec}.yaml`, {flops / 1e9:.1f} necessary GFLOP a step", "", *details(variants)]
    return "\n".join(lines) + "\n"


COLOURS = {"hgbench": "#d62728", "torch eager": "#9ecae1", "torch eager tuned": "#4292c6", "torch compile": "#a1d99b",
           "torch compile tuned": "#238b45", "torch compile tuned bfloat16": "#bbbbbb", "jax": "#fdae6b", "jax tuned": "#e6550d"}


def figure(found):
    """An SVG with a row a spec: share of peak on the left; memory above idle, on a logarithmic axis, on the right."""
    row, left, width, gap, top = 28, 100, 340, 40, 76
    memories = [v["above_idle_bytes"] / MIB for variants in found.values() for v in variants.values()]
    low, high = math.floor(math.log2(min(memories))), math.ceil(math.log2(max(memories)))
    longest = math.ceil(10 * max(v["share_of_peak"] for variants in found.values() for v in variants.values())) / 10
    bottom = top + row * len(found)

    def share(v):
        return left + width * v["share_of_peak"] / longest

    def memory(v):
        return left + width + gap + width * (math.log2(v["above_idle_bytes"] / MIB) - low) / (high - low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + 2 * width + gap + 30} {bottom + 40}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>']

    def text(x, y, words, anchor="middle"):
        out.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>')

    def tick(x, words):
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top - 8}" y2="{bottom}" stroke="#dddddd"/>')
        text(x, bottom + 15, words)

    for tenth in range(0, round(10 * longest) + 1, 2):
        tick(left + width * tenth / 10 / longest, f"{10 * tenth}%")
    for power in range(low, high + 1):
        tick(left + width + gap + width * (power - low) / (high - low), f"{2 ** power:g}")
    text(left + width / 2, bottom + 32, "share of the FMA peak")
    text(left + width + gap + width / 2, bottom + 32, "peak memory above idle, MiB")
    present = [name for name in COLOURS if any(name in variants for variants in found.values())]
    for i, name in enumerate(present):
        x, y = left + 195 * (i % 4), 18 + 20 * (i // 4)
        out.append(f'<circle cx="{x}" cy="{y - 4}" r="5" fill="{COLOURS[name]}"/>')
        text(x + 10, y, name, "start")
    for i, (spec, variants) in enumerate(found.items()):
        y = top + row * i + row / 2
        text(left - 12, y + 4, spec, "end")
        for name in reversed(present):  # hgbench on top
            for place in (share, memory) if name in variants else ():
                out.append(f'<circle cx="{place(variants[name]):.1f}" cy="{y}" r="5" fill="{COLOURS[name]}"/>')
    return "\n".join([*out, "</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", help="name of the run (default: the last)")
    parser.add_argument("--rows", type=Path, default=FOLDER / "speed.jsonl")
    parser.add_argument("--out", type=Path, default=FOLDER)
    args = parser.parse_args()
    lines = [json.loads(line) for line in args.rows.read_text().splitlines()]
    run = args.run or lines[-1]["run"]
    rows = [line for line in lines if line["run"] == run]
    facts = [line for line in rows if "machine" in line][-1]
    found, peak = summarise([line for line in rows if "spec" in line])
    (args.out / "speed.md").write_text(page(found, peak, facts))
    (args.out / "speed.json").write_text(json.dumps({"peak_gflops": peak, **facts, "specs": found}, indent=1) + "\n")
    (args.out / "speed.svg").write_text(figure(found))
    print("\n".join(summary(found)))


if __name__ == "__main__":
    main()
