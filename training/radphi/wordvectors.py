"""Token vectors from co-occurrence, as a start for the embedding: words used alike begin alike."""
import torch


def cooccurrence(sequences, count, window=6):
    """Symmetric counts of tokens within `window` of each other, nearer ones counting more."""
    table = torch.zeros(count, count)
    flat = table.view(-1)
    buffer = []
    for ids in sequences:
        ids = torch.tensor(ids)
        for distance in range(1, min(window, len(ids) - 1) + 1):
            buffer.append(torch.stack((ids[:-distance], ids[distance:], torch.full((len(ids) - distance,), distance))))
        if len(buffer) > 20000:
            flush(flat, buffer, count)
            buffer = []
    if buffer:
        flush(flat, buffer, count)
    return table + table.T


def flush(flat, buffer, count):
    left, right, distance = torch.cat(buffer, 1)
    flat.index_add_(0, left * count + right, 1.0 / distance)


def vectors(table, dimensions, seed):
    """Positive pointwise mutual information (contexts smoothed by the power 0.75), factored; rows have unit length, zero where unseen."""
    rows = table.sum(1, keepdim=True)
    columns = table.sum(0, keepdim=True) ** 0.75
    columns = columns / columns.sum()
    information = (table / (rows.clamp(min=1e-9) * columns.clamp(min=1e-12))).log()
    information = torch.where(table > 0, information, torch.zeros(())).clamp(min=0)
    torch.manual_seed(seed)
    u, s, _ = torch.svd_lowrank(information, q=dimensions + 16, niter=3)
    found = u[:, :dimensions] * s[:dimensions] ** 0.5
    return found / found.norm(dim=1, keepdim=True).clamp(min=1e-9)
