"""Batches made by worker processes beside the training: a draw costs about as much Python as a GPU step."""
import random

import torch

from . import examples, losses


class Reading(torch.utils.data.IterableDataset):
    """Batches of reading examples, of like length within a batch."""

    def __init__(self, reader, sources, batch, most_tokens, seed):
        self.reader, self.sources, self.batch, self.most_tokens, self.seed = reader, sources, batch, most_tokens, seed

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        rng = random.Random(self.seed * 1009 + (worker.id if worker else 0))
        questions = 6
        while True:
            pool = []
            while len(pool) < 4 * self.batch:
                material = self.sources[0] if rng.random() < self.sources[2] else self.sources[1]
                pool += examples.reading_examples(self.reader, material, rng, questions, self.most_tokens)
            pool.sort(key=lambda example: len(example.ids))
            groups = [pool[start:start + self.batch] for start in range(0, 4 * self.batch, self.batch)]
            rng.shuffle(groups)
            for group in groups:
                yield {"count": len(group), "tokens": sum(len(e.ids) for e in group), **losses.collate(group, self.reader.end, rng)}


class Pairs(torch.utils.data.IterableDataset):
    """Batches of question-passage pairs."""

    def __init__(self, reader, sources, batch, seed):
        self.reader, self.sources, self.batch, self.seed = reader, sources, batch, seed

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        rng = random.Random(self.seed * 1009 + 500 + (worker.id if worker else 0))
        corpus, medquad, share = self.sources
        part = min(round(self.batch * share), len(corpus.articles) * 2 // 3)
        while True:
            pairs = examples.embedding_pairs(self.reader, corpus, rng, part)
            pairs += examples.embedding_pairs(self.reader, medquad, rng, min(self.batch - part, len(medquad.articles) * 2 // 3))
            yield [pair[:4] for pair in pairs]


def stream(dataset, workers):
    """The batches of `dataset`, made by `workers` processes, or in this one when there are none."""
    return iter(torch.utils.data.DataLoader(dataset, batch_size=None, num_workers=workers, prefetch_factor=4 if workers else None))
