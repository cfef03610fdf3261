"""Training speed and memory of hgbench, PyTorch and JAX on the specs of specs/, interleaved in one run:

    speed.py [--specs a,b] [--variants hgbench,jax] [--rounds N] [--steps N] [--run NAME]

Variants of a spec take turns, a round after the other, so that what the machine does meanwhile meets all of them. A peer is a
process that stays alive and warm between its turns; where several of them would not fit in memory, one lives at a time.
Before a turn the driver waits until other processes are quiet. Each turn appends a row to results/recorded/peers/speed.jsonl;
quiet turns that it holds already, of the same run, are not made again. table.py makes the table of it."""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from common import HERE, QUIET, ROOT, hgbench, machine

ROWS = ROOT / "results/recorded/peers/speed.jsonl"
CACHE = ROOT / ".cache/peers"
SERIAL = 5_000_000  # elements of an attention matrix [B, L, L] beyond which one peer lives at a time
TCMALLOC = [Path("/usr/lib") / place / name for place in ("x86_64-linux-gnu", "", "../lib64")
            for name in ("libtcmalloc_minimal.so.4", "libtcmalloc.so.4")]
THREADS = len(os.sched_getaffinity(0))


def preload(*libraries):
    return {"LD_PRELOAD": ":".join(map(str, libraries))}


def variants():
    """{name: (worker's variant, its environment)}. "tuned" is what the libraries do best: another allocator, and for PyTorch MKL's Intel
    code paths. Without tcmalloc on the machine there is only what is left of that."""
    malloc = [path for path in TCMALLOC if path.exists()][:1]
    if not malloc:
        print("no tcmalloc (Debian: libtcmalloc-minimal4): the tuned peers do without", file=sys.stderr)
    intel = CACHE / "intelcpu.so"
    intel.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", HERE / "intelcpu.c", "-o", intel], check=True)
    return {
        "hgbench": None,
        "torch eager": ("torch-eager", {}),
        "torch eager tuned": ("torch-eager", preload(*malloc, intel)),
        "torch compile": ("torch-compile", {}),
        "torch compile tuned": ("torch-compile", preload(*malloc, intel)),
        "torch compile tuned bfloat16": ("torch-compile-bf16", preload(*malloc, intel)),
        "jax": ("jax", {}),
        "jax tuned": ("jax", preload(*malloc)),
    }


class Peer:
    """A living worker."""

    def __init__(self, variant, folder, env, log):
        environment = {**os.environ, "OMP_NUM_THREADS": str(THREADS), **env}
        command = [sys.executable, HERE / "worker.py", variant, folder, str(THREADS)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        self.started = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args} ended with status {self.process.wait()}: see {CACHE}/*.log")
        return json.loads(line)

    def turn(self, steps):
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        return {**self.started, **self.answer()}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Hgbench:
    """A process a turn, with a warm-up of its own."""

    def __init__(self, spec):
        self.spec = spec

    def turn(self, steps):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        m = json.loads(hgbench("measure", "-f", self.spec, "--steps", steps, "--threads", THREADS, "--json"))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return {"seconds": m["step_seconds"], "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
                "peak_bytes": m["peak_rss_bytes"], "idle_bytes": m["idle_bytes"], "planned_bytes": m["planned_bytes"],
                "peak_gflops": m["peak_gflops"], "isa": m["isa"]}

    def close(self):
        pass


def busy():
    """Seconds that all cores have worked since the start of the machine."""
    with open("/proc/stat") as f:
        ticks = [int(x) for x in f.readline().split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def wait_quiet(limit):
    """Waits until the cores rest, at most limit seconds."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        before, start = busy(), time.monotonic()
        time.sleep(0.5)
        if (busy() - before) / (time.monotonic() - start) < 0.05 * THREADS:
            return


def take(contestant, steps, wait):
    """A turn, with the share of the cores that other processes took meanwhile."""
    wait_quiet(wait)
    before, start = busy(), time.monotonic()
    row = contestant.turn(steps)
    spent = time.monotonic() - start
    row["others"] = round(max(0, busy() - before - row.pop("cpu_seconds")) / spent / THREADS, 3)
    return row


def compete(spec, names, args, done, write):
    """All turns of some variants of a spec that are not done."""
    todo = {name: args.rounds - done.get((spec.stem, name), 0) for name in names}
    if max(todo.values()) <= 0:
        return
    folder = CACHE / "speed" / spec.stem
    hgbench("dump", "-f", spec, "--steps", 4, "--out", folder)
    plan = json.loads(hgbench("plan", "-f", spec, "--json"))
    train = plan["spec"]["train"]
    tokens = train["batch"] * train["context"]
    flops = plan["flops"]["necessary_per_token"] * tokens
    kinds, living = variants(), {}
    with open(CACHE / f"speed-{spec.stem}.log", "a") as log:
        try:
            for name in (name for name in names if todo[name] > 0):
                kind = kinds[name]
                try:
                    living[name] = Peer(kind[0], folder, kind[1], log) if kind else Hgbench(spec)
                except RuntimeError as e:
                    print(f"{spec.stem} {name}: {e}", file=sys.stderr, flush=True)
            for left in range(args.rounds, 0, -1):
                for name, contestant in living.items():
                    if todo[name] < left:
                        continue
                    peak = json.loads(hgbench("env", "--threads", THREADS, "--json"))["machine"]["peak_gflops"]
                    row = {"run": args.run, "spec": spec.stem, "variant": name, "tokens": tokens, "flops_necessary": flops, "peak_gflops": peak,
                           "time": time.strftime("%Y-%m-%dT%H:%M:%S"), **take(contestant, args.steps, args.wait)}
                    write(row)
        finally:
            for contestant in living.values():
                contestant.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--specs", help="names of files in specs/ (default: all)")
    parser.add_argument("--variants", help="default: all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3, help="of a turn")
    parser.add_argument("--wait", type=float, default=60, help="seconds to wait for quiet at most")
    parser.add_argument("--run", help="name of the run (default: hgbench's commit)")
    parser.add_argument("--out", type=Path, default=ROWS)
    args = parser.parse_args()
    version = json.loads(hgbench("version", "--json"))
    args.run = args.run or version["commit"]
    names = args.variants.split(",") if args.variants else list(variants())
    specs = [HERE / "specs" / f"{name}.yaml" for name in args.specs.split(",")] if args.specs else sorted((HERE / "specs").glob("*.yaml"))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    done = {}
    if args.out.exists():
        for row in map(json.loads, args.out.read_text().splitlines()):
            if row["run"] == args.run and row.get("others", 1) <= QUIET:
                done[row["spec"], row["variant"]] = done.get((row["spec"], row["variant"]), 0) + 1
    with open(args.out, "a") as rows:
        def write(row):
            rows.write(json.dumps(row) + "\n")
            rows.flush()
            if "spec" in row:
                print(f"{row['spec']:12} {row['variant']:30} {1e3 * min(row['seconds']):8.1f} ms  others {row['others']:.0%}", flush=True)

        write({"run": args.run, "machine": machine(), "threads": THREADS, "hgbench": version})
        for spec in specs:
            train = json.loads(hgbench("plan", "-f", spec, "--json"))["spec"]["train"]
            serial = train["batch"] * train["context"] ** 2 > SERIAL
            for group in [[name] for name in names] if serial else [names]:
                compete(spec, group, args, done, write)


if __name__ == "__main__":
    main()
