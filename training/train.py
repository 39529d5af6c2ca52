"""Stage 3: training, in two parts, on one GPU or on the CPU. Stop it at any time; the same command goes on from the last checkpoint.

    python train.py --part embedding --data data --tokenizer data/tokenizer.json --output runs/mini --steps 2000
    python train.py --part reading --data data --tokenizer data/tokenizer.json --output runs/mini --minutes 8

The first part trains the token embedding and the lowest block by the contrastive loss; the second trains the blocks above to
read and choose and leaves the first part as it is. Each part has its own learning rate schedule.
"""
import argparse
import json
import math
import os
import time

import torch

from radphi import evaluation, examples, feed, losses, model as network, text, vocabulary, wordvectors


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["embedding", "reading"], required=True)
    parser.add_argument("--data", required=True, help="output of build_data.py")
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--output", required=True, help="folder of the run: checkpoint.pt, log.jsonl")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float, help="training time of this part in all, resumed runs included")
    length.add_argument("--steps", type=int, help="steps of this part in all, resumed runs included")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--warm-up", type=int, default=100, help="steps over which the learning rate rises")
    parser.add_argument("--embedding-rate", type=float, default=1.5, help="learning rate of the token embedding as a share of the others'")
    parser.add_argument("--batch", type=int, help="reading examples (default 128) or question-passage pairs (default 512) a step")
    parser.add_argument("--corpus-share", type=float, default=0.65, help="share of examples from the corpus; the rest from MedQuAD")
    parser.add_argument("--embedding-layer", type=int, default=1)
    parser.add_argument("--language-weight", type=float, default=0.05)
    parser.add_argument("--dropout", type=float, default=0.1, help="of what the reading blocks add")
    parser.add_argument("--guide-share", type=float, default=0.6, help="the share of the training over which guidance fades to a tenth")
    parser.add_argument("--most-tokens", type=int, default=640, help="longest passages of a prompt, together")
    parser.add_argument("--configuration", help="config.json of another size; its vocab_size must fit the tokenizer")
    parser.add_argument("--workers", type=int, default=0, help="processes that make examples")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--report-steps", type=int, default=50)
    parser.add_argument("--checkpoint-minutes", type=float, default=3)
    parser.add_argument("--evaluate-minutes", type=float, default=12)
    parser.add_argument("--evaluate-cases", type=int, default=400)
    parser.add_argument("--evaluate-passages", type=int, default=1200)
    parser.add_argument("--precision", choices=["bf16", "fp32"], help="default: bf16 on a GPU, fp32 on the CPU, where few processors have bf16")
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


def schedule(done, warm):
    """Learning rate as a share of its peak: a linear rise, a plateau, and a linear fall to 3 % over the last half. `done`: share of the training."""
    return min(1.0, warm) * max(0.03, min(1.0, (1 - done) * 2))


