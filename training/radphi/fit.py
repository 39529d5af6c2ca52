"""Fits the choosing heads by themselves, the blocks below them standing still.

What those heads read is computed once (no gradients), then only their query and key projections are trained on it: thousands of
updates for the price of a few full ones. It is the listwise choice among the last tokens of all sentences, position 0 (decline) and
other tokens, which are never right.
"""
import random

import torch
import torch.nn.functional as F

from . import examples as examples_module
from . import guidance, shared
from .model import rotate


@torch.no_grad()
def features(model, reader, material, rng, prompts, questions, most_tokens=600, group=8):
    """One entry a prompt: (inputs of the block at the candidates, their positions, how many are sentences, inputs at the choosing tokens, their positions,
    the right candidate of each, whether the token is the end of the prompt)."""
    block_index = guidance.CHOOSE[0]
    block = model.model["layers"][block_index]
    found = []
    for _ in range(0, prompts, group):
        batch = [examples_module.reading_example(reader, material, rng, questions, False, most_tokens) for _ in range(group)]
        for b, entry in enumerate(states(model, block, block_index, batch, reader.end)):
            prefix, blocks = batch[b]
            x, y = entry
            ends = [stop - 1 for _, stop, _ in prefix.spans]
            others = [t for t in rng.sample(range(1, len(prefix.ids)), min(40, len(prefix.ids) - 1)) if t not in ends]
            at = torch.tensor(ends + [0] + others)
            rows, places, wanted, first = [], [], [], []
            for n, item in enumerate(blocks):
                for t, sentence in item.choices:
                    rows.append(y[n, t])
                    places.append(len(prefix.ids) + t)
                    wanted.append(sentence if sentence >= 0 else len(ends))
                    first.append(t == item.output)
            found.append((x[at].half(), at, len(ends), torch.stack(rows).half(), torch.tensor(places), torch.tensor(wanted), torch.tensor(first)))
    return found


def states(model, block, index, batch, fill):
    """Normalised inputs of block `index`: prefixes [tokens, hidden] and questions [blocks, tokens, hidden]."""
    collated = shared.collate(batch, fill)
    x, y = shared.lower(model, collated, index)
    x, y = block.input_layernorm(x.float()), block.input_layernorm(y.float())
    return [(x[b], y[b]) for b in range(len(batch))]


def score(model, entry):
    """Log attention [choosing tokens, heads, candidates] over the candidates alone."""
    x, at, _, y, places, _, _ = entry
    attention = model.model["layers"][guidance.CHOOSE[0]].self_attn
    heads = attention.heads
    size = x.shape[1] // heads

    def turned(values, projection, positions):
        angles = model.angles[positions]
        return rotate(projection(values.float()).view(len(positions), heads, size).transpose(0, 1)[None], angles.cos()[None, None], angles.sin()[None, None])[0]

    query, key = turned(y, attention.q_proj, places), turned(x, attention.k_proj, at)
    return (torch.einsum("hqd,hkd->qhk", query, key) / size ** 0.5).log_softmax(-1)


def accuracy(model, entries):
    """Share of right choices at the end of the prompt: among the sentences where one answers, and of declining where none does."""
    right = answerable = declined = unanswerable = refused = 0
    with torch.no_grad():
        for entry in entries:
            log = score(model, entry).exp().mean(1).log()
            ends, wanted, first = entry[2], entry[5], entry[6]
            for row, target in zip(log[first], wanted[first]):
                best = int(row[:ends + 1].argmax())
                if target == ends:
                    unanswerable += 1
                    declined += best == ends
                else:
                    answerable += 1
                    right += best == int(target)
                    refused += best == ends
    return {"right": round(right / max(1, answerable), 3), "refused": round(refused / max(1, answerable), 3), "declined": round(declined / max(1, unanswerable), 3), "of": answerable}


def fit(model, entries, held_out, steps, rate, seed, group=8, report=print):
    attention = model.model["layers"][guidance.CHOOSE[0]].self_attn
    trained = [*attention.q_proj.parameters(), *attention.k_proj.parameters()]
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.05)
    rng = random.Random(seed)
    means = []
    for step in range(steps):
        for part in optimizer.param_groups:
            part["lr"] = rate * (1 - step / steps) + 1e-6
        loss = 0
        for entry in rng.sample(entries, group):
            log = score(model, entry)
            wanted = entry[5]
            each = log[torch.arange(len(wanted)), :, wanted]
            weight = torch.where(entry[6], 1.0, 0.3)
            together = -(torch.logsumexp(each, 1) - torch.tensor(float(each.shape[1])).log())
            loss = loss + ((together - 0.3 * each.mean(1)) * weight).sum() / weight.sum() / group
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        means.append(loss.item())
        if (step + 1) % max(1, steps // 6) == 0:
            report({"fit": step + 1, "loss": round(sum(means) / len(means), 3), **accuracy(model, held_out)})
            means = []
