"""The models in PyTorch: functions of a dictionary of weights that has hgbench's names (common.pack joins q, k and v).

Everything that can be fused is: one product for q, k and v, bias inside the product, softmax in place in eager mode,
scaled_dot_product_attention where there are no relative positions, fused Adam."""

import math

import torch
import torch.nn.functional as F

from common import Geometry, learning_rate, levels, pack, parse_resampling


class Attention:
    """Relative attention between two resolutions: see common.Geometry."""

    def __init__(self, heads, tq, tk, pooling, d, memory=0):
        g = Geometry(tq, tk, pooling, d, memory)
        self.heads, self.group, self.stride, self.offset = heads, g.group, g.stride, g.offset
        self.table = torch.from_numpy(g.table)
        self.mask = torch.from_numpy(g.hidden).float().mul_(-1e9)

    def __call__(self, q, k, v, r, u, w):
        """q [B, Tq, d], k and v [B, Tk, d], r [g*rows, d] the projected table, u and w [H, dh] -> [B, Tq, d].

        Heads are outermost, so that the product with r is one of B*T rows a head, and r is not copied a sequence."""
        (B, Tq, d), Tk, H, g = q.shape, k.shape[1], self.heads, self.group
        dh, T, scale = d // H, Tq // self.group, 1 / math.sqrt(d // H)
        q, k, v = (x.view(B, -1, H, dh).permute(2, 0, 1, 3) for x in (q, k, v))  # [H, B, T, dh]
        qu = (q + u[:, None, None]).reshape(H * B, Tq, dh)
        qw = (q + w[:, None, None]).reshape(H, B, T, g, dh).transpose(2, 3).transpose(1, 2)  # [H, g, B, T, dh]
        r = r.view(g, -1, H, dh).permute(2, 0, 3, 1).reshape(H * g, dh, -1)
        p = torch.bmm(qw.reshape(H * g, B * T, dh), r).view(H, g, B, -1)  # [H, g, B, T*rows]
        p = p[..., self.offset:self.offset + T * Tk].view(H, g, B, T, Tk)
        p = p.permute(0, 2, 3, 1, 4).reshape(H * B, Tq, Tk)
        s = torch.baddbmm(p, qu, k.reshape(H * B, Tk, dh).transpose(1, 2), beta=scale, alpha=scale)
        s = s + self.mask if torch.compiler.is_compiling() else s.add_(self.mask)
        o = torch.bmm(torch.softmax(s, -1), v.reshape(H * B, Tk, dh))
        return o.view(H, B, Tq, dh).permute(1, 2, 0, 3).reshape(B, Tq, d)


def linear(x, w, name):
    return F.linear(x, w[f"{name}.w"].t(), w.get(f"{name}.b"))


def layer_norm(x, w, name, epsilon=1e-6):
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.scale"], w[f"{name}.bias"], epsilon)


