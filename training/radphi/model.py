"""A Phi network for training: Hugging Face's weights and names, with the attention rows and the states that a loss looks at.

The arithmetic is that of transformers' `PhiForCausalLM` (a test compares them).
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
    "num_hidden_layers": 10,
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

    def forward(self, x, cos, sin, rows=None):
        """x [batch, tokens, hidden], causal. `rows`, when given, is (batch index, query position): returns the log attention of these
        queries [rows, heads, tokens] as well."""
        batch, tokens, hidden = x.shape
        size = hidden // self.heads

        def split(y):
            return y.view(batch, tokens, self.heads, size).transpose(1, 2)

        query = rotate(split(self.q_proj(x)), cos, sin)
        key = rotate(split(self.k_proj(x)), cos, sin)
        value = split(self.v_proj(x))
        y = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        found = None
        if rows is not None:
            b, t = rows
            scores = torch.einsum("rhd,rhtd->rht", query[b, :, t], key[b]).float() / math.sqrt(size)
            later = torch.arange(tokens, device=x.device)[None] > t[:, None]
            found = scores.masked_fill(later[:, None], -1e9).log_softmax(-1)
        return self.dense(y.transpose(1, 2).reshape(batch, tokens, hidden)), found


class Block(nn.Module):
    def __init__(self, configuration):
        super().__init__()
        hidden, inner = configuration["hidden_size"], configuration["intermediate_size"]
        self.input_layernorm = nn.LayerNorm(hidden, eps=configuration["layer_norm_eps"])
        self.self_attn = Attention(configuration)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(hidden, inner), "fc2": nn.Linear(inner, hidden)})
        self.dropout = nn.Dropout(0.0)                                       # of what the block adds; `train.py` sets the rate

    def forward(self, x, cos, sin, rows=None):
        n = self.input_layernorm(x)
        attended, found = self.self_attn(n, cos, sin, rows)
        return x + self.dropout(attended + self.mlp["fc2"](F.gelu(self.mlp["fc1"](n), approximate="tanh"))), found


class Phi(nn.Module):
    """Parameters carry Hugging Face's names below `model.` and `lm_head.`."""

    def __init__(self, configuration):
        super().__init__()
        self.configuration = dict(configuration)
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

    def enter(self, ids):
        """Token embeddings [batch, tokens, hidden] and the rotary tables."""
        angles = self.angles[:ids.shape[1]][None]
        cos, sin = angles.cos()[:, None], angles.sin()[:, None]
        if torch.is_autocast_enabled(ids.device.type):
            cos, sin = cos.bfloat16(), sin.bfloat16()
        return self.model["embed_tokens"](ids), cos, sin

    def hidden(self, ids, layers=None):
        """Hidden states [batch, tokens, hidden] after `layers` blocks; after all of them, with the final norm, when left out."""
        x, cos, sin = self.enter(ids)
        for block in self.model["layers"][:layers]:
            x, _ = block(x, cos, sin)
        return self.model["final_layernorm"](x) if layers is None else x

    def read(self, ids, rows):
        """(final hidden states, those before the choosing block, log attention [rows, heads, tokens] of its queries `rows`)."""
        x, cos, sin = self.enter(ids)
        choosing = choosing_block(self.configuration)
        for index, block in enumerate(self.model["layers"]):
            if index == choosing:
                judged = x
                x, found = block(x, cos, sin, rows)
            else:
                x, _ = block(x, cos, sin)
        return self.model["final_layernorm"](x), judged, found

    def logits(self, hidden):
        """Scores of the next token."""
        return self.lm_head(hidden)

    def pooled(self, ids, lengths, layer):
        """Unit vectors: the mean of the hidden states after `layer` blocks, position 0 left out. ids [batch, tokens], padded."""
        x = self.hidden(ids, layers=layer)
        steps = torch.arange(ids.shape[1], device=ids.device)[None]
        kept = (steps < lengths[:, None]) & ((steps > 0) | (lengths[:, None] == 1))
        x = (x.float() * kept[..., None]).sum(1) / kept.sum(1, keepdim=True)
        return F.normalize(x, dim=-1)


def choosing_block(configuration):
    """The block whose heads look from "Output:" at the sentence to write: the blocks below judge, it and those above choose and copy."""
    return configuration["num_hidden_layers"] * 6 // 10


class Probes(nn.Module):
    """What the judging blocks are asked beside the language loss, at the last token of every sentence. Not part of the checkpoint.

    Does the sentence answer (against one learnt score for "none does"), and how does it begin: its first two tokens are what an
    answer is begun with.
    """

    def __init__(self, hidden):
        super().__init__()
        self.relevance = nn.Linear(hidden, 1, bias=False)
        self.none = nn.Parameter(torch.zeros(()))
        self.beginnings = nn.ModuleList(nn.Linear(hidden, hidden, bias=False) for _ in range(2))

    def forward(self, x):
        x = F.layer_norm(x.float(), x.shape[-1:])
        return self.relevance(x)[..., 0], [beginning(x) for beginning in self.beginnings]


SPREAD = 0.2        # standard deviation of the embedding at the start, large beside what the blocks add


def alike(token):
    """What a token shares with its variants: leading space, capitals and a plural s removed."""
    core = token.lstrip("Ġ").lower()
    return core[:-1] if len(core) > 3 and core.endswith("s") and not core.endswith("ss") else core


def initialise(model, seed, tokens=None, rarity=None, vectors=None):
    """Small random weights, and heads that choose and copy already wired to carry what they attend to.

    Value and output projections that pass a slice through unchanged let copying from the prompt form sooner. What the blocks add
    is small at first, so that the mean of the hidden states begins as a bag of words.
    `tokens` (spellings by id) lets variants of one word begin alike; `vectors` (unit rows by id) lets words used alike begin
    alike; `rarity` (0 to 1, by id) lets rare tokens weigh more.
    """
    configuration = model.configuration
    hidden, heads = configuration["hidden_size"], configuration["num_attention_heads"]
    size = hidden // heads
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("norm.weight"):
                parameter.fill_(1)
            elif parameter.dim() == 2:
                parameter.normal_(0, 0.004 if ".dense." in name or ".fc2." in name else 0.02, generator=generator)
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
            marker = basis[3 * size - 1]                                     # a direction that says how rare a token is
            embedding.add_((rarity - 0.6)[:, None] * 5 * SPREAD * marker)
            embedding.mul_((0.3 + 1.0 * rarity)[:, None])
        last = configuration["num_hidden_layers"] - 1
        for layer in {choosing_block(configuration), last - 1, last}:
            attention = model.model["layers"][layer].self_attn
            for head in range(heads - 1):
                kept = slice(head * size, (head + 1) * size)
                attention.v_proj.weight[kept] = basis[kept]
                attention.dense.weight[:, kept] = basis[kept].T * 0.3
    return model


def load_configuration(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
