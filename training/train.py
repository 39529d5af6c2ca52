"""Stage 3: training, in two parts. Stop it at any time; the same command goes on from the last checkpoint.

    python train.py --part embedding --data data --tokenizer data/tokenizer.json --output runs/mini --minutes 8
    python train.py --part reading --data data --tokenizer data/tokenizer.json --output runs/mini --minutes 60 --compile

The first part trains the token embedding and the lowest block by the contrastive loss; the second trains the blocks above to
read and choose and leaves the first part as it is. Each part counts its own minutes and has its own learning rate schedule.
"""
import argparse
import json
import math
import os
import random
import time

import torch

from radphi import evaluation, examples, losses, model as network, shared, text, vocabulary, wordvectors


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["embedding", "reading"], required=True)
    parser.add_argument("--data", required=True, help="output of build_data.py")
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--output", required=True, help="folder of the run: checkpoint.pt, log.jsonl")
    parser.add_argument("--minutes", type=float, default=100, help="training time of this part in all, resumed runs included")
    parser.add_argument("--decay-minutes", type=float, default=30, help="the last so many minutes the learning rate falls to 3 %% of its peak")
    parser.add_argument("--guide-minutes", type=float, default=60, help="attention guidance fades to a tenth over this time")
    parser.add_argument("--most-steps", type=int, help="stop after so many steps")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--warm-up", type=int, default=40, help="steps over which the learning rate rises")
    parser.add_argument("--embedding-rate", type=float, default=1.5, help="learning rate of the token embedding as a share of the others'")
    parser.add_argument("--prompts", type=int, default=6, help="prefixes a step")
    parser.add_argument("--questions", type=int, default=10, help="questions a prefix")
    parser.add_argument("--pairs", type=int, default=64, help="question-passage pairs a step")
    parser.add_argument("--corpus-share", type=float, default=0.75, help="share of examples from the corpus; the rest from MedQuAD")
    parser.add_argument("--embedding-layer", type=int, default=1)
    parser.add_argument("--language-weight", type=float, default=0.01)
    parser.add_argument("--most-tokens", type=int, default=600, help="longest prefix")
    parser.add_argument("--configuration", help="config.json of another size; its vocab_size must fit the tokenizer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--report-steps", type=int, default=50)
    parser.add_argument("--checkpoint-minutes", type=float, default=3)
    parser.add_argument("--evaluate-minutes", type=float, default=12)
    parser.add_argument("--evaluate-first", action="store_true")
    parser.add_argument("--evaluate-cases", type=int, default=120)
    parser.add_argument("--evaluate-passages", type=int, default=1200)
    parser.add_argument("--compile", action="store_true", help="let torch.compile fuse the blocks: about twice as fast, needs a C++ compiler")
    parser.add_argument("--precision", choices=["bf16", "fp32"], default="bf16")
    return parser.parse_args()


def start(reader, corpus, medquad, count, hidden, seed):
    """(rarity, vectors) of the tokens in the training text: 0 for a token of every section to 1, and co-occurrence vectors."""
    frequency, sections = torch.zeros(count), 0
    sequences = []
    for articles, times in ((medquad, 1), (corpus, 4)):
        for article in articles:
            for section in article.sections:
                ids = [reader.encode(" " + text.heading(article.title, section.path))] + [reader.encode(" " + s) for s in section.sentences]
                sections += 1
                frequency[torch.tensor(sorted({t for piece in ids[1:] for t in piece}))] += 1
                sequences += [[t for piece in ids for t in piece]] * times
    rarity = ((1 + sections) / (1 + frequency)).log() / math.log(1 + sections)
    return rarity, wordvectors.vectors(wordvectors.cooccurrence(sequences, count), hidden, seed)


def save(path, state):
    torch.save(state, path + ".part")
    os.replace(path + ".part", path)


