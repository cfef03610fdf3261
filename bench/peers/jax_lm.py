"""The models in JAX: functions of a dictionary of weights that has hgbench's names (common.pack joins q, k and v).

A training step is one jitted function whose weights and optimiser state are donated."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from common import Geometry, learning_rate, levels, pack, parse_resampling


def relative_attention(geometry, heads, q, k, v, r, u, w):
    """q [B, Tq, d], k and v [B, Tk, d], r [g*rows, d] the projected table, u and w [H, dh] -> [B, Tq, d]."""
    (B, Tq, d), Tk, g = q.shape, k.shape[1], geometry.group
    dh, T = d // heads, Tq // g
    q, k, v = (x.reshape(B, -1, heads, dh).transpose(2, 0, 1, 3) for x in (q, k, v))  # [H, B, T, dh]
    q = q / math.sqrt(dh)
    u, w = u[:, None, None] / math.sqrt(dh), w[:, None, None] / math.sqrt(dh)
    near = (q + w).reshape(heads, B, T, g, dh)
    p = jnp.einsum("hbtgd,gchd->hgbtc", near, r.reshape(g, -1, heads, dh))
    p = p.reshape(heads, g, B, -1)[..., geometry.offset:geometry.offset + T * Tk]  # the shift, see common.Geometry
    p = p.reshape(heads, g, B, T, Tk).transpose(0, 2, 3, 1, 4).reshape(heads, B, Tq, Tk)
    s = jnp.einsum("hbid,hbjd->hbij", q + u, k) + p
    a = jax.nn.softmax(jnp.where(geometry.hidden, -1e9, s), -1)
    return jnp.einsum("hbij,hbjd->hbid", a, v).transpose(1, 2, 0, 3).reshape(B, Tq, d)


def linear(x, w, name):
    return x @ w[f"{name}.w"] + w[f"{name}.b"]


def layer_norm(x, w, name, epsilon=1e-6):
    c = x - x.mean(-1, keepdims=True)
    return c * jax.lax.rsqrt((c * c).mean(-1, keepdims=True) + epsilon) * w[f"{name}.scale"] + w[f"{name}.bias"]


class Hourglass:
    """Hourglass, and the flat Transformer."""

    def __init__(self, model):
        self.m, self.d = model, model["d_model"]
        self.levels = levels(model["hierarchy"])
        if model["system"] == "hourglass":
            self.shorten, self.upsample = (parse_resampling(model[key]) for key in ("shorten", "upsample"))

    def feed_forward(self, x, w, name):
        h = linear(layer_norm(x, w, f"{name}.ff_norm"), w, f"{name}.ff.in")
        return x + linear(jax.nn.gelu(h, approximate=True), w, f"{name}.ff.out")

    def relative(self, q, k, v, w, name, pooling):
        geometry = Geometry(q.shape[1], k.shape[1], pooling, self.d)
        r = linear(geometry.table, w, f"{name}.pos")
        o = relative_attention(geometry, self.m["heads"], q, k, v, r, w["context_bias_u"], w["location_bias_v"])
        return linear(o, w, f"{name}.o")

    def block(self, x, w, name, total):
        h = layer_norm(x, w, f"{name}.attn_norm")
        q, k, v = jnp.split(linear(h, w, f"{name}.attn.qkv"), 3, -1)
        if f"{name}.attn.pos.w" in w:
            x = x + self.relative(q, k, v, w, f"{name}.attn", total)
        else:
            q, k, v = (y.reshape(*y.shape[:2], self.m["heads"], -1) for y in (q, k, v))
            o = jax.nn.dot_product_attention(q, k, v, is_causal=True)
            x = x + linear(o.reshape(x.shape), w, f"{name}.attn.o")
        return self.feed_forward(x, w, name)

    def blocks(self, x, w, name, n, total):
        for i in range(n):
            x = self.block(x, w, f"{name}.blocks.{i}", total)
        return layer_norm(x, w, f"{name}.norm")

    def resample(self, x, w, name, kind, factor, pooling, residual=None):
        """Shortening, or upsampling when there is a residual."""
        (attention, inner), (B, T, d) = kind, x.shape
        h = layer_norm(x, w, f"{name}.in_norm") if attention else x
        if inner == "average":
            y = h.reshape(B, T // factor, factor, d).mean(2)
        elif inner == "repeat":
            y = jnp.repeat(h, factor, 1)
        elif inner == "none":
            y = jnp.zeros_like(residual)
        elif residual is None:
            y = linear(h.reshape(B, T // factor, factor * d), w, f"{name}.linear")
        else:
            y = linear(h, w, f"{name}.linear").reshape(B, T * factor, d)
        if not attention:
            return y
        y = layer_norm(y, w, f"{name}.resampled_norm")
        if residual is not None:
            y = y + residual
        m, b = w[f"{name}.attn.qkv.w"], w[f"{name}.attn.qkv.b"]
        q = y @ m[:, :d] + b[:d]
        k, v = jnp.split(h @ m[:, d:] + b[d:], 2, -1)
        y = y + self.relative(q, k, v, w, f"{name}.attn", pooling)
        return self.feed_forward(y, w, name)

    def valley(self, x, w, name, level):
        """x + norm(upsample(inner(shorten(shift(x)))))"""
        pooling = self.levels[level - 1][2]
        factor = self.levels[level][2] // pooling
        y = jnp.pad(x, ((0, 0), (factor - 1, 0), (0, 0)))[:, :x.shape[1]]
        y = self.resample(y, w, f"{name}.shorten", self.shorten, factor, pooling)
        y = self.hierarchy(y, w, f"{name}.", level)
        y = self.resample(y, w, f"{name}.upsample", self.upsample, factor, pooling, residual=x)
        return x + layer_norm(y, w, f"{name}.out_norm")

    def hierarchy(self, x, w, prefix, level):
        pre, post, total = self.levels[level]
        if level == len(self.levels) - 1:
            return self.blocks(x, w, prefix.removesuffix(".") or "trunk", pre, total)
        x = self.blocks(x, w, f"{prefix}pre", pre, total)
        x = self.valley(x, w, f"{prefix}valley", level + 1)
        return self.blocks(x, w, f"{prefix}post", post, total)

    def start(self, batch):
        """No state passes from batch to batch."""

    def __call__(self, w, tokens, state=None):
        """tokens [B, L] -> logits [B, L, V], those at t from the tokens before t; the state after them."""
        x = w["embed"][jnp.pad(tokens, ((0, 0), (1, 0)))[:, :-1]]
        return linear(self.hierarchy(x, w, "", 0), w, "out"), state


class TransformerXL:
    """Segments of a stream, each attending to a memory of the layers' inputs (kimiyoung/transformer-xl, mem_transformer.py)."""

    def __init__(self, model, memory):
        self.m, self.memory, self.layers = model, memory, levels(model["hierarchy"])[0][0]

    def start(self, batch):
        """The token before the segment, and an empty memory a layer."""
        return jnp.zeros((batch, 1), jnp.int32), [jnp.zeros((batch, 0, self.m["d_model"]))] * self.layers

    def block(self, h, past, w, name, geometry):
        pre = self.m["norm"] == "pre"
        norm = lambda x, which: layer_norm(x, w, f"{name}.{which}", 1e-5)
        q, kv = h, jnp.concatenate([past, h], 1)
        if pre:
            q, kv = norm(q, "attn_norm"), norm(kv, "attn_norm")
        m, position = w[f"{name}.attn.qkv.w"], w[f"{name}.attn.pos.w"]
        q, (k, v) = q @ m[:, :position.shape[1]], jnp.split(kv @ m[:, position.shape[1]:], 2, -1)
        r = geometry.table @ position
        o = relative_attention(geometry, self.m["heads"], q, k, v, r, w["context_bias_u"], w["location_bias_v"])
        h = h + o @ w[f"{name}.attn.o.w"]
        h = h if pre else norm(h, "attn_norm")
        f = jax.nn.relu(linear(norm(h, "ff_norm") if pre else h, w, f"{name}.ff.in"))
        h = h + linear(f, w, f"{name}.ff.out")
        return h if pre else norm(h, "ff_norm")

    def __call__(self, w, tokens, state):
        """tokens [B, L] -> logits [B, L, V], those at t from the tokens before t; the state after them."""
        (previous, memory), L = state, tokens.shape[1]
        past = memory[0].shape[1]
        # The original counts distances from the query back to the key: hence the pooling of -1.
        geometry = Geometry(L, past + L, -1, self.m["d_model"], past)
        h = w["embed"][jnp.concatenate([previous, tokens[:, :-1]], 1)] * math.sqrt(self.m["d_model"])
        kept = []
        for i, m in enumerate(memory):
            kept.append(jax.lax.stop_gradient(jnp.concatenate([m, h], 1)[:, max(0, past + L - self.memory):]))
            h = self.block(h, m, w, f"trunk.blocks.{i}", geometry)
        return h @ w["embed"].T + w["out.b"], (tokens[:, -1:], kept)


