"""A Phi network for training: Hugging Face's weights and names, attention rows exposed where the loss guides them.

The arithmetic is that of transformers' `PhiForCausalLM` (a test compares them); the difference is speed on a CPU:
fused attention everywhere, and explicit attention weights only for the few (layer, head, query) rows that a loss needs.
"""
import json
import math

import torch
import torch.nn.functional as F
from torch import nn

DEFAULT_CONFIGURATION = {
    "architectures": ["PhiForCausalLM"],
    "model_type": "phi",
    "vocab_size": 8192,
    "hidden_size": 256,
    "intermediate_size": 1024,
    "num_hidden_layers": 5,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "partial_rotary_factor": 0.25,
    "rope_theta": 10000.0,
    "max_position_embeddings": 2048,
    "layer_norm_eps": 1e-5,
    "hidden_act": "gelu_new",
    "tie_word_embeddings": True,
    "qk_layernorm": False,
    "attention_dropout": 0.0,
    "embd_pdrop": 0.0,
    "resid_pdrop": 0.0,
    "initializer_range": 0.02,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "torch_dtype": "float16",
}


def rotate(x, cos, sin):
    """Rotary embedding in the half-split form on the leading dimensions of [batch, heads, tokens, head size]."""
    width = cos.shape[-1]
    turned, kept = x[..., :width], x[..., width:]
    half = width // 2
    swapped = torch.cat((-turned[..., half:], turned[..., :half]), dim=-1)
    return torch.cat((turned * cos + swapped * sin, kept), dim=-1)


class Attention(nn.Module):
    def __init__(self, configuration):
        super().__init__()
        hidden = configuration["hidden_size"]
        self.heads = configuration["num_attention_heads"]
        self.q_proj = nn.Linear(hidden, hidden)
        self.k_proj = nn.Linear(hidden, hidden)
        self.v_proj = nn.Linear(hidden, hidden)
        self.dense = nn.Linear(hidden, hidden)

    def forward(self, x, cos, sin, mask, guide):
        """`guide`, when given, is (batch index, query index, heads): returns log attention rows [rows, heads, tokens]."""
        batch, tokens, hidden = x.shape
        size = hidden // self.heads

        def split(y):
            return y.view(batch, tokens, self.heads, size).transpose(1, 2)

        query = rotate(split(self.q_proj(x)), cos, sin)
        key = rotate(split(self.k_proj(x)), cos, sin)
        value = split(self.v_proj(x))
        if mask is None:
            y = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        else:
            y = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        rows = None
        if guide is not None:
            rows = self.attention_rows(query, key, mask, guide)
        return self.dense(y.transpose(1, 2).reshape(batch, tokens, hidden)), rows

    @staticmethod
    def attention_rows(query, key, mask, guide):
        b, t, heads = guide
        q = query[:, heads][b, :, t].float()                      # [rows, heads, size]
        k = key[:, heads].float()                                 # [batch, heads, tokens, size]
        scores = torch.zeros(q.shape[0], len(heads), k.shape[2])
        for sequence in range(k.shape[0]):                        # rows of one sequence share its keys
            mine = (b == sequence).nonzero(as_tuple=True)[0]
            if len(mine):
                s = torch.einsum("rhd,htd->rht", q[mine], k[sequence])
                scores = scores.index_copy(0, mine, s)
        scores = scores / math.sqrt(query.shape[-1])
        if mask is None:
            allowed = torch.arange(k.shape[2])[None, :] <= t[:, None]
        else:
            allowed = mask[b, 0, t]
        return scores.masked_fill(~allowed[:, None, :], -1e9).log_softmax(-1)


class Block(nn.Module):
    def __init__(self, configuration):
        super().__init__()
        hidden, inner = configuration["hidden_size"], configuration["intermediate_size"]
        self.input_layernorm = nn.LayerNorm(hidden, eps=configuration["layer_norm_eps"])
        self.self_attn = Attention(configuration)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(hidden, inner), "fc2": nn.Linear(inner, hidden)})

    def forward(self, x, cos, sin, mask, guide=None):
        n = self.input_layernorm(x)
        attended, rows = self.self_attn(n, cos, sin, mask, guide)
        return x + attended + self.mlp["fc2"](F.gelu(self.mlp["fc1"](n), approximate="tanh")), rows