def main():
    options = arguments()
    if options.threads:
        torch.set_num_threads(options.threads)
    os.makedirs(options.output, exist_ok=True)
    tokenizer = vocabulary.load(options.tokenizer)
    reader = examples.Reader(tokenizer, options.seed)
    load = lambda name: examples.load_articles(os.path.join(options.data, name + ".jsonl"))
    corpus = examples.Material(reader, load("corpus.train"))
    medquad_articles = load("medquad")
    medquad = examples.Material(reader, medquad_articles) if medquad_articles else corpus
    dev = examples.Material(reader, load("corpus.dev"))
    everything = examples.Material(reader, dev.articles + corpus.articles)

    configuration = network.load_configuration(options.configuration) if options.configuration else dict(network.DEFAULT_CONFIGURATION)
    configuration["vocab_size"] = tokenizer.get_vocab_size()
    configuration["bos_token_id"] = configuration["eos_token_id"] = reader.end
    tokens = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
    model = network.Phi(configuration)
    checkpoint = os.path.join(options.output, "checkpoint.pt")
    if not os.path.exists(checkpoint):
        rarity, vectors = start(reader, corpus.articles, medquad_articles, len(tokens), configuration["hidden_size"], options.seed)
        network.initialise(model, options.seed, tokens, rarity, vectors)
    lower = [model.model["embed_tokens"].weight] + [p for block in model.model["layers"][:options.embedding_layer] for p in block.parameters()]
    for p in model.parameters():
        p.requires_grad_(any(p is q for q in lower) == (options.part == "embedding"))
    table = model.model["embed_tokens"].weight
    plain = [p for p in model.parameters() if p.dim() < 2 and p.requires_grad]
    matrices = [p for p in model.parameters() if p.dim() >= 2 and p is not table and p.requires_grad]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.02}, {"params": plain, "weight_decay": 0.0},
                                   *([{"params": [table], "weight_decay": 0.0, "share": options.embedding_rate}] if table.requires_grad else [])],
                                  lr=options.learning_rate, betas=(0.9, 0.97), eps=1e-8)
    average = {name: p.detach().clone() for name, p in model.named_parameters()}
    step, begun, spent, seen = 0, 0, 0.0, {"prompts": 0, "questions": 0, "pairs": 0, "tokens": 0}
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        average, step, seen = state["average"], state["step"], state["seen"]
        if state["part"] == options.part:
            optimizer.load_state_dict(state["optimizer"])
            spent, begun = state["spent"], state["begun"]
        else:
            with torch.no_grad():
                for name, p in model.named_parameters():
                    p.copy_(average[name])                        # a part begins with what the one before it arrived at
            begun = step
        print(f"resumed at step {step}, {spent / 60:.1f} minutes", flush=True)
    rng = random.Random(options.seed * 1_000_003 + step)
    if options.compile:
        shared.compile_steps(model)

    def snapshot():
        save(checkpoint, {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "average": average, "step": step, "spent": spent, "part": options.part, "begun": begun,
                          "seen": seen, "configuration": configuration, "embedding_layer": options.embedding_layer})

    def evaluate():
        own = {name: p.detach().clone() for name, p in model.named_parameters()}
        with torch.no_grad():
            for name, p in model.named_parameters():
                p.copy_(average[name])
        figures = {}
        if options.part == "reading":
            figures, _ = evaluation.reading(model, reader, dev, everything, options.evaluate_cases)
        figures.update(evaluation.retrieval(model, reader, dev, everything, options.embedding_layer, options.evaluate_passages))
        with torch.no_grad():
            for name, p in model.named_parameters():
                p.copy_(own[name])
        report({"dev": {k: round(v, 3) for k, v in figures.items()}})

    def report(entry):
        entry = {"step": step, "minutes": round(spent / 60, 1), **entry}
        print(json.dumps(entry), flush=True)
        with open(os.path.join(options.output, "log.jsonl"), "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    if options.evaluate_first:
        evaluate()
    means, last_saved, last_evaluated = {}, spent, spent
    while spent < options.minutes * 60 and not (options.most_steps and step - begun >= options.most_steps):
        started = time.monotonic()
        left = options.minutes * 60 - spent
        rate = options.learning_rate * min(1, (step - begun + 1) / options.warm_up) * max(0.03, min(1, left / max(1e-9, options.decay_minutes * 60)))
        if options.most_steps:
            rate = options.learning_rate * min(1, (step - begun + 1) / options.warm_up) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * (step - begun) / options.most_steps)))
        for group in optimizer.param_groups:
            group["lr"] = rate * group.get("share", 1.0)
        guide = max(0.1, 1 - spent / max(1e-9, options.guide_minutes * 60))
        batch, pairs, parts = [], [], {}
        if options.part == "reading":
            source = corpus if rng.random() < options.corpus_share else medquad
            whole = rng.random() < 0.1
            count = max(2, options.questions // 2) if whole else options.questions
            batch = [examples.reading_example(reader, source, rng, count, whole, options.most_tokens) for _ in range(options.prompts)]
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bf16"):
                loss, parts = losses.reading(model, batch, reader.end, rng, guide, options.language_weight)
        else:
            part = round(options.pairs * options.corpus_share)
            pairs = examples.embedding_pairs(reader, corpus, rng, min(part, len(corpus.articles) * 2 // 3)) + examples.embedding_pairs(
                reader, medquad, rng, min(options.pairs - part, len(medquad.articles) * 2 // 3))
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bf16"):
                loss, parts = losses.embedding(model, pairs, options.embedding_layer, reader.end)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        decay = min(0.997, 1 - 10 / (10 + step - begun))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.values()), [p.detach() for p in model.parameters()], 1 - decay)
        seen["prompts"] += len(batch)
        seen["questions"] += sum(len(blocks) for _, blocks in batch)
        seen["pairs"] += len(pairs)
        seen["tokens"] += sum(len(p.ids) + sum(len(b.ids) for b in blocks) for p, blocks in batch) + sum(len(x) for pair in pairs for x in pair[:4])
        for key, value in parts.items():
            means.setdefault(key, []).append(value)
        spent += time.monotonic() - started
        if step % options.report_steps == 0:
            report({"rate": round(rate, 5), "tokens": seen["tokens"], **{k: round(sum(v) / len(v), 3) for k, v in means.items()}})
            means = {}
        if spent - last_saved > options.checkpoint_minutes * 60:
            snapshot()
            last_saved = spent
        if spent - last_evaluated > options.evaluate_minutes * 60:
            evaluate()
            last_evaluated = spent
    snapshot()
    evaluate()


if __name__ == "__main__":
    main()
