"""Figures on held-out articles: choosing the evidence sentence under the constraint, declining, and dense retrieval."""
import random

import torch

from . import examples as examples_module
from . import losses, shared


def cases(reader, material, everything, rng, most=None, count=4):
    """For each question of `material`: the passages that hold its evidence among `count`, and the same without them.

    The others are other sections of the article, two at most, and sections of neighbours in the same system, the way retrieval returns them.
    """
    found = []
    for article in material.articles:
        own = examples_module.draw_passages(reader, article, rng, 150)
        for question in article.questions:
            evidence = [examples_module.normal(e) for e in question.get("evidence", [])]
            right = [p for p in own if any(e in map(examples_module.normal, p.sentences) for e in evidence)]
            rest = [p for p in own if p not in right]
            near = rng.sample(rest, min(2, len(rest)))
            while len(near) < count:
                p = rng.choice(examples_module.draw_passages(reader, everything.neighbour(article, rng), rng, 150))
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
def decide(model, reader, question, passages):
    """Greedy decoding under the constraint for the first sentence: (index of the sentence or -1, log-probability of its choices, prefix)."""
    prefix = reader.prefix([reader.piece(p) for p in passages])
    candidates = list(range(len(prefix.sentences))) + [-1]
    blocks = [reader.block(prefix, question, [] if c < 0 else [c], False) for c in candidates]
    batch = shared.collate([(prefix, blocks)], reader.end)
    hidden, _, _, _ = shared.run(model, batch)
    alive, step, total = list(range(len(candidates))), 0, 0.0
    tokens = prefix.sentences + [reader.decline]
    while len(alive) > 1:
        following = {}
        for a in alive:
            following.setdefault(tokens[a][step] if step < len(tokens[a]) else reader.end, []).append(a)
        if len(following) > 1:
            at = alive[0]
            logits = model.logits(hidden[0, at, blocks[at].output + step]).float()
            keys = list(following)
            scores = logits[torch.tensor(keys)].log_softmax(0)
            best = int(scores.argmax())
            total += float(scores[best])
            alive = following[keys[best]]
        else:
            alive = next(iter(following.values()))
        step += 1
        if all(step > len(tokens[a]) for a in alive):
            break
    return candidates[alive[0]], total, prefix


def reading(model, reader, material, everything, most=None, seed=5):
    rng = random.Random(seed)
    tally = {"right": 0, "answerable": 0, "refused": 0, "passage": 0, "declined": 0, "unanswerable": 0}
    misses = []
    for question, passages, evidence in cases(reader, material, everything, rng, most):
        chosen, _, prefix = decide(model, reader, question, passages)
        flat = [(examples_module.normal(s), n) for n, p in enumerate(passages) for s in p.sentences]
        if evidence:
            tally["answerable"] += 1
            tally["refused"] += chosen < 0
            right = chosen >= 0 and flat[chosen][0] in evidence
            tally["right"] += right
            tally["passage"] += chosen >= 0 and any(e in map(examples_module.normal, passages[flat[chosen][1]].sentences) for e in evidence)
            if not right:
                misses.append((question, evidence, flat[chosen][0] if chosen >= 0 else None))
        else:
            tally["unanswerable"] += 1
            tally["declined"] += chosen < 0
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
        passages += examples_module.draw_passages(reader, article, rng, 150)
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