def build(model, memory="memory"):
    """The model of a spec. memory names the key that says how long a memory it keeps."""
    return TransformerXL(model, model[memory]) if model["system"] == "transformer-xl" else Hourglass(model)


def nats(model, w, tokens, state):
    """[B, L], and the state after them."""
    logits, state = model(w, tokens, state)
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), tokens[..., None], -1)[..., 0], state


def mean_nats(model, w, tokens, state):
    losses, state = nats(model, w, tokens, state)
    return losses.mean(), state


class Trainer:
    """Trains a spec from given weights."""

    def __init__(self, spec, weights):
        self.spec = spec
        self.training, self.scoring = build(spec["model"]), build(spec["model"], "eval_memory")
        b1, b2, epsilon = (spec["train"][key] for key in ("beta1", "beta2", "epsilon"))
        self.weights = jax.tree.map(jnp.array, pack(weights))
        self.m, self.v = (jax.tree.map(jnp.zeros_like, self.weights) for _ in "mv")

        @partial(jax.jit, donate_argnums=(0, 1, 2))
        def update(w, m, v, tokens, state, rate, correction1, correction2):
            (loss, state), g = jax.value_and_grad(partial(mean_nats, self.training), has_aux=True)(w, tokens, state)
            m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, m, g)
            v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, v, g)
            w = jax.tree.map(lambda w, m, v: w - rate * (m / correction1) / (jnp.sqrt(v / correction2) + epsilon), w, m, v)
            return w, m, v, loss, state

        self.update = update
        self.losses = jax.jit(partial(nats, self.scoring))

    def step(self, step, tokens, state=None):
        """Trains on tokens [B, L] int32; the mean loss in nats, and the state after them."""
        t = self.spec["train"]
        hyper = (np.float32(x) for x in (learning_rate(t, step), 1 - t["beta1"] ** (step + 1), 1 - t["beta2"] ** (step + 1)))
        self.weights, self.m, self.v, loss, state = self.update(self.weights, self.m, self.v, tokens, state, *hyper)
        jax.block_until_ready((self.weights, self.m, self.v))
        return float(loss), state

    def score(self, tokens, state=None):
        """Nats [B, L] of tokens [B, L], and the state after them."""
        losses, state = self.losses(self.weights, tokens, state)
        return np.asarray(losses), state


def check(model, weights, segments, first=None):
    """Of consecutive segments [B, L] after the tokens first [B, 1]: all logits, and the mean loss of the last segment with its
    gradients by (packed) name, as numpy arrays."""
    w, model, logits = jax.tree.map(jnp.array, pack(weights)), build(model), []
    after = model.start(len(segments[0]))
    if first is not None:
        after = jnp.array(first), after[1]
    for tokens in segments:
        state = after
        found, after = jax.jit(model)(w, tokens, state)
        logits.append(np.asarray(found))
    (loss, _), g = jax.jit(jax.value_and_grad(partial(mean_nats, model), has_aux=True))(w, tokens, state)
    return logits, float(loss), jax.tree.map(np.asarray, g)
