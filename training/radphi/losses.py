"""What is optimised: the answer's choices, guided attention, the language of the passages, and the embedding."""
import torch
import torch.nn.functional as F

from . import guidance, shared


def reading(model, examples, end, rng, guide=1.0, language=0.05):
    """Loss and its parts for a list of (prefix, blocks)."""
    batch = shared.collate(examples, end)
    width = batch.prefix.shape[1]
    pool, previous, headings = [], [], []
    for b, (prefix, _) in enumerate(examples):
        for start, stop, passage in prefix.spans:
            pool.append((b, stop - 1, start, stop))
            headings.append((b, stop - 1, *prefix.headings[passage]))
        previous += [(b, t) for t in rng.sample(range(1, len(prefix.ids)), min(24, len(prefix.ids) - 1))]
    index = lambda rows: (torch.tensor([r[0] for r in rows]), torch.tensor([r[1] for r in rows]))
    guides = None
    if guide > 0:
        rows_pool = index(pool)
        guides = {guidance.PREVIOUS[0]: (*index(previous), guidance.PREVIOUS[1]),
                  guidance.POOL[0]: (*rows_pool, guidance.POOL[1] + guidance.HEADING[1] + guidance.FIRST[1])}
        rows_of = (guidance.PREVIOUS[0], guidance.POOL[0], guidance.COPY[0], guidance.CHOOSE[0])
    else:
        rows_of = (guidance.CHOOSE[0],)
    hidden, rows, prefix_rows, states = shared.run(model, batch, guides, rows_of, prefix_states=language > 0)

    at, weights, wanted = [], [], []
    choices, copies = [], []
    for b, (prefix, blocks) in enumerate(examples):
        for n, block in enumerate(blocks):
            for t, w in block.targets:
                at.append((b, n, t))
                weights.append(w)
                wanted.append(block.ids[t + 1])
            for t, sentence in block.choices:
                choices.append((b, n, t, prefix.spans[sentence][1] - 1 if sentence >= 0 else 0, t == block.output))
            copies += [(b, n, t, source) for t, source in block.copies]
    b, n, t = torch.tensor(at).T
    logits = model.logits(hidden[b, n, t]).float()
    each = F.cross_entropy(logits, torch.tensor(wanted), reduction="none")
    w = torch.tensor(weights)
    answer = (each * w).sum() / w.sum()
    # Under the constraint only the admissible tokens compete.
    place, row, wide = {key: i for i, key in enumerate(at)}, [], []
    for i, (_, blocks) in enumerate(examples):
        for j, block in enumerate(blocks):
            for (t, _), tokens in zip(block.choices, block.allowed):
                row.append(place[i, j, t])
                wide.append(tokens)
    most = max(map(len, wide))
    open_ = torch.tensor([tokens + [-1] * (most - len(tokens)) for tokens in wide])
    row = torch.tensor(row)
    scores = logits[row[:, None], open_.clamp(min=0)].masked_fill(open_ < 0, -1e9)
    target = (open_ == torch.tensor(wanted)[row][:, None]).float().argmax(1)
    branch = F.cross_entropy(scores, target)
    parts = {"answer": answer.item(), "branch": branch.item(), "admissible": sum(map(len, wide)) / len(wide), "right": (scores.argmax(1) == target).float().mean().item()}
    loss = branch + 0.2 * answer

    b, n, t, source, first = torch.tensor(choices).T
    at_rows = lambda layer, heads, *place: torch.stack([rows[layer][place[0], h, place[1], place[2], place[3]] for h in heads], 1)
    log = (at_rows(guidance.CHOOSE[0], guidance.CHOOSE[1], b, n, t, source) + 1e-8).log()    # [rows, heads]
    choose = -log.mean()
    parts["choose"] = choose.item()
    parts["first"] = -log[first.bool()].mean().item()
    if guide > 0:
        # The divergence from an even spread over the span: a head that only looks at one of its tokens gathers nothing.
        even = lambda log_rows, mask: (-(log_rows * mask).sum(-1) / mask.sum(-1) - mask.sum(-1).float().log()).mean()
        steps = torch.arange(width)
        spans = lambda entries: (steps >= torch.tensor([e[2] for e in entries])[:, None]) & (steps < torch.tensor([e[3] for e in entries])[:, None])
        found = prefix_rows[guidance.POOL[0]]
        count = len(guidance.POOL[1])
        begin = count + len(guidance.HEADING[1])
        starts = torch.tensor([entry[2] for entry in pool])
        own = even(found[:, :count], spans(pool)[:, None]) + even(found[:, count:begin], spans(headings)[:, None]) \
            - found[torch.arange(len(pool)), begin:, starts].mean()
        pb, pt = torch.tensor([r[0] for r in previous]), torch.tensor([r[1] for r in previous])
        before = -prefix_rows[guidance.PREVIOUS[0]][torch.arange(len(previous)), :, pt - 1].mean()
        # Output and the tokens that still choose look back at the question.
        asked = torch.tensor([[[examples[i][1][j].question[k] for k in (0, 1)] for j in range(len(examples[i][1]))] for i in range(len(examples))])
        inner = torch.arange(batch.blocks.shape[2])
        mask = (inner >= asked[b, n, 0][:, None]) & (inner < asked[b, n, 1][:, None])
        look = torch.stack([rows[guidance.POOL[0]][b, h, n, t, width:] for h in guidance.POOL[1] + guidance.HEADING[1]], 1)
        question = even((look + 1e-8).log(), mask[:, None])
        copy = torch.zeros(())
        if copies:
            cb, cn, ct, cs = torch.tensor(copies).T
            copy = -(at_rows(guidance.COPY[0], guidance.COPY[1], cb, cn, ct, cs) + 1e-8).log().mean()
        parts.update(pool=own.item(), question=question.item(), copy=copy.item(), previous=before.item())
        loss = loss + guide * (0.5 * choose + 0.2 * own + 0.2 * question + 0.1 * copy + 0.1 * before)
    else:
        loss = loss + 0.1 * choose
    if language > 0:
        # The language of the passages, on a sample of their tokens.
        lb, lt = [], []
        for i, (prefix, _) in enumerate(examples):
            chosen = rng.sample(range(len(prefix.ids) - 1), max(1, len(prefix.ids) // 8))
            lb += [i] * len(chosen)
            lt += chosen
        lb, lt = torch.tensor(lb), torch.tensor(lt)
        spoken = F.cross_entropy(model.logits(states[lb, lt]).float(), batch.prefix[lb, lt + 1])
        parts["language"] = spoken.item()
        loss = loss + language * spoken
    return loss, parts


def pooled(model, rows, layer, end, buckets=3):
    """Embeddings of token lists, computed in a few groups of like length."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    out, size = [], (len(rows) + buckets - 1) // buckets
    for start in range(0, len(order), size):
        group = order[start:start + size]
        lengths = torch.tensor([len(rows[i]) for i in group])
        ids = torch.tensor(shared.pad([rows[i] for i in group], int(lengths.max()), end))
        out.append(model.pooled(ids, lengths, layer))
    back = torch.empty(len(rows), dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(len(rows))
    return torch.cat(out)[back]


def embedding(model, pairs, layer, end, temperature=0.05):
    """Question ↔ passage with in-batch and same-article negatives, and question ↔ evidence sentence."""
    count = len(pairs)
    q = pooled(model, [p[0] for p in pairs], layer, end, 1)
    rest = pooled(model, [p[1] for p in pairs] + [p[2] for p in pairs] + [p[3] for p in pairs], layer, end, 4)
    passages, others, sentences = rest[:count], rest[count:2 * count], rest[2 * count:]
    target = torch.arange(count)
    forward = q @ torch.cat((passages, others)).T / temperature
    backward = passages @ q.T / temperature
    single = q @ sentences.T / temperature
    a = F.cross_entropy(forward, target)
    loss = a + 0.3 * F.cross_entropy(backward, target) + 0.5 * F.cross_entropy(single, target)
    hit = (forward.argmax(1) == target).float().mean().item()
    return loss, {"dense": a.item(), "dense_top1": hit}
