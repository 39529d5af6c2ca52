"""What is optimised: the answer's choices and what they rest on, the language of the passages, and the embedding."""
import torch
import torch.nn.functional as F


def pad(rows, width, fill):
    return [row + [fill] * (width - len(row)) for row in rows]


def collate(examples, fill, rng, language_share=0.125):
    """Tensors of a list of examples, for `reading`. Rows are (sequence, position) pairs."""
    targets, choices, ends, language = [], [], [], []
    for b, example in enumerate(examples):
        place = {}
        for at, weight in example.targets:
            place[at] = len(targets)
            targets.append((b, at, example.ids[at + 1], weight))
        for at, index, admissible in example.choices:
            source = example.spans[index][1] - 1 if index >= 0 else 0
            choices.append((place[at], b, at, source, admissible))
        for index, (start, stop, _) in enumerate(example.spans):
            ends.append((b, index, stop - 1, index in example.chosen, example.ids[start], example.ids[min(start + 1, stop - 1)]))
        for at in rng.sample(range(example.output), max(1, int(example.output * language_share))):
            language.append((b, at, example.ids[at + 1]))
    most = max(len(row[4]) for row in choices)
    return {
        "ids": torch.tensor(pad([e.ids for e in examples], max(len(e.ids) for e in examples), fill)),
        "targets": torch.tensor([row[:3] for row in targets]), "weights": torch.tensor([row[3] for row in targets]),
        "choices": torch.tensor([row[:4] for row in choices]), "admissible": torch.tensor(pad([row[4] for row in choices], most, -1)),
        "ends": torch.tensor(ends, dtype=torch.long), "language": torch.tensor(language),
    }


def reading(model, probes, batch, guide=1.0, language=0.05):
    """(loss, its parts) of a batch from `collate`.

    The program admits only sentences of the passages, so what counts are the tokens at which two of them part: `branch` is the
    cross-entropy among the admissible tokens there. `relevance` teaches the blocks below the choosing one to judge each sentence,
    `choose` teaches its heads where to look; both are scaled by `guide`.
    """
    ids, ends = batch["ids"], batch["ends"]
    place, b, t, source = batch["choices"].T
    hidden, judged, looked = model.read(ids, (b, t))

    tb, tt, wanted = batch["targets"].T
    logits = model.logits(hidden[tb, tt]).float()
    each = F.cross_entropy(logits, wanted, reduction="none")
    answer = (each * batch["weights"]).sum() / batch["weights"].sum()
    admissible = batch["admissible"]
    scores = logits[place[:, None], admissible.clamp(min=0)].masked_fill(admissible < 0, -1e9)
    target = (admissible == wanted[place][:, None]).float().argmax(1)
    branch = F.cross_entropy(scores, target)

    eb, order, et, answers, first, second = ends.T
    relevance, (begins, goes_on) = probes(judged[eb, et])
    # A softmax over a sequence's sentences and, in the last column, "none does"; several answering sentences share the probability.
    table = torch.full((ids.shape[0], int(order.max()) + 2), -1e9, device=ids.device)
    table[eb, order] = relevance.float()
    table[:, -1] = probes.none.float()
    right = torch.zeros(table.shape, dtype=torch.bool, device=ids.device)
    right[eb, order] = answers.bool()
    right[:, -1] = ~right.any(1)
    relevant = -table.log_softmax(1).masked_fill(~right, -1e9).logsumexp(1).mean()
    starts = 0.5 * (F.cross_entropy(model.logits(begins).float(), first) + F.cross_entropy(model.logits(goes_on).float(), second))

    choose = -looked[torch.arange(len(b), device=ids.device), :, source].mean()
    lb, lt, spoken = batch["language"].T
    speech = F.cross_entropy(model.logits(hidden[lb, lt]).float(), spoken)
    loss = branch + 0.2 * answer + guide * (0.5 * relevant + 0.1 * starts + 0.1 * choose) + language * speech
    parts = {"branch": branch, "right": (scores.argmax(1) == target).float().mean(), "answer": answer, "relevance": relevant, "starts": starts,
             "choose": choose, "language": speech}
    return loss, {name: value.detach() for name, value in parts.items()}


def pooled(model, rows, layer, end, buckets=3):
    """Embeddings of token lists, computed in a few groups of like length."""
    device = model.angles.device
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    out, size = [], (len(rows) + buckets - 1) // buckets
    for start in range(0, len(order), size):
        group = [rows[i] for i in order[start:start + size]]
        lengths = torch.tensor([len(row) for row in group], device=device)
        ids = torch.tensor(pad(group, max(map(len, group)), end), device=device)
        out.append(model.pooled(ids, lengths, layer))
    back = torch.empty(len(rows), dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(len(rows))
    return torch.cat(out)[back.to(device)]


def embedding(model, pairs, layer, end, temperature=0.05):
    """Question ↔ passage with in-batch and same-article negatives, and question ↔ evidence sentence."""
    count = len(pairs)
    q = pooled(model, [p[0] for p in pairs], layer, end, 1)
    rest = pooled(model, [p[1] for p in pairs] + [p[2] for p in pairs] + [p[3] for p in pairs], layer, end, 4)
    passages, others, sentences = rest[:count], rest[count:2 * count], rest[2 * count:]
    target = torch.arange(count, device=q.device)
    forward = q @ torch.cat((passages, others)).T / temperature
    backward = passages @ q.T / temperature
    single = q @ sentences.T / temperature
    a = F.cross_entropy(forward, target)
    loss = a + 0.3 * F.cross_entropy(backward, target) + 0.5 * F.cross_entropy(single, target)
    hit = (forward.argmax(1) == target).float().mean()
    return loss, {"dense": a.detach(), "dense_top1": hit}