def main():
    options = arguments()
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    autocast = lambda: torch.autocast(device.type, dtype=torch.bfloat16, enabled=(options.precision or ("bf16" if device.type == "cuda" else "fp32")) == "bf16")
    os.makedirs(options.output, exist_ok=True)
    tokenizer = vocabulary.load(options.tokenizer)
    reader = examples.Reader(tokenizer)
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
    model.to(device)
    probes = network.Probes(configuration["hidden_size"]).to(device)
    lower = [model.model["embed_tokens"].weight] + [p for block in model.model["layers"][:options.embedding_layer] for p in block.parameters()]
    for p in model.parameters():
        p.requires_grad_(any(p is q for q in lower) == (options.part == "embedding"))
    if options.part == "reading":
        for block in model.model["layers"][options.embedding_layer:]:
            block.dropout.p = options.dropout
    table = model.model["embed_tokens"].weight
    trained = [p for p in model.parameters() if p.requires_grad and p is not table]
    optimizer = torch.optim.AdamW([{"params": [p for p in trained if p.dim() >= 2], "weight_decay": 0.02}, {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0},
                                   *([{"params": list(probes.parameters()), "weight_decay": 0.0}] if options.part == "reading" else []),
                                   *([{"params": [table], "weight_decay": 0.0, "share": options.embedding_rate}] if table.requires_grad else [])],
                                  lr=options.learning_rate, betas=(0.9, 0.97), eps=1e-8)
    average = {name: p.detach().clone() for name, p in model.named_parameters()}
    step, begun, spent, seen = 0, 0, 0.0, {"examples": 0, "pairs": 0, "tokens": 0}
    if os.path.exists(checkpoint):
        state = torch.load(checkpoint, weights_only=True, map_location=device)
        model.load_state_dict(state["model"])
        average, step, seen = state["average"], state["step"], state["seen"]
        if state["part"] == options.part:
            optimizer.load_state_dict(state["optimizer"])
            probes.load_state_dict(state["probes"])
            spent, begun = state["spent"], state["begun"]
        else:
            with torch.no_grad():
                for name, p in model.named_parameters():
                    p.copy_(average[name])                        # a part begins with what the one before it arrived at
            begun = step
        print(f"resumed at step {step}, {spent / 60:.1f} minutes", flush=True)
    seed = options.seed * 1_000_003 + step
    sources = (corpus, medquad, options.corpus_share)
    batches = feed.stream(feed.Reading(reader, sources, options.batch or 128, options.most_tokens, seed) if options.part == "reading"
                          else feed.Pairs(reader, sources, options.batch or 512, seed), options.workers)

    def snapshot():
        state = {"model": model.state_dict(), "probes": probes.state_dict(), "optimizer": optimizer.state_dict(), "average": average, "step": step, "spent": spent,
                 "part": options.part, "begun": begun, "seen": seen, "configuration": configuration, "embedding_layer": options.embedding_layer}
        torch.save(state, checkpoint + ".part")
        os.replace(checkpoint + ".part", checkpoint)

    def evaluate():
        own = {name: p.detach().clone() for name, p in model.named_parameters()}
        with torch.no_grad():
            for name, p in model.named_parameters():
                p.copy_(average[name])
        model.eval()
        with autocast():
            figures = evaluation.reading(model, reader, dev, everything, options.evaluate_cases)[0] if options.part == "reading" else {}
        if options.part == "embedding":
            figures.update(evaluation.retrieval(model, reader, dev, everything, options.embedding_layer, options.evaluate_passages))
        with torch.no_grad():
            for name, p in model.named_parameters():
                p.copy_(own[name])
        model.train()
        report({"dev": {k: round(v, 3) for k, v in figures.items()}})

    def report(entry):
        entry = {"step": step, "minutes": round(spent / 60, 1), **entry}
        print(json.dumps(entry), flush=True)
        with open(os.path.join(options.output, "log.jsonl"), "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    share = lambda: (step - begun) / options.steps if options.steps else spent / 60 / options.minutes
    means, last_saved, last_evaluated = {}, spent, spent
    while share() < 1:
        started = time.monotonic()
        done = share()
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * group.get("share", 1.0) * schedule(done, (step - begun + 1) / options.warm_up)
        batch = next(batches)
        with autocast():
            if options.part == "reading":
                seen["examples"] += batch.pop("count")
                seen["tokens"] += batch.pop("tokens")
                batch = {name: value.to(device, non_blocking=True) for name, value in batch.items()}
                guide = max(0.1, 1 - done / options.guide_share)
                loss, parts = losses.reading(model, probes, batch, guide, options.language_weight)
            else:
                seen["pairs"] += len(batch)
                seen["tokens"] += sum(len(x) for pair in batch for x in pair)
                loss, parts = losses.embedding(model, batch, options.embedding_layer, reader.end)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        decay = min(0.998, 1 - 10 / (10 + step - begun))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.values()), [p.detach() for p in model.parameters()], 1 - decay)
        for key, value in parts.items():
            means.setdefault(key, []).append(value)
        if step % options.report_steps == 0:
            values = {k: round(torch.stack(v).mean().item(), 3) for k, v in means.items()}
            spent += time.monotonic() - started
            report({"tokens": seen["tokens"], **values})
            means, started = {}, time.monotonic()
        spent += time.monotonic() - started
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