class Hourglass:
    """Hourglass, and the flat Transformer."""

    def __init__(self, model):
        self.m, self.d = model, model["d_model"]
        self.levels = levels(model["hierarchy"])
        self.attentions = {}
        if model["system"] == "hourglass":
            self.shorten, self.upsample = (parse_resampling(model[key]) for key in ("shorten", "upsample"))

    def attention(self, tq, tk, pooling):
        key = tq, tk, pooling
        if key not in self.attentions:
            self.attentions[key] = Attention(self.m["heads"], tq, tk, pooling, self.d)
        return self.attentions[key]

    def feed_forward(self, x, w, name):
        h = linear(layer_norm(x, w, f"{name}.ff_norm"), w, f"{name}.ff.in")
        return x + linear(F.gelu(h, approximate="tanh"), w, f"{name}.ff.out")

    def relative(self, q, k, v, w, name, pooling):
        attend = self.attention(q.shape[1], k.shape[1], pooling)
        r = linear(attend.table, w, f"{name}.pos")
        return linear(attend(q, k, v, r, w["context_bias_u"], w["location_bias_v"]), w, f"{name}.o")

    def block(self, x, w, name, total):
        h = layer_norm(x, w, f"{name}.attn_norm")
        q, k, v = linear(h, w, f"{name}.attn.qkv").split(self.d, -1)
        if f"{name}.attn.pos.w" in w:
            x = x + self.relative(q, k, v, w, f"{name}.attn", total)
        else:
            q, k, v = (y.view(*y.shape[:2], self.m["heads"], -1).transpose(1, 2) for y in (q, k, v))
            o = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + linear(o.transpose(1, 2).reshape(x.shape), w, f"{name}.attn.o")
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
            y = h.view(B, T // factor, factor, d).mean(2)
        elif inner == "repeat":
            y = h.repeat_interleave(factor, 1)
        elif inner == "none":
            y = torch.zeros_like(residual)
        elif residual is None:
            y = linear(h.reshape(B, T // factor, factor * d), w, f"{name}.linear")
        else:
            y = linear(h, w, f"{name}.linear").view(B, T * factor, d)
        if not attention:
            return y
        y = layer_norm(y, w, f"{name}.resampled_norm")
        if residual is not None:
            y = y + residual
        m, b = w[f"{name}.attn.qkv.w"], w[f"{name}.attn.qkv.b"]
        q = F.linear(y, m[:, :d].t(), b[:d])
        k, v = F.linear(h, m[:, d:].t(), b[d:]).split(d, -1)
        y = y + self.relative(q, k, v, w, f"{name}.attn", pooling)
        return self.feed_forward(y, w, name)

    def valley(self, x, w, name, level):
        """x + norm(upsample(inner(shorten(shift(x)))))"""
        pooling = self.levels[level - 1][2]
        factor = self.levels[level][2] // pooling
        y = F.pad(x, (0, 0, factor - 1, 0))[:, :x.shape[1]]
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
        x = F.embedding(F.pad(tokens, (1, 0))[:, :-1], w["embed"])
        return linear(self.hierarchy(x, w, "", 0), w, "out"), state


class TransformerXL:
    """Segments of a stream, each attending to a memory of the layers' inputs (kimiyoung/transformer-xl, mem_transformer.py)."""

    def __init__(self, model, memory):
        self.m, self.memory, self.layers = model, memory, levels(model["hierarchy"])[0][0]

    def start(self, batch):
        """The token before the segment, and an empty memory a layer."""
        return torch.zeros(batch, 1, dtype=torch.long), [torch.zeros(batch, 0, self.m["d_model"])] * self.layers

    def block(self, h, past, w, name, attend):
        pre = self.m["norm"] == "pre"
        norm = lambda x, which: layer_norm(x, w, f"{name}.{which}", 1e-5)
        q, kv = h, torch.cat([past, h], 1)
        if pre:
            q, kv = norm(q, "attn_norm"), norm(kv, "attn_norm")
        m, inner = w[f"{name}.attn.qkv.w"], w[f"{name}.attn.pos.w"].shape[1]
        k, v = (kv @ m[:, inner:]).split(inner, -1)
        r = linear(attend.table, w, f"{name}.attn.pos")
        h = h + linear(attend(q @ m[:, :inner], k, v, r, w["context_bias_u"], w["location_bias_v"]), w, f"{name}.attn.o")
        h = h if pre else norm(h, "attn_norm")
        f = F.relu(linear(norm(h, "ff_norm") if pre else h, w, f"{name}.ff.in"))
        h = h + linear(f, w, f"{name}.ff.out")
        return h if pre else norm(h, "ff_norm")

    def __call__(self, w, tokens, state):
        """tokens [B, L] -> logits [B, L, V], those at t from the tokens before t; the state after them."""
        (previous, memory), L = state, tokens.shape[1]
        past = memory[0].shape[1]
        # The original counts distances from the query back to the key: hence the pooling of -1.
        attend = Attention(self.m["heads"], L, past + L, -1, self.m["d_model"], past)
        h = F.embedding(torch.cat([previous, tokens[:, :-1]], 1), w["embed"]) * math.sqrt(self.m["d_model"])
        kept = []
        for i, m in enumerate(memory):
            kept.append(torch.cat([m, h], 1)[:, max(0, past + L - self.memory):].detach())
            h = self.block(h, m, w, f"trunk.blocks.{i}", attend)
        return F.linear(h, w["embed"], w["out.b"]), (tokens[:, -1:], kept)


def build(model, memory="memory"):
    """The model of a spec. memory names the key that says how long a memory it keeps."""
    return TransformerXL(model, model[memory]) if model["system"] == "transformer-xl" else Hourglass(model)


def parameters(weights):
    return {n: torch.from_numpy(x.copy()).requires_grad_() for n, x in pack(weights).items()}


class Trainer:
    """Trains a spec from given weights."""

    def __init__(self, spec, weights, compile=False, bfloat16=False):
        self.spec, self.bfloat16, self.weights = spec, bfloat16, parameters(weights)
        self.training, self.scoring = build(spec["model"]), build(spec["model"], "eval_memory")
        t = spec["train"]
        self.adam = torch.optim.Adam(self.weights.values(), lr=t["lr"], betas=(t["beta1"], t["beta2"]), eps=t["epsilon"], fused=True)
        self.losses = torch.compile(self.nats, dynamic=False) if compile else self.nats

    def nats(self, model, tokens, state):
        """[B*L], and the state after them."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bfloat16):
            logits, state = model(self.weights, tokens, state)
        return F.cross_entropy(logits.float().flatten(0, 1), tokens.flatten(), reduction="none"), state

    def step(self, step, tokens, state=None):
        """Trains on tokens [B, L] int32; the mean loss in nats, and the state after them."""
        for group in self.adam.param_groups:
            group["lr"] = learning_rate(self.spec["train"], step)
        self.adam.zero_grad(set_to_none=True)
        losses, state = self.losses(self.training, torch.from_numpy(tokens).long(), state)
        loss = losses.mean()
        loss.backward()
        self.adam.step()
        return loss.item(), state

    @torch.no_grad()
    def score(self, tokens, state=None):
        """Nats [B, L] of tokens [B, L], and the state after them."""
        losses, state = self.nats(self.scoring, torch.from_numpy(tokens).long(), state)
        return losses.view(tokens.shape).numpy(), state


def check(model, weights, segments, first=None):
    """Of consecutive segments [B, L] after the tokens first [B, 1]: all logits, and the mean loss of the last segment with its
    gradients by (packed) name, as numpy arrays."""
    w, model, logits = parameters(weights), build(model), []
    state = model.start(len(segments[0]))
    if first is not None:
        state = torch.from_numpy(first).long(), state[1]
    for segment in segments:
        tokens = torch.from_numpy(segment).long()
        found, state = model(w, tokens, state)
        logits.append(found.detach().numpy())
    loss = F.cross_entropy(found.flatten(0, 1), tokens.flatten())
    loss.backward()
    return logits, loss.item(), {n: x.grad.numpy() for n, x in w.items() if x.grad is not None}
