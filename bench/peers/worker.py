"""Times training steps in a process that stays alive, for speed.py:

    worker.py torch-eager|torch-compile|torch-compile-bf16|jax DUMP THREADS

After a warm-up it writes a line of JSON, and another for each line "N" it reads, after as many steps."""

import json
import sys
import time

from common import load, reset_peak, resident

WARMUP = 3  # steps; the first compiles


def trainer(variant, threads, spec, weights):
    """The trainer, and what was resident when its library had started but the model was not built."""
    if variant == "jax":  # its threads are as many as the process may use cores
        import jax.numpy as jnp
        import jax_lm
        jnp.ones(64).sum().block_until_ready()
        idle, _ = resident()
        return jax_lm.Trainer(spec, weights), idle
    import torch
    import torch_lm
    torch.set_num_threads(threads)
    start = lambda x: (x @ x).sum()
    (torch.compile(start) if "compile" in variant else start)(torch.ones(64, 64, requires_grad=True)).backward()
    idle, _ = resident()
    return torch_lm.Trainer(spec, weights, compile="compile" in variant, bfloat16=variant.endswith("bf16")), idle


def main():
    variant, folder, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    spec, weights, batches = load(folder)
    model, idle = trainer(variant, threads, spec, weights)
    tokens, step = batches["tokens"], 0

    def take():
        nonlocal step
        start = time.perf_counter()
        loss, _ = model.step(step, tokens[step % len(tokens)])
        step += 1
        return time.perf_counter() - start, loss

    first = [take() for _ in range(WARMUP)]
    _, warm = resident()
    reset_peak()
    print(json.dumps({"first_loss": first[0][1], "first_seconds": first[0][0], "idle_bytes": idle, "compile_peak_bytes": warm}), flush=True)
    for line in sys.stdin:
        before = time.process_time()
        seconds = [take()[0] for _ in range(int(line))]
        print(json.dumps({"seconds": seconds, "cpu_seconds": time.process_time() - before, "peak_bytes": resident()[1]}), flush=True)


if __name__ == "__main__":
    main()