class Phi(nn.Module):
    """Parameters carry Hugging Face's names below `model.` and `lm_head.`."""

    def __init__(self, configuration):
        super().__init__()
        self.configuration = dict(configuration)
        self.shared_step = None
        hidden = configuration["hidden_size"]
        self.model = nn.ModuleDict({
            "embed_tokens": nn.Embedding(configuration["vocab_size"], hidden),
            "layers": nn.ModuleList(Block(configuration) for _ in range(configuration["num_hidden_layers"])),
            "final_layernorm": nn.LayerNorm(hidden, eps=configuration["layer_norm_eps"]),
        })
        self.lm_head = nn.Linear(hidden, configuration["vocab_size"])
        if configuration["tie_word_embeddings"]:
            self.lm_head.weight = self.model["embed_tokens"].weight
        size = hidden // configuration["num_attention_heads"]
        width = int(size * configuration["partial_rotary_factor"])
        inverse = 1.0 / configuration["rope_theta"] ** (torch.arange(0, width, 2).float() / width)
        angles = torch.arange(configuration["max_position_embeddings"]).float()[:, None] * inverse[None]
        self.register_buffer("angles", torch.cat((angles, angles), -1), persistent=False)

    def hidden(self, ids, positions=None, mask=None, layers=None, guides=None):
        """Hidden state after `layers` blocks (all of them, with the final norm, when nil) and the guided attention rows.

        `guides` maps a block's index to (batch index, query index, list of heads).
        """
        tokens = ids.shape[1]
        angles = self.angles[:tokens][None] if positions is None else self.angles[positions]
        x = self.model["embed_tokens"](ids)
        cos, sin = angles.cos()[:, None], angles.sin()[:, None]
        if torch.is_autocast_enabled("cpu") or torch.is_autocast_enabled("cuda"):
            cos, sin = cos.bfloat16(), sin.bfloat16()
        rows = {}
        blocks = self.model["layers"]
        for index, block in enumerate(blocks if layers is None else blocks[:layers]):
            x, found = block(x, cos, sin, mask, (guides or {}).get(index))
            if found is not None:
                rows[index] = found
        return (self.model["final_layernorm"](x) if layers is None else x), rows

    def logits(self, hidden):
        """Scores of the next token. A tied head does not move the embedding: softmax gradients reach every token at every step, and would
        wash out what tells rare words apart."""
        if self.configuration["tie_word_embeddings"]:
            return F.linear(hidden, self.lm_head.weight.detach(), self.lm_head.bias)
        return self.lm_head(hidden)

    def pooled(self, ids, lengths, layer):
        """Unit vectors: the mean of the hidden states after `layer` blocks, position 0 left out. ids [batch, tokens], padded."""
        x, _ = self.hidden(ids, layers=layer)
        steps = torch.arange(ids.shape[1])[None]
        kept = ((steps < lengths[:, None]) & ((steps > 0) | (lengths[:, None] == 1))).to(ids.device)
        x = (x.float() * kept[..., None]).sum(1) / kept.sum(1, keepdim=True)
        return F.normalize(x, dim=-1)


SPREAD = 0.2        # standard deviation of the embedding at the start, large beside what the blocks add


def alike(token):
    """What a token shares with its variants: leading space, capitals and a plural s removed."""
    core = token.lstrip("Ġ").lower()
    return core[:-1] if len(core) > 3 and core.endswith("s") and not core.endswith("ss") else core


def initialise(model, seed, tokens=None, rarity=None, vectors=None):
    """Small random weights, and the heads that copy, pool and choose already wired to carry what they attend to.

    Left to itself a network of this size needs many millions of tokens before copying from the prompt forms. Value and
    output projections that pass a 64-dimensional slice through unchanged shorten this to minutes; where to attend is
    then learned under guidance (guidance.py says which head attends where). What the blocks add is small at first, so that
    the mean of the hidden states begins as a bag of words.
    `tokens` (spellings by id) lets variants of one word begin alike; `vectors` (unit rows by id) lets words used alike begin
    alike; `rarity` (0 to 1, by id) lets rare tokens weigh more, in the mean and for the heads that pool.
    """
    configuration = model.configuration
    hidden, heads = configuration["hidden_size"], configuration["num_attention_heads"]
    size = hidden // heads
    width = int(size * configuration["partial_rotary_factor"])
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("norm.weight"):
                parameter.fill_(1)
            elif parameter.dim() == 2:
                parameter.normal_(0, 0.003 if ".dense." in name or ".fc2." in name else 0.02, generator=generator)
            else:
                parameter.zero_()
        model.model["final_layernorm"].weight.fill_(0.03 / SPREAD)           # so that logits begin small
        basis = torch.linalg.qr(torch.randn(hidden, hidden, generator=generator))[0]
        embedding = model.model["embed_tokens"].weight
        embedding.normal_(0, SPREAD, generator=generator)
        if tokens:
            families = {}
            family = torch.tensor([families.setdefault(alike(token), len(families)) for token in tokens])
            shared = torch.randn(len(families), hidden, generator=generator) * SPREAD
            embedding.mul_(0.3).add_(0.6 * shared[family])
            if vectors is not None:
                turn = torch.linalg.qr(torch.randn(hidden, hidden, generator=generator))[0]
                embedding.add_(0.7 * SPREAD * math.sqrt(hidden) * vectors @ turn)
        if rarity is not None:
            marker = basis[3 * size - 1]                                  # a direction that says how rare a token is
            embedding.add_((rarity - 0.6)[:, None] * 5 * SPREAD * marker)
            embedding.mul_((0.3 + 1.0 * rarity)[:, None])

        def pass_through(layer, head, slice_index, strength):
            slice_ = basis[slice_index * size:(slice_index + 1) * size]
            attention = model.model["layers"][layer].self_attn
            attention.v_proj.weight[head * size:(head + 1) * size] = slice_
            attention.dense.weight[:, head * size:(head + 1) * size] = slice_.T * strength

        from .guidance import CHOOSE, COPY, FIRST, HEADING, POOL
        for slice_index, head in enumerate(POOL[1] + HEADING[1] + FIRST[1]):
            pass_through(POOL[0], head, slice_index, 0.3)
            if rarity is not None and head not in FIRST[1]:
                attention = model.model["layers"][POOL[0]].self_attn
                attention.q_proj.bias[(head + 1) * size - 1] = 0.7
                attention.k_proj.weight[(head + 1) * size - 1] = marker
        for slice_index, head in enumerate(COPY[1]):
            pass_through(COPY[0], head, slice_index, 0.3)
        layer, chosen = CHOOSE
        attention = model.model["layers"][layer].self_attn
        for slice_index, head in enumerate(chosen):
            pass_through(layer, head, slice_index, 0.4)
            plain = slice(head * size + width, (head + 1) * size)         # the dimensions without rotary position
            rows = [(n % 3) * size + (slice_index * (size - width) + n) // 3 % size for n in range(size - width)]
            attention.q_proj.weight[plain] = basis[rows] * 1.4            # sentence with question, heading with question
            attention.k_proj.weight[plain] = basis[rows] * 1.4
    return model


def load_configuration(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
