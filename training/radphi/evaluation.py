"""Figures on held-out articles: choosing the evidence sentence under the constraint, declining, and dense retrieval."""
import random

import torch

from . import examples as examples_module
from . import losses


def cases(reader, material, everything, rng, most=None, count=4):
    """For each question of `material`: the passages that hold its evidence among `count`, and the same without them.

    The others are other sections of the article, three at most, and sections of neighbours in the same system, the way retrieval returns them.
    """
    found = []
    for article in material.articles:
        own = examples_module.draw_passages(reader, article, 150)
        for question in article.questions:
            evidence = [examples_module.normal(e) for e in question.get("evidence", [])]
            right = [p for p in own if any(e in map(examples_module.normal, p.sentences) for e in evidence)]
            rest = [p for p in own if p not in right]
            near = rng.sample(rest, min(3, len(rest)))
            while len(near) < count:
                p = rng.choice(examples_module.draw_passages(reader, everything.neighbour(article, rng), 150))
                near.append(p)
            if not question.get("answerable", True):
                found.append((question["question"], near[:count], []))
                continue
            if not right or len(right) > 1:
                continue
            shown = right + near[:count - 1]
            rng.shuffle(shown)
            found.append((question["question"], shown, evidence))
            found.append((question["question"], near[:count], None))
    if most and len(found) > most:
        found = rng.sample(found, most)
    return found


@torch.no_grad()
def decide(model, reader, asked, batch=64):
    """Greedy decoding under the constraint of the first sentence, for a list of (question, passages): the index of each chosen sentence, -1 to decline."""
    device = model.angles.device
    chosen = [None] * len(asked)
    prompts, ways = [], []
    for question, passages in asked:
        shown = reader.passages(passages)
        prompts.append(reader.prompt(question, shown)[0])
        ways.append({**dict(enumerate(shown[2])), -1: reader.decline})
    written = [0] * len(asked)

    def advance(n):
        """Writes what has no alternative; sets `chosen` when one sentence is left."""
        while True:
            following = {tokens[written[n]] if written[n] < len(tokens) else reader.end for tokens in ways[n].values()}
            if len(ways[n]) == 1 or following == {reader.end}:
                chosen[n] = next(iter(ways[n]))
                return
            if len(following) > 1:
                return
            prompts[n].append(following.pop())
            written[n] += 1

    for n in range(len(asked)):
        advance(n)
    while any(c is None for c in chosen):
        open_ = sorted((n for n in range(len(asked)) if chosen[n] is None), key=lambda n: len(prompts[n]))
        for start in range(0, len(open_), batch):
            group = open_[start:start + batch]
            width = max(len(prompts[n]) for n in group)
            ids = torch.tensor(losses.pad([prompts[n] for n in group], width, reader.end), device=device)
            ends = torch.tensor([len(prompts[n]) - 1 for n in group], device=device)
            logits = model.logits(model.hidden(ids)[torch.arange(len(group), device=device), ends]).float().cpu()
            for row, n in zip(logits, group):
                following = {}
                for index, tokens in ways[n].items():
                    following.setdefault(tokens[written[n]] if written[n] < len(tokens) else reader.end, []).append(index)
                keys = sorted(following)
                best = keys[int(row[keys].argmax())]
                ways[n] = {index: ways[n][index] for index in following[best]}
                prompts[n].append(best)
                written[n] += 1
                advance(n)
    return chosen


def reading(model, reader, material, everything, most=None, seed=5):
    """Shares of the cases, and what was chosen wrongly. `model` is in evaluation mode, without dropout."""
    rng = random.Random(seed)
    tally = {"right": 0, "answerable": 0, "refused": 0, "passage": 0, "declined": 0, "unanswerable": 0}
    misses = []
    asked = cases(reader, material, everything, rng, most)
    for (question, passages, evidence), choice in zip(asked, decide(model, reader, [case[:2] for case in asked])):
        flat = [(examples_module.normal(s), n) for n, p in enumerate(passages) for s in p.sentences]
        if evidence:
            tally["answerable"] += 1
            tally["refused"] += choice < 0
            right = choice >= 0 and flat[choice][0] in evidence
            tally["right"] += right
            tally["passage"] += choice >= 0 and any(e in map(examples_module.normal, passages[flat[choice][1]].sentences) for e in evidence)
            if not right:
                misses.append((question, evidence, flat[choice][0] if choice >= 0 else None))
        else:
            tally["unanswerable"] += 1
            tally["declined"] += choice < 0
    a, u = max(1, tally["answerable"]), max(1, tally["unanswerable"])
    return {"choice": tally["right"] / a, "passage": tally["passage"] / a, "refused": tally["refused"] / a,
            "declined": tally["declined"] / u, "answerable": tally["answerable"], "unanswerable": tally["unanswerable"]}, misses


@torch.no_grad()
def retrieval(model, reader, asking, everything, layer, most_passages=None, seed=5, cutoff=5):
    """Share of the answerable questions whose evidence's section is among the first `cutoff` passages."""
    rng = random.Random(seed)
    passages = []
    asked = {a.slug for a in asking.articles}
    others = [a for a in everything.articles if a.slug not in asked]
    rng.shuffle(others)
    for article in list(asking.articles) + others:
        passages += examples_module.draw_passages(reader, article, 150)
        if most_passages and len(passages) >= most_passages:
            break
    vectors = []
    for start in range(0, len(passages), 256):
        vectors.append(losses.pooled(model, [reader.encode(p.embedded)[:512] for p in passages[start:start + 256]], layer, reader.end, 6))
    vectors = torch.cat(vectors)
    hits = total = first = 0
    for article in asking.articles:
        questions = [q for q in article.questions if q.get("answerable", True) and q.get("evidence")]
        if not questions:
            continue
        q = losses.pooled(model, [reader.encode(x["question"]) for x in questions], layer, reader.end, 1)
        best = (q @ vectors.T).topk(cutoff, dim=1).indices.tolist()
        for question, ranks in zip(questions, best):
            right = [passages[i].article == article.slug and " > ".join(passages[i].path) == question["section"] for i in ranks]
            hits += any(right)
            first += right[0]
            total += 1
    return {"recall": hits / max(1, total), "first": first / max(1, total), "questions": total, "passages": len(passages)}
