"""Reading several questions against one prefix in a single pass.

Passages come before the question and attention is causal, so a prefix looks the same to every question about it: its keys
and values are computed once and each question block attends to them and to itself. The result is exactly that of reading
prefix and block as one sequence (a test says so), for a fraction of the tokens.
"""
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from .model import rotate


@dataclass
class Batch:
    """Prefixes [batch, prefix tokens] and blocks [batch, blocks, block tokens], padded with the end token at the right."""
    prefix: torch.Tensor
    prefix_lengths: torch.Tensor
    blocks: torch.Tensor


def pad(rows, width, fill):
    return [row + [fill] * (width - len(row)) for row in rows]


def collate(examples, fill):
    width = max(len(prefix.ids) for prefix, _ in examples)
    inner = max(len(block.ids) for _, blocks in examples for block in blocks)
    return Batch(torch.tensor(pad([prefix.ids for prefix, _ in examples], width, fill)),
                 torch.tensor([len(prefix.ids) for prefix, _ in examples]),
                 torch.tensor([pad([block.ids for block in blocks], inner, fill) for _, blocks in examples]))


def step(block, x, y, cos, sin, inner_cos, inner_sin, hidden_prefix, later, heads):
    """One block over prefixes x [batch, tokens, hidden] and questions y [batch · blocks, tokens, hidden].

    Returns both after the block, the attention weights of the questions [batch, heads, blocks, tokens, prefix + own tokens] and the
    prefixes' queries and keys.
    """
    attention = block.self_attn
    count, width, hidden = x.shape
    inner = y.shape[1]
    blocks = y.shape[0] // count
    size = hidden // heads
    n, m = block.input_layernorm(x), block.input_layernorm(y)
    pq = rotate(attention.q_proj(n).view(count, width, heads, size).transpose(1, 2), cos, sin)
    pk = rotate(attention.k_proj(n).view(count, width, heads, size).transpose(1, 2), cos, sin)
    pv = attention.v_proj(n).view(count, width, heads, size).transpose(1, 2)
    z = F.scaled_dot_product_attention(pq, pk, pv, is_causal=True)
    x = x + attention.dense(z.transpose(1, 2).reshape(count, width, hidden)) \
        + block.mlp["fc2"](F.gelu(block.mlp["fc1"](n), approximate="tanh"))
    bq = rotate(attention.q_proj(m).view(-1, inner, heads, size).transpose(1, 2), inner_cos, inner_sin)
    bk = rotate(attention.k_proj(m).view(-1, inner, heads, size).transpose(1, 2), inner_cos, inner_sin)
    bv = attention.v_proj(m).view(-1, inner, heads, size).transpose(1, 2)
    q = bq.reshape(count, blocks, heads, inner, size).transpose(1, 2)
    k = bk.reshape(count, blocks, heads, inner, size).transpose(1, 2)
    v = bv.reshape(count, blocks, heads, inner, size).transpose(1, 2)
    far = (q.reshape(count, heads, blocks * inner, size) @ pk.transpose(-1, -2)).view(count, heads, blocks, inner, width)
    near = q @ k.transpose(-1, -2)
    scale = 1 / math.sqrt(size)
    scores = torch.cat(((far.float() * scale).masked_fill(hidden_prefix, -1e9), (near.float() * scale).masked_fill(later, -1e9)), -1)
    weights = scores.softmax(-1)
    low = weights.to(pv.dtype)
    z = (low[..., :width].reshape(count, heads, blocks * inner, width) @ pv).view(count, heads, blocks, inner, size) + low[..., width:] @ v
    z = z.permute(0, 2, 3, 1, 4).reshape(-1, inner, hidden)
    y = y + attention.dense(z) + block.mlp["fc2"](F.gelu(block.mlp["fc1"](m), approximate="tanh"))
    return x, y, weights, pq, pk


def enter(model, batch):
    """Embeddings, rotary tables and masks of a batch, as `step` takes them."""
    count, blocks, inner = batch.blocks.shape
    width = batch.prefix.shape[1]
    x = model.model["embed_tokens"](batch.prefix)
    y = model.model["embed_tokens"](batch.blocks.view(count * blocks, inner))
    turned = model.angles[:width][None, None]
    at = (batch.prefix_lengths[:, None] + torch.arange(inner)[None]).repeat_interleave(blocks, 0)
    inner_turned = model.angles[at][:, None]
    kind = torch.bfloat16 if torch.is_autocast_enabled("cpu") else x.dtype
    tables = turned.cos().to(kind), turned.sin().to(kind), inner_turned.cos().to(kind), inner_turned.sin().to(kind)
    hidden_prefix = (torch.arange(width)[None] >= batch.prefix_lengths[:, None])[:, None, None, None, :]
    later = torch.ones(inner, inner, dtype=torch.bool).triu(1)
    return x, y, (*tables, hidden_prefix, later, model.configuration["num_attention_heads"])


def lower(model, batch, layers):
    """Hidden states after `layers` blocks: prefixes [batch, tokens, hidden], questions [batch, blocks, tokens, hidden]."""
    x, y, rest = enter(model, batch)
    for block in model.model["layers"][:layers]:
        x, y, _, _, _ = (model.shared_step or step)(block, x, y, *rest)
    return x, y.view(*batch.blocks.shape, -1)


def run(model, batch, prefix_guides=None, rows_of=(), prefix_states=False):
    """(final hidden of blocks [batch, blocks, tokens, hidden], attention of blocks by layer, log of guided prefix rows by layer, final prefix hidden).

    The attention of a layer in `rows_of` is [batch, heads, blocks, tokens, prefix tokens + block tokens].
    """
    x, y, rest = enter(model, batch)
    found, prefix_rows = {}, {}
    for index, block in enumerate(model.model["layers"]):
        x, y, weights, pq, pk = (model.shared_step or step)(block, x, y, *rest)
        if index in rows_of:
            found[index] = weights
        if prefix_guides and index in prefix_guides:
            prefix_rows[index] = block.self_attn.attention_rows(pq, pk, None, prefix_guides[index])
    norm = model.model["final_layernorm"]
    return norm(y).view(*batch.blocks.shape, -1), found, prefix_rows, (norm(x) if prefix_states else None)


def compile_steps(model):
    """Lets torch fuse the work between the matrix products: about twice as fast on a CPU, after a minute or two of compiling."""
    model.shared_step = torch.compile(step, dynamic=True)
    for block in model.model["layers"]:
        block.forward = torch.compile(block.forward, dynamic=True)
